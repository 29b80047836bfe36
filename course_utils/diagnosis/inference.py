"""What rule a wrong array follows, where it has no simple relation to the right one.

Three guesses, each held against every wrong case: an index rule ("1 where k = i"), an expression
that holds region by region ("where X is negative, your result is X"), a mask; and, failing these,
a clause that tells the wrong entries from the right ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from . import expressions, rules
from .conditions import Found, as_bits, conditions, known
from .patterns import Part, wrong_entries
from .relations import arrays_of


def find(
    every: list[Part], parts: list[Part], names: tuple[str, ...], rtol: float
) -> tuple[Found | None, bool]:
    """(key, sentence) of the first guess, and whether it explains all cases or the wrong ones only."""
    if len(parts) < len(every):
        found = rules.index_rule(every, names, rtol) or _named_mask(every, rtol)
        if found:
            return found, True
    return _in_the_wrong_ones(parts, names, rtol), False


def _named_mask(parts: list[Part], rtol: float) -> Found | None:
    found = expressions.a_mask(parts, rtol)
    return found if found and "picks" not in found[1] else None


def _in_the_wrong_ones(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    return (
        rules.index_rule(parts, names, rtol)
        or rules.two_values(parts, names, rtol)
        or rules.counted(parts, names)
        or rules.on_the_diagonal(parts, rtol)
        or expressions.a_combination(parts, rtol)
        or expressions.by_region(parts, rtol)
        or expressions.a_mask(parts, rtol)
        or where_wrong(parts, names, rtol)
    )


# A clause on the wrong entries


def where_wrong(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    """One clause that holds for all wrong entries of all cases and for no right one."""
    masks = [wrong_entries(part, rtol) for part in parts]
    if all(mask.all() for mask in masks):
        return None
    wrong, entries = as_bits(masks), sum(mask.size for mask in masks)
    clauses = list(_clauses(parts, names))
    for words, bits in clauses:
        if bits == wrong:
            return f"wrong where {words}", f"They are the entries where {words}."
    for words, base in _missing_or_extra(parts, masks):
        found = next((clause for clause, bits in clauses if bits & base == wrong), None)
        if found:
            return f"wrong where {found}", f"They are the entries where {found}: {words}."
    # Not all of these, but none outside: the narrowest says most.
    inside = [(bits.bit_count(), words) for words, bits in clauses if not wrong & ~bits]
    inside = [(count, words) for count, words in inside if 2 * count < entries]
    if inside:
        words = min(inside, key=lambda clause: clause[0])[1]
        return f"wrong where {words}", f"Every one of them is at a place where {words}."
    return None


def _missing_or_extra(parts: list[Part], masks: list[np.ndarray]) -> Iterator:
    """Words and the entries they are about, where all wrong entries are 0, or should be."""
    pairs = list(zip(parts, masks, strict=True))
    if not any(part.got[mask].any() for part, mask in pairs):
        yield "nothing was filled in there", as_bits([part.expected != 0 for part in parts])
    if not any(part.expected[mask].any() for part, mask in pairs):
        yield "0 belongs there", as_bits([part.expected == 0 for part in parts])


def _clauses(parts: list[Part], names: tuple[str, ...]) -> Iterator:
    """(words, bits) of single conditions, then of pairs of conditions on the indices."""
    yield from known(parts, _on_values(parts[0]))
    ndim = parts[0].expected.ndim
    if len(names) != ndim:
        return
    atoms = conditions(tuple(parts), names)
    yield from atoms
    for (one, a), (two, b) in itertools.combinations(atoms, 2):
        yield f"{one} and {two}", a & b
    single = [(words, bits) for words, bits in atoms if "[" not in words]
    for (one, a), (two, b) in itertools.combinations(single, 2):
        yield f"{one} or {two}", a | b


def _on_values(first: Part) -> Iterator:
    for name in arrays_of(first):
        if first.named[name].shape == first.expected.shape:
            for word, test in (("positive", np.greater), ("negative", np.less), ("0", np.equal)):
                yield f"{name} is {word}", lambda p, n=name, t=test: t(p.named[n], 0)
            yield f"{name} is not positive", lambda p, n=name: p.named[n] <= 0
            yield f"{name} is above 1 or below -1", lambda p, n=name: np.abs(p.named[n]) > 1
    yield "the true value is 0", lambda p: p.expected == 0
    yield "the true value is not 0", lambda p: p.expected != 0
    yield "the true value is negative", lambda p: p.expected < 0
    yield "the true value is positive", lambda p: p.expected > 0

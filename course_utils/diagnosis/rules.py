"""What index rule a wrong array follows: a value where some conditions on the indices hold, 0 elsewhere."""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator

import numpy as np

from .conditions import (
    Atoms,
    Found,
    as_bits,
    conditions,
    holds_for_all,
    known,
    levels,
    looked_up,
    lookups,
)
from .expressions import by_region
from .patterns import Part
from .relations import arrays_of
from .trials import errors, tolerance


def index_rule(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    """The rule that a Jacobian follows: which entries are not 0, and what stands there."""
    first = parts[0]
    if not _is_rule(parts, names):
        return None
    values = [
        v
        for v in _values(first, names)
        if holds_for_all(parts, lambda p, v=v: _fits(p, v[1], rtol))
    ]
    for words, value in values:
        condition = _condition(parts, names, value)
        if condition:
            return (
                "another rule",
                f"Your answer is {words} exactly where {condition}, and 0 elsewhere.",
            )
        if condition == "":
            return "another rule", f"Your answer is {words} everywhere."
    return None


def _is_rule(parts: list[Part], names: tuple[str, ...]) -> bool:
    """Whether it is a Jacobian, its axes named by the indices of output and input, and not all 0."""
    if len(names) < 2 or not any(n in "kl" for n in names) or not np.any(parts[0].got):
        return False
    return all(len(names) == part.got.ndim == part.expected.ndim for part in parts)


def two_values(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    """One value where a condition on the indices holds, another one elsewhere."""
    if not _is_rule(parts, names):
        return None
    every = as_bits([np.ones(part.got.shape, bool) for part in parts])
    values = list(_agreements(parts, names, rtol))
    atoms = conditions(tuple(parts), names)
    pairs = itertools.combinations(atoms, 2)
    both = ((f"{one} and {two}", a & b) for (one, a), (two, b) in pairs)
    for condition, where in itertools.chain(atoms, both):
        elsewhere = every & ~where
        if not where or not elsewhere:
            continue
        here = next((words for words, same in values if not where & ~same), None)
        there = here and next((words for words, same in values if not elsewhere & ~same), None)
        if there and here != there:
            return (
                "another rule",
                f"Your answer is {here} where {condition}, and {there} elsewhere.",
            )
    return None


def counted(parts: list[Part], names: tuple[str, ...]) -> Found | None:
    """The indices themselves as numbers, added up: 3k - 3i."""
    if not _is_rule(parts, names):
        return None
    grids = [np.indices(part.got.shape).reshape(len(names), -1) for part in parts]
    sizes = [len(grid[0]) ** 0.5 * (len(names) == 2) for grid in grids]  # n, of an n × n array
    A = np.concatenate(
        [
            np.vstack([grid, np.full(grid.shape[1], n), np.ones(grid.shape[1])]).T
            for grid, n in zip(grids, sizes, strict=True)
        ]
    )
    b = np.concatenate([part.got.ravel() for part in parts]).astype(float)
    if not np.isfinite(b).all():
        return None
    weights = np.round(np.linalg.lstsq(A, b, rcond=None)[0], 6)
    if np.abs(A @ weights - b).max() > 1e-5 or not weights[: len(names)].any():
        return None
    pairs = zip(weights, (*names, "n"), strict=False)
    terms = [f"{weight:+g}·{name}" for weight, name in pairs if weight]
    constant = f" {weights[-1]:+g}" if weights[-1] else ""
    return "indices counted", (
        f"Your answer is {' '.join(terms)}{constant}: it counts with the indices, where they are to be compared."
    )


def on_the_diagonal(parts: list[Part], rtol: float) -> Found | None:
    """Right off the diagonal: what stands on it, as an expression of the argument there."""
    cut = [_cut(part) for part in parts]
    if any(part is None for part in cut):
        return None
    found = by_region(cut, rtol)
    return found and (found[0], f"On the diagonal: {found[1][0].lower()}{found[1][1:]}")


def _cut(part: Part) -> Part | None:
    """The diagonal of a Jacobian of a function that works entry by entry; None where it is none."""
    letters = part.dims.get("", "").lower()
    once = "".join(dict.fromkeys(letters))
    owner = next((n for n in part.named if part.dims.get(n, "").lower() == once != letters), None)
    if owner is None or part.got.shape != part.expected.shape:
        return None
    got, expected = (np.einsum(f"{letters}->{once}", a * 1.0) for a in (part.got, part.expected))
    if got.shape != np.shape(part.named[owner]) or np.count_nonzero(part.got) > np.count_nonzero(
        got
    ):
        return None
    free = None if part.free is None else np.einsum(f"{letters}->{once}", part.free)
    return Part(expected, got, part.named, part.dims, free)


def _agreements(parts: list[Part], names: tuple[str, ...], rtol: float) -> Iterator:
    """(words, bits of the entries that have it) for 0, a number, and values looked up."""
    yield "0", as_bits([part.got == 0 for part in parts])
    numbers = np.unique(parts[0].got[parts[0].got != 0])
    if 1 < numbers.size <= 3:
        for number in numbers:
            yield f"{float(number):.4g}", as_bits([part.got == number for part in parts])
    for words, value in itertools.chain(_values(parts[0], names), _in_one_row(parts[0], names)):
        yield from _agreement(parts, words, value, rtol)


def _agreement(parts: list[Part], words: str, value: Callable, rtol: float) -> Iterator:
    try:
        wanted = [np.broadcast_to(value(part), part.got.shape) for part in parts]
    except (IndexError, ValueError):
        return
    pairs = zip(parts, wanted, strict=True)
    yield words, as_bits([errors(part.got, w) <= tolerance(w, rtol) for part, w in pairs])


def _in_one_row(first: Part, names: tuple[str, ...]) -> Iterator:
    """A matrix looked up in its first or last row, or column, only."""
    for name in arrays_of(first):
        shape = first.named[name].shape
        for axis, length in enumerate(first.expected.shape):
            for side, size in enumerate(shape[::-1] if len(shape) == 2 else ()):
                for place, word in ((0, "0"), (-1, "last")) if size == length else ():
                    index = f"{word}, {names[axis]}" if side == 0 else f"{names[axis]}, {word}"
                    yield (
                        f"{name}[{index}]",
                        lambda p, n=name, a=axis, s=side, i=place: np.take(p.named[n], i, axis=s)[
                            np.indices(p.expected.shape, sparse=True)[a]
                        ],
                    )


def _fits(part: Part, value: Callable, rtol: float) -> bool:
    """Whether every entry that is not 0 has the value."""
    wanted = np.broadcast_to(value(part), part.got.shape)
    gaps = errors(part.got, wanted)
    return bool(np.all((gaps <= tolerance(wanted, rtol)) | (part.got == 0)))


def _values(first: Part, names: tuple[str, ...]) -> Iterator:
    """(words, value): a number, or an argument looked up at some of the indices."""
    filled = np.unique(first.got[first.got != 0])
    if filled.size == 1:
        number = filled[0]
        yield f"{float(number):.4g}", lambda p: np.asarray(float(number))
    found = []
    for name, axes in lookups(first, len(names)):
        words = f"{name}[{', '.join(names[a] for a in axes)}]"
        found.append((words, lambda p, n=name, a=axes: looked_up(p, n, a)))
        for sign, word in ((1.0, ""), (-1.0, "-")):
            yield word + words, lambda p, n=name, a=axes, s=sign: s * looked_up(p, n, a)
    pairs = itertools.combinations(found, 2)
    products = [(f"{one} · {two}", lambda p, a=a, b=b: a(p) * b(p)) for (one, a), (two, b) in pairs]
    for words, value in (*found, *products):
        factor = _first_factor(first, value)
        if factor and (factor not in (1.0, -1.0) or " · " in words):
            shown = words if factor == 1 else f"{factor:.4g} · {words}"
            yield shown, lambda p, v=value, c=factor: c * v(p)


def _first_factor(first: Part, value: Callable) -> float:
    """What the first entry that is not 0 is a multiple of a value by; 0 where it is none."""
    at = tuple(np.argwhere(first.got)[0])
    below = float(np.broadcast_to(value(first), first.got.shape)[at])
    return round(float(first.got[at]) / below, 9) if below else 0.0


def _condition(parts: list[Part], names: tuple[str, ...], value) -> str | None:
    """Words for the entries that are not 0, or None; '' where there are no conditions."""
    filled = as_bits([part.got != 0 for part in parts])
    # Where the value itself is 0 nothing can be said: those entries are left out.
    seen = as_bits([np.broadcast_to(value(part), part.got.shape) != 0 for part in parts])
    if filled == seen:
        return ""
    atoms = [*conditions(tuple(parts), names), *known(parts, levels(parts, names))]
    return _all_of(atoms, seen, filled) or _some_of(atoms, seen, filled) or _offset(parts, names)


def _all_of(atoms: Atoms, seen: int, filled: int) -> str:
    """Up to three conditions that hold together exactly where something is filled, or ''."""
    needed = [(words, bits) for words, bits in atoms if not filled & ~bits]
    for count in (1, 2, 3):
        for group in itertools.combinations(needed, count):
            if functools.reduce(operator.and_, (bits for _, bits in group), seen) == filled:
                return " and ".join(words for words, _ in group)
    return ""


def _some_of(atoms: Atoms, seen: int, filled: int) -> str:
    """One condition or another, one of two, with a third one needed besides, or ''."""
    needed = [(words, bits) for words, bits in atoms if not filled & ~bits]
    for third, c in [("", seen), *needed]:
        more = f" and {third}" if third else ""
        inside = [(words, bits & c & seen) for words, bits in atoms]
        enough = [(words, bits) for words, bits in inside if not bits & ~filled]
        for (one, a), (two, b) in itertools.combinations(enough, 2):
            if a | b == filled:
                return f"({one} or {two}){more}" if more else f"{one} or {two}"
        for (one, a), (two, b) in itertools.combinations(inside, 2):
            if a ^ b == filled:
                return f"just one of {one} and {two}{',' if more else ''}{more}"
    enough = [(words, bits & seen) for words, bits in atoms if not bits & seen & ~filled]
    for (third, c), (one, a) in itertools.product(enough, atoms):
        if not filled & ~c & ~a:
            two = next((words for words, b in atoms if a & b & seen | c == filled), None)
            if two:
                return f"{third} or ({one} and {two})"
    return ""


def _offset(parts: list[Part], names: tuple[str, ...]) -> str | None:
    """'k + i = 2' where the entries that are not 0 lie on one diagonal, another in each case."""
    if len(names) != 2:
        return None
    for sign, combine in (("+", np.add), ("-", np.subtract)):
        found = []
        for part in parts:
            place = combine(*np.indices(part.got.shape, sparse=True))
            filled = part.got != 0
            found.append(int(place[filled].flat[0]) if filled.any() else None)
            if not np.array_equal(filled, place == found[-1]):
                break
        else:
            return f"{names[0]} {sign} {names[1]} = {found[0]} (in this case)"
    return None

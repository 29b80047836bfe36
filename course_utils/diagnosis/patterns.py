"""How a wrong array relates to the right one, found by rule.

A relation is held against every case, so that a coincidence in one does not name it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from . import arguments, relations
from .trials import close, errors, tolerance

AXES = relations.AXES
NEARLY = 0.05  # nearer than this in every case is no other formula: digits were lost


@dataclass(frozen=True, eq=False)  # compared as an object, so that it can be a key
class Part:
    """One array of one case: the true one, the learner's, and the arguments by name.

    free: a mask of the entries that are right though they differ: at a kink any subgradient is.
    """

    expected: np.ndarray
    got: np.ndarray
    named: dict
    dims: dict = field(default_factory=dict)
    free: np.ndarray | None = None


def find(parts: list[Part], rtol: float, call=None) -> tuple[str, str] | None:
    """The first relation that holds in every case: (key, a sentence), or None.

    call: named arguments -> what the right method gives for them, to try altered arguments.
    """
    for key, sentence, change in relations.of_result(parts[0]):
        if all(_holds(part, change, rtol) for part in parts):
            return key, sentence
    found = constant_factor(parts, rtol) or constant_shift(parts, rtol) or digits_lost(parts)
    if found:
        return found
    for key, sentence, change in itertools.chain(
        arguments.of_arguments(parts[0]),
        arguments.of_pairs(parts[0]),
        arguments.with_altered_arguments(parts[0], call),
    ):
        if all(_holds(part, change, rtol) for part in parts):
            return key, sentence
    return None


def _holds(part: Part, change, rtol: float) -> bool:
    try:
        with np.errstate(all="ignore"):
            candidate = np.asarray(change(part))
            return bool(np.isfinite(candidate).all()) and close(part.got, candidate, rtol)
    except Exception:  # a relation that makes no sense for these shapes does not hold
        return False


def order_of_parts(results: list[tuple], exercise) -> list[str]:
    """Names of the parts in the order in which they came, where that is another one; else []."""
    count = len(exercise.parts)
    if count < 2 or any(len(pairs) != count for pairs in results):
        return []
    fits = [
        [
            wanted
            for wanted in range(count)
            if all(close(pairs[came][0], pairs[wanted][1], exercise.rtol) for pairs in results)
        ]
        for came in range(count)
    ]
    for order in itertools.product(*fits):
        if len(set(order)) == count:
            return [exercise.parts[n] for n in order]
    return []


def letters_of(named: dict, dims: dict[str, str]) -> dict[str, int]:
    """Sizes by letter: {'N': 4, 'D': 3}, read off the arguments."""
    sizes = {}
    for name, letters in dims.items():
        if name in named and np.ndim(named[name]) == len(letters) > 0:
            sizes.update(zip(letters, np.shape(named[name]), strict=True))
        elif name in named and len(name) == 1 and name.isupper() and np.ndim(named[name]) == 0:
            sizes[name] = int(named[name])
    return sizes


def in_letters(shape: tuple[int, ...], sizes: dict[str, int]) -> str:
    """A shape in letters, or products of two, where a size has one such name; else in numbers."""
    by_size = {}
    for letter, size in sizes.items():
        by_size.setdefault(size, []).append(letter)
    for (one, a), (two, b) in itertools.combinations(sizes.items(), 2):
        if a > 1 and b > 1:
            by_size.setdefault(a * b, []).append(f"{one}·{two}")
    unique = {size: names[0] for size, names in by_size.items() if len(names) == 1}
    words = [unique.get(size, str(size)) for size in shape]
    return "(" + ", ".join(words) + ("," if len(words) == 1 else "") + ")"


def constant_factor(parts: list[Part], rtol: float) -> tuple[str, str] | None:
    """A factor between the two, the same for all entries of a case, in letters where it can be."""
    factors = [factor_between(part.expected, part.got, rtol) for part in parts]
    if any(factor is None for factor in factors) or all(abs(f - 1) < rtol for f in factors):
        return None
    sizes = [letters_of(part.named, part.dims) or _lengths(part.named) for part in parts]
    for words, value in _factors(sizes[0]):
        if all(abs(f - value(s)) <= 1e-8 * abs(f) for f, s in zip(factors, sizes, strict=True)):
            return "constant factor", f"Your result is the right one {words}."
    if max(abs(factor - 1) for factor in factors) < NEARLY:
        return None  # digits were lost, and no factor was there
    if max(factors) - min(factors) <= 1e-8 * abs(factors[0]):
        return "constant factor", f"Your result is the right one multiplied by {factors[0]:.4g}."
    for words, value in _factors(sizes[0]):
        rest = [f / value(s) for f, s in zip(factors, sizes, strict=True)]
        if len(set(factors)) > 1 and max(rest) - min(rest) <= 1e-8 * abs(rest[0]):
            return (
                "constant factor",
                f"Your result is the right one {words}, and times {rest[0]:.4g}.",
            )
    if all(part.expected.size == 1 for part in parts):
        return None  # any number is a multiple of any other
    for words, value in _measures(parts[0].named):
        for action, power in (("divided", -1), ("multiplied", 1)):
            wanted = [value(part) ** power for part in parts]
            if np.allclose(factors, wanted, rtol=1e-8, atol=0):
                return "constant factor", f"Your result is the right one {action} by {words}."
    return (
        "constant factor",
        f"Within each case your result is a multiple of the right one (here {factors[0]:.4g} times it); "
        "the factor changes from case to case.",
    )


def constant_shift(parts: list[Part], rtol: float) -> tuple[str, str] | None:
    """One number added to all entries, another one in each case."""
    if any(part.got.shape != part.expected.shape or part.got.size == 0 for part in parts):
        return None
    gaps = [part.got - part.expected for part in parts]
    rooms = [10 * tolerance(part.expected, rtol) for part in parts]
    largest = max(part.got.size for part in parts)
    if largest < 3 or not all(np.ptp(gap) <= room for gap, room in zip(gaps, rooms, strict=True)):
        return None
    shifts = [float(gap.flat[0]) for gap in gaps]
    for words, value in _measures(parts[0].named):
        for action, sign in (("plus", 1), ("minus", -1)):
            if np.allclose(shifts, [sign * value(part) for part in parts], rtol=1e-7, atol=1e-9):
                return "constant shift", f"Your result is the right one {action} {words}."
    return "constant shift", (
        f"All entries are off by the same number (here {shifts[0]:.4g}): something was added to the whole array."
    )


def _measures(named: dict) -> Iterator:
    """(words, value of a part) for the numbers that something may have been divided by."""
    arrays = [(name, lambda p, n=name: p.named[n]) for name in relations.arrays_in(named)]
    for name, array in [("the right result", lambda p: p.expected), *arrays]:
        for words, measure in (
            ("the sum of", np.sum),
            ("the sum of the absolute values of", lambda a: np.abs(a).sum()),
            ("the mean of", np.mean),
            ("the largest entry of", np.max),
            ("the largest absolute value of", lambda a: np.abs(a).max()),
            ("the norm of", np.linalg.norm),
            ("the number of positive entries of", lambda a: np.sum(a > 0)),
        ):
            yield (
                f"{words} {name}",
                lambda p, m=measure, a=array: float(m(np.asarray(a(p)))) or np.nan,
            )


def cut_off(parts: list[Part]) -> tuple[str, str] | None:
    """The right result, cut to a range."""
    if any(part.got.shape != part.expected.shape or not part.got.size for part in parts):
        return None
    if all(np.unique(part.expected).size <= 2 for part in parts):
        return None  # zeros and one number: a rule says more
    low, high = (float(f([f(part.got) for part in parts])) for f in (np.min, np.max))
    if not all(close(part.got, np.clip(part.expected, low, high), 1e-9) for part in parts):
        return None
    sides = [
        f"{side} {limit:.4g}"
        for side, limit, beyond in (("below", low, np.less), ("above", high, np.greater))
        if any(beyond(part.expected, limit).any() for part in parts)
    ]
    return "cut off", f"Your result is the right one with everything {' and '.join(sides)} cut off."


def digits_lost(parts: list[Part]) -> tuple[str, str] | None:
    """Every case nearly right: rounding, float32, or a step of an unsuitable size."""
    if any(part.got.shape != part.expected.shape or not part.expected.size for part in parts):
        return None
    if any(np.any((part.got == 0) & (part.expected != 0)) for part in parts):
        return None  # cut off, not blurred
    worst = max(float(errors(p.got, p.expected).max()) / tolerance(p.expected, 1.0) for p in parts)
    if not worst < NEARLY:
        return None
    digits = max(int(-np.log10(worst)), 1)
    return "digits lost", (
        f"Your values are nearly right: they agree to about {digits} digit{'s' if digits > 1 else ''}, and not "
        "further. Was something rounded, put into float32, or divided by a very small step?"
    )


def of_numbers(parts: list[Part]) -> tuple[str, str] | None:
    """What single numbers may have gone through: too small an integer, a rounding."""
    pairs = [(part.expected.item(), part.got.item()) for part in parts]
    sizes = [_lengths(part.named) for part in parts]
    for count in (1, 2) if len(pairs) > 1 else ():
        for group in itertools.combinations(sizes[0], count):
            terms = [math.prod(s.get(name, math.nan) for name in group) for s in sizes]
            for sign, words in ((1, "plus"), (-1, "minus")):
                if all(g - e == sign * t for (e, g), t in zip(pairs, terms, strict=True)):
                    return "added", f"Your number is the right one {words} {' · '.join(group)}."
    for key, sentence, change in (
        (
            "overflow",
            "Your number ran over: it was counted in 32-bit integers, which end at 2,147,483,647.",
            lambda e: (int(e) + 2**31) % 2**32 - 2**31 if abs(e) >= 2**31 else math.nan,
        ),
        (
            "truncated",
            "Your number is the right one with everything behind the point cut off.",
            math.floor,
        ),
        (
            "in KiB",
            "Your number is 1,024 times too small, and cut to a whole number.",
            lambda e: e // 1024,
        ),
        ("rounded", "Your number is the right one rounded to a whole number.", round),
        ("one too many", "Your number is the right one plus 1.", lambda e: e + 1),
        ("one too few", "Your number is the right one minus 1.", lambda e: e - 1),
        ("sign", "Your number has the wrong sign.", lambda e: -e),
    ):
        if all(math.isfinite(e) and change(e) == got for e, got in pairs):
            return key, sentence
    return None


def one_number(parts: list[Part]) -> tuple[str, str] | None:
    """The same number in every case, where the true one changes."""
    got = [part.got for part in parts]
    if np.ptp(got) > 1e-9 or np.ptp([part.expected for part in parts]) == 0:
        return None
    return "one number", f"You return {got[0]:.4g} in every case, whatever the arguments are."


def one_array(parts: list[Part]) -> tuple[str, str] | None:
    """The same array in every case, where the true one changes."""
    first = parts[0].got
    if len(parts) < 2 or any(not np.array_equal(part.got, first) for part in parts):
        return None
    if first.size == 1:
        return (
            "one number",
            f"You return {first.item():.4g} in every case, and a whole array was asked for.",
        )
    return "one array", (
        "Your result is the same in every case, whatever the arguments are: was a variable of the "
        "notebook used in place of an argument?"
    )


def factor_between(expected: np.ndarray, got: np.ndarray, rtol: float) -> float | None:
    """c with got = c * expected, or None."""
    if expected.shape != got.shape or got.dtype.kind == "c" or not np.isfinite(got).all():
        return None
    largest = (
        np.unravel_index(np.argmax(np.abs(expected)), expected.shape) if expected.size else None
    )
    if largest is None or expected[largest] == 0 or got[largest] == 0:
        return None
    factor = float(got[largest] / expected[largest])
    return factor if close(got, factor * expected, rtol) else None


def _lengths(named: dict) -> dict[str, int]:
    """Lengths of axes in words, for arguments whose axes have no letters, and whole numbers."""
    lengths = {
        f"the length of {name}'s {AXES[axis]} axis": size
        for name, value in named.items()
        if isinstance(value, np.ndarray)
        for axis, size in enumerate(value.shape[: len(AXES)])
    }
    for name, value in named.items():
        if type(value) is int and value:  # what is divided by is not 0
            lengths[name] = value
        elif isinstance(value, tuple) and all(type(n) is int for n in value):
            lengths[f"the product of {name}"] = math.prod(value)
    return lengths


def _factors(sizes: dict[str, int]) -> Iterator:
    """(words, value of the sizes) for the factors that have a name."""
    for number in (2, 3, 4, 8):
        yield f"multiplied by {number}", lambda s, n=number: n
        yield f"divided by {number}", lambda s, n=number: 1 / n
    names = list(sizes)
    for count in (1, 2):
        for group in itertools.combinations_with_replacement(names, count):
            words = " · ".join(group)

            def product(s, group=group):
                return float(math.prod(s.get(letter, math.nan) for letter in group))

            for sign, minus in ((1, ""), (-1, ", with the wrong sign")):
                for more, factor in (
                    ("", 1.0),
                    (" and multiplied by 2", 2.0),
                    (" and halved", 0.5),
                ):
                    yield (
                        f"divided by {words}{more}{minus}",
                        lambda s, g=product, c=sign * factor: c / g(s),
                    )
                    yield (
                        f"multiplied by {words}{more}{minus}",
                        lambda s, g=product, c=sign * factor: c * g(s),
                    )
            yield f"divided by the square root of {words}", lambda s, g=product: g(s) ** -0.5
            yield f"multiplied by the square root of {words}", lambda s, g=product: g(s) ** 0.5
    for one, two in itertools.permutations(names, 2):
        yield (
            f"multiplied by {one} and divided by {two}",
            lambda s, a=one, b=two: s.get(a, np.nan) / s.get(b, np.nan),
        )


def wrong_entries(part: Part, rtol: float) -> np.ndarray:
    """A mask of the entries that are wrong."""
    wrong = errors(part.got, part.expected) > tolerance(part.expected, rtol)
    return wrong if part.free is None else wrong & ~part.free


def what_shape(part: Part) -> str:
    """One sentence on how a shape differs from the one expected, or ''."""
    got, wanted = part.got.shape, part.expected.shape
    owner = next(
        (n for n, a in part.named.items() if isinstance(a, np.ndarray) and a.shape == got != ()),
        None,
    )
    if got == ():
        return "A single number came back, where a whole array was asked for."
    if owner and got not in (wanted[::-1],):
        return f"That is the shape of {owner}."
    if got == wanted[::-1]:
        return "The axes are in reverse order; the numbers differ too."
    if sorted(got) == sorted(wanted):
        return "The axes are there, in another order, and the numbers differ too."
    if [n for n in got if n != 1] == [n for n in wanted if n != 1]:
        return "They differ by an axis of size 1."
    if len(got) > len(wanted):
        return f"It has {_axes(len(got) - len(wanted))} too many: was a sum left out?"
    if len(got) < len(wanted):
        return f"It has {_axes(len(wanted) - len(got))} too few: was one summed, or flattened, that should stay?"
    if sum(a != b for a, b in zip(got, wanted, strict=True)) == 1:
        axis = next(n for n, (a, b) in enumerate(zip(got, wanted, strict=True)) if a != b)
        return (
            f"Only its {AXES[axis]} axis has another length: {got[axis]} instead of {wanted[axis]}."
        )
    return ""


def _axes(count: int) -> str:
    return "one axis" if count == 1 else f"{count} axes"

"""What expression in the arguments a wrong array is, entry by entry: a combination, one for each sign, a mask."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from .conditions import Found, holds_for_all
from .patterns import Part, wrong_entries
from .relations import arrays_of
from .trials import errors, tolerance

# So much of one argument and so much of another


def a_combination(parts: list[Part], rtol: float) -> Found | None:
    """The result is a sum of two arguments, each times a number of its own in each case."""
    right = "the right one"
    same = [*_of_one_shape(parts), right]
    for one, two in itertools.combinations(same, 2):
        numbers = []
        for part in parts:
            known = {**part.named, right: part.expected}
            columns = np.stack([known[n].ravel().astype(float) for n in (one, two)], axis=1)
            got = part.got.ravel().astype(float)
            if not np.isfinite(got).all():
                return None
            found = np.linalg.lstsq(columns, got, rcond=None)[0]
            gap = np.abs(columns @ found - got).max(initial=0.0)
            if got.size > 2 and gap > tolerance(got, 1e3 * rtol):
                break
            if got.size > 2:
                numbers.append(found)
        else:
            if numbers:
                a, b = (f"{abs(number):.4g}" for number in numbers[0])
                sign = "minus" if numbers[0][1] < 0 else "plus"
                minus = "minus " if numbers[0][0] < 0 else ""
                asked = (
                    "only the last is asked for"
                    if two == right
                    else "compare both with the formula"
                )
                return (
                    "another combination",
                    f"There your result is {minus}{a} · {one} {sign} {b} · {two}: {asked}.",
                )
    return None


# An expression for each region of the arguments' signs


def by_region(parts: list[Part], rtol: float) -> Found | None:
    """What the result is where an argument is positive, and where it is negative."""
    same = _of_one_shape(parts)
    if not same:
        return None
    for name in [None, *same]:
        regions = [("", _everywhere)] if name is None else _regions(name)
        wrong_ones = [
            (words, test)
            for words, test in regions
            if any((wrong_entries(part, rtol) & test(part)).any() for part in parts)
        ]
        found = [(words, _expression(parts, same, test, rtol)) for words, test in wrong_ones]
        if found and all(expression for _, expression in found):
            sentences = [
                f"{words or 'Everywhere'}, your result is {expression}."
                for words, expression in found
            ]
            return "another expression", " ".join(sentences)
    return None


def _of_one_shape(parts: list[Part]) -> list[str]:
    """Names of the arguments that have the result's shape in every case."""
    return [
        name
        for name in arrays_of(parts[0])
        if all(np.shape(part.named[name]) == part.expected.shape for part in parts)
    ]


def _everywhere(part: Part) -> np.ndarray:
    return np.ones(part.expected.shape, bool)


def _regions(name: str) -> tuple:
    return (
        (f"Where {name} is positive", lambda p: p.named[name] > 0),
        (f"Where {name} is negative", lambda p: p.named[name] < 0),
        (f"Where {name} is exactly 0", lambda p: p.named[name] == 0),
    )


def _expression(parts: list[Part], same: list[str], test, rtol: float) -> str:
    """An expression in the arguments that equals the result in a region of all cases, or ''."""
    chosen = [(part, test(part)) for part in parts]
    got = np.concatenate([part.got[mask].astype(float) for part, mask in chosen])
    if got.size < 2 or not np.isfinite(got).all():
        return ""
    room = 10 * rtol * max(1.0, float(np.abs(got).max()))

    def equal(values) -> bool:
        return bool(np.all(np.abs(got - values) <= room))

    if equal(got[0]):
        return f"always {got[0]:.4g}"
    low, high = got.min(), got.max()
    args = {
        n: np.concatenate([part.named[n][mask].astype(float) for part, mask in chosen])
        for n in same
    }
    with np.errstate(all="ignore"):
        for name, a in args.items():
            for words, values in (
                (f"{name}, but at least {low:.4g}", np.maximum(a, low)),
                (f"{name}, but at most {high:.4g}", np.minimum(a, high)),
                (f"{name}, cut to the range from {low:.4g} to {high:.4g}", np.clip(a, low, high)),
            ):
                if equal(values) and not equal(a):
                    return words
        for words, values in _expressions(args):
            if equal(values):
                return words
            usable = (np.abs(values) > 1e-6) & np.isfinite(values)
            if usable.sum() > 2 and usable.all():
                ratio = got / values
                if np.ptp(ratio) <= 1e-7 * abs(ratio[0]):
                    return f"{ratio[0]:.4g} times {words}"
            shift = got - values
            if np.ptp(shift) <= room:
                return f"{words} {'plus' if shift[0] > 0 else 'minus'} {abs(shift[0]):.4g}"
    return ""


def _expressions(args: dict[str, np.ndarray]) -> Iterator:
    for name, a in args.items():
        yield f"{name} itself", a
        yield f"the absolute value of {name}", np.abs(a)
        yield f"the square root of {name}", np.sqrt(a)
        yield f"the square of {name}", a**2
        yield f"1 divided by {name}", 1 / a
        yield f"exp({name})", np.exp(a)
        yield f"exp(-{name})", np.exp(-a)
        yield f"the sigmoid of {name}", 1 / (1 + np.exp(-a))
        yield f"the slope of the sigmoid at {name}", np.exp(-a) / (1 + np.exp(-a)) ** 2
        yield f"tanh({name})", np.tanh(a)
        yield f"the slope of tanh at {name}", 1 - np.tanh(a) ** 2
    for (one, a), (two, b) in itertools.permutations(args.items(), 2):
        yield f"{one} divided by {two}", a / b
        yield f"{one} times the sigmoid of {two}", a / (1 + np.exp(-b))
        yield (
            f"{one} times the slope of the sigmoid at {two}",
            a * np.exp(-b) / (1 + np.exp(-b)) ** 2,
        )
        yield f"{one} times the slope of tanh at {two}", a * (1 - np.tanh(b) ** 2)
        yield f"{one} times the absolute value of {two}", a * np.abs(b)
        yield f"{one} times the square of {two}", a * b**2
        yield f"{one} times {two} times (1 - {two})", a * b * (1 - b)
        yield f"{one} times (1 - the square of {two})", a * (1 - b**2)
        yield f"{one} minus {two}", a - b
    for (one, a), (two, b) in itertools.combinations(args.items(), 2):
        yield f"{one} times {two}", a * b
        yield f"{one} plus {two}", a + b
        yield f"the larger of {one} and {two}", np.maximum(a, b)
        yield f"the smaller of {one} and {two}", np.minimum(a, b)


# A mask that picks the wrong entries


def a_mask(parts: list[Part], rtol: float) -> Found | None:
    """The result is an argument at some entries and 0 at the others; the choice is wrong."""
    same = _of_one_shape(parts)
    for name in same:
        if not holds_for_all(parts, lambda p, n=name: _picked(p, n, rtol)):
            continue
        for other in same:
            level = _threshold(parts, name, other)
            if level:
                return (
                    "wrong mask",
                    f"Your result is {name} where {other} is {level}, and 0 elsewhere.",
                )
        return (
            "wrong mask",
            f"Your result is {name} at some entries and 0 at the others, but the mask picks the wrong ones.",
        )
    return None


def _picked(part: Part, name: str, rtol: float) -> bool:
    value = part.named[name]
    return np.all((errors(part.got, value) <= tolerance(value, rtol)) | (part.got == 0)) and np.any(
        part.got != 0
    )


def _threshold(parts: list[Part], name: str, other: str) -> str:
    """'above a number between 0 and 1' where those entries of `other` are kept, or ''."""
    kept = np.concatenate([p.named[other][(p.got != 0) & (p.named[name] != 0)] for p in parts])
    dropped = np.concatenate([p.named[other][(p.got == 0) & (p.named[name] != 0)] for p in parts])
    if not kept.size or not dropped.size:
        return ""
    low, high = kept.min(), kept.max()
    if low > dropped.max():
        return f"above a number between {dropped.max():.2g} and {low:.2g}"
    if high < dropped.min():
        return f"below a number between {high:.2g} and {dropped.min():.2g}"
    if not np.any((low < dropped) & (dropped < high)):
        return f"between about {low:.2g} and about {high:.2g}"
    return ""

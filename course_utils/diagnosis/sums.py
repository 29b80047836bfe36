"""What sum of products a wrong array is: which index is summed, and which stands where.

A condensed map is one sum over products of entries. Whatever sum an answer computes instead, it is
found here by trying: each axis of each argument gets an index of the result, or one that is summed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from .patterns import Part, constant_factor
from .relations import arrays_of
from .trials import close

SUMMED = "nm"
MOST_AXES = (
    2  # of an argument, and of the result: more would be slow, and no condensed map has them
)


@dataclass(frozen=True)
class Factor:
    """An argument, or one row of it, as it stands in a product: words with a place for indices."""

    words: str
    take: Callable[[dict], np.ndarray]

    def axes(self, part: Part) -> tuple[int, ...]:
        return self.take(part.named).shape


def find(parts: list[Part], rtol: float) -> tuple[str, str] | None:
    """(key, a sentence) for the first sum of products that holds in every case, or None.

    Where none does, one that was added to the true result.
    """
    first = parts[0]
    if not 0 < first.got.ndim <= MOST_AXES or not np.isfinite(first.got).all():
        return None
    added = []
    if all(part.got.shape == part.expected.shape for part in parts):
        added = [replace(part, got=part.got - part.expected) for part in parts]
    more_than_right = None
    for group in _groups(first):
        for labels in _labels(first, group):
            total = _total(first, group, labels)
            words = _said(total, parts, group, labels, rtol)
            if words:
                return "another sum", words
            if added and not more_than_right:
                more_than_right = _said(total, added, group, labels, rtol)
    words = more_than_right and more_than_right.replace("your result", "what you added", 1)
    return words and (
        "another sum",
        f"Your result is the right one with something added to it. {words}",
    )


def _said(total, parts: list[Part], group: tuple[Factor, ...], labels: str, rtol: float) -> str:
    """What the result is, in words, where it is a multiple of that sum in every case, or ''."""
    if total is None or not _multiple(total, parts[0].got):
        return ""
    made = _made(parts, group, labels)
    more = _holds(made, rtol) if made else None
    return "" if more is None else f"{_words(parts[0], group, labels)}{more}."


def _groups(first: Part) -> Iterator[tuple[Factor, ...]]:
    """One argument, two, one with a single row of the other, one with the mask of the other."""
    names = [name for name in arrays_of(first) if 0 < first.named[name].ndim <= MOST_AXES]
    whole = {name: Factor(f"{name}[{{}}]", lambda named, n=name: named[n]) for name in names}
    for count in (1, 2):
        yield from itertools.combinations(whole.values(), count)
    for name, other in itertools.product(names, names):
        yield whole[name], Factor(f"1({other}[{{}}] > 0)", lambda named, n=other: named[n] > 0.0)
        for row, place in (("0", 0), ("last row", -1)):
            if first.named[other].ndim == MOST_AXES:
                words = f"{other}[{row}, {{}}]"
                yield whole[name], Factor(words, lambda named, n=other, p=place: named[n][p])


def _labels(first: Part, group: tuple[Factor, ...]) -> Iterator[str]:
    """Ways to give each axis of the factors an index whose length fits."""
    out = dict(zip("ij", first.got.shape, strict=False))
    sizes = [size for factor in group for size in factor.axes(first)]
    fitting = ([*(label for label in out if out[label] == n), *SUMMED] for n in sizes)
    for labels in itertools.product(*fitting):
        lengths = dict(out)
        if all(lengths.setdefault(a, n) == n for a, n in zip(labels, sizes, strict=True)):
            met = [label for label in dict.fromkeys(labels) if label in SUMMED]
            if met == list(SUMMED[: len(met)]):  # other names for the same sum are left out
                yield "".join(labels)


def _split(part: Part, group: tuple[Factor, ...], labels: str) -> list[str]:
    """The labels of each factor."""
    rest = iter(labels)
    return ["".join(itertools.islice(rest, len(factor.axes(part)))) for factor in group]


def _made(parts: list[Part], group: tuple[Factor, ...], labels: str) -> list[Part]:
    """The parts with that sum in place of the true result; empty where it is not a multiple."""
    made = []
    for part in parts:
        total = _total(part, group, labels)
        if total is None or not _multiple(total, part.got):
            return []
        made.append(replace(part, expected=total))
    return made


def _total(part: Part, group: tuple[Factor, ...], labels: str) -> np.ndarray | None:
    """That sum in the shape of the result; None where its sizes do not fit."""
    out = "ij"[: part.got.ndim]
    kept = "".join(label for label in out if label in labels)
    try:
        arrays = [factor.take(part.named) * 1.0 for factor in group]
        total = np.einsum(f"{','.join(_split(part, group, labels))}->{kept}", *arrays)
        if kept != out:
            total = total[tuple(slice(None) if label in kept else None for label in out)]
        return np.broadcast_to(total, part.got.shape) if total.shape != part.got.shape else total
    except (ValueError, IndexError):
        return None


def _multiple(total: np.ndarray, got: np.ndarray) -> bool:
    """Quickly: most sums are ruled out here."""
    at = np.argmax(np.abs(total))
    largest = total.flat[at]
    if not largest:
        return False
    factor = got.flat[at] / largest
    return bool(factor and np.abs(factor * total - got).max() <= 1e-8 * abs(factor * largest))


def _holds(made: list[Part], rtol: float) -> str | None:
    """'' where the sum is the result, words where a factor is between them, else None."""
    if all(close(part.got, part.expected, rtol) for part in made):
        return ""
    found = constant_factor(made, rtol)
    if not found or "from case to case" in found[1]:
        return None
    return ", " + found[1].removeprefix("Your result is the right one ").removesuffix(".")


def _words(first: Part, group: tuple[Factor, ...], labels: str) -> str:
    """'Entry [i, j] of your result is the sum over n of dL_dY[i, n] · W[n, j]'."""
    summed = " and ".join(label for label in SUMMED if label in labels)
    factors = " · ".join(
        factor.words.format(", ".join(letters))
        for factor, letters in zip(group, _split(first, group, labels), strict=True)
    )
    entry = f"Entry [{', '.join('ij'[: first.got.ndim])}] of your result"
    return f"{entry} is {f'the sum over {summed} of ' if summed else ''}{factors}"

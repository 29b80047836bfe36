"""Conditions on the indices of a result, and on what stands in an argument there, as words and bits."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator

import numpy as np

from .patterns import Part
from .relations import arrays_of

Found = tuple[str, str]  # a key, and the sentence that says what was found
Atoms = list[tuple[str, int]]  # a condition in words, and where it holds in all cases


def as_bits(masks: list[np.ndarray]) -> int:
    """The masks of all cases as one whole number: thousands of them are combined in no time."""
    flat = np.concatenate([mask.ravel() for mask in masks])
    return int.from_bytes(np.packbits(flat).tobytes())


def lookups(first: Part, ndim: int) -> Iterator:
    """Ways to index an argument by the result's axes whose lengths fit."""
    for name in arrays_of(first):
        shape = first.named[name].shape
        for axes in sorted(itertools.permutations(range(ndim), len(shape)), key=unusual):
            if shape and all(
                first.expected.shape[a] == n for a, n in zip(axes, shape, strict=True)
            ):
                yield name, axes


def unusual(axes: tuple[int, ...]) -> tuple[bool, bool]:
    """Neighbouring axes first, and among them those of the output or the input: X[i, j] before X[k, j]."""
    apart = any(b - a != 1 for a, b in itertools.pairwise(axes))
    return apart, bool(len(axes) == 2 and axes[0] % 2)


def looked_up(part: Part, name: str, axes: tuple[int, ...]) -> np.ndarray:
    grid = np.indices(part.expected.shape, sparse=True)
    return part.named[name][tuple(grid[a] for a in axes)]


@functools.lru_cache(maxsize=4)  # the same few cases are asked about again and again
def conditions(parts: tuple[Part, ...], names: tuple[str, ...]) -> Atoms:
    """(words, bits) of the conditions on indices and on what stands at them."""
    return list(known(parts, itertools.chain(_atoms(parts[0], names), _ends(names))))


def known(parts: list[Part], atoms: Iterator) -> Iterator:
    """(words, bits) of the conditions that make sense for the shapes."""
    for words, test in atoms:
        masks = _masks(parts, test)
        if masks is not None:
            yield words, as_bits(masks)


def _masks(parts: list[Part], test) -> list | None:
    try:
        return [np.broadcast_to(test(part), part.expected.shape) for part in parts]
    except (IndexError, ValueError):
        return None


def _atoms(first: Part, names: tuple[str, ...]) -> Iterator:
    """Single conditions: on pairs of indices, on single ones, on the sign of an argument there."""
    ndim = len(names)
    for a, b in itertools.combinations(range(ndim), 2):
        for sign, test in (
            ("=", np.equal),
            ("≠", np.not_equal),
            ("≤", np.less_equal),
            ("≥", np.greater_equal),
        ):
            yield (
                f"{names[a]} {sign} {names[b]}",
                lambda p, a=a, b=b, test=test: test(
                    *(np.indices(p.expected.shape, sparse=True)[i] for i in (a, b))
                ),
            )
    for name, axes in lookups(first, ndim):
        place = f"{name}[{', '.join(names[a] for a in axes)}]"
        yield f"{place} > 0", lambda p, n=name, a=axes: looked_up(p, n, a) > 0
        yield f"{place} < 0", lambda p, n=name, a=axes: looked_up(p, n, a) < 0
    yield from _equal_values(first, names)
    for axis in range(ndim):
        yield (
            f"{names[axis]} = 0",
            lambda p, axis=axis: np.indices(p.expected.shape, sparse=True)[axis] == 0,
        )


def levels(parts: list[Part], names: tuple[str, ...]) -> Iterator:
    """An argument compared with another number than 0: the least, or the greatest, that is let in."""
    for name, axes in lookups(parts[0], len(names)):
        if not usual(axes):
            continue
        values = [np.broadcast_to(looked_up(p, name, axes), p.got.shape) for p in parts]
        kept = np.concatenate([v[p.got != 0] for v, p in zip(values, parts, strict=True)])
        place = f"{name}[{', '.join(names[a] for a in axes)}]"
        for word, level, test in (
            ("at least", kept.min(), np.greater_equal),
            ("at most", kept.max(), np.less_equal),
        ):
            yield (
                f"{place} is {word} {level:.2g} or so",
                lambda p, n=name, a=axes, x=level, t=test: t(looked_up(p, n, a), x),
            )


def _equal_values(first: Part, names: tuple[str, ...]) -> Iterator:
    """Two entries of one argument compared, where two places are meant."""
    places = [(name, axes) for name, axes in lookups(first, len(names)) if usual(axes)]
    for (one, a), (two, b) in itertools.combinations(places, 2):
        if one == two and not set(a) & set(b):
            words = [f"{one}[{', '.join(names[axis] for axis in axes)}]" for axes in (a, b)]
            yield (
                " = ".join(words),
                lambda p, n=one, a=a, b=b: looked_up(p, n, a) == looked_up(p, n, b),
            )


def usual(axes: tuple[int, ...]) -> bool:
    return not any(unusual(axes))


def _ends(names: tuple[str, ...]) -> Iterator:
    """Conditions on one index: not the first, the last."""
    for axis, name in enumerate(names):
        yield f"{name} > 0", lambda p, a=axis: np.indices(p.expected.shape, sparse=True)[a] > 0
        yield (
            f"{name} is the last index",
            lambda p, a=axis: (
                np.indices(p.expected.shape, sparse=True)[a] == p.expected.shape[a] - 1
            ),
        )


def holds_for_all(parts: list[Part], predicate: Callable[[Part], bool]) -> bool:
    """Whether a predicate holds for every part; one that makes no sense for the shapes does not."""
    try:
        with np.errstate(all="ignore"):
            return all(bool(predicate(part)) for part in parts)
    except Exception:
        return False

"""The relations a wrong array may have to the right one: (key, sentence, how to make it).

Each is a candidate only; `patterns.find` holds it against every case.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

AXES = ("first", "second", "third", "fourth")


def nth_axis(number: int) -> str:
    return AXES[number] if number < len(AXES) else f"axis {number}"


def only(*where) -> Callable:
    """Keeps what stands at an index and puts 0 everywhere else."""

    def change(a):
        kept = np.zeros_like(a)
        kept[where] = a[where]
        return kept

    return change


def of_result(first) -> Iterator:
    """The right result, altered."""
    e = first.expected
    yield "all zeros", "Every entry of your result is 0.", lambda p: np.zeros_like(p.expected)
    yield "all ones", "Every entry of your result is 1.", lambda p: np.ones_like(p.expected)
    yield (
        "sign",
        "Every entry has the wrong sign: your result is minus the right one.",
        lambda p: -p.expected,
    )
    yield (
        "absolute value",
        "Your result is the right one without its signs: an absolute value was taken.",
        lambda p: np.abs(p.expected),
    )
    yield (
        "truncated",
        "Your values are the right ones with everything behind the point cut off: they were put into "
        "an array of whole numbers.",
        lambda p: np.trunc(p.expected),
    )
    yield (
        "floored",
        "Your values are the right ones rounded down to whole numbers: `//` drops everything behind the point.",
        lambda p: np.floor(p.expected),
    )
    for digits in (1, 2, 3, 4):
        yield (
            "rounded",
            f"Your values are the right ones rounded to {digits} decimals.",
            lambda p, digits=digits: np.round(p.expected, digits),
        )
    yield (
        "rounded",
        "Your values are the right ones rounded to whole numbers.",
        lambda p: np.round(p.expected),
    )
    yield (
        "booleans",
        "Your result only says where the right one is not zero: the values were turned into true and false.",
        lambda p: p.expected != 0,
    )
    yield (
        "signs only",
        "Your result holds only the signs of the right one.",
        lambda p: np.sign(p.expected),
    )
    yield (
        "squared",
        "Your result is the square of the right one, entry by entry.",
        lambda p: p.expected**2,
    )
    yield "inverted", "Your result is one divided by the right one.", lambda p: 1 / p.expected
    yield (
        "complement",
        "Your result is 1 minus the right one: a condition is inverted.",
        lambda p: 1 - p.expected,
    )
    yield (
        "negative parts cut",
        "Your result is the right one with its negative entries set to 0.",
        lambda p: np.maximum(p.expected, 0),
    )
    yield "shifted by one", "Your result is the right one plus 1.", lambda p: p.expected + 1
    for name in arrays_of(first):
        if first.named[name].shape == e.shape[: first.named[name].ndim] != ():
            yield (
                "entries left out",
                f"Your result holds only the entries where {name} is positive: they were picked out, and the others are gone.",
                lambda p, name=name: p.expected[p.named[name] > 0],
            )
    yield from _permuted(e.ndim)
    yield from _reduced(e.ndim)
    yield from _moved(e.ndim)
    yield from _kept_in_part(e.ndim)
    for name in arrays_of(first):
        yield (
            "one entry only",
            f"Your result is right for the first entry of {name}, and nothing else was filled: "
            "does a return stand inside the loop?",
            lambda p, name=name: only(..., *(0,) * np.ndim(p.named[name]))(p.expected),
        )


def _permuted(ndim: int) -> Iterator:
    if ndim == 2:
        yield (
            "transposed",
            "Your result is the right one transposed: rows and columns are exchanged.",
            lambda p: p.expected.T,
        )
    if 3 <= ndim <= 4:
        for order in itertools.permutations(range(ndim)):
            if order != tuple(range(ndim)):
                yield (
                    "axes permuted",
                    f"Every number is right, but the axes are in another order: your array is "
                    f"the right one after transpose{order}.",
                    lambda p, order=order: p.expected.transpose(order),
                )


def _reduced(ndim: int) -> Iterator:
    """Summed, averaged, sliced, flattened, or with one axis too many."""
    if ndim:
        yield (
            "axis dropped",
            "The numbers are right, but an axis of length 1 is gone: `squeeze` or an index took it away.",
            lambda p: np.squeeze(p.expected),
        )
    for count in range(1, ndim + 1):
        for axes in itertools.combinations(range(ndim), count):
            words = " and ".join(nth_axis(axis) for axis in axes)
            noun = "axis" if count == 1 else "axes"
            for name, reduce in (("summed", np.sum), ("averaged", np.mean)):
                for keep in (False, True):
                    yield (
                        f"axis {name}",
                        f"Your result is the right one {name} over its {words} {noun}"
                        + (", with that axis kept at size 1." if keep and count == 1 else "."),
                        lambda p, axes=axes, reduce=reduce, keep=keep: reduce(
                            p.expected, axis=axes, keepdims=keep
                        ),
                    )
    if ndim:
        yield (
            "flattened",
            "The numbers are right, but in one flat row.",
            lambda p: p.expected.ravel(),
        )
        yield (
            "one number",
            "Your result is the largest entry of the right one.",
            lambda p: p.expected.max(),
        )
    yield (
        "axes added",
        "The numbers are right, but there are extra axes of size 1. Look at the brackets.",
        lambda p: (
            p.expected.reshape(p.got.shape)
            if p.got.ndim > p.expected.ndim + 1
            and p.got.size == p.expected.size
            and [n for n in p.got.shape if n > 1] == [n for n in p.expected.shape if n > 1]
            else 1 / 0
        ),
    )
    for axis in range(ndim + 1):
        yield (
            "axis added",
            f"The numbers are right, but there is an extra axis of size 1: the {nth_axis(axis)} one.",
            lambda p, axis=axis: np.expand_dims(p.expected, axis),
        )
    for axis in range(ndim):
        for place, words in ((0, "first"), (-1, "last")):
            yield (
                "one slice",
                f"Your result is only the {words} entry of the right one along its {nth_axis(axis)} axis.",
                lambda p, axis=axis, place=place: np.take(p.expected, place, axis=axis),
            )
    for axis in range(ndim):
        for chosen, words in ((slice(0, -1), "last"), (slice(1, None), "first")):
            yield (
                "one slice missing",
                f"The {words} entry along the {nth_axis(axis)} axis is missing from your result.",
                lambda p, axis=axis, chosen=chosen: p.expected[(slice(None),) * axis + (chosen,)],
            )
    if ndim == 2:
        yield (
            "diagonal only",
            "Your result is the diagonal of the right one.",
            lambda p: np.diagonal(p.expected),
        )
    if ndim == 1:
        yield (
            "as a matrix",
            "Your result has the right numbers on the diagonal of a matrix.",
            lambda p: np.diag(p.expected),
        )
    if ndim % 2 == 0 and ndim > 2:
        yield (
            "flattened in pairs",
            "The numbers are right, but output and input axes are each flattened to one.",
            lambda p: p.expected.reshape(int(np.prod(p.expected.shape[: ndim // 2])), -1),
        )


def _moved(ndim: int) -> Iterator:
    for axis in range(ndim):
        yield (
            "reversed",
            f"Your result is the right one read backwards along its {nth_axis(axis)} axis.",
            lambda p, axis=axis: np.flip(p.expected, axis),
        )
        for step, words in ((1, "one place too far on"), (-1, "one place too early")):
            yield (
                "off by one",
                f"The right numbers stand {words} along the {nth_axis(axis)} axis: an index is off by one.",
                lambda p, axis=axis, step=step: np.roll(p.expected, step, axis),
            )
        yield (
            "running sum",
            f"Your result is a running sum of the right one along its {nth_axis(axis)} axis: "
            "is something not set back to 0 inside the loop?",
            lambda p, axis=axis: np.cumsum(p.expected, axis),
        )
        yield (
            "not cleared",
            f"Along its {nth_axis(axis)} axis each slice also keeps what the slices before it have set: "
            "one array is filled for all of them and not cleared in between.",
            lambda p, axis=axis: np.maximum.accumulate(p.expected, axis),
        )
        yield (
            "one array for all",
            f"Every entry along the {nth_axis(axis)} axis is the largest of them: a maximum was taken, or "
            "it is one and the same array each time.",
            lambda p, axis=axis: np.broadcast_to(
                p.expected.max(axis, keepdims=True), p.expected.shape
            ),
        )
        for place, words in ((0, "first"), (-1, "last")):
            yield (
                "same slice repeated",
                f"Every entry along the {nth_axis(axis)} axis repeats the {words} one.",
                lambda p, axis=axis, place=place: np.broadcast_to(
                    np.take(p.expected, [place], axis), p.expected.shape
                ),
            )
        yield (
            "sum repeated",
            f"Every entry along the {nth_axis(axis)} axis is the sum over that axis.",
            lambda p, axis=axis: np.broadcast_to(
                p.expected.sum(axis, keepdims=True), p.expected.shape
            ),
        )
    if ndim >= 2:
        yield (
            "running sum",
            "Each entry of your result also holds all entries before it, row by row: "
            "is the sum not set back to 0 inside the loop?",
            lambda p: np.cumsum(p.expected).reshape(p.expected.shape),
        )
        yield (
            "reshaped",
            "The numbers are right and the shape is not: they were read in row order into another shape.",
            lambda p: p.expected.reshape(p.got.shape),
        )
        yield (
            "column order",
            "The right numbers were laid out column by column instead of row by row.",
            lambda p: p.expected.ravel(order="F").reshape(p.expected.shape),
        )
        yield (
            "reshaped instead of transposed",
            "The right numbers were read into the right shape from the transpose: "
            "a reshape stands where axes should be exchanged.",
            lambda p: p.expected.T.reshape(p.expected.shape),
        )
    for order in itertools.permutations(range(ndim)) if 3 <= ndim <= 4 else ():
        if order != tuple(range(ndim)):
            yield (
                "reshaped instead of transposed",
                "The right numbers were made with their axes in another order, and then reshaped to "
                "the right shape. A reshape reads them row by row; it does not exchange axes.",
                lambda p, order=order: p.expected.transpose(order).reshape(p.expected.shape),
            )


def _kept_in_part(ndim: int) -> Iterator:
    """Right in one slice, zero elsewhere: a loop that ended early, or a start that was missed."""

    def keep(array, axis, chosen):
        return only(*(slice(None),) * axis, chosen)(array)

    slices = (
        (slice(0, 1), "only its first entry was filled; the loop ended too early"),
        (slice(-1, None), "only its last entry was filled"),
        (slice(0, -1), "its last entry was left out"),
        (slice(1, None), "its first entry was left out"),
    )
    for count in range(2, ndim):
        zeros = ", ".join("0" * count)
        for place, where in (
            (f"[{zeros}, ...]", (0,) * count),
            (f"[..., {zeros}]", (..., *(0,) * count)),
        ):
            yield (
                "one entry only",
                f"Your result is right at {place}, and nothing else was filled: "
                "does a return stand inside the loop?",
                lambda p, where=where: only(*where)(p.expected),
            )
    for axis in range(ndim):
        for chosen, words in slices:
            yield (
                "partly filled",
                f"Your result is right where it is filled, but along the {nth_axis(axis)} axis {words}.",
                lambda p, axis=axis, chosen=chosen: keep(p.expected, axis, chosen),
            )
    if ndim:
        yield (
            "one entry only",
            "Only the first entry was filled: a return stands inside the loop.",
            lambda p: np.where(
                np.arange(p.expected.size).reshape(p.expected.shape) == 0, p.expected, 0
            ),
        )
    if ndim == 2:
        for name, cut in (("upper", np.triu), ("lower", np.tril)):
            yield (
                "triangle only",
                f"Only the {name} triangle of the result is filled.",
                lambda p, cut=cut: cut(p.expected),
            )
        yield (
            "diagonal kept",
            "Only the diagonal of the result is filled.",
            lambda p: p.expected * np.eye(*p.expected.shape),
        )


def arrays_of(first) -> list[str]:
    return arrays_in(first.named)


def arrays_in(named: dict) -> list[str]:
    """Names of the arguments that are arrays of numbers."""
    return [
        name
        for name, value in named.items()
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub"
    ]

"""Relations of a wrong array to the arguments: (key, sentence, how to make it), candidates like those of relations."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from .relations import arrays_of, nth_axis, only


def of_arguments(first) -> Iterator:
    """The arguments themselves, or reduced, or the right result combined with one of them."""
    for name in arrays_of(first):
        yield from _reductions(first, name)
        for key, words, change in (
            ("the argument itself", f"Your result is {name} itself, unchanged", lambda a: a),
            ("minus the argument", f"Your result is minus {name}", lambda a: -a),
            ("the argument transposed", f"Your result is {name} transposed", lambda a: a.T),
            (
                "a mask of the argument",
                f"Your result only says where {name} is positive",
                lambda a: a > 0,
            ),
            (
                "a mask of the argument",
                f"Your result only says where {name} is not zero",
                lambda a: a != 0,
            ),
            (
                "positive part of the argument",
                f"Your result is the positive part of {name}",
                lambda a: np.maximum(a, 0),
            ),
            (
                "absolute value of the argument",
                f"Your result is the absolute value of {name}",
                lambda a: np.abs(a),
            ),
            ("square of the argument", f"Your result is the square of {name}", lambda a: a**2),
            (
                "sum of the argument",
                f"Your result is the sum of all entries of {name}",
                lambda a: a.sum(),
            ),
        ):
            yield key, words + ".", lambda p, name=name, change=change: change(p.named[name])
        for key, words, change in (
            (
                "multiplied once more",
                f"Your result is the right one multiplied by {name} once more",
                lambda e, a: e * a,
            ),
            ("divided", f"Your result is the right one divided by {name}", lambda e, a: e / a),
            ("added", f"Your result is the right one plus {name}", lambda e, a: e + a),
            ("subtracted", f"Your result is the right one minus {name}", lambda e, a: e - a),
            ("subtracted", f"Your result is {name} minus the right one", lambda e, a: a - e),
        ):
            yield (
                key,
                words + ".",
                lambda p, name=name, change=change: change(p.expected, p.named[name]),
            )


def _reductions(first, name: str) -> Iterator:
    """An argument summed, averaged, ... over some of its axes."""
    shape = first.named[name].shape
    for count in range(1, len(shape) + 1):
        for axes in itertools.combinations(range(len(shape)), count):
            for keep in (False, True):
                left = [1 if a in axes else n for a, n in enumerate(shape) if keep or a not in axes]
                if tuple(left) != first.got.shape:
                    continue
                where = " and ".join(nth_axis(axis) for axis in axes)
                where += f" ax{'i' if count == 1 else 'e'}s" + (
                    ", kept with length 1" if keep else ""
                )
                for words, reduce in (
                    ("summed", np.sum),
                    ("averaged", np.mean),
                    ("reduced to its largest entries", np.max),
                ):
                    yield (
                        "argument reduced",
                        f"Your result is {name} {words} over its {where}.",
                        lambda p, axes=axes, keep=keep, reduce=reduce: reduce(
                            p.named[name], axis=axes, keepdims=keep
                        ),
                    )


def of_pairs(first) -> Iterator:
    """Two arguments put together in a simple way."""
    for one, two in itertools.permutations(arrays_of(first), 2):
        for words, join in (
            (f"every entry of {one} times every entry of {two}, an outer product", np.outer),
            (f"every entry of {one} times every entry of {two}, block by block", np.kron),
            (f"{one} plus {two}", np.add),
            (f"{one} minus {two}", np.subtract),
            (f"{one} divided by {two}", np.divide),
        ):
            yield (
                "two arguments joined",
                f"Your result is {words}.",
                lambda p, one=one, two=two, join=join: join(p.named[one], p.named[two]),
            )


_OVERWROTE = "does each turn of a loop overwrite what the turns before have added?"
_LEFT = "does a return stand inside the loop, or a 0 in place of an index?"
_SHORT = "does a loop end one too early?"
_LATE = "does a loop start at 1?"
_ALTERED = (
    ("ignored", "were all ones", np.ones_like),
    ("absolute value", "had lost its signs", np.abs),
    ("sign", "had the other sign", np.negative),
    ("positive part", "had its negative entries set to 0", lambda a: np.maximum(a, 0)),
    ("mask", "were replaced by the mask of its positive entries", lambda a: (a > 0) * 1.0),
    ("sign only", "were replaced by its signs", np.sign),
    ("squared", "were squared", np.square),
    ("summed", "were replaced by its sum everywhere", lambda a: np.full_like(a, a.sum())),
    ("averaged", "were replaced by its mean everywhere", lambda a: np.full_like(a, a.mean())),
    ("truncated", "were cut to whole numbers", np.trunc),
    ("transposed", "were transposed", lambda a: a.T),
    ("reshaped", "were reshaped as if transposed", lambda a: a.T.reshape(a.shape)),
    ("reshaped", "were reshaped where a transpose is meant", lambda a: a.reshape(a.shape[::-1]).T),
    ("reversed", "were read with its rows in reverse order", lambda a: a[::-1]),
    ("reversed", "were read with its columns in reverse order", lambda a: a[..., ::-1]),
    (
        "first row",
        "had its first row in every row",
        lambda a: np.broadcast_to(a[:1], a.shape).copy(),
    ),
    (
        "last row",
        "had its last row in every row",
        lambda a: np.broadcast_to(a[-1:], a.shape).copy(),
    ),
    ("clipped", "were cut to the range from -1 to 1", lambda a: np.clip(a, -1, 1)),
    ("clipped", "were cut to the range from -5 to 5", lambda a: np.clip(a, -5, 5)),
    (
        "column sums",
        "had each entry replaced by the sum of its row",
        lambda a: np.repeat(a.sum(-1, keepdims=True), a.shape[-1], -1),
    ),
    (
        "column means",
        "had each entry replaced by the mean of its row",
        lambda a: np.repeat(a.mean(-1, keepdims=True), a.shape[-1], -1),
    ),
    (
        "row sums",
        "had each row replaced by the sum over rows",
        lambda a: np.broadcast_to(a.sum(0), a.shape).copy(),
    ),
    (
        "row means",
        "had each row replaced by the mean over rows",
        lambda a: np.broadcast_to(a.mean(0), a.shape).copy(),
    ),
    ("centred", "had its mean over rows subtracted", lambda a: a - a.mean(0)),
    ("normalised", "were divided by its largest entry", lambda a: a / np.abs(a).max()),
    ("normalised", "were divided by its norm", lambda a: a / np.linalg.norm(a)),
    ("exponential", "were passed through exp", np.exp),
    ("last row only", f"were 0 but for its last row. {_OVERWROTE}", only(slice(-1, None))),
    ("last column only", f"were 0 but for its last column. {_OVERWROTE}", only(..., -1)),
    (
        "last entry only",
        f"were 0 but for its last entry. {_OVERWROTE}",
        lambda a: only(*(-1,) * a.ndim)(a),
    ),
    ("first row only", f"were 0 but for its first row. {_LEFT}", only(slice(1))),
    ("first column only", f"were 0 but for its first column. {_LEFT}", only(..., 0)),
    (
        "first entry only",
        f"were 0 but for its first entry. {_LEFT}",
        lambda a: only(*(0,) * a.ndim)(a),
    ),
    ("last row left out", f"had zeros in its last row. {_SHORT}", only(slice(-1))),
    ("last column left out", f"had zeros in its last column. {_SHORT}", only(..., slice(-1))),
    ("first row left out", f"had zeros in its first row. {_LATE}", only(slice(1, None))),
    (
        "first column left out",
        f"had zeros in its first column. {_LATE}",
        only(..., slice(1, None)),
    ),
)


def _sentence(words: str) -> str:
    """Words with an end; where a question follows, it begins with a capital letter."""
    fact, dot, question = words.partition(". ")
    return f"{fact}. {question[0].upper()}{question[1:]}" if dot else f"{words}."


def with_altered_arguments(first, call) -> Iterator:
    """The right method, fed with an argument that was altered, or with two exchanged."""
    names = [name for name in arrays_of(first) if first.named[name].ndim]
    for name in names:
        for key, words, change in _ALTERED:
            yield (
                f"{name} {key}",
                f"Your result is what the right method gives if {name} {_sentence(words)}",
                lambda p, name=name, change=change: call({**p.named, name: change(p.named[name])}),
            )
    for one, two in itertools.combinations(names, 2):
        yield (
            "arguments exchanged",
            f"Your result is the right one with {one} and {two} exchanged.",
            lambda p, one=one, two=two: call({**p.named, one: p.named[two], two: p.named[one]}),
        )

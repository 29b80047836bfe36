"""What no bank of mistakes holds, found by rule: how a wrong array relates to the right one.

A pattern is held against every case, so that a coincidence in one does not name it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .trials import close, errors, tolerance


@dataclass(frozen=True)
class Part:
    """One array of one case: the true one, the learner's, and the arguments by name."""

    expected: np.ndarray
    got: np.ndarray
    named: dict
    letters: str = ""


def find(parts: list[Part], rtol: float, call=None) -> tuple[str, str] | None:
    """The first relation that holds in every case: (key, a sentence), or None.

    call: named arguments -> what the right method gives for them, to try altered arguments.
    """
    first = parts[0]
    for key, sentence, change in itertools.chain(
        _of_result(first), _of_arguments(first), _with_altered_arguments(first, call)
    ):
        if all(_holds(part, change, rtol) for part in parts):
            return key, sentence
    return constant_factor(parts, rtol)


def _holds(part: Part, change, rtol: float) -> bool:
    try:
        with np.errstate(all="ignore"):
            candidate = np.asarray(change(part))
            return bool(np.isfinite(candidate).all()) and close(part.got, candidate, rtol)
    except Exception:  # a relation that makes no sense for these shapes does not hold
        return False


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
    """A shape in letters where every size is the size of one letter only, else in numbers."""
    by_size = {}
    for letter, size in sizes.items():
        by_size.setdefault(size, []).append(letter)
    unique = {size: names[0] for size, names in by_size.items() if len(names) == 1}
    words = [unique.get(size, str(size)) for size in shape]
    return "(" + ", ".join(words) + ("," if len(words) == 1 else "") + ")"


AXES = ("first", "second", "third", "fourth")


def _axis(number: int) -> str:
    return AXES[number] if number < len(AXES) else f"axis {number}"


def _of_result(first: Part) -> Iterator:
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
    yield from _permuted(e.ndim)
    yield from _reduced(e.ndim)
    yield from _moved(e.ndim)
    yield from _kept_in_part(e.ndim)


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
    for count in range(1, ndim + 1):
        for axes in itertools.combinations(range(ndim), count):
            words = " and ".join(_axis(axis) for axis in axes)
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
    for axis in range(ndim + 1):
        yield (
            "axis added",
            f"The numbers are right, but there is an extra axis of size 1: the {_axis(axis)} one.",
            lambda p, axis=axis: np.expand_dims(p.expected, axis),
        )
    for axis in range(ndim):
        for place, words in ((0, "first"), (-1, "last")):
            yield (
                "one slice",
                f"Your result is only the {words} entry of the right one along its {_axis(axis)} axis.",
                lambda p, axis=axis, place=place: np.take(p.expected, place, axis=axis),
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
            f"Your result is the right one read backwards along its {_axis(axis)} axis.",
            lambda p, axis=axis: np.flip(p.expected, axis),
        )
        for step, words in ((1, "one place too far on"), (-1, "one place too early")):
            yield (
                "off by one",
                f"The right numbers stand {words} along the {_axis(axis)} axis: an index is off by one.",
                lambda p, axis=axis, step=step: np.roll(p.expected, step, axis),
            )
        yield (
            "running sum",
            f"Your result is a running sum of the right one along its {_axis(axis)} axis.",
            lambda p, axis=axis: np.cumsum(p.expected, axis),
        )
        yield (
            "same slice repeated",
            f"Every entry along the {_axis(axis)} axis repeats the first one.",
            lambda p, axis=axis: np.broadcast_to(np.take(p.expected, [0], axis), p.expected.shape),
        )
        yield (
            "sum repeated",
            f"Every entry along the {_axis(axis)} axis is the sum over that axis.",
            lambda p, axis=axis: np.broadcast_to(
                p.expected.sum(axis, keepdims=True), p.expected.shape
            ),
        )
    if ndim >= 2:
        yield (
            "reshaped",
            "The numbers are right and the shape is not: they were read in row order into another shape.",
            lambda p: p.expected.reshape(p.got.shape) if p.got.shape != p.expected.shape else 1 / 0,
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


def _kept_in_part(ndim: int) -> Iterator:
    """Right in one slice, zero elsewhere: a loop that ended early, or a start that was missed."""

    def keep(array, axis, chosen):
        result = np.zeros_like(array)
        where = [slice(None)] * array.ndim
        where[axis] = chosen
        result[tuple(where)] = array[tuple(where)]
        return result

    slices = (
        (slice(0, 1), "only its first entry was filled; the loop ended too early"),
        (slice(-1, None), "only its last entry was filled"),
        (slice(0, -1), "its last entry was left out"),
        (slice(1, None), "its first entry was left out"),
    )
    for axis in range(ndim):
        for chosen, words in slices:
            yield (
                "partly filled",
                f"Your result is right where it is filled, but along the {_axis(axis)} axis {words}.",
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


def _arrays(first: Part) -> list[str]:
    return [
        name
        for name, value in first.named.items()
        if isinstance(value, np.ndarray) and value.dtype.kind in "fiub"
    ]


def _of_arguments(first: Part) -> Iterator:
    """The arguments themselves, or the right result combined with one of them."""
    for name in _arrays(first):
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
)


def _with_altered_arguments(first: Part, call) -> Iterator:
    """The right method, fed with an argument that was altered."""
    if call is None:
        return
    for name in _arrays(first):
        for key, words, change in _ALTERED:
            yield (
                f"{name} {key}",
                f"Your result is what the right method gives if {name} {words}.",
                lambda p, name=name, change=change: call(
                    {**p.named, name: change(p.named[name])}, p
                ),
            )


def constant_factor(parts: list[Part], rtol: float) -> tuple[str, str] | None:
    """A factor between the two, the same for all entries of a case, in letters where it can be."""
    factors = [factor_between(part.expected, part.got, rtol) for part in parts]
    if any(factor is None for factor in factors) or all(abs(f - 1) < rtol for f in factors):
        return None
    sizes = [letters_of(part.named, part.named.get("__dims__", {})) for part in parts]
    for words, value in _factors(sizes[0]):
        if all(abs(f - value(s)) <= 1e-8 * abs(f) for f, s in zip(factors, sizes, strict=True)):
            return "constant factor", f"Your result is the right one {words}."
    if max(factors) - min(factors) <= 1e-8 * abs(factors[0]):
        return "constant factor", f"Your result is the right one multiplied by {factors[0]:.4g}."
    return (
        "constant factor",
        f"Within each case your result is a multiple of the right one (here {factors[0]:.4g} times it); "
        "the factor changes from case to case.",
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


def _factors(sizes: dict[str, int]) -> Iterator:
    """(words, value of the sizes) for the factors that have a name."""
    for number in (2, 3, 4):
        yield f"multiplied by {number}", lambda s, n=number: n
        yield f"divided by {number}", lambda s, n=number: 1 / n
    names = list(sizes)
    for count in (1, 2):
        for group in itertools.combinations(names, count):
            words = " · ".join(group)

            def product(s, group=group):
                return float(np.prod([s.get(letter, np.nan) for letter in group]))

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


def where_wrong(parts: list[Part], names: tuple[str, ...], rtol: float) -> str:
    """One clause that holds for all wrong entries of all cases and for no right one, or ''."""
    masks = [wrong_entries(part, rtol) for part in parts]
    for words, predicate in _predicates(parts[0], names):
        try:
            marks = [
                np.broadcast_to(predicate(part), mask.shape)
                for part, mask in zip(parts, masks, strict=True)
            ]
        except Exception:  # a clause that makes no sense for these shapes
            continue
        if all(np.array_equal(mark, mask) for mark, mask in zip(marks, masks, strict=True)):
            return words
    return ""


def wrong_entries(part: Part, rtol: float) -> np.ndarray:
    """A mask of the entries that are wrong."""
    return errors(part.got, part.expected) > tolerance(part.expected, rtol)


def _predicates(first: Part, names: tuple[str, ...]) -> Iterator:
    yield "every entry is wrong", lambda p: np.ones(p.expected.shape, bool)
    yield "wrong exactly where the true entry is 0", lambda p: p.expected == 0
    yield "wrong exactly where the true entry is not 0", lambda p: p.expected != 0
    yield "wrong exactly where the true entry is negative", lambda p: p.expected < 0
    yield "wrong exactly where the true entry is positive", lambda p: p.expected > 0
    for name in _arrays(first):
        if first.named[name].shape == first.expected.shape:
            for word, test in (("positive", np.greater), ("negative", np.less), ("0", np.equal)):
                yield (
                    f"wrong exactly where {name} is {word}",
                    lambda p, name=name, test=test: test(p.named[name], 0),
                )
            yield (
                f"wrong exactly where {name} is not positive",
                lambda p, name=name: p.named[name] <= 0,
            )
    yield from _of_indices(first.expected.ndim, names)


def _of_indices(ndim: int, names: tuple[str, ...]) -> Iterator:
    """Clauses on indices: k = i, l ≠ j and their pairs; first and last places."""
    single = []
    for a, b in itertools.combinations(range(min(ndim, len(names))), 2):
        for sign, test in (("=", np.equal), ("≠", np.not_equal), ("<", np.less), (">", np.greater)):
            single.append(
                (
                    f"{names[a]} {sign} {names[b]}",
                    lambda p, a=a, b=b, t=test: t(*np.indices(p.expected.shape)[[a, b]]),
                )
            )
    for axis in range(min(ndim, len(names))):
        last = lambda p, axis=axis: np.indices(p.expected.shape)[axis] == p.expected.shape[axis] - 1  # noqa: E731
        single.append(
            (f"{names[axis]} = 0", lambda p, axis=axis: np.indices(p.expected.shape)[axis] == 0)
        )
        single.append(
            (f"{names[axis]} > 0", lambda p, axis=axis: np.indices(p.expected.shape)[axis] > 0)
        )
        single.append((f"{names[axis]} is the last index", last))
    for words, test in single:
        yield f"wrong exactly where {words}", test
    for (one, f), (two, g) in itertools.combinations(single, 2):
        yield f"wrong exactly where {one} and {two}", lambda p, f=f, g=g: f(p) & g(p)
        yield f"wrong exactly where {one} or {two}", lambda p, f=f, g=g: f(p) | g(p)

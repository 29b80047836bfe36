"""What rule a wrong array follows, where it has no simple relation to the right one.

Three guesses, each held against every wrong case: an index rule ("1 where k = i"), an expression
that holds region by region ("where X is negative, your result is X"), a mask; and, failing these,
a clause that tells the wrong entries from the right ones.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import numpy as np

from .patterns import Part, wrong_entries
from .relations import arrays_of
from .trials import errors, tolerance

Found = tuple[str, str]


def find(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    """(key, sentence) of the first guess that explains all wrong cases, or None."""
    return (
        index_rule(parts, names, rtol)
        or by_region(parts, rtol)
        or a_mask(parts, rtol)
        or where_wrong(parts, names, rtol)
    )


def _all(parts: list[Part], predicate: Callable[[Part], bool]) -> bool:
    """Whether a predicate holds for every part; one that makes no sense for the shapes does not."""
    try:
        with np.errstate(all="ignore"):
            return all(bool(predicate(part)) for part in parts)
    except Exception:
        return False


# An index rule: a value where some conditions on the indices hold, 0 elsewhere


def index_rule(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    """The rule that a Jacobian follows: which entries are not 0, and what stands there."""
    first = parts[0]
    ndim = first.expected.ndim
    if ndim < 2 or len(names) != ndim or not any(n in "kl" for n in names):
        return None
    if not np.any(first.got):
        return None
    values = [v for v in _values(first, names) if _all(parts, lambda p, v=v: _fits(p, v[1], rtol))]
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
    for name, axes in _lookups(first, len(names)):
        words = f"{name}[{', '.join(names[a] for a in axes)}]"
        for sign, word in ((1.0, ""), (-1.0, "-")):
            yield word + words, lambda p, n=name, a=axes, s=sign: s * _looked_up(p, n, a)


def _lookups(first: Part, ndim: int) -> Iterator:
    """Ways to index an argument by the result's axes whose lengths fit."""
    for name in arrays_of(first):
        shape = first.named[name].shape
        for axes in sorted(itertools.permutations(range(ndim), len(shape)), key=_unusual):
            if shape and all(
                first.expected.shape[a] == n for a, n in zip(axes, shape, strict=True)
            ):
                yield name, axes


def _unusual(axes: tuple[int, ...]) -> tuple[bool, bool]:
    """Neighbouring axes first, and among them those of the output or the input: X[i, j] before X[k, j]."""
    apart = any(b - a != 1 for a, b in itertools.pairwise(axes))
    return apart, bool(len(axes) == 2 and axes[0] % 2)


def _looked_up(part: Part, name: str, axes: tuple[int, ...]) -> np.ndarray:
    grid = np.indices(part.expected.shape, sparse=True)
    return part.named[name][tuple(grid[a] for a in axes)]


def _condition(parts: list[Part], names: tuple[str, ...], value) -> str | None:
    """Words for the entries that are not 0, or None; '' where there are no conditions."""
    filled = [part.got != 0 for part in parts]
    # Where the value itself is 0 nothing can be said: those entries are left out.
    seen = [np.broadcast_to(value(part), part.got.shape) != 0 for part in parts]
    if all(np.array_equal(f, s) for f, s in zip(filled, seen, strict=True)):
        return ""
    atoms = [(words, _masks(parts, test)) for words, test in _atoms(parts[0], names)]
    atoms = [(words, masks) for words, masks in atoms if masks is not None]

    def same(masks) -> bool:
        return all(np.array_equal(m & s, f) for m, s, f in zip(masks, seen, filled, strict=True))

    for count in (1, 2, 3):
        for group in itertools.combinations(atoms, count):
            if same(
                [np.logical_and.reduce(masks) for masks in zip(*(m for _, m in group), strict=True)]
            ):
                return " and ".join(words for words, _ in group)
    for (one, a), (two, b) in itertools.combinations(atoms, 2):
        either = [x | y for x, y in zip(a, b, strict=True)]
        if same(either):
            return f"{one} or {two}"
        for three, c in atoms:
            if same([e & z for e, z in zip(either, c, strict=True)]):
                return f"({one} or {two}) and {three}"
            both = [x & y for x, y in zip(a, b, strict=True)]
            if same([e | z for e, z in zip(both, c, strict=True)]):
                return f"{three} or ({one} and {two})"
    return None


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
    for name, axes in _lookups(first, ndim):
        place = f"{name}[{', '.join(names[a] for a in axes)}]"
        yield f"{place} > 0", lambda p, n=name, a=axes: _looked_up(p, n, a) > 0
        yield f"{place} < 0", lambda p, n=name, a=axes: _looked_up(p, n, a) < 0
    for axis in range(ndim):
        yield (
            f"{names[axis]} = 0",
            lambda p, axis=axis: np.indices(p.expected.shape, sparse=True)[axis] == 0,
        )


# An expression for each region of the arguments' signs


def by_region(parts: list[Part], rtol: float) -> Found | None:
    """What the result is where an argument is positive, and where it is negative."""
    same = [n for n in arrays_of(parts[0]) if parts[0].named[n].shape == parts[0].expected.shape]
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
            usable = np.abs(values) > 1e-6
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
        yield f"{one} minus {two}", a - b
    for (one, a), (two, b) in itertools.combinations(args.items(), 2):
        yield f"{one} times {two}", a * b
        yield f"{one} plus {two}", a + b
        yield f"the larger of {one} and {two}", np.maximum(a, b)
        yield f"the smaller of {one} and {two}", np.minimum(a, b)


# A mask that picks the wrong entries


def a_mask(parts: list[Part], rtol: float) -> Found | None:
    """The result is an argument at some entries and 0 at the others; the choice is wrong."""
    same = [n for n in arrays_of(parts[0]) if parts[0].named[n].shape == parts[0].expected.shape]
    for name in same:
        if not _all(parts, lambda p, n=name: _picked(p, n, rtol)):
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
    """'above about 0.5' where the entries kept are those of `other` above a level, or ''."""
    kept = np.concatenate([p.named[other][(p.got != 0) & (p.named[name] != 0)] for p in parts])
    dropped = np.concatenate([p.named[other][(p.got == 0) & (p.named[name] != 0)] for p in parts])
    if not kept.size or not dropped.size:
        return ""
    if kept.min() > dropped.max():
        return f"above about {(kept.min() + dropped.max()) / 2:.2g}"
    if kept.max() < dropped.min():
        return f"below about {(kept.max() + dropped.min()) / 2:.2g}"
    return ""


# A clause on the wrong entries


def where_wrong(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    """One clause that holds for all wrong entries of all cases and for no right one."""
    masks = [wrong_entries(part, rtol) for part in parts]
    if all(mask.all() for mask in masks):
        return None
    for words, predicate in _clauses(parts[0], names):
        marks = _masks(parts, predicate)
        if marks and all(np.array_equal(m, n) for m, n in zip(marks, masks, strict=True)):
            return f"wrong where {words}", f"They are the entries where {words}."
    for words, predicate in _clauses(parts[0], names):  # not all of these, but none outside
        marks = _masks(parts, predicate)
        inside = marks and all(not (n & ~m).any() for m, n in zip(marks, masks, strict=True))
        if inside and sum(m.sum() for m in marks) * 2 < sum(m.size for m in marks):
            return f"wrong where {words}", f"Every one of them is at a place where {words}."
    return None


def _clauses(first: Part, names: tuple[str, ...]) -> Iterator:
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
    ndim = first.expected.ndim
    if len(names) != ndim:
        return
    single = [atom for atom in _atoms(first, names) if "[" not in atom[0]]
    for axis in range(ndim):
        single.append(
            (
                f"{names[axis]} > 0",
                lambda p, a=axis: np.indices(p.expected.shape, sparse=True)[a] > 0,
            )
        )
        single.append(
            (
                f"{names[axis]} is the last index",
                lambda p, a=axis: (
                    np.indices(p.expected.shape, sparse=True)[a] == p.expected.shape[a] - 1
                ),
            )
        )
    yield from single
    for (one, f), (two, g) in itertools.combinations(single, 2):
        yield f"{one} and {two}", lambda p, f=f, g=g: f(p) & g(p)
        yield f"{one} or {two}", lambda p, f=f, g=g: f(p) | g(p)

"""What rule a wrong array follows, where it has no simple relation to the right one.

Three guesses, each held against every wrong case: an index rule ("1 where k = i"), an expression
that holds region by region ("where X is negative, your result is X"), a mask; and, failing these,
a clause that tells the wrong entries from the right ones.
"""

from __future__ import annotations

import functools
import itertools
import operator
from collections.abc import Callable, Iterator

import numpy as np

from .patterns import Part, wrong_entries
from .relations import arrays_of
from .trials import errors, tolerance

Found = tuple[str, str]


def find(
    every: list[Part], parts: list[Part], names: tuple[str, ...], rtol: float
) -> tuple[Found | None, bool]:
    """(key, sentence) of the first guess, and whether it explains all cases or the wrong ones only."""
    if len(parts) < len(every):
        found = index_rule(every, names, rtol) or _named_mask(every, rtol)
        if found:
            return found, True
    return _in_the_wrong_ones(parts, names, rtol), False


def _named_mask(parts: list[Part], rtol: float) -> Found | None:
    found = a_mask(parts, rtol)
    return found if found and "picks" not in found[1] else None


def _in_the_wrong_ones(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    return (
        index_rule(parts, names, rtol)
        or two_values(parts, names, rtol)
        or counted(parts, names)
        or on_the_diagonal(parts, rtol)
        or a_combination(parts, rtol)
        or by_region(parts, rtol)
        or a_mask(parts, rtol)
        or where_wrong(parts, names, rtol)
    )


def _bits(masks: list[np.ndarray]) -> int:
    """The masks of all cases as one whole number: thousands of them are combined in no time."""
    flat = np.concatenate([mask.ravel() for mask in masks])
    return int.from_bytes(np.packbits(flat).tobytes())


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
    if not _is_rule(parts, names):
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


def _is_rule(parts: list[Part], names: tuple[str, ...]) -> bool:
    """Whether it is a Jacobian, its axes named by the indices of output and input, and not all 0."""
    if len(names) < 2 or not any(n in "kl" for n in names) or not np.any(parts[0].got):
        return False
    return all(len(names) == part.got.ndim == part.expected.ndim for part in parts)


def two_values(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    """One value where a condition on the indices holds, another one elsewhere."""
    if not _is_rule(parts, names):
        return None
    every = _bits([np.ones(part.got.shape, bool) for part in parts])
    values = list(_agreements(parts, names, rtol))
    atoms = _conditions(tuple(parts), names)
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
    yield "0", _bits([part.got == 0 for part in parts])
    numbers = np.unique(parts[0].got[parts[0].got != 0])
    if 1 < numbers.size <= 3:
        for number in numbers:
            yield f"{float(number):.4g}", _bits([part.got == number for part in parts])
    for words, value in itertools.chain(_values(parts[0], names), _in_one_row(parts[0], names)):
        yield from _agreement(parts, words, value, rtol)


def _agreement(parts: list[Part], words: str, value: Callable, rtol: float) -> Iterator:
    try:
        wanted = [np.broadcast_to(value(part), part.got.shape) for part in parts]
    except (IndexError, ValueError):
        return
    pairs = zip(parts, wanted, strict=True)
    yield words, _bits([errors(part.got, w) <= tolerance(w, rtol) for part, w in pairs])


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
    for name, axes in _lookups(first, len(names)):
        words = f"{name}[{', '.join(names[a] for a in axes)}]"
        found.append((words, lambda p, n=name, a=axes: _looked_up(p, n, a)))
        for sign, word in ((1.0, ""), (-1.0, "-")):
            yield word + words, lambda p, n=name, a=axes, s=sign: s * _looked_up(p, n, a)
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
    filled = _bits([part.got != 0 for part in parts])
    # Where the value itself is 0 nothing can be said: those entries are left out.
    seen = _bits([np.broadcast_to(value(part), part.got.shape) != 0 for part in parts])
    if filled == seen:
        return ""
    atoms = [*_conditions(tuple(parts), names), *_known(parts, _levels(parts, names))]
    return _all_of(atoms, seen, filled) or _some_of(atoms, seen, filled) or _offset(parts, names)


Atoms = list[tuple[str, int]]


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


@functools.lru_cache(maxsize=4)  # the same few cases are asked about again and again
def _conditions(parts: tuple[Part, ...], names: tuple[str, ...]) -> Atoms:
    """(words, bits) of the conditions on indices and on what stands at them."""
    return list(_known(parts, itertools.chain(_atoms(parts[0], names), _ends(names))))


def _known(parts: list[Part], atoms: Iterator) -> Iterator:
    """(words, bits) of the conditions that make sense for the shapes."""
    for words, test in atoms:
        masks = _masks(parts, test)
        if masks is not None:
            yield words, _bits(masks)


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
    yield from _equal_values(first, names)
    for axis in range(ndim):
        yield (
            f"{names[axis]} = 0",
            lambda p, axis=axis: np.indices(p.expected.shape, sparse=True)[axis] == 0,
        )


def _levels(parts: list[Part], names: tuple[str, ...]) -> Iterator:
    """An argument compared with another number than 0: the least, or the greatest, that is let in."""
    for name, axes in _lookups(parts[0], len(names)):
        if not _usual(axes):
            continue
        values = [np.broadcast_to(_looked_up(p, name, axes), p.got.shape) for p in parts]
        kept = np.concatenate([v[p.got != 0] for v, p in zip(values, parts, strict=True)])
        place = f"{name}[{', '.join(names[a] for a in axes)}]"
        for word, level, test in (
            ("at least", kept.min(), np.greater_equal),
            ("at most", kept.max(), np.less_equal),
        ):
            yield (
                f"{place} is {word} {level:.2g} or so",
                lambda p, n=name, a=axes, x=level, t=test: t(_looked_up(p, n, a), x),
            )


def _equal_values(first: Part, names: tuple[str, ...]) -> Iterator:
    """Two entries of one argument compared, where two places are meant."""
    places = [(name, axes) for name, axes in _lookups(first, len(names)) if _usual(axes)]
    for (one, a), (two, b) in itertools.combinations(places, 2):
        if one == two and not set(a) & set(b):
            words = [f"{one}[{', '.join(names[axis] for axis in axes)}]" for axes in (a, b)]
            yield (
                " = ".join(words),
                lambda p, n=one, a=a, b=b: _looked_up(p, n, a) == _looked_up(p, n, b),
            )


def _usual(axes: tuple[int, ...]) -> bool:
    return not any(_unusual(axes))


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


# A clause on the wrong entries


def where_wrong(parts: list[Part], names: tuple[str, ...], rtol: float) -> Found | None:
    """One clause that holds for all wrong entries of all cases and for no right one."""
    masks = [wrong_entries(part, rtol) for part in parts]
    if all(mask.all() for mask in masks):
        return None
    wrong, entries = _bits(masks), sum(mask.size for mask in masks)
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
        yield "nothing was filled in there", _bits([part.expected != 0 for part in parts])
    if not any(part.expected[mask].any() for part, mask in pairs):
        yield "0 belongs there", _bits([part.expected == 0 for part in parts])


def _clauses(parts: list[Part], names: tuple[str, ...]) -> Iterator:
    """(words, bits) of single conditions, then of pairs of conditions on the indices."""
    yield from _known(parts, _on_values(parts[0]))
    ndim = parts[0].expected.ndim
    if len(names) != ndim:
        return
    atoms = _conditions(tuple(parts), names)
    yield from atoms
    for (one, a), (two, b) in itertools.combinations(atoms, 2):
        yield f"{one} and {two}", a & b
    single = [(words, bits) for words, bits in atoms if "[" not in words]
    for (one, a), (two, b) in itertools.combinations(single, 2):
        yield f"{one} or {two}", a | b


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

"""The exercises of 00_start_here."""

from __future__ import annotations

import numpy as np

from .. import jacobian
from ..values import Named
from .model import Case, Exercise, Mistake

NOTEBOOK = "00_start_here"


def scale_entry(x, k, i):
    """∂y[k]/∂x[i] of y = 3x: 3 where k = i, else 0."""
    return 3.0 * (k == i)


def reverse_entry(x, k, i):
    """∂y[k]/∂x[i] of y = x[::-1]: y[k] reads the x that stands as far from the other end."""
    return 1.0 * (i == len(x) - 1 - k)


def central_difference(f, x, h):
    """The slope of the scalar function f at x, from one step of h to each side."""
    return jacobian.central_difference(f, x, h)


def numerical_jacobian(f, X, h):
    """Shape f(X).shape + X.shape, by central differences, one entry of X at a time."""
    return jacobian.numerical_jacobian(f, X, h)


# Cases


def _vector(rng, n: int) -> np.ndarray:
    """Entries of both signs, none near 0 and none a value that a delta or a slope could have."""
    x = rng.uniform(0.2, 0.9, n) * rng.choice([-1.0, 1.0], n)
    return x + np.where(x > 0, 1.1, -1.1)


def _vectors(rng) -> list[Case]:
    return [
        Case("x of length 4", (_vector(rng, 4),)),
        Case("x of length 5", (_vector(rng, 5),)),
        Case("x of length 2", (_vector(rng, 2),)),
        Case("x of length 1", (_vector(rng, 1),), "one row"),
        Case("x of length 3 with equal entries", (np.full(3, 1.5),)),
        Case("x of length 3 with a 0 in it", (_vector(rng, 3) * [1, 0, 1],), "zeros"),
    ]


def _slopes(rng) -> list[Case]:
    """Steps so large that one formula is told from another, far above rounding."""
    steps = (
        ("sine", 0.5, ""),
        ("cube", 0.25, ""),
        ("exponential", 0.01, ""),
        ("square", 0.125, ""),
        ("sine", 1e-3, ""),
        ("cube", 0.5, "zeros"),
    )
    return [
        Case(
            f"the {name} at x = {x:.4g} with h = {h:g}",
            (Named(name), x, h),
            trait,
        )
        for number, (name, h, trait) in enumerate(steps)
        # Left and right of 0 in turn: a slope that is never negative would let an abs() through.
        for x in [0.0 if trait else (-1) ** (number // 2) * float(rng.uniform(0.4, 1.4))]
    ]


def _functions(rng) -> list[Case]:
    X, A = _vector(rng, 6).reshape(2, 3), _vector(rng, 12).reshape(3, 4)
    return [
        Case("the softmax of each row, X of 2 × 3", (Named("row_softmax"), X, 0.25)),
        Case("X @ A with X of 2 × 3 and A of 3 × 4", (Named("matrix_product", (A,)), X, 0.1)),
        Case("the outer square of x, x of length 3", (Named("outer_square"), _vector(rng, 3), 0.1)),
        Case("the cube of each entry, X of 3 × 2", (Named("cube"), _vector(rng, 6).reshape(3, 2), 0.5)),
        Case("the sum of all squares, X of 2 × 3", (Named("sum_of_squares"), X.copy(), 0.125)),
        Case("the softmax of each row, X of 3 × 3", (Named("row_softmax"), _vector(rng, 9).reshape(3, 3), 0.01), "square"),
        Case("the exponential of a single entry", (Named("exponential"), _vector(rng, 1), 1e-3), "one row"),
    ]  # fmt: skip


# Mistakes of the two entry rules

_NUDGE = "Take x of length 3. Nudge x[0] by 0.1 and write down all three outputs before and after."
_COUNT = "Take x of length 4 and find by hand the place in x that y[0] reads, then y[1]."


_SCALE = (
    Mistake(
        "delta forgotten",
        lambda x, k, i: 3.0,
        "You return 3 for every pair: the delta is missing, so each input would move every output.",
        _NUDGE,
    ),
    Mistake(
        "slope forgotten",
        lambda x, k, i: float(k == i),
        "You return the delta alone, 1 where the indices agree: there an output moves as far as its input, "
        "as if y were x.",
        _NUDGE,
    ),
    Mistake(
        "value for derivative",
        lambda x, k, i: 3.0 * x[k] * (k == i),
        "Where the indices agree you return the value y[k]; the derivative says how fast it moves.",
        _NUDGE,
    ),
    Mistake(
        "value without delta",
        lambda x, k, i: 3.0 * x[k],
        "You return the output y[k] itself, for every i: neither a slope nor a delta is in it.",
        _NUDGE,
    ),
    Mistake(
        "value of the input",
        lambda x, k, i: 3.0 * x[i],
        "You return 3 times the input x[i], for every k: neither a slope nor a delta is in it.",
        _NUDGE,
    ),
    Mistake(
        "input for slope",
        lambda x, k, i: x[i] * (k == i),
        "Where the indices agree you return x[i] itself; the derivative says how fast y[k] moves.",
        _NUDGE,
    ),
    Mistake(
        "delta inverted",
        lambda x, k, i: 3.0 * (k != i),
        "Your delta is the wrong way round: you return 3 where the indices differ and 0 where they agree.",
        _NUDGE,
    ),
    Mistake(
        "slope inverted",
        lambda x, k, i: (k == i) / 3.0,
        "Where the indices agree you return 1/3: that is how x follows y. Asked is how y follows x.",
        _NUDGE,
    ),
    Mistake(
        "off by one",
        lambda x, k, i: 3.0 * (k == i + 1),
        "You compare k with the neighbour of i: an index is off by one. Both count from 0 here.",
        _NUDGE,
    ),
    Mistake(
        "off by one, the other way",
        lambda x, k, i: 3.0 * (k + 1 == i),
        "You compare i with the neighbour of k: an index is off by one. Both count from 0 here.",
        _NUDGE,
    ),
    Mistake(
        "sum for product",
        lambda x, k, i: 3.0 + (k == i),
        "You added the delta to the slope. Where the delta is 0 nothing must be left, so they are multiplied.",
        _NUDGE,
    ),
    Mistake(
        "compared values",
        lambda x, k, i: 3.0 * (x[k] > 0) * (k == i),
        "Your rule asks for the sign of x. Three times a negative number moves three times as fast too.",
        _NUDGE,
    ),
    Mistake(
        "two entries compared",
        lambda x, k, i: (3.0 * x[k] - 3.0 * x[i]) / (x[k] - x[i]),
        "You divided the difference of two outputs by the difference of two inputs. That compares two places of "
        "one x; a derivative compares one output before and after a nudge.",
        _NUDGE,
    ),
    Mistake(
        "value over value",
        lambda x, k, i: 3.0 * x[k] / x[i],
        "You divided the output y[k] by the input x[i]. A derivative divides how far the one moves by how far "
        "the other was moved.",
        _NUDGE,
    ),
    Mistake(
        "reversed",
        lambda x, k, i: 3.0 * (i == len(x) - 1 - k),
        "You count one of the indices from the end. Here y[k] reads the x at its own place.",
        _NUDGE,
    ),
)

_REVERSE = (
    Mistake(
        "identity",
        lambda x, k, i: float(k == i),
        "You compare k with i: that is the rule of y = x, where every output reads the input at its own place.",
        _COUNT,
    ),
    Mistake(
        "off by one",
        lambda x, k, i: float(i == len(x) - k),
        "You count one too far: for k = 0 your rule points to a place behind the last entry.",
        _COUNT,
    ),
    Mistake(
        "off by one, the other way",
        lambda x, k, i: float(i == len(x) - 2 - k),
        "You count one too few: for k = 0 your rule points to the last entry but one.",
        _COUNT,
    ),
    Mistake(
        "minus the index",
        lambda x, k, i: float(i == -1 - k),
        "Your rule compares i with a negative number, which it never is. NumPy reads x[-1] as the last entry, "
        "but i itself counts from 0 upwards.",
        _COUNT,
    ),
    Mistake(
        "minus k",
        lambda x, k, i: float(i == -k),
        "Your rule compares i with -k, which agree only at 0.",
        _COUNT,
    ),
    Mistake(
        "sign",
        lambda x, k, i: -1.0 * (k == i),
        "You took the reversal for a change of sign: your rule is that of y = -x.",
        _COUNT,
    ),
    Mistake(
        "sign, reversed",
        lambda x, k, i: -1.0 * (i == len(x) - 1 - k),
        "The place is right, the sign is not: the entry is copied, so nudged up it moves up.",
        _NUDGE,
    ),
    Mistake(
        "value for derivative",
        lambda x, k, i: x[i] * (i == len(x) - 1 - k),
        "Where the indices meet you return the value of x; the derivative says how fast y[k] moves.",
        _NUDGE,
    ),
    Mistake(
        "value without delta",
        lambda x, k, i: x[len(x) - 1 - k],
        "You return the output y[k] itself, for every i. Asked is how fast it moves when x[i] does.",
        _NUDGE,
    ),
    Mistake(
        "delta forgotten",
        lambda x, k, i: 1.0,
        "You return 1 for every pair: the delta is missing, so each input would move every output.",
        _NUDGE,
    ),
    Mistake(
        "delta inverted",
        lambda x, k, i: float(i != len(x) - 1 - k),
        "Your delta is the wrong way round: you return 1 where the indices do not meet and 0 where they do.",
        _NUDGE,
    ),
    Mistake(
        "compared values",
        lambda x, k, i: float(x[k] == x[::-1][i]),
        "You compare entries of x, not places: two equal numbers at different places would count as one.",
        "Take x = [0, 0]. How many pairs of places meet, and how many does your rule find?",
    ),
)


# Mistakes of the two differences


def _quotient(step_up, step_down, divide):
    """A difference quotient with its own steps and divisor, each a function of h."""
    return lambda f, x, h: (f(x + step_up(h)) - f(x - step_down(h))) / divide(h)


def _none(h):
    return 0.0


def _one(h):
    return h


def _two(h):
    return 2 * h


_DRAW = "Draw the graph of f, mark x - h, x and x + h, and write the height at each and the width between them."

_DIFFERENCES = (
    Mistake(
        "forward difference",
        _quotient(_one, _none, _one),
        "That is the forward difference, from x to x + h. Its error shrinks like h; the central one goes to both "
        "sides, and its error shrinks like h².",
        _DRAW,
    ),
    Mistake(
        "backward difference",
        _quotient(_none, _one, _one),
        "That is the backward difference, from x - h to x. Its error shrinks like h; the central one goes to both "
        "sides, and its error shrinks like h².",
        _DRAW,
    ),
    Mistake(
        "twice too large",
        _quotient(_one, _one, _one),
        "You divided by h. From x - h to x + h is a longer way.",
        _DRAW,
    ),
    Mistake(
        "half of a forward difference",
        _quotient(_one, _none, _two),
        "You divided by 2h, but your two points are only h apart: x and x + h.",
        _DRAW,
    ),
    Mistake(
        "brackets missing",
        lambda f, x, h: (f(x + h) - f(x - h)) / 2 * h,
        "`/ 2 * h` divides by 2 and then multiplies by h: Python reads from left to right. "
        "The divisor needs brackets.",
        "Work out 8 / 2 * 4 and 8 / (2 * 4).",
    ),
    Mistake(
        "brackets missing above",
        lambda f, x, h: f(x + h) - f(x - h) / (2 * h),
        "Only the second value was divided: the difference above the line needs brackets.",
        "Work out 8 - 4 / 2 and (8 - 4) / 2.",
    ),
    Mistake(
        "not divided",
        lambda f, x, h: f(x + h) - f(x - h),
        "You return how much f changed, not how fast: the division by the width is missing.",
        _DRAW,
    ),
    Mistake(
        "divided by 2",
        lambda f, x, h: (f(x + h) - f(x - h)) / 2,
        "You divided by 2 only. The width between the two points depends on h.",
        _DRAW,
    ),
    Mistake(
        "multiplied by h",
        lambda f, x, h: (f(x + h) - f(x - h)) * 2 * h,
        "You multiplied by the width instead of dividing by it.",
        _DRAW,
    ),
    Mistake(
        "sign",
        lambda f, x, h: (f(x - h) - f(x + h)) / (2 * h),
        "The sign is wrong: the value on the left minus the value on the right.",
        _DRAW,
    ),
    Mistake(
        "added",
        lambda f, x, h: (f(x + h) + f(x - h)) / (2 * h),
        "The two values were added; a slope comes from their difference.",
        _DRAW,
    ),
    Mistake(
        "value for slope",
        lambda f, x, h: f(x) * 1.0,
        "You return the height f(x); asked is the steepness there.",
        _DRAW,
    ),
    Mistake(
        "mean of the values",
        lambda f, x, h: (f(x + h) + f(x - h)) / 2,
        "You return the mean of two heights; asked is the steepness between them.",
        _DRAW,
    ),
    Mistake(
        "h in place of x",
        lambda f, x, h: (f(h) - f(-h)) / (2 * h),
        "You went h to each side of 0, not of x.",
        _DRAW,
    ),
    Mistake(
        "h - x for x - h",
        lambda f, x, h: (f(x + h) - f(h - x)) / (2 * h),
        "Your second point is h - x, the mirror image of the one that is meant: it lies near -x.",
        _DRAW,
    ),
    Mistake(
        "f of the width",
        lambda f, x, h: f((x + h) - (x - h)) / (2 * h),
        "You gave f the width between the two points. f is asked at each point, and then the values are subtracted.",
        _DRAW,
    ),
    Mistake(
        "relative step",
        lambda f, x, h: (f(x * (1 + h)) - f(x * (1 - h))) / (2 * h * x if x else 1),
        "Your step is h times x. The caller's h is the step itself.",
        _DRAW,
    ),
    Mistake(
        "half the step",
        lambda f, x, h: (f(x + h / 2) - f(x - h / 2)) / h,
        "That is a central difference, but with half the step: you went h/2 to each side. Here h is the step to "
        "one side.",
        _DRAW,
    ),
    Mistake(
        "twice the step",
        lambda f, x, h: (f(x + 2 * h) - f(x - 2 * h)) / (4 * h),
        "That is a central difference, but with twice the step: you went 2h to each side.",
        _DRAW,
    ),
    Mistake(
        "five points",
        lambda f, x, h: (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h),
        "That is the five-point formula. It is more accurate; asked is the one with two points.",
        "How many times does your function call f?",
    ),
    Mistake(
        "three points, second derivative",
        lambda f, x, h: (f(x + h) - 2 * f(x) + f(x - h)) / h**2,
        "That is the second derivative: how fast the slope itself changes.",
        _DRAW,
    ),
    Mistake(
        "complex step",
        lambda f, x, h: np.imag(f(x + 1j * h)) / h,
        "That is the complex-step formula. It is more accurate, but it needs an f that takes complex numbers; "
        "asked is the difference of two real values.",
        _DRAW,
    ),
    Mistake(
        "h ignored",
        lambda f, x, h: (f(x + 1e-5) - f(x - 1e-5)) / 2e-5,
        "Your result does not depend on h: a step of your own was taken. The caller chooses h.",
        "Call it with h = 0.5 and with h = 0.1. Should the two results be the same?",
    ),
)


def _each_entry(change, out_first: bool = True):
    """A numerical Jacobian with something wrong: `change(f, X, index, h)` is its slice for one entry of X."""

    def wrong(f, X, h):
        X = np.array(X, dtype=float)
        slices = [np.asarray(change(f, X, index, h)) for index in np.ndindex(X.shape)]
        J = np.stack(slices, axis=-1 if out_first else 0)
        shape = slices[0].shape
        return J.reshape((*shape, *X.shape) if out_first else (*X.shape, *shape))

    return wrong


def _moved(X, index, h):
    X = X.copy()
    X[index] += h
    return X


def _central(f, X, index, h):
    return (f(_moved(X, index, h)) - f(_moved(X, index, -h))) / (2 * h)


def _not_restored(f, X, h):
    X = np.array(X, dtype=float)
    J = np.zeros((*np.shape(f(X)), *X.shape))
    for index in np.ndindex(X.shape):
        X[index] += h
        plus = f(X)
        X[index] -= 2 * h
        J[(..., *index)] = (plus - f(X)) / (2 * h)
    return J


def _neither_restored(f, X, h):
    """Both copies are made once, before the loop."""
    up, down = np.array(X, dtype=float), np.array(X, dtype=float)
    J = np.zeros((*np.shape(f(X)), *X.shape))
    for index in np.ndindex(X.shape):
        up[index] += h
        down[index] -= h
        J[(..., *index)] = (f(up) - f(down)) / (2 * h)
    return J


def _half_restored(f, X, h):
    X = np.array(X, dtype=float)
    J = np.zeros((*np.shape(f(X)), *X.shape))
    before = f(X)
    for index in np.ndindex(X.shape):
        X[index] += h
        J[(..., *index)] = (f(X) - before) / h
    return J


def _put(X, index, value):
    X = X.copy()
    X[index] = value
    return X


def _slice_in_front(f, X, h):
    J = np.zeros((*np.shape(f(X)), *X.shape))
    for index in np.ndindex(X.shape):
        J[index] = _central(f, X, index, h)
    return J


def _twice_the_shape_of_x(f, X, h):
    J = np.zeros(X.shape + X.shape)
    for index in np.ndindex(X.shape):
        J[(..., *index)] = _central(f, X, index, h)
    return J


def _diagonal(f, X, h):
    """Each entry's effect on the output at the same place only."""
    return np.array([_central(f, X, index, h)[index] for index in np.ndindex(X.shape)]).reshape(
        X.shape
    )


_ORDER = (
    "Take one entry that is not zero: which of its indices name the output, and which the input?"
)
_ONE = "Take X of shape (1, 2). Which two inputs do you hand to f for the entry X[0, 1]?"

_JACOBIANS = (
    Mistake(
        "input axes first",
        _each_entry(_central, out_first=False),
        "Every number is right, but the axes of the input stand in front. In this course the output's axes come "
        "first: shape f(X).shape + X.shape.",
        _ORDER,
    ),
    Mistake(
        "forward difference",
        _each_entry(lambda f, X, index, h: (f(_moved(X, index, h)) - f(X)) / h),
        "These are forward differences, from X to one step further. Their error shrinks like h; that of central "
        "differences like h².",
        _ONE,
    ),
    Mistake(
        "backward difference",
        _each_entry(lambda f, X, index, h: (f(X) - f(_moved(X, index, -h))) / h),
        "These are backward differences, from one step before X to X. Their error shrinks like h; that of "
        "central differences like h².",
        _ONE,
    ),
    Mistake(
        "twice too large",
        _each_entry(lambda f, X, index, h: 2 * _central(f, X, index, h)),
        "You divided by h. The two inputs you compare are further apart.",
        _ONE,
    ),
    Mistake(
        "half the step",
        _each_entry(lambda f, X, index, h: _central(f, X, index, h / 2)),
        "You went h/2 to each side. Here h is the step to one side.",
        _ONE,
    ),
    Mistake(
        "not divided",
        _each_entry(lambda f, X, index, h: 2 * h * _central(f, X, index, h)),
        "You return how much the outputs changed, not how fast: the division by the width is missing.",
        _ONE,
    ),
    Mistake(
        "brackets missing",
        _each_entry(lambda f, X, index, h: h * h * _central(f, X, index, h)),
        "`/ 2 * h` divides by 2 and then multiplies by h: Python reads from left to right. "
        "The divisor needs brackets.",
        "Work out 8 / 2 * 4 and 8 / (2 * 4).",
    ),
    Mistake(
        "sign",
        _each_entry(lambda f, X, index, h: -_central(f, X, index, h)),
        "The sign is wrong: the value one step back minus the value one step ahead.",
        _ONE,
    ),
    Mistake(
        "slice at the front",
        _slice_in_front,
        "You wrote each column to `J[index]`, the front axes, which are the output's. The index names the input "
        "that was moved; its axes are the last.",
        _ORDER,
    ),
    Mistake(
        "set to h",
        _each_entry(
            lambda f, X, index, h: (f(_put(X, index, h)) - f(_put(X, index, -h))) / (2 * h)
        ),
        "You set the entry to h and to -h. It has to be moved from where it is: h more, and h less.",
        "Take X = [5] and h = 0.1. Between which two inputs is the slope measured?",
    ),
    Mistake(
        "relative step",
        _each_entry(lambda f, X, index, h: X[index] * _central(f, X, index, h * X[index])),
        "You moved each entry by h times itself, and divided by 2h. The step is h, whatever the entry is.",
        "Take X = [5] and h = 0.1. Which two inputs should f get?",
    ),
    Mistake(
        "all at once",
        lambda f, X, h: (f(X + h) - f(X - h)) / (2 * h),
        "You moved every entry of X at the same time, so their effects are added up and cannot be told apart.",
        _ONE,
    ),
    Mistake(
        "only its own output",
        _diagonal,
        "You kept only what each entry does to the output at its own place. It may move others too.",
        "How many pairs (output, input) are there for X of 2 × 3 and f(X) of 2 × 4?",
    ),
    Mistake(
        "outputs summed",
        lambda f, X, h: _each_entry(lambda *a: np.sum(_central(*a)))(f, X, h),
        "You summed over all outputs: the result says how their sum moves, and has the shape of X only.",
        "How many pairs (output, input) are there for X of 2 × 3 and f(X) of 2 × 4?",
    ),
    Mistake(
        "outputs summed, for every output",
        _each_entry(lambda *a: np.full_like(np.asarray(_central(*a)), np.sum(_central(*a)))),
        "You summed over the outputs: every output got the effect on all of them together.",
        "How many pairs (output, input) are there for X of 2 × 3 and f(X) of 2 × 4?",
    ),
    Mistake(
        "outputs averaged, for every output",
        _each_entry(lambda *a: np.full_like(np.asarray(_central(*a)), np.mean(_central(*a)))),
        "You averaged over the outputs: every output got the mean effect on all of them.",
        "How many pairs (output, input) are there for X of 2 × 3 and f(X) of 2 × 4?",
    ),
    Mistake(
        "room for the shape of X twice",
        _twice_the_shape_of_x,
        "You made room for X.shape + X.shape. The output has a shape of its own: that of f(X).",
        "What is the shape of f(X) where X is 2 × 3 and f multiplies it by a 3 × 4 matrix?",
    ),
    Mistake(
        "stacked, not reshaped",
        lambda f, X, h: np.array([_central(f, X, index, h) for index in np.ndindex(X.shape)]),
        "You stacked one slice for each entry of X: the input is one flat axis, and it stands in front.",
        _ORDER,
    ),
    Mistake(
        "flattened",
        lambda f, X, h: jacobian.numerical_jacobian(f, X, h).reshape(np.size(f(X)), X.size),
        "The numbers are right, but output and input were each flattened to one axis.",
        _ORDER,
    ),
    Mistake(
        "input not restored",
        _not_restored,
        "After an entry was moved it was not put back: every later entry is measured at another X.",
        "Print X after the first two entries. Is it the X you were given?",
    ),
    Mistake(
        "input not restored, two copies",
        _neither_restored,
        "Both copies of X are made once, before the loop, and keep every move: each difference holds all the "
        "moves before it. Every entry needs fresh copies.",
        "Print X after the first two entries. Is it the X you were given?",
    ),
    Mistake(
        "one array for both",
        lambda f, X, h: np.zeros((*np.shape(f(X)), *X.shape)),
        "Every entry is 0: both values of f are taken at the same input. Are the moved-up and the moved-down X "
        "two names of one array, or did neither move?",
        "Print both inputs just before f is called: do they differ, and by how much?",
    ),
    Mistake(
        "input not restored, forward",
        _half_restored,
        "After an entry was moved it was not put back, so the changes pile up: each difference holds all the "
        "moves before it.",
        "Print X after the first two entries. Is it the X you were given?",
    ),
    Mistake(
        "h ignored",
        lambda f, X, h: jacobian.numerical_jacobian(f, X, 1e-5),
        "Your result does not depend on h: a step of your own was taken. The caller chooses h.",
        "Call it with h = 0.5 and with h = 0.1 on the cube. Should the two results be the same?",
    ),
)


EXERCISES = (
    Exercise(
        name="scale_entry",
        notebook=NOTEBOOK,
        section="1. One output, one input",
        points=1,
        reference=scale_entry,
        cases=_vectors,
        grid=lambda x: (len(x), len(x)),
        dims={"x": "n", "": "nn"},
        mistakes=_SCALE,
        hints=(
            "Write out y[k] alone. Which entry of x stands in it?",
            "If i is another place than k, nudging x[i] does not move y[k] at all.",
            "If i is k, y[k] moves three times as far as x[i]. Both cases together are a number times a comparison.",
        ),
        derivation="y[k] = 3 x[k]. It does not contain x[i] for i other than k, so the derivative is 0 there; "
        "for i = k the slope of 3x is 3. Together: 3 times the delta of k and i.",
    ),
    Exercise(
        name="reverse_entry",
        notebook=NOTEBOOK,
        section="3. Which input does it read?",
        points=1,
        reference=reverse_entry,
        cases=_vectors,
        grid=lambda x: (len(x), len(x)),
        dims={"x": "n", "": "nn"},
        mistakes=_REVERSE,
        hints=(
            "Every output is a copy of one input. So each entry is 1 or 0; the only question is which input.",
            "y[0] reads the last entry of x, and y[1] the one before it. Make a table of k and the place read, for n = 4.",
            "In each line of that table k and the place add up to the same number, which depends on n.",
        ),
        derivation="y[k] = x[n - 1 - k]. So the entry is 1 where i = n - 1 - k, and 0 elsewhere.",
    ),
    Exercise(
        name="central_difference",
        notebook=NOTEBOOK,
        section="4. A derivative, measured",
        points=1,
        reference=central_difference,
        cases=_slopes,
        mistakes=_DIFFERENCES,
        hints=(
            "Two points of the graph: one step h to the right of x, one step h to the left.",
            "A slope is the difference of two heights, divided by the distance between the two places.",
            "From x - h to x + h: how far is that? Put the divisor into brackets.",
        ),
        derivation="The two points are x - h and x + h; their heights differ by f(x + h) - f(x - h), and they lie "
        "2h apart.",
    ),
    Exercise(
        name="numerical_jacobian",
        notebook=NOTEBOOK,
        section="6. The referee: a measured Jacobian",
        points=2,
        reference=numerical_jacobian,
        cases=_functions,
        mistakes=_JACOBIANS,
        hints=(
            "Take one entry of X. Move it by h up and down, all others where they were, and call f both times.",
            "The quotient has the shape of f(X): it fills J[..., index], where index is that entry's.",
            "`np.ndindex(X.shape)` runs over all indices of X; start from zeros of shape np.shape(f(X)) + X.shape, and "
            "make a fresh copy of X for every move.",
        ),
        derivation="For each index of X: f with that entry h higher, minus f with it h lower, divided by 2h, is the "
        "slice J[..., index].",
    ),
)

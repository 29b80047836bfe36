"""The exercises of 04_condensed_map."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ..values import Named
from . import slips
from .model import Case, Exercise, Mistake
from .relu import batch, upstream

NOTEBOOK = "04_condensed_map"


def compose(f_outer, f_inner):
    """The condensed map of Y = outer(inner(X)), from the condensed maps of the two."""
    return lambda dL_dY: f_inner(f_outer(dL_dY))


def jacobian_from_vjp(f, out_shape, in_shape):
    """The Jacobian that the condensed map f stands for, shape out_shape + in_shape."""
    J = np.zeros(out_shape + in_shape)
    for k in np.ndindex(out_shape):
        one_output = np.zeros(out_shape)
        one_output[k] = 1.0
        J[k] = f(one_output)
    return J


def jvp_relu(X, dX):
    """A small change dX of X -> the change of Y = relu(X) that it causes; both (N, H)."""
    return dX * (X > 0)


def chain_multiplications(sizes, mode):
    """Multiplications for the whole derivative of a chain of dense steps."""
    one_sweep = sum(sizes[t] * sizes[t + 1] for t in range(len(sizes) - 1))
    sweeps = sizes[0] if mode == "forward" else sizes[-1]
    return sweeps * one_sweep


def layer_backward(dL_dY, X, W, b):
    """dL_dY (N, M) -> (dL_dX (N, D), dL_dW (D, M), dL_db (M,)) for Y = relu(X W + b)."""
    dL_dZ = dL_dY * (X @ W + b > 0)
    return dL_dZ @ W.T, X.T @ dL_dZ, dL_dZ.sum(axis=0)


def play_back(tape):
    """dL/d(node) for every node of a tape of numbers; the last node is L."""
    gradient = np.zeros(len(tape))
    gradient[-1] = 1.0
    for n in reversed(range(len(tape))):
        for source, slope in tape[n]:
            gradient[source] += gradient[n] * slope
    return gradient


def multiply_backward(dL_dY, A, B):
    """dL_dY -> (dL_dA, dL_dB) for Y = A * B, entry by entry, all of one shape."""
    return dL_dY * B, dL_dY * A


# Cases


def _map(rng, out_shape: tuple, in_shape: tuple) -> Named:
    """A condensed map with dense numbers in it: any array of out_shape to one of in_shape."""
    rows, columns = int(np.prod(in_shape)), int(np.prod(out_shape))
    return Named("linear_map", (batch(rng, rows, columns), out_shape, in_shape))


def _chains(rng) -> list[Case]:
    """The shapes of Y, Z and X, for Y = outer(Z) and Z = inner(X)."""
    shapes = (
        ((4, 2), (4, 3), (4, 5), ""),
        ((3, 2), (5,), (2, 4), ""),
        ((2,), (3,), (4,), ""),
        ((3, 3), (3, 3), (3, 3), "square"),
        ((1, 2), (1, 3), (1, 4), "one row"),
    )
    return [
        Case(
            f"Y of shape {y}, Z of shape {z}, X of shape {x}",
            (_map(rng, y, z), _map(rng, z, x)),
            trait,
            then=(upstream(rng, *y),),
        )
        for y, z, x, trait in shapes
    ]


def _maps(rng) -> list[Case]:
    shapes = (
        ((2, 3), (4, 5), ""),
        ((4,), (3,), ""),
        ((3, 2), (5,), ""),
        ((2,), (4, 3), ""),
        ((2, 3), (2, 3), "square"),
        ((1, 2), (1, 3), "one row"),
        ((), (4,), "one output"),
    )
    return [
        Case(f"Y of shape {y}, X of shape {x}", (_map(rng, y, x), y, x), trait)
        for y, x, trait in shapes
    ]


def _changes(rng) -> list[Case]:
    sizes = (
        ((4, 3), "a batch of 4 × 3", "", False),
        ((3, 5), "a batch of 3 × 5, close to 0, with large changes", "", False),
        ((3, 3), "a square batch, 3 × 3", "square", False),
        ((1, 4), "a single row, 1 × 4", "one row", False),
        ((4, 3), "a batch of 4 × 3 with exact zeros", "zeros", True),
    )
    cases = [
        Case(what, (batch(rng, *shape, zeros=zeros), batch(rng, *shape)), trait)
        for shape, what, trait, zeros in sizes
    ]
    X, dX = cases[1].args  # a finite step, however short, crosses 0 there
    cases[1] = Case(cases[1].what, (1e-3 * X, 100 * dX))
    return cases


def _sizes(rng) -> list[Case]:
    a, b, c = (int(n) for n in rng.permutation(np.arange(3, 9))[:3])
    tried = (
        ((a, b, c), ""),
        ((5, 4, 6, 2), ""),
        ((7, 3, 2, 9, 1), "a loss"),
        ((2, 9), "one step"),
        ((4, 4, 4), "square"),
    )
    return [
        Case(f"sizes {sizes}, {mode}", (sizes, mode), trait)
        for sizes, trait in tried
        for mode in ("forward", "reverse")
    ]


def _layer_arguments(rng, N: int, D: int, M: int) -> tuple:
    """dL_dY, X, W, b with X W + b of both signs and nowhere near 0."""
    while True:
        X, W, b = batch(rng, N, D), batch(rng, D, M), batch(rng, M)
        # two entries close to 0, one on either side: a mask that begins elsewhere is seen
        b[-2:] += np.array([-0.2, 0.2]) - (X[0] @ W + b)[-2:]
        if M > 2:  # and one far away: one that ends somewhere is seen, too
            b[0] += 7.0 - (X[-1] @ W + b)[0]
        Z, without_bias = X @ W + b, X @ W
        mixed = 0 < np.count_nonzero(Z > 0) < Z.size
        if np.abs(Z).min() > 0.05 and mixed and np.any((Z > 0) != (without_bias > 0)):
            return upstream(rng, N, M), X, W, b


def _layer_arguments_at_zero(rng, N: int, D: int, M: int) -> tuple:
    """Whole numbers, so that X W + b is exactly 0 in some places, however it is added up."""
    while True:
        X, W, b = (
            rng.integers(1, 3, shape) * rng.choice([-1.0, 1.0], shape)
            for shape in ((N, D), (D, M), (M,))
        )
        Z = X @ W + b
        if np.any(Z == 0) and np.any(Z > 0) and np.any(Z < 0):
            return upstream(rng, N, M), X, W, b


def _layers(rng) -> list[Case]:
    sizes = (
        ((4, 3, 2), "N, D, M = 4, 3, 2", ""),
        ((3, 5, 4), "N, D, M = 3, 5, 4", ""),
        ((3, 3, 3), "N = D = M = 3", "square"),
        ((1, 4, 3), "one sample, D, M = 4, 3", "one row"),
    )
    cases = [Case(what, _layer_arguments(rng, *size), trait) for size, what, trait in sizes]
    at_zero = _layer_arguments_at_zero(rng, 5, 3, 2)
    return [*cases, Case("N, D, M = 5, 3, 2 with exact zeros in X W + b", at_zero, "zeros")]


def _tapes(rng) -> list[Case]:
    def slope() -> float:
        return float(rng.uniform(0.3, 2.0) * rng.choice([-1.0, 1.0]))

    def tape(*sources: tuple[int, ...]) -> tuple:
        return tuple(tuple((source, slope()) for source in made_from) for made_from in sources)

    return [
        Case("five nodes, one used twice", (tape((), (), (0, 1), (2, 0), (3, 2)),)),
        Case("a node used by three others", (tape((), (0,), (0,), (0, 1), (1, 2, 3)),)),
        Case("six nodes in two branches", (tape((), (), (0,), (1, 0), (2, 3), (4, 2)),)),
        Case("four nodes in a chain", (tape((), (0,), (1,), (2,)),), "chain"),
        Case("a node times itself", (tape((), (0, 0)),), "twice"),
        Case("a node that does not reach L", (tape((), (), (1,), (0, 0)),), "unused"),
        Case("L alone", (tape(()),), "one node"),
    ]


def _products(rng) -> list[Case]:
    shapes = (
        ((4, 3), "arrays of 4 × 3", ""),
        ((5,), "vectors of length 5", ""),
        ((3, 3), "square arrays, 3 × 3", "square"),
        ((1, 4), "a single row, 1 × 4", "one row"),
    )
    return [
        Case(what, (upstream(rng, *shape), batch(rng, *shape), batch(rng, *shape)), trait)
        for shape, what, trait in shapes
    ]


# The right answers with relu'(0) left open: every value in [0, 1] is a subgradient.


def _step(X, at_zero: float):
    return np.where(X == 0, at_zero, (X > 0) * 1.0)


def _jvp_at_zero(X, dX, at_zero=0.0):
    return dX * _step(X, at_zero)


def _layer_at_zero(dL_dY, X, W, b, at_zero=0.0):
    dL_dZ = dL_dY * _step(X @ W + b, at_zero)
    return dL_dZ @ W.T, X.T @ dL_dZ, dL_dZ.sum(axis=0)


# Mistakes


def _compose_mistakes() -> tuple[Mistake, ...]:
    look = "Write the shape of Y, Z and X above the arrows. Which map takes something of Y's shape?"
    return (
        Mistake(
            "order exchanged",
            lambda f_outer, f_inner: lambda g: f_outer(f_inner(g)),
            "You sent the gradient through the inner layer's map first, in the order of the forward pass. Where the shapes are equal nothing complains.",
            look,
        ),
        Mistake(
            "outer only",
            lambda f_outer, f_inner: f_outer,
            "Only the outer layer's map was applied: your result is the gradient by Z, halfway.",
            look,
        ),
        Mistake(
            "inner only",
            lambda f_outer, f_inner: f_inner,
            "Only the inner layer's map was applied: it was given dL/dY where it expects dL/dZ.",
            look,
        ),
        Mistake(
            "maps added",
            lambda f_outer, f_inner: lambda g: f_outer(g) + f_inner(g),
            "You applied both maps to dL_dY and added the results. The layers stand one after the other, so one map takes what the other gives.",
            look,
        ),
        Mistake(
            "maps multiplied",
            lambda f_outer, f_inner: lambda g: f_outer(g) * f_inner(g),
            "You applied both maps to dL_dY and multiplied the results. A map is applied to an array; here one is applied to what the other gives.",
            look,
        ),
        Mistake(
            "outer twice",
            lambda f_outer, f_inner: lambda g: f_outer(f_outer(g)),
            "The outer layer's map was applied twice, the inner layer's never.",
            look,
        ),
        Mistake(
            "inner twice",
            lambda f_outer, f_inner: lambda g: f_inner(f_inner(g)),
            "The inner layer's map was applied twice, the outer layer's never.",
            look,
        ),
        Mistake(
            "composed a function",
            lambda f_outer, f_inner: f_inner(f_outer),
            "You handed one map to the other as if it were an array. What is asked for is a new function, and inside it the two are called one after the other.",
            "Begin with a function of dL_dY inside your function, and return that one.",
        ),
        Mistake(
            "upstream of ones",
            lambda f_outer, f_inner: lambda g: f_inner(f_outer(np.ones_like(g))),
            "Your result does not depend on dL_dY: the maps were handed ones in its place.",
            "Double every entry of dL_dY. What should happen to the result?",
        ),
        Mistake(
            "upstream once more",
            lambda f_outer, f_inner: lambda g: f_inner(f_outer(g)) * g,
            "After the two maps you multiplied by dL_dY once more. The outer map has used it already.",
            look,
        ),
        Mistake(
            "nothing applied",
            lambda f_outer, f_inner: lambda g: g,
            "Your function gives dL_dY back as it came: neither of the two maps was applied.",
            look,
        ),
    )


def _each_output(f, out_shape, in_shape, upstream_of):
    J = np.zeros(out_shape + in_shape)
    for k in np.ndindex(out_shape):
        J[k] = f(upstream_of(k))
    return J


def _at(shape: tuple, place: tuple) -> np.ndarray:
    """Zeros with a 1 at one place."""
    array = np.zeros(shape)
    array[place] = 1.0
    return array


def _recovered_mistakes() -> tuple[Mistake, ...]:
    look = "Print the upstream that you hand to f in the first two calls. Which outputs does each ask about?"

    def not_cleared(f, out_shape, in_shape):
        one_output = np.zeros(out_shape)

        def next_one(k):
            one_output[k] = 1.0
            return one_output.copy()

        return _each_output(f, out_shape, in_shape, next_one)

    def ones(f, out_shape, in_shape):
        return _each_output(f, out_shape, in_shape, lambda k: np.ones(out_shape))

    def added_up(f, out_shape, in_shape):
        return np.asarray(f(np.ones(out_shape)))

    def input_first(f, out_shape, in_shape):
        J = jacobian_from_vjp(f, out_shape, in_shape)
        return np.moveaxis(J, range(len(out_shape)), range(len(in_shape), J.ndim))

    def inputs_asked(f, out_shape, in_shape):
        J = np.zeros(out_shape + in_shape)
        for i in np.ndindex(in_shape):
            one_input = np.zeros(in_shape)
            one_input[i] = 1.0
            J[(..., *i)] = f(one_input)
        return J

    def flat(f, out_shape, in_shape):
        J = jacobian_from_vjp(f, out_shape, in_shape)
        return J.reshape(int(np.prod(out_shape)), int(np.prod(in_shape)))

    def last_for_all(f, out_shape, in_shape):
        last = np.zeros(out_shape)
        last[tuple(n - 1 for n in out_shape)] = 1.0
        return _each_output(f, out_shape, in_shape, lambda k: last)

    def no_ones(f, out_shape, in_shape):
        return _each_output(f, out_shape, in_shape, lambda k: np.zeros(out_shape))

    def outputs_flat(f, out_shape, in_shape):
        return jacobian_from_vjp(f, out_shape, in_shape).reshape(-1, *in_shape)

    def inputs_flat(f, out_shape, in_shape):
        return jacobian_from_vjp(f, out_shape, in_shape).reshape(*out_shape, -1)

    def laid_out_across(f, out_shape, in_shape):
        return flat(f, out_shape, in_shape).T.reshape(out_shape + in_shape)

    def first_alone(f, out_shape, in_shape):
        J = np.zeros(out_shape + in_shape)
        first = tuple(0 for _ in out_shape)
        J[first] = jacobian_from_vjp(f, out_shape, in_shape)[first]
        return J

    def last_alone(f, out_shape, in_shape):
        return jacobian_from_vjp(f, out_shape, in_shape)[tuple(-1 for _ in out_shape)]

    def indices_of_the_input(f, out_shape, in_shape):
        J = np.zeros(out_shape + in_shape)
        for i in np.ndindex(in_shape):
            one_output = np.zeros(out_shape)
            one_output[i] = 1.0
            J[i] = f(one_output)
        return J

    def flat_upstream(f, out_shape, in_shape):
        rows = [f(row) for row in np.eye(int(np.prod(out_shape)))]
        return np.array(rows).reshape(out_shape + in_shape)

    def by_the_input_shape(f, out_shape, in_shape):
        J = np.zeros(in_shape + out_shape)
        for k in np.ndindex(out_shape):
            one_output = np.zeros(out_shape)
            one_output[k] = 1.0
            J[k] = f(one_output)
        return J

    return (
        Mistake(
            "upstream of ones",
            ones,
            "You asked f with an upstream of ones, so every slice is the sum over all outputs.",
            look,
        ),
        Mistake(
            "ones left standing",
            not_cleared,
            "The first slice is right, and each further one has the earlier ones added to it: your upstream was not set back to zeros.",
            look,
        ),
        Mistake(
            "input axes first",
            input_first,
            "Every number is right, but the axes of the input stand in front. In this course the output's axes come first.",
            "Which index says which output you asked about? Where does it belong?",
        ),
        Mistake(
            "array laid out for the input",
            by_the_input_shape,
            "Your array was made with the input's axes in front, and then filled by the index of an output.",
            "Print the shape of your array. Which of its axes count outputs?",
        ),
        Mistake(
            "asked about inputs",
            inputs_asked,
            "You handed f an array with the input's shape. A condensed map takes an upstream gradient, and that has the output's shape.",
            "Which shape goes into a condensed map, and which comes out?",
        ),
        Mistake(
            "rows added up",
            added_up,
            "The slices were added up instead of stored one beside the other: what is left is f of an upstream of ones.",
            look,
        ),
        Mistake(
            "left flat",
            flat,
            "The numbers are right, laid out as a matrix of outputs by inputs. Both need their own axes back.",
            "Which shape should the array have for Y of shape (2, 3) and X of shape (4, 5)?",
        ),
        Mistake(
            "ones and zeros exchanged",
            lambda f, out_shape, in_shape: _each_output(
                f, out_shape, in_shape, lambda k: 1.0 - _at(out_shape, k)
            ),
            "Your upstream is 0 at one output and 1 at all others: that asks about all the others.",
            look,
        ),
        Mistake(
            "rows averaged",
            lambda f, out_shape, in_shape: (
                jacobian_from_vjp(f, out_shape, in_shape) / max(int(np.prod(out_shape)), 1)
            ),
            "You divided by the number of outputs. Each slice belongs to one output, and nothing is averaged.",
            look,
        ),
        Mistake(
            "outputs left flat",
            outputs_flat,
            "The rows are right and stand one behind the other: the axes of the output were flattened to one.",
            "Which shape should the array have for Y of shape (2, 3) and X of shape (4, 5)?",
        ),
        Mistake(
            "inputs left flat",
            inputs_flat,
            "The numbers are right, but the axes of the input were flattened to one.",
            "Which shape should the array have for Y of shape (2, 3) and X of shape (4, 5)?",
        ),
        Mistake(
            "laid out across",
            laid_out_across,
            "What f returned was stored as a column, with the inputs in front, and then read in row order: every number stands at a wrong place.",
            "Take Y of shape (2,) and X of shape (4, 3): where does what f gives for output 1 belong?",
        ),
        Mistake(
            "first output only",
            first_alone,
            "Only the first output was asked about: a `return` stands inside the loop.",
            "How often is f called for Y of shape (2, 3)?",
        ),
        Mistake(
            "last output only",
            last_alone,
            "You returned what f gave for the last output. Each earlier one was overwritten.",
            "How many rows has the Jacobian for Y of shape (2, 3), and how many did you keep?",
        ),
        Mistake(
            "indices of the input",
            indices_of_the_input,
            "Your loop goes through the indices of the input, and uses them on an upstream of the output's shape.",
            "Which shape does np.ndindex get, and which array is the index used on?",
        ),
        Mistake(
            "flat upstream",
            flat_upstream,
            "You handed f a flat row. f takes an array with the axes of the output.",
            look,
        ),
        Mistake(
            "last output for all",
            last_for_all,
            "Every slice belongs to the last output.",
            look,
        ),
        Mistake(
            "never a one",
            no_ones,
            "Every entry is 0: f was asked with zeros only, and a linear map of zeros is zero.",
            look,
        ),
    )


def _jvp_mistakes() -> tuple[Mistake, ...]:
    look = "Take one positive and one negative entry of X, move each by a small dX, and see how far Y moves."
    return (
        Mistake(
            "no change",
            lambda X, dX: (X > 0) * 1.0,
            "Your result does not depend on dX: it is the slope alone. A change twice as large moves Y twice as far.",
            look,
        ),
        Mistake(
            "no mask",
            lambda X, dX: dX * 1.0,
            "You returned dX itself. Where X is negative, Y does not move.",
            "Nudge a negative entry of X. Does Y move?",
            same_as=("mask on the output with >=",),
        ),
        Mistake(
            "mask on the output with >=",
            lambda X, dX: dX * (np.maximum(X, 0) >= 0),
            "Your mask asked where the output is >= 0: everywhere.",
            "Print your mask. Is there a False in it?",
            same_as=("no mask",),
        ),
        Mistake(
            "the nudged output",
            lambda X, dX: np.maximum(X + dX, 0),
            "You returned ReLU at the nudged place. What is asked for is the change of Y, and to first order only.",
            look,
        ),
        Mistake(
            "the finite change",
            lambda X, dX: np.maximum(X + dX, 0) - np.maximum(X, 0),
            "You returned the true difference of two outputs. It bends where dX is so large that it crosses the kink; the JVP uses the slope at X and is linear in dX.",
            "Double dX. Does your result double?",
        ),
        Mistake(
            "masked by the change",
            lambda X, dX: dX * (dX > 0),
            "You asked where dX is positive; the slope depends on where X is.",
            look,
            same_as=("ReLU of the change",),
        ),
        Mistake(
            "ReLU of the change",
            lambda X, dX: np.maximum(dX, 0),
            "You applied ReLU to the change and did not look at X.",
            look,
            same_as=("masked by the change",),
        ),
        Mistake(
            "arguments exchanged",
            lambda X, dX: X * (dX > 0),
            "X and dX changed places: you kept X where dX is positive.",
            look,
        ),
        Mistake(
            "value used as the slope",
            lambda X, dX: dX * np.maximum(X, 0),
            "You multiplied by ReLU's value; what carries a change through is its slope.",
            look,
        ),
        Mistake(
            "input used as the slope",
            lambda X, dX: dX * X,
            "You multiplied by X itself; what carries a change through is the slope of ReLU at X.",
            look,
        ),
        Mistake(
            "sign for step",
            lambda X, dX: dX * np.sign(X),
            "Where X is negative your result is minus dX. Left of 0, ReLU is flat.",
            look,
        ),
        Mistake(
            "mask inverted",
            lambda X, dX: dX * (X < 0),
            "You let the change through where X is negative and stop it where X is positive.",
            look,
        ),
        Mistake(
            "summed to a number",
            lambda X, dX: (dX * (X > 0)).sum(),
            "You added up everything. Each entry of Y has its own change.",
            look,
        ),
        Mistake(
            "value plus change",
            lambda X, dX: np.maximum(X, 0) + dX * (X > 0),
            "You returned the output with its change added. Only the change is asked for.",
            look,
        ),
        Mistake(
            "matrix product",
            lambda X, dX: dX @ (X > 0).T,
            "You took a matrix product; here each entry meets only its own slope.",
            look,
        ),
        Mistake(
            "the finite change, backwards",
            lambda X, dX: np.maximum(X, 0) - np.maximum(X - dX, 0),
            "You returned the true difference of two outputs. It bends where dX is so large that it crosses the kink; the JVP is linear in dX.",
            "Double dX. Does your result double?",
        ),
        Mistake(
            "slope at the nudged place",
            lambda X, dX: dX * (X + dX > 0),
            "You asked where X + dX is positive. The slope is taken where we stand, at X.",
            "Take X = -1 and dX = 3. Which slope counts?",
        ),
        Mistake(
            "both masks",
            lambda X, dX: dX * (X > 0) * (dX > 0),
            "You cut off the negative entries of dX as well. A change may be negative.",
            look,
        ),
        Mistake(
            "finite change over a step",
            lambda X, dX: (np.maximum(X + 0.1 * dX, 0) - np.maximum(X, 0)) / 0.1,
            "You took a difference over a finite step. Where the step crosses 0 it sees two slopes; the JVP sees the one at X.",
            "Take X = -0.001 and dX = 1. How far does Y move, to first order?",
        ),
        *slips.other_activations(
            lambda value, slope: lambda X, dX: dX * slope(X),
            but=("the absolute value", "a ReLU that ends at 6"),
        ),
    )


def _count_mistakes() -> tuple[Mistake, ...]:
    right = chain_multiplications
    look = "Take sizes (3, 4, 2). How many sweeps does each mode need, and how many multiplications has one sweep?"

    def one_sweep(sizes):
        return sum(a * b for a, b in pairwise(sizes))

    def other(mode):
        return "reverse" if mode == "forward" else "forward"

    def first_skipped(sizes, mode):
        steps = [a * b for a, b in pairwise(sizes)]
        kept = steps[1:] if mode == "forward" else steps[:-1]
        return (sizes[0] if mode == "forward" else sizes[-1]) * sum(kept)

    return (
        Mistake(
            "modes exchanged",
            lambda sizes, mode: right(sizes, other(mode)),
            "The two modes are exchanged. A forward sweep answers for one input, a reverse sweep for one output.",
            look,
        ),
        Mistake(
            "one sweep only",
            lambda sizes, mode: one_sweep(sizes),
            "You counted a single sweep. The whole derivative takes one for each input, or one for each output.",
            look,
        ),
        Mistake(
            "sweeps for both ends",
            lambda sizes, mode: sizes[0] * sizes[-1] * one_sweep(sizes),
            "You counted a sweep for each pair of input and output. One sweep answers for a whole row or a whole column.",
            look,
        ),
        Mistake(
            "sizes added",
            lambda sizes, mode: (sizes[0] if mode == "forward" else sizes[-1]) * sum(sizes),
            "You added up the sizes. A step is a matrix times a vector: how many multiplications is that?",
            look,
        ),
        Mistake(
            "sizes multiplied",
            lambda sizes, mode: int(np.prod(sizes)),
            "You multiplied all the sizes. The steps of a sweep come one after the other, so their costs add up.",
            look,
        ),
        Mistake(
            "entries of the Jacobian",
            lambda sizes, mode: sizes[0] * sizes[-1],
            "That is how many entries the whole Jacobian has, not the work to find them.",
            look,
        ),
        Mistake(
            "first step free",
            first_skipped,
            "You left out the step at which a sweep begins. There the vector holds a single 1, so it could be had for free; here every step of a sweep is counted in full.",
            look,
        ),
        Mistake(
            "first step free, in order",
            lambda sizes, mode: (
                (sizes[0] if mode == "forward" else sizes[-1])
                * sum(a * b for a, b in pairwise(sizes[1:]))
            ),
            "You left out the step from the first size to the second. It is a step like the others.",
            look,
        ),
        Mistake(
            "last step left out",
            lambda sizes, mode: (
                (sizes[0] if mode == "forward" else sizes[-1])
                * sum(a * b for a, b in pairwise(sizes[:-1]))
            ),
            "You left out the step to the last size. It is a step like the others.",
            look,
        ),
        Mistake(
            "reverse both times",
            lambda sizes, mode: right(sizes, "reverse"),
            "You counted reverse mode for both. A forward sweep answers for one input.",
            look,
        ),
        Mistake(
            "forward both times",
            lambda sizes, mode: right(sizes, "forward"),
            "You counted forward mode for both. A reverse sweep answers for one output.",
            look,
        ),
        Mistake(
            "steps multiplied",
            lambda sizes, mode: int(np.prod([a * b for a, b in pairwise(sizes)])),
            "You multiplied the costs of the steps. The steps of a sweep come one after the other, so they add up; and there are several sweeps.",
            look,
        ),
        Mistake(
            "a sweep for each size",
            lambda sizes, mode: len(sizes) * one_sweep(sizes),
            "You took a sweep for each entry of `sizes`. A sweep belongs to an input, or to an output.",
            look,
        ),
        Mistake(
            "steps counted",
            lambda sizes, mode: (len(sizes) - 1) * (sizes[0] if mode == "forward" else sizes[-1]),
            "You counted the steps. A step is not one multiplication: it is a matrix times a vector.",
            look,
        ),
        Mistake(
            "second size for the last",
            lambda sizes, mode: (sizes[0] if mode == "forward" else sizes[1]) * one_sweep(sizes),
            "For reverse mode you took sizes[1]. That is what comes after the inputs, not the outputs.",
            look,
        ),
        Mistake(
            "the cheaper end",
            lambda sizes, mode: min(sizes[0], sizes[-1]) * one_sweep(sizes),
            "You took the smaller of both ends for either mode. The mode says which end counts.",
            look,
        ),
        Mistake(
            "sweeps added at each step",
            lambda sizes, mode: (
                one_sweep(sizes) + (len(sizes) - 1) * (sizes[0] if mode == "forward" else sizes[-1])
            ),
            "At each step you added the number of sweeps. Each step is taken in every sweep.",
            look,
        ),
        Mistake(
            "sizes squared",
            lambda sizes, mode: (
                (sizes[0] if mode == "forward" else sizes[-1]) * sum(n * n for n in sizes)
            ),
            "You squared each size. A step leads from one size to the next.",
            look,
        ),
        Mistake(
            "sweeps times all the sizes",
            lambda sizes, mode: (
                (sizes[0] if mode == "forward" else sizes[-1]) * int(np.prod(sizes))
            ),
            "You multiplied the sizes of all steps with each other. The steps come one after the other, so their costs add up.",
            look,
        ),
        Mistake(
            "steps added, sweeps too",
            lambda sizes, mode: (sizes[0] if mode == "forward" else sizes[-1]) + one_sweep(sizes),
            "You added the number of sweeps to the cost of one. Every sweep costs that much.",
            look,
        ),
    )


def _layer_mistakes() -> tuple[Mistake, ...]:
    look = (
        "Name the gradient by Z = X W + b first. Which of the three can be made from dL_dY alone?"
    )

    def parts(dL_dZ, X, W):
        return dL_dZ @ W.T, X.T @ dL_dZ, dL_dZ.sum(axis=0)

    def gradient_by_Z(g, X, W, b):
        return g * (X @ W + b > 0)

    def with_mask(mask):
        return lambda g, X, W, b: parts(g * mask(X, W, b), X, W)

    def replaced(position, change):
        """The right three, with one of them made another way from (dL_dY, dL_dZ, X, W, b)."""

        def wrong(g, X, W, b):
            dL_dZ = gradient_by_Z(g, X, W, b)
            found = list(parts(dL_dZ, X, W))
            found[position] = change(g, dL_dZ, X, W, b)
            return tuple(found)

        return wrong

    def exchanged(*order):
        return lambda g, X, W, b: tuple(layer_backward(g, X, W, b)[n] for n in order)

    def averaged(g, X, W, b):
        dL_dX, dL_dW, dL_db = layer_backward(g, X, W, b)
        return dL_dX, dL_dW / len(X), dL_db / len(X)

    flat = "Where ReLU is flat, nothing comes through."
    return (
        Mistake(
            "dL_dW without the mask",
            replaced(1, lambda g, dL_dZ, X, W, b: X.T @ g),
            f"The weights got the gradient that arrives at Y, not the one at Z. {flat}",
            look,
        ),
        Mistake(
            "dL_db without the mask",
            replaced(2, lambda g, dL_dZ, X, W, b: g.sum(axis=0)),
            f"The bias got the gradient that arrives at Y, not the one at Z. {flat}",
            look,
        ),
        Mistake(
            "dL_dX without the mask",
            replaced(0, lambda g, dL_dZ, X, W, b: g @ W.T),
            f"The input got the gradient that arrives at Y, not the one at Z. {flat}",
            look,
        ),
        Mistake(
            "ReLU forgotten",
            with_mask(lambda X, W, b: 1.0),
            "The gradient passed as if there were no ReLU.",
            look,
            same_as=("mask on the output with >=",),
        ),
        Mistake(
            "mask on the output with >=",
            with_mask(lambda X, W, b: np.maximum(X @ W + b, 0) >= 0),
            "Your mask asked where the output is >= 0: everywhere.",
            look,
            same_as=("ReLU forgotten",),
        ),
        Mistake(
            "mask without the bias",
            with_mask(lambda X, W, b: X @ W > 0),
            "Your mask was taken from X W. ReLU's input is X W with b added, and b moves some entries across 0.",
            "Print X @ W and X @ W + b. Where do the signs differ?",
        ),
        Mistake(
            "mask from X",
            with_mask(lambda X, W, b: X > 0),
            "Your mask was taken from X, the input of the whole layer. It belongs to the input of ReLU.",
            look,
        ),
        Mistake(
            "value used as the mask",
            with_mask(lambda X, W, b: np.maximum(X @ W + b, 0)),
            "You multiplied by the layer's output; the chain rule multiplies by the slope of ReLU.",
            look,
        ),
        Mistake(
            "mask inverted",
            with_mask(lambda X, W, b: X @ W + b < 0),
            "The gradient goes through where Z is negative and is stopped where it is positive.",
            look,
        ),
        Mistake(
            "masked by the upstream",
            lambda g, X, W, b: parts(np.maximum(g, 0), X, W),
            "You asked where dL_dY is positive; the question is where Z is.",
            look,
        ),
        Mistake(
            "mask at the wrong end",
            lambda g, X, W, b: ((g @ W.T) * (X > 0), X.T @ g, g.sum(axis=0)),
            "You went through the linear layer first and masked afterwards, with X. On the way back ReLU comes first.",
            look,
        ),
        Mistake(
            "no upstream",
            lambda g, X, W, b: parts((X @ W + b > 0) * 1.0, X, W),
            "Your result does not depend on dL_dY: it is what an upstream of ones would give.",
            "Double every entry of dL_dY. What should happen to the three results?",
        ),
        Mistake(
            "W not transposed",
            replaced(0, lambda g, dL_dZ, X, W, b: dL_dZ @ W),
            "dL_dX was made with W as it stands. The shapes fit by chance when W is square, and then it is wrong in silence.",
            "Write the shapes: dL_dZ is (N, M), W is (D, M), and dL_dX has the shape of X.",
        ),
        Mistake(
            "dL_dX transposed",
            replaced(0, lambda g, dL_dZ, X, W, b: (dL_dZ @ W.T).T),
            "dL_dX is transposed: samples are its columns.",
            "dL_dX has the shape of X.",
        ),
        Mistake(
            "dL_dW transposed",
            replaced(1, lambda g, dL_dZ, X, W, b: dL_dZ.T @ X),
            "dL_dW is transposed. That is the layout of PyTorch's Linear, whose weight is (out, in); here W is (D, M).",
            "dL_dW has the shape of W.",
        ),
        Mistake(
            "X not transposed",
            replaced(1, lambda g, dL_dZ, X, W, b: X @ dL_dZ),
            "dL_dW was made with X as it stands. The sum over the samples has to run over the first axis of both.",
            "Which index is summed in dL/dW, and on which axis of X does it stand?",
        ),
        Mistake(
            "activation for input",
            replaced(1, lambda g, dL_dZ, X, W, b: np.maximum(X @ W + b, 0).T @ dL_dZ),
            "dL_dW was made with the layer's output. W multiplied the layer's input.",
            "What stands beside W in the forward formula?",
        ),
        Mistake(
            "bias not summed",
            replaced(2, lambda g, dL_dZ, X, W, b: dL_dZ),
            "dL_db still has a row for each sample. One b was copied to all rows, so their gradients add up.",
            "dL_db has the shape of b.",
        ),
        Mistake(
            "bias axis kept",
            replaced(2, lambda g, dL_dZ, X, W, b: dL_dZ.sum(axis=0, keepdims=True)),
            "dL_db has an axis of size 1 too many: the summed axis was kept.",
            "dL_db has the shape of b.",
        ),
        Mistake(
            "bias summed over the wrong axis",
            replaced(2, lambda g, dL_dZ, X, W, b: dL_dZ.sum(axis=1)),
            "dL_db was summed over the features: it has one number for each sample.",
            "dL_db has the shape of b.",
        ),
        Mistake(
            "bias summed to a number",
            replaced(2, lambda g, dL_dZ, X, W, b: dL_dZ.sum()),
            "dL_db was summed to a single number. b has an entry for each feature.",
            "dL_db has the shape of b.",
        ),
        Mistake(
            "bias averaged",
            replaced(2, lambda g, dL_dZ, X, W, b: dL_dZ.mean(axis=0)),
            "dL_db is the mean over the batch where the sum belongs. A mean stands in the loss, if anywhere.",
            "Two samples use the same b. Nudge it: does L answer with the mean of both, or with both?",
        ),
        Mistake(
            "weights averaged",
            replaced(1, lambda g, dL_dZ, X, W, b: X.T @ dL_dZ / len(X)),
            "dL_dW was divided by N. The mean belongs to the loss, where its 1/N already sits inside dL_dY.",
            "Put the same sample in twice. Should dL_dW double?",
        ),
        Mistake(
            "averaged over the batch",
            averaged,
            "dL_dW and dL_db were divided by N. The mean belongs to the loss, where its 1/N already sits inside dL_dY.",
            "Put the same sample in twice. Should dL_dW double?",
        ),
        Mistake(
            "W stepped first",
            replaced(0, lambda g, dL_dZ, X, W, b: dL_dZ @ (W - X.T @ dL_dZ).T),
            "dL_dX was made with a W that had been changed by its gradient already. All gradients are taken at the old W.",
            "Print W where dL_dX is made. Is it the one that was handed in?",
            free=True,
        ),
        Mistake(
            "output for the upstream",
            lambda g, X, W, b: parts(np.maximum(X @ W + b, 0), X, W),
            "You sent the layer's output back in place of dL_dY.",
            look,
        ),
        Mistake(
            "means first",
            replaced(1, lambda g, dL_dZ, X, W, b: np.outer(X.mean(axis=0), dL_dZ.sum(axis=0))),
            "For dL_dW you added up over the batch first and multiplied then. Each sample's product is made before it is added.",
            "Two samples with inputs 1 and -1: what does a mean make of them?",
        ),
        Mistake(
            "sums first",
            replaced(1, lambda g, dL_dZ, X, W, b: np.outer(X.sum(axis=0), dL_dZ.sum(axis=0))),
            "For dL_dW you added up over the batch first and multiplied then. Each sample's product is made before it is added.",
            "Two samples with inputs 1 and -1: what does a sum make of them?",
        ),
        Mistake(
            "masked once more",
            replaced(0, lambda g, dL_dZ, X, W, b: (dL_dZ @ W.T) * (X > 0)),
            "dL_dX was masked by X at the end. There is one ReLU, and it stands after X W + b.",
            look,
        ),
        Mistake(
            "gradient in place of W",
            replaced(0, lambda g, dL_dZ, X, W, b: dL_dZ @ (X.T @ dL_dZ).T),
            "dL_dX was made with dL_dW where W itself belongs.",
            look,
        ),
        Mistake(
            "weight decay added",
            replaced(1, lambda g, dL_dZ, X, W, b: X.T @ dL_dZ + W),
            "To dL_dW a multiple of W was added: that is weight decay, and this loss has none.",
            look,
            free=True,
        ),
        *slips.other_activations(lambda value, slope: with_mask(lambda X, W, b: slope(X @ W + b))),
        Mistake(
            "order of the three",
            exchanged(1, 0, 2),
            "dL_dX and dL_dW are exchanged: the three are asked for in the order of the arguments.",
            "Compare the shape of each with the shape of what it belongs to.",
        ),
        Mistake(
            "order of the last two",
            exchanged(0, 2, 1),
            "dL_dW and dL_db are exchanged: the three are asked for in the order of the arguments.",
            "Compare the shape of each with the shape of what it belongs to.",
        ),
        Mistake(
            "order reversed",
            exchanged(2, 1, 0),
            "The three came in reverse order; they are asked for in the order of the arguments.",
            "Compare the shape of each with the shape of what it belongs to.",
        ),
    )


def _play_mistakes() -> tuple[Mistake, ...]:
    look = "Play ((), ((0, 2.0),), ((0, 3.0), (1, 5.0))) back with a pencil."

    def played(step, order=reversed, seed=lambda n: np.eye(n)[-1]):
        def wrong(tape):
            gradient = seed(len(tape))
            for n in order(range(len(tape))):
                for source, slope in tape[n]:
                    step(gradient, source, slope, n)
            return gradient

        return wrong

    def add(gradient, source, slope, n):
        gradient[source] += gradient[n] * slope

    def overwrite(gradient, source, slope, n):
        gradient[source] = gradient[n] * slope

    def slope_alone(gradient, source, slope, n):
        gradient[source] += slope

    def add_slope(gradient, source, slope, n):
        gradient[source] += gradient[n] + slope

    def count_ways(gradient, source, slope, n):
        gradient[source] += gradient[n]

    def wrong_way(gradient, source, slope, n):
        gradient[n] += gradient[source] * slope

    def last_step(tape):
        gradient = np.eye(len(tape))[-1]
        for source, slope in tape[-1]:
            gradient[source] += slope
        return gradient

    def average_of_uses(tape):
        gradient, uses = np.eye(len(tape))[-1], np.zeros(len(tape))
        for n in reversed(range(len(tape))):
            gradient[n] /= max(uses[n], 1)
            for source, slope in tape[n]:
                gradient[source] += gradient[n] * slope
                uses[source] += 1
        return gradient

    def first(n):
        return np.eye(n)[0]

    def whole_numbers(tape):
        gradient = np.eye(len(tape), dtype=int)[-1]
        for n in reversed(range(len(tape))):
            for source, slope in tape[n]:
                gradient[source] += int(gradient[n] * slope)
        return gradient

    def one_source(place):
        def wrong(tape):
            gradient = np.eye(len(tape))[-1]
            for n in reversed(range(len(tape))):
                for source, slope in tape[n][place]:
                    gradient[source] += gradient[n] * slope
            return gradient

        return wrong

    def multiply(gradient, source, slope, n):
        gradient[source] *= gradient[n] * slope

    def keep_larger(gradient, source, slope, n):
        gradient[source] = max(gradient[source], gradient[n] * slope)

    def doubled(gradient, source, slope, n):
        gradient[source] += gradient[source] + gradient[n] * slope

    return (
        Mistake(
            "overwritten",
            played(overwrite),
            "A node that is used twice kept only one of its two gradients: the second was written over the first. In a chain nobody notices.",
            look,
        ),
        Mistake(
            "played in recording order",
            played(add, order=iter),
            "You went through the tape in the order of recording: nodes handed on before they had received.",
            look,
            same_as=("last step only",),
        ),
        Mistake(
            "seed forgotten",
            played(add, seed=np.zeros),
            "Every gradient is 0: nothing was put in at the end where the walk begins.",
            "What is the derivative of L with respect to L?",
        ),
        Mistake(
            "every node seeded",
            played(add, seed=np.ones),
            "Every node began with a gradient of 1. Only one node has a gradient before the walk begins.",
            "What is the derivative of L with respect to L? And what does a node that nothing uses get?",
        ),
        Mistake(
            "forward mode",
            played(wrong_way, order=iter, seed=first),
            "You found how every node answers to the first one. That is forward mode; asked for is how L answers to every node.",
            look,
        ),
        Mistake(
            "seed at the wrong end",
            played(add, seed=first),
            "The walk began with a 1 at the first node; it begins at L, and L is the last.",
            look,
        ),
        Mistake(
            "nothing handed on",
            played(wrong_way),
            "Only L has a gradient: nothing was handed on. Either the walk begins after L, or in each step it is the node that is given something, and not its source.",
            look,
        ),
        Mistake(
            "no upstream",
            played(slope_alone),
            "You added up the slopes alone. Each step multiplies its slope with the gradient that has arrived at the node.",
            look,
        ),
        Mistake(
            "slope added",
            played(add_slope),
            "Gradient and slope were added. Along one way derivatives are multiplied; different ways are added.",
            look,
        ),
        Mistake(
            "slopes left out",
            played(count_ways),
            "The gradient was handed on unchanged: your numbers count the ways from a node to L.",
            look,
        ),
        Mistake(
            "last step only",
            last_step,
            "The walk ended after one step: only what L was made from has a gradient.",
            look,
            same_as=("played in recording order",),
        ),
        Mistake(
            "whole numbers",
            whole_numbers,
            "Your gradients were kept in whole numbers: all that stood behind the point was lost.",
            "Print the dtype of your array, and a slope beside what you store of it.",
        ),
        Mistake(
            "the larger share",
            played(keep_larger),
            "Of what reached a node on several ways you kept the largest. It adds up, and may be negative.",
            look,
        ),
        Mistake(
            "first source only",
            one_source(slice(0, 1)),
            "Of each node you served only the first source. A node that is made from two hands something to both.",
            look,
        ),
        Mistake(
            "last source only",
            one_source(slice(-1, None)),
            "Of each node you served only the last source. A node that is made from two hands something to both.",
            look,
        ),
        Mistake(
            "multiplied up",
            played(multiply, seed=np.ones),
            "What reaches a node on two ways was multiplied. Along one way slopes multiply; different ways are added.",
            look,
        ),
        *(
            Mistake(
                f"slope {words}",
                lambda tape, change=change: play_back(
                    tuple(tuple((n, change(slope)) for n, slope in pairs) for pairs in tape)
                ),
                f"What you handed on was the gradient {says}.",
                look,
            )
            for words, says, change in (
                ("divided by", "divided by the slope; it is multiplied by it", lambda a: 1 / a),
                ("without its sign", "times the slope without its sign", abs),
                ("squared", "times the square of the slope", lambda a: a * a),
                ("with the other sign", "times minus the slope", lambda a: -a),
                ("rounded", "times the slope in whole numbers", round),
            )
        ),
        Mistake(
            "added twice",
            played(doubled),
            "What a node had received before was added to it once more each time.",
            look,
        ),
        Mistake(
            "averaged over the uses",
            average_of_uses,
            "Where a node is used more than once you averaged what came back. It adds up.",
            look,
        ),
        Mistake(
            "L itself left out",
            lambda tape: play_back(tape)[:-1],
            "The gradients are right, but the one of L itself is missing at the end.",
            "How many nodes has the tape, and how many numbers do you return?",
        ),
    )


def _multiply_mistakes() -> tuple[Mistake, ...]:
    look = "Take A = 2, B = 5 and nudge A by 0.1. How far does the product move?"
    return (
        Mistake(
            "factors exchanged",
            lambda g, A, B: (g * A, g * B),
            "Each factor was multiplied with itself. The derivative of a product by one factor is the other.",
            look,
        ),
        Mistake(
            "no upstream",
            lambda g, A, B: (B * 1.0, A * 1.0),
            "dL_dY does not appear: these are the slopes of the product alone.",
            "Double every entry of dL_dY. What should happen to the two results?",
        ),
        Mistake(
            "as for a sum",
            lambda g, A, B: (g * 1.0, g * 1.0),
            "Both got dL_dY unchanged. That is the gradient of a sum.",
            look,
        ),
        Mistake(
            "the product",
            lambda g, A, B: (g * A * B, g * A * B),
            "Both got dL_dY times the product; the factor itself has to go.",
            look,
        ),
        Mistake(
            "divided by the own factor",
            lambda g, A, B: (g / A, g / B),
            "You divided dL_dY by the factor itself.",
            look,
        ),
        Mistake(
            "matrix product",
            lambda g, A, B: (g @ B.T, A.T @ g),
            "That is the gradient of a matrix product. Here the product is taken entry by entry.",
            look,
        ),
        Mistake(
            "summed over the batch",
            lambda g, A, B: ((g * B).sum(axis=0), (g * A).sum(axis=0)),
            "The rows were added up. A and B have an entry for each entry of Y.",
            look,
        ),
    )


EXERCISES = (
    Exercise(
        name="jacobian_from_vjp",
        notebook=NOTEBOOK,
        section="4. The monster, back from the map",
        points=2,
        reference=jacobian_from_vjp,
        cases=_maps,
        mistakes=_recovered_mistakes(),
        hints=(
            "What does f give for an upstream that is 1 at one output and 0 at all others?",
            "For each output make such an upstream, and put what f returns into the place of that output.",
            "np.ndindex(out_shape) goes through every index of the output, however many axes it has; J[k] with such an index k is a slice of shape in_shape.",
        ),
        derivation="For an upstream that is 1 at output k and 0 elsewhere the sum over the outputs has one term, and f returns row k of the Jacobian. One call for each output gives all rows.",
    ),
    Exercise(
        name="compose",
        notebook=NOTEBOOK,
        section="5. Maps compose",
        points=2,
        reference=compose,
        cases=_chains,
        mistakes=_compose_mistakes(),
        hints=(
            "Return a function. It takes dL_dY and has to end with something of X's shape.",
            "f_outer turns dL/dY into dL/dZ. What does f_inner need?",
            "Inside: first a variable dL_dZ, then what f_inner makes of it.",
        ),
        derivation="The sum over Y's entries is f_outer and gives dL/dZ; the sum over Z's entries is f_inner, applied to that. The layer that came last goes first.",
    ),
    Exercise(
        name="layer_backward",
        notebook=NOTEBOOK,
        section="6. A whole layer: relu(XW + b)",
        points=3,
        reference=layer_backward,
        cases=_layers,
        at_zero=_layer_at_zero,
        dims={"dL_dY": "NM", "X": "ND", "W": "DM", "b": "M"},
        parts=("dL_dX", "dL_dW", "dL_db"),
        mistakes=_layer_mistakes(),
        hints=(
            "Compute the input of ReLU once more: it is not among the arguments, but all it is made of is.",
            "Go through ReLU's map first: what arrives at Z is the upstream of the other three.",
            "From there on it is the linear layer and the bias, each with its map from the notebooks before.",
        ),
        derivation="With Z = X W + b, ReLU's map gives dL/dZ from dL/dY. Its three takers are X, W and b, and each has its own condensed map: the linear layer's two, and the bias's sum over the batch.",
    ),
    Exercise(
        name="jvp_relu",
        notebook=NOTEBOOK,
        section="7. Forwards: the other product",
        points=1,
        reference=jvp_relu,
        cases=_changes,
        at_zero=_jvp_at_zero,
        dims={"X": "NH", "dX": "NH", "": "NH"},
        mistakes=_jvp_mistakes(),
        hints=(
            "Which changes of X can move Y[k,l] at all?",
            "One term of the sum over i and j is left. It has two factors.",
            "One factor is the change of that entry, the other the slope of ReLU there.",
        ),
        derivation="In the sum over i and j of dY_dX[k,l,i,j] · dX[i,j] both deltas leave the term i = k and j = l: the slope of ReLU at X[k,l], times dX[k,l].",
    ),
    Exercise(
        name="chain_multiplications",
        notebook=NOTEBOOK,
        section="8. Which way is cheaper",
        points=2,
        reference=chain_multiplications,
        cases=_sizes,
        mistakes=_count_mistakes(),
        hints=(
            "Count one sweep first: at each step a matrix meets a vector.",
            "A step from a numbers to b numbers has a Jacobian with a times b entries, and each is used once in a sweep.",
            "Forward: one sweep for every input. Reverse: one sweep for every output.",
        ),
        derivation="One sweep, either way, uses every entry of every step's Jacobian once. Forward needs as many sweeps as there are inputs (the first size), reverse as many as there are outputs (the last size).",
    ),
    Exercise(
        name="play_back",
        notebook=NOTEBOOK,
        section="10. A tape of numbers",
        points=3,
        reference=play_back,
        cases=_tapes,
        mistakes=_play_mistakes(),
        hints=(
            "Begin with one array of zeros, a place for each node. Which node's gradient do you know without any work?",
            "Go through the nodes from the last to the first. When a node's turn comes, all that uses it has already been played.",
            "At each node, for every pair (source, slope): the source receives what has arrived at the node, times the slope. What if it had received something before?",
        ),
        derivation="dL/dL = 1. Every node hands to each of its sources its own gradient times the slope, and a source adds up what it receives. From last to first, so that a node's gradient is complete before it is handed on.",
    ),
    Exercise(
        name="multiply_backward",
        notebook=NOTEBOOK,
        section="11. The tape in one page",
        points=1,
        reference=multiply_backward,
        cases=_products,
        dims={"dL_dY": "NH", "A": "NH", "B": "NH"},
        parts=("dL_dA", "dL_dB"),
        mistakes=_multiply_mistakes(),
        hints=(
            "One entry: y = a b. What is its slope in a, with b held still?",
            "Each entry of Y reads the entries of A and B at the same place, and no others.",
            "Two results: the upstream times the slope in A, and the upstream times the slope in B.",
        ),
        derivation="Y[k,l] = A[k,l] · B[k,l] reads one entry of each. Its slope in A[k,l] is B[k,l], and the other way round; the deltas leave one term of the sum.",
    ),
)

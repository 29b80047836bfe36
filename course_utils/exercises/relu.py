"""The exercises of 01_relu."""

from __future__ import annotations

import numpy as np

from .. import jacobian, layers
from . import slips
from .model import Case, Exercise, Gradient, Mistake

NOTEBOOK = "01_relu"


def batch(rng, *shape, zeros: bool = False, corner: int = 1) -> np.ndarray:
    """Random entries of both signs, none nearer to 0 than 0.1; with `zeros`, some 0.0 and -0.0,
    and the others far from 0 or close to it, so that what is clipped or cut off shows.

    corner: the sign of the first entry; the last has the other one. No mask is then all ones or
    all zeros, and with both values of it among the cases no place always has the same sign.
    """
    X = rng.uniform(0.1, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
    flat = X.reshape(-1)
    if flat.size > 1:
        flat[0], flat[-1] = corner * abs(flat[0]), -corner * abs(flat[-1])
    if zeros:
        flat[1::3] = 0.0
        flat[4::6] = -0.0
        for start, sign in ((0, corner), (3, -corner)):
            flat[start::6] = sign * (10 + np.abs(flat[start::6]))
        for start, sign in ((2, 1), (5, -1)):
            flat[start::6] = sign * np.abs(flat[start::6]) / 300
    return X


def upstream(rng, *shape) -> np.ndarray:
    """A random upstream gradient of both signs, with no entry near 0 and no two the same."""
    return batch(rng, *shape)


# (sizes, in words, trait, exact zeros): a case for each place where a mistake can hide.
BATCHES = (
    ((4, 3), "a batch of 4 × 3", "", False),
    ((3, 5), "a batch of 3 × 5", "", False),
    ((3, 3), "a square batch, 3 × 3", "square", False),
    ((1, 4), "a single row, 1 × 4", "one row", False),
    ((4, 3), "a batch of 4 × 3 with exact zeros", "zeros", True),
)


def _batches(rng) -> list[Case]:
    """The batches, their corners taking turns, and one in which the same values come up again."""
    found = [
        Case(what, (batch(rng, *sizes, zeros=zeros, corner=(-1) ** number),), trait)
        for number, (sizes, what, trait, zeros) in enumerate(BATCHES)
    ]
    pair = rng.uniform(0.5, 1.5, 2) * [1, -1]
    return [
        *found,
        Case("a batch of 3 × 2 whose rows are equal", (np.tile(pair, (3, 1)),), "repeats"),
    ]


def _rows(rng) -> list[Case]:
    return [
        Case("a row of 4", (batch(rng, 4),)),
        Case("a row of 3", (batch(rng, 3, corner=-1),)),
        Case("a row of one entry", (batch(rng, 1),), "one row"),
        Case("a row of 5 with exact zeros", (batch(rng, 5, zeros=True),), "zeros"),
    ]


def _with_upstream(rng) -> list[Case]:
    return [
        Case(case.what, (factor * upstream(rng, *case.args[0].shape), *case.args), case.trait)
        for case in _batches(rng)
        for factor in [100 if case.trait == "zeros" else 1]  # far above what is clipped
    ]


def _contractions(rng) -> list[Case]:
    """Arrays of several ranks, none of them the Jacobian of a layer: only the sum is asked for."""
    shapes = (
        ((4, 3), (2, 5), "dL_dY of 4 × 3 and dY_dX of 4 × 3 × 2 × 5", ""),
        ((3,), (4,), "dL_dY of 3 and dY_dX of 3 × 4", "vectors"),
        ((2, 3), (2, 3), "dL_dY of 2 × 3 and dY_dX of 2 × 3 × 2 × 3", "square"),
        ((3, 3), (3, 3), "every axis of size 3", "square"),
        ((4, 3), (2,), "dL_dY of 4 × 3 and dY_dX of 4 × 3 × 2", "vectors"),
        ((2, 3, 4), (5,), "dL_dY of 2 × 3 × 4 and dY_dX of 2 × 3 × 4 × 5", "vectors"),
    )
    return [
        Case(what, (factor * upstream(rng, *out), upstream(rng, *out, *into)), trait)
        for out, into, what, trait in shapes
        for factor in [100 if len(out) == 3 else 1]  # far above what is clipped
    ]


# The right rule and arrays with relu'(0) left open: every value in [0, 1] is a subgradient.


def _step(X, at_zero: float):
    return np.where(X == 0, at_zero, (X > 0) * 1.0)


def _entry_at_zero(X, k, l, i, j, at_zero=0.0):
    return (k == i) * (l == j) * _step(X[i, j], at_zero)


def _row_at_zero(x, at_zero=0.0):
    return np.diag(_step(x, at_zero))


def _batch_at_zero(X, at_zero=0.0):
    return np.stack([np.diag(row) for row in _step(X, at_zero)])


def _jacobian_at_zero(X, at_zero=0.0):
    return np.diag(_step(X, at_zero).ravel()).reshape(X.shape + X.shape)


def _backward_at_zero(dL_dY, X, at_zero=0.0):
    return dL_dY * _step(X, at_zero)


def _scene(rng, N=4, H=3):
    return {"X": batch(rng, N, H), "dL_dY": upstream(rng, N, H)}


RELU = Gradient(
    key="relu",
    entry="relu_entry",
    jacobian="relu_jacobian",
    condensed="relu_backward",
    forward=layers.relu,
    wrt="X",
    scene=_scene,
    sizes={"N": 4, "H": 3},
)

# Mistakes


def _full(rule):
    """The (N, H, N, H) array of a rule of five arguments."""
    return lambda X: np.array(
        [rule(X, *index) for index in np.ndindex(X.shape + X.shape)], float
    ).reshape(X.shape + X.shape)


def _no_batch_delta(X, k, l, i, j):
    return float(l == j and X[i, j] > 0)


def _no_batch_delta_at_output(X, k, l, i, j):
    return float(l == j and X[k, l] > 0)


def _no_feature_delta(X, k, l, i, j):
    return float(k == i and X[i, j] > 0)


def _no_feature_delta_at_output(X, k, l, i, j):
    return float(k == i and X[k, l] > 0)


def _no_delta(X, k, l, i, j):
    return float(X[i, j] > 0)


def _no_delta_at_output(X, k, l, i, j):
    return float(X[k, l] > 0)


def _no_mask(X, k, l, i, j):
    return float(k == i and l == j)


def _value_for_slope(X, k, l, i, j):
    return float(k == i and l == j) * max(X[i, j], 0.0)


def _input_for_slope(X, k, l, i, j):
    return float(k == i and l == j) * X[i, j]


def _sign_for_slope(X, k, l, i, j):
    return float(k == i and l == j) * np.sign(X[i, j])


def _inverted(X, k, l, i, j):
    return float(k == i and l == j and X[i, j] < 0)


def _leaky_slope(X, k, l, i, j):
    return float(k == i and l == j) * (1.0 if X[i, j] > 0 else 0.01)


def _crossed(X, k, l, i, j):
    return float(k == j and l == i and X[i, j] > 0)


def _from_one(X, k, l, i, j):
    return float(k == i and l == j and X[i - 1, j - 1] > 0)


def _bits(X, k, l, i, j):
    """`&` binds before `==`: k == (i & l) == j."""
    return float(k == (i & l) == j) * float(X[i, j] > 0)


def _one_of_two(X, k, l, i, j):
    return float((k == i or l == j) and X[i, j] > 0)


_DELTA_LOOK = (
    "Nudge one input in your head and list the outputs that can move. Is it one, a row, or all?"
)

# (key, wrong rule, sentence, what to look at, keys that are the same algebra)
_RULES = (
    (
        "batch delta forgotten",
        (_no_batch_delta, _no_batch_delta_at_output),
        "Your rule lets sample i reach the outputs of every sample k: the delta between the two batch indices is missing.",
        _DELTA_LOOK,
    ),
    (
        "feature delta forgotten",
        (_no_feature_delta, _no_feature_delta_at_output),
        "Your rule lets feature j reach every feature l of its row: the delta between the two feature indices is missing.",
        _DELTA_LOOK,
    ),
    (
        "both deltas forgotten",
        (_no_delta, _no_delta_at_output),
        "Your rule asks only whether an entry is positive, for every pair of output and input: both deltas are missing.",
        _DELTA_LOOK,
    ),
    (
        "or for and",
        (_one_of_two,),
        "Your rule is satisfied when one of the two indices agrees; an entry moves its own output only if both do.",
        _DELTA_LOOK,
    ),
    (
        "& before ==",
        (_bits,),
        "Python reads `k == i & l == j` as `k == (i & l) == j`: a single `&` binds before `==`, and works on bits.",
        "Print `1 == 1 & 2 == 2` and `(1 == 1) & (2 == 2)`.",
    ),
    (
        "no mask",
        (_no_mask,),
        "Your rule is the identity: it says that every output follows its input, even where ReLU is flat.",
        "Nudge a negative entry of X. Does its output move?",
    ),
    (
        "value for slope",
        (_value_for_slope,),
        "On the diagonal you put ReLU's value; the derivative is its slope.",
        "Draw ReLU. At x = 2 and at x = 3: what is its height, and what is its steepness?",
    ),
    (
        "input for slope",
        (_input_for_slope,),
        "On the diagonal you put the input itself; the derivative is the slope of ReLU there.",
        "Draw ReLU. At x = 2 and at x = -2: what is its steepness?",
    ),
    (
        "sign for step",
        (_sign_for_slope,),
        "Where X is negative you have -1: you took the sign of X. Left of 0, ReLU does not fall; it is flat.",
        "Draw ReLU. What is its steepness left of 0?",
    ),
    (
        "mask inverted",
        (_inverted,),
        "Your derivative is 1 where X is negative and 0 where it is positive: the condition is the wrong way round.",
        "Nudge a positive entry of X. Does its output move?",
    ),
    (
        "leaky",
        (_leaky_slope,),
        "Where X is negative your derivative is 0.01: that is the leaky ReLU's.",
        "Nudge a negative entry of X. Does its output move?",
    ),
    (
        "indices crossed",
        (_crossed,),
        "You compare the batch index of one side with the feature index of the other: k with j and l with i.",
        "Say what each index counts: k and i count samples, l and j count features.",
    ),
    (
        "off by one",
        (_from_one,),
        "You looked up X one place off: indices here start at 0.",
        "Which entry of X is the very first, X[0, 0] or X[1, 1]?",
    ),
)


def _entry_mistakes() -> tuple[Mistake, ...]:
    return tuple(
        Mistake(key if not number else f"{key}, at the output", wrong, says, look)
        for key, wrongs, says, look in _RULES
        for number, wrong in enumerate(wrongs)
    )


def _jacobian_mistakes() -> tuple[Mistake, ...]:
    return tuple(
        Mistake(
            key if not number else f"{key}, at the output",
            _full(wrong),
            says.replace("Your rule", "Your array"),
            look,
        )
        for key, wrongs, says, look in _RULES
        for number, wrong in enumerate(wrongs)
    )


_SLOPES = (
    "no mask",
    "value for slope",
    "input for slope",
    "sign for step",
    "mask inverted",
    "leaky",
)


def _row_mistakes() -> tuple[Mistake, ...]:
    """The one-row array, from the batch rules that make sense for one row."""
    kept = [rule for rule in _RULES if rule[0] in (*_SLOPES, "off by one")]
    found = [
        Mistake(
            key,
            lambda x, rule=wrongs[0]: _full(rule)(x[None])[0, :, 0, :],
            says.replace("Your rule", "Your matrix").replace("X[", "x["),
            look,
        )
        for key, wrongs, says, look in kept
    ]
    columns = "Your matrix repeats the 0/1 pattern of x in every {}: the zeros off the diagonal are missing."
    look = "Nudge x[0]. Which entries of y move?"
    return (
        *found,
        Mistake(
            "diagonal missing",
            lambda x: np.tile((x > 0) * 1.0, (x.size, 1)),
            columns.format("row"),
            look,
        ),
        Mistake(
            "diagonal missing, columns",
            lambda x: np.tile((x > 0) * 1.0, (x.size, 1)).T,
            columns.format("column"),
            look,
        ),
        Mistake(
            "outer product",
            lambda x: np.outer(x > 0, x > 0) * 1.0,
            "You took the outer product of the mask with itself: entry [l, j] asks whether both are positive. Output l does not depend on input j unless they are the same.",
            look,
        ),
        Mistake(
            "derivative only",
            lambda x: (x > 0) * 1.0,
            "You returned the H slopes as a vector. They belong on the diagonal of a matrix that pairs every output with every input.",
            "How many pairs (output, input) are there for a row of 4?",
        ),
    )


def _batch_mistakes() -> tuple[Mistake, ...]:
    kept = [rule for rule in _RULES if rule[0] in _SLOPES]
    look = "How many matrices are there, and which sample does each belong to?"

    def stacked(rule):
        return lambda X: np.stack([_full(rule)(row[None])[0, :, 0, :] for row in X])

    return (
        *(
            Mistake(key, stacked(wrongs[0]), says.replace("Your rule", "Your stack"), look_again)
            for key, wrongs, says, look_again in kept
        ),
        Mistake(
            "diagonal missing",
            lambda X: np.stack([np.tile((row > 0) * 1.0, (row.size, 1)) for row in X]),
            "Each of your matrices repeats its row's 0/1 pattern: the zeros off the diagonal are missing.",
            "Nudge X[0, 0]. Which entries of Y move?",
        ),
        Mistake(
            "outer product",
            lambda X: np.stack([np.outer(row > 0, row > 0) * 1.0 for row in X]),
            "You took the outer product of each row's mask with itself; output l does not depend on input j unless they are the same.",
            "Nudge X[0, 0]. Which entries of Y move?",
        ),
        Mistake(
            "one matrix for all",
            lambda X: np.stack([np.diag((X[0] > 0) * 1.0)] * len(X)),
            "Every sample got the first sample's matrix.",
            look,
        ),
        Mistake(
            "last matrix for all",
            lambda X: np.stack([np.diag((X[-1] > 0) * 1.0)] * len(X)),
            "Every sample got the last sample's matrix: one array was filled again and again.",
            look,
        ),
        Mistake(
            "summed over the batch",
            lambda X: np.diag((X > 0).sum(0) * 1.0),
            "The N matrices were added up. Each sample needs its own.",
            look,
        ),
        Mistake(
            "diagonal taken",
            lambda X: np.diag((X > 0) * 1.0),
            "`np.diag` was given a matrix, so it took the diagonal out instead of making one: it makes a matrix of one row only.",
            "Print np.diag of a row and np.diag of a matrix.",
        ),
        Mistake(
            "derivative only",
            lambda X: (X > 0) * 1.0,
            "You returned the slopes, one for each entry. Each row of them belongs on the diagonal of its own matrix.",
            look,
        ),
        Mistake(
            "stack axis last",
            lambda X: np.stack([np.diag((row > 0) * 1.0) for row in X], axis=-1),
            "The matrices are right, and the sample's axis stands last; it belongs first: (N, H, H).",
            look,
        ),
        Mistake(
            "whole monster",
            lambda X: layers.relu_jacobian(X),
            "This is already the 4-D array, with a block for each pair of samples. Here only the pairs of a sample with itself are wanted.",
            look,
        ),
    )


def _relu_mistakes() -> tuple[Mistake, ...]:
    look = "Work out relu(-2), relu(0) and relu(3) with a pencil."
    return (
        Mistake(
            "absolute value",
            np.abs,
            "Negative entries came out positive: that is the absolute value.",
            look,
        ),
        Mistake(
            "input itself",
            lambda X: X * 1.0,
            "Your result is X itself: negative entries went through.",
            look,
        ),
        Mistake(
            "minimum",
            lambda X: np.minimum(X, 0),
            "You kept the negative entries and cut the positive ones: a minimum stands where a maximum is meant.",
            look,
        ),
        Mistake(
            "mask only",
            lambda X: (X > 0) * 1.0,
            "You returned where X is positive, not what it is there.",
            look,
        ),
        Mistake(
            "one maximum",
            lambda X: np.maximum(X.max(), 0.0),
            "You returned one number: `max` over the whole array. ReLU compares each entry with 0.",
            look,
        ),
        Mistake(
            "row maximum",
            lambda X: X.max(axis=1),
            "You took the largest entry of each row. ReLU compares each entry with 0.",
            look,
        ),
        Mistake(
            "column maximum",
            lambda X: X.max(axis=0),
            "You took the largest entry of each column: np.max goes along an axis. ReLU compares each entry with 0.",
            look,
        ),
        Mistake(
            "cut above 1",
            lambda X: np.clip(X, 0, 1),
            "Entries above 1 were cut to 1. ReLU has no upper end.",
            look,
        ),
        Mistake(
            "negatives dropped",
            lambda X: X[X > 0],
            "The negative entries were left out instead of set to 0, so the shape is lost.",
            look,
        ),
        Mistake(
            "leaky",
            lambda X: np.where(X > 0, X, 0.01 * X),
            "Negative entries came through at a hundredth: that is the leaky ReLU, another function.",
            look,
        ),
        Mistake(
            "sigmoid",
            lambda X: 1 / (1 + np.exp(-X)),
            "That is the sigmoid, another activation.",
            look,
        ),
        Mistake("tanh", np.tanh, "That is the hyperbolic tangent, another activation.", look),
        Mistake(
            "softplus",
            lambda X: np.log1p(np.exp(X)),
            "That is the softplus, a smooth cousin of ReLU.",
            look,
        ),
    )


def _contract_mistakes() -> tuple[Mistake, ...]:
    look = "Write the sum for one entry of dL_dX: which indices run, and which stay?"

    def first_axes(dL_dY, dY_dX, combine):
        flat = dY_dX.reshape(dL_dY.size, -1)
        return combine(dL_dY.reshape(-1), flat).reshape(dY_dX.shape[dL_dY.ndim :])

    def last_axes(dL_dY, dY_dX):
        n = dL_dY.ndim
        return np.tensordot(dY_dX, dL_dY, axes=(range(dY_dX.ndim - n, dY_dX.ndim), range(n)))

    def elementwise(dL_dY, dY_dX):
        return dL_dY.reshape(dL_dY.shape + (1,) * (dY_dX.ndim - dL_dY.ndim)) * dY_dX

    return (
        Mistake(
            "wrong axes summed",
            last_axes,
            "You summed dL_dY against the last axes of dY_dX, those of the input. The output's axes are the ones that dL_dY shares; they come first.",
            look,
        ),
        Mistake(
            "Jacobian summed",
            lambda g, J: first_axes(g, J, lambda v, A: A.sum(0)),
            "You summed the Jacobian over its output axes without weighing each output by its entry of dL_dY.",
            look,
        ),
        Mistake(
            "upstream replaced by its sum",
            lambda g, J: first_axes(g, J, lambda v, A: v.sum() * A.sum(0)),
            "You summed dL_dY and the Jacobian separately and multiplied the two sums; each product has to be made before it is added.",
            look,
        ),
        Mistake(
            "averaged",
            lambda g, J: first_axes(g, J, lambda v, A: v @ A / v.size),
            "You averaged over the outputs; the chain rule adds them up.",
            look,
        ),
        Mistake(
            "not summed",
            elementwise,
            "You multiplied and did not add up: the output's axes are still there.",
            look,
        ),
        Mistake(
            "summed to a number",
            lambda g, J: np.sum(elementwise(g, J)),
            "You summed over everything, the input's axes too. They have to stay: one sum for each entry of X.",
            look,
        ),
        Mistake(
            "only the last output axis",
            lambda g, J: np.tensordot(g, J, axes=(g.ndim - 1, g.ndim - 1)),
            "You summed over one of the output's axes only.",
            look,
        ),
        Mistake(
            "one output axis left",
            lambda g, J: elementwise(g, J).sum(axis=0),
            "You summed over the first axis only; every axis of the output is summed.",
            look,
        ),
    )


def _backward_mistakes() -> tuple[Mistake, ...]:
    right = layers.relu_backward
    look = "Take one positive and one negative entry of X and write dL/dX for each, by hand."
    return (
        slips.no_upstream(lambda dL_dY, X: (X > 0) * 1.0, right),
        Mistake(
            "no upstream, value as mask",
            lambda dL_dY, X: np.maximum(X, 0),
            "You returned ReLU's output: neither its slope nor dL_dY appears.",
            look,
        ),
        Mistake(
            "no mask",
            lambda dL_dY, X: dL_dY * 1.0,
            "You returned dL_dY itself. Where X is negative, the output does not move, and nothing can flow back.",
            "Nudge a negative entry of X. Does L move?",
            same_as=("mask on the output with >=",),
        ),
        Mistake(
            "mask on the output with >=",
            lambda dL_dY, X: dL_dY * (np.maximum(X, 0) >= 0),
            "If your mask asks where ReLU's output is >= 0: it is never negative, so that is everywhere, and dL_dY goes through untouched.",
            "Print your mask. Is there a False in it?",
            same_as=("no mask",),
        ),
        Mistake(
            "value used as the mask",
            lambda dL_dY, X: dL_dY * np.maximum(X, 0),
            "You multiplied by ReLU's value; the chain rule multiplies by its slope.",
            look,
        ),
        Mistake(
            "input used as the mask",
            lambda dL_dY, X: dL_dY * X,
            "You multiplied dL_dY by X itself; the chain rule multiplies by the slope of ReLU at X.",
            look,
        ),
        Mistake(
            "sign for step",
            lambda dL_dY, X: dL_dY * np.sign(X),
            "Where X is negative your result is minus dL_dY: you took the sign of X. Left of 0, ReLU is flat.",
            look,
        ),
        Mistake(
            "mask inverted",
            lambda dL_dY, X: dL_dY * (X < 0),
            "You let the gradient through where X is negative and stop it where X is positive: the condition is the wrong way round.",
            look,
        ),
        Mistake(
            "masked by the upstream",
            lambda dL_dY, X: dL_dY * (dL_dY > 0),
            "You asked where dL_dY is positive; the question is where X is.",
            look,
            same_as=("ReLU of the upstream",),
        ),
        Mistake(
            "ReLU of the upstream",
            lambda dL_dY, X: np.maximum(dL_dY, 0),
            "You applied ReLU to the gradient and did not look at X.",
            look,
            same_as=("masked by the upstream",),
        ),
        Mistake(
            "guided backpropagation",
            lambda dL_dY, X: np.maximum(dL_dY, 0) * (X > 0),
            "Negative gradients were cut as well. That is guided backpropagation, a way to make pictures; it is not the gradient of L.",
            "Take an entry with X positive and dL_dY negative. If X grows a little, does L fall?",
        ),
        Mistake(
            "absolute value of the upstream",
            lambda dL_dY, X: np.abs(dL_dY) * (X > 0),
            "The signs of dL_dY are lost: an absolute value was taken.",
            look,
        ),
        Mistake(
            "booleans",
            lambda dL_dY, X: X > 0,
            "You returned only true and false: where the gradient flows, not how much. dL_dY does not appear.",
            look,
        ),
        slips.averaged(right, lambda dL_dY, X: len(X)),
        slips.factor(
            right,
            "averaged over all entries",
            lambda dL_dY, X: 1 / X.size,
            "Your result is the right one divided by N·H: you averaged over all entries. The mean, if there is one, belongs to the loss.",
            look,
        ),
        Mistake(
            "summed over the batch",
            lambda dL_dY, X: (dL_dY * (X > 0)).sum(0),
            "You added up the rows. X has its own entry for each sample, so dL/dX has one too.",
            look,
        ),
        Mistake(
            "summed over the features",
            lambda dL_dY, X: (dL_dY * (X > 0)).sum(1),
            "You added up each row. X has its own entry for each feature, so dL/dX has one too.",
            look,
        ),
        Mistake(
            "summed to a number",
            lambda dL_dY, X: (dL_dY * (X > 0)).sum(),
            "You added up everything to one number. dL/dX has an entry for each entry of X.",
            look,
        ),
        Mistake(
            "matrix product",
            lambda dL_dY, X: dL_dY @ (X > 0),
            "You took a matrix product; here each entry meets only its own slope.",
            look,
        ),
        Mistake(
            "matrix product with the transpose",
            lambda dL_dY, X: dL_dY @ (X > 0).T,
            "You took a matrix product with the transposed mask; here each entry meets only its own slope.",
            look,
        ),
        Mistake(
            "matrix product, transpose first",
            lambda dL_dY, X: dL_dY.T @ (X > 0),
            "You took a matrix product; here each entry meets only its own slope.",
            look,
        ),
        Mistake(
            "forward instead of backward",
            lambda dL_dY, X: np.maximum(dL_dY + X, 0),
            "ReLU was applied to a sum of X and dL_dY; the backward step multiplies.",
            look,
        ),
        Mistake(
            "leaky",
            lambda dL_dY, X: dL_dY * np.where(X > 0, 1.0, 0.01),
            "Where X is negative a hundredth still flows: that is the leaky ReLU's gradient.",
            look,
        ),
        Mistake(
            "stack not contracted",
            lambda dL_dY, X: dL_dY[:, :, None] * layers.relu_batch_jacobians(X),
            "You multiplied each row with its matrix and did not sum: one axis is left over.",
            look,
        ),
        Mistake(
            "threshold at 1",
            lambda dL_dY, X: dL_dY * (X > 1),
            "Your mask asks whether X is above 1; ReLU bends at 0.",
            look,
        ),
    )


EXERCISES = (
    Exercise(
        name="relu",
        notebook=NOTEBOOK,
        section="1. ReLU, entry by entry",
        points=1,
        reference=layers.relu,
        cases=_batches,
        dims={"X": "NH", "": "NH"},
        mistakes=_relu_mistakes(),
        hints=(
            "Each entry of Y depends on one entry of X: the one at the same place.",
            "A positive entry stays as it is. Everything else becomes 0.",
            "NumPy has a function that compares two arrays entry by entry and keeps the larger; a number is compared with every entry.",
        ),
        derivation="Y[k,l] is the larger of X[k,l] and 0, for every k and l on its own.",
    ),
    Exercise(
        name="relu_row_jacobian",
        notebook=NOTEBOOK,
        section="2. One row: a diagonal matrix",
        points=1,
        reference=layers.relu_row_jacobian,
        cases=_rows,
        at_zero=_row_at_zero,
        dims={"x": "H", "": "HH"},
        mistakes=_row_mistakes(),
        hints=(
            "Entry [l, j] of the matrix says how y[l] answers when x[j] is nudged.",
            "y[l] looks at x[l] only. So what stands off the diagonal?",
            "On the diagonal stands the slope of ReLU at x[l]: flat on the left, steepness 1 on the right.",
        ),
        derivation="∂y[l]/∂x[j] is 0 unless l = j, since y[l] reads x[l] alone; for l = j it is the slope of ReLU at x[l]: 1 where x[l] > 0, else 0.",
    ),
    Exercise(
        name="relu_batch_jacobians",
        notebook=NOTEBOOK,
        section="3. A batch: a stack of matrices",
        points=1,
        reference=layers.relu_batch_jacobians,
        cases=_batches,
        at_zero=_batch_at_zero,
        dims={"X": "NH", "": "NHH"},
        mistakes=_batch_mistakes(),
        hints=(
            "Sample n has its own H × H matrix, the one you built for a single row.",
            "The stack has shape (N, H, H); matrix n stands at [n].",
            "A loop over the rows of X does it: fill stack[k] with the matrix of row k.",
        ),
        derivation="Sample k of Y reads sample k of X alone, so the batch has N separate diagonal matrices, stack[k, l, j] = 1 where l = j and X[k, l] > 0.",
    ),
    Exercise(
        name="relu_entry",
        notebook=NOTEBOOK,
        section="4. One entry of the monster",
        points=2,
        reference=layers.relu_entry,
        cases=_batches,
        grid=lambda X: X.shape + X.shape,
        at_zero=_entry_at_zero,
        gradient="relu",
        dims={"X": "NH", "": "NHNH"},
        mistakes=_entry_mistakes(),
        hints=(
            "Ask first: can Y[k,l] move at all when X[i,j] is nudged? For which pairs can it?",
            "Two conditions have to hold before there is any effect: one on the samples, one on the features.",
            "If both hold, Y[k,l] and X[i,j] are the output and the input of one and the same ReLU. Its slope depends on a sign.",
        ),
        derivation="Y[k,l] reads X[k,l] alone. So the entry is 0 unless k = i and l = j, and then it is the slope of ReLU at X[i,j].",
    ),
    Exercise(
        name="relu_jacobian",
        notebook=NOTEBOOK,
        section="5. The monster: a 4-D array",
        points=2,
        reference=layers.relu_jacobian,
        cases=_batches,
        at_zero=_jacobian_at_zero,
        gradient="relu",
        dims={"X": "NH", "": "NHNH"},
        mistakes=_jacobian_mistakes(),
        hints=(
            "The shape is Y.shape + X.shape: output axes first, then input axes.",
            "Start from zeros. Which entries are not zero?",
            "A loop over i and j is enough: only the entry [i, j, i, j] can be anything but 0.",
        ),
        derivation="Of the N·H·N·H entries only those with k = i and l = j can differ from 0: entry [i, j, i, j] is 1 where X[i,j] > 0.",
    ),
    Exercise(
        name="contract",
        notebook=NOTEBOOK,
        section="6. The chain rule is one contraction",
        points=2,
        reference=jacobian.contract,
        cases=_contractions,
        mistakes=_contract_mistakes(),
        hints=(
            "Fix one entry of X. Its entry of dL_dX is a sum over all entries of Y.",
            "The axes that dL_dY has are the first axes of dY_dX. They are multiplied entry by entry and summed.",
            "np.tensordot sums over several axes at once; so does a reshape to a row and a matrix.",
        ),
        derivation="dL_dX[i,j] = Σ over k and l of dL_dY[k,l] · dY_dX[k,l,i,j]: every output's share, added up.",
    ),
    Exercise(
        name="relu_backward",
        notebook=NOTEBOOK,
        section="7. The condensed map",
        points=2,
        reference=layers.relu_backward,
        cases=_with_upstream,
        at_zero=_backward_at_zero,
        gradient="relu",
        dims={"dL_dY": "NH", "X": "NH", "": "NH"},
        mistakes=_backward_mistakes(),
        hints=(
            "In the sum over k and l, which terms are not zero? Put your rule for one entry in.",
            "One term is left: the one with k = i and l = j. It has two factors.",
            "One factor comes from above, the other is 1 or 0. Write both as arrays of the same shape.",
        ),
        derivation="In Σ over k and l of dL_dY[k,l] · dY_dX[k,l,i,j] both deltas leave one term, k = i and l = j: dL_dY[i,j] times the slope of ReLU at X[i,j].",
    ),
)

GRADIENTS = (RELU,)

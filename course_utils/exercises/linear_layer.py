"""The exercises of 02_linear_layer."""

from __future__ import annotations

import numpy as np

from .. import layers
from . import slips
from .model import Case, Exercise, Gradient, Mistake
from .relu import batch, upstream

NOTEBOOK = "02_linear_layer"

# (N, D, M), in words, trait. Two sizes that are equal let a wrong product through, so each pair
# has a case of its own, and so have all three.
SIZES = (
    ((4, 3, 2), "X 4×3 and W 3×2", ""),
    ((3, 2, 4), "X 3×2 and W 2×4", ""),
    ((4, 3, 3), "a square W (X 4×3, W 3×3)", "square"),
    ((3, 3, 2), "a square X (X 3×3, W 3×2)", "square"),
    ((3, 2, 3), "a square Y (X 3×2, W 2×3)", "square"),
    ((3, 3, 3), "X and W both 3×3", "square"),
    ((1, 3, 2), "a single row (X 1×3, W 3×2)", "one row"),
    ((3, 1, 2), "a single feature (X 3×1, W 1×2)", "one feature"),
    ((3, 2, 1), "a single output (X 3×2, W 2×1)", "one output"),
)


def _cases(pick):
    """Cases whose arguments are `pick(scene)`, with exact zeros in X, W and dL_dY in the last."""

    def cases(rng) -> list[Case]:
        found = [Case(what, pick(_scene(rng, *sizes)), trait) for sizes, what, trait in SIZES]
        zeros = _scene(rng, 4, 3, 2)
        zeros["dL_dY"] *= 20  # far above what is clipped
        for A in zeros.values():
            A[1, 0] = A[2, 1] = 0.0
        return [*found, Case("X 4×3 and W 3×2 with exact zeros", pick(zeros), "zeros")]

    return cases


def _scene(rng, N=4, D=3, M=2) -> dict:
    return {"X": batch(rng, N, D), "W": batch(rng, D, M), "dL_dY": upstream(rng, N, M)}


_layer_cases = _cases(lambda scene: (scene["X"], scene["W"]))
_input_cases = _cases(lambda scene: (scene["dL_dY"], scene["W"]))
_weight_cases = _cases(lambda scene: (scene["dL_dY"], scene["X"]))


def _whole_scene(named: dict) -> dict:
    """dY/dX does not depend on X, nor dY/dW on W: what is missing may be anything."""
    scene = dict(named)
    if "X" not in scene:
        scene["X"] = np.ones((scene["dL_dY"].shape[0], scene["W"].shape[0]))
    if "W" not in scene:
        scene["W"] = np.ones((scene["X"].shape[1], scene["dL_dY"].shape[1]))
    if "dL_dY" not in scene:
        scene["dL_dY"] = np.ones((scene["X"].shape[0], scene["W"].shape[1]))
    return scene


def _gradient(wrt: str, word: str) -> Gradient:
    return Gradient(
        key=f"linear_{word}",
        entry=f"linear_{word}_entry",
        jacobian=f"linear_{word}_jacobian",
        condensed=f"linear_{word}_backward",
        forward=layers.linear,
        wrt=wrt,
        scene=_scene,
        sizes={"N": 4, "D": 3, "M": 2},
        complete=_whole_scene,
    )


def _full(rule, by: str):
    """The whole array of a rule of one entry; `by` names the argument differentiated by."""

    def array(X, W):
        shape = (len(X), W.shape[1], *(X if by == "X" else W).shape)
        entries = [rule(X, W, *index) for index in np.ndindex(shape)]
        return np.array(entries, float).reshape(shape)

    return array


def _lookups(array: str, right: str, counts: str):
    """Rules that read `array` at two indices other than the right ones, the delta in place.

    `right` holds the right letters, row and column; `counts` says what row and column stand for.
    """
    delta = "ki" if array == "W" else "lj"
    letters = "ilj" if array == "W" else "kil"  # of the two that the delta makes equal, one
    for row in letters:
        for column in letters:
            if row + column in (right, right[::-1]):
                continue

            def rule(X, W, k, l, i, j, row=row, column=column):
                at = {"k": k, "l": l, "i": i, "j": j}
                A = W if array == "W" else X
                return float(at[delta[0]] == at[delta[1]]) * A[at[row], at[column]]

            yield Mistake(
                f"{array} read at {row}, {column}",
                rule,
                f"You read {array} at row {row}, column {column} (or at a letter equal to it). {counts}",
                f"Say what k, l, i and j count: which number rows of {array}, which columns?",
            )


def _wrong_deltas(value, right: str, counts: str):
    """Rules whose delta compares another pair of indices than the right one."""
    for pair in ("lj", "ki", "kj", "li", "kl", "ij"):
        if pair == right:
            continue

        def rule(X, W, k, l, i, j, pair=pair):
            at = {"k": k, "l": l, "i": i, "j": j}
            return float(at[pair[0]] == at[pair[1]]) * value(X, W, k, l, i, j)

        yield Mistake(
            f"delta on {pair[0]}, {pair[1]}",
            rule,
            f"Your delta compares {pair[0]} with {pair[1]}. That is not the pair that has to agree here. {counts}",
            _DELTA_LOOK,
        )


_DELTA_LOOK = "Nudge one input in your head: which index do all outputs that move share with it?"

# One entry, by the input


def _input(X, W, k, l, i, j):
    return float(k == i) * W[j, l]


def _at_weight(X, W, k, l, i, j):
    return W[j, l]


_COUNTS_INPUT = "k and i count samples, l counts outputs, j counts features."
_COUNTS_W = "A row of W belongs to a feature of X, a column to an output."

_INPUT_RULES = (
    Mistake(
        "batch delta forgotten",
        _at_weight,
        "Your rule lets sample i reach the outputs of every sample k: the delta between the two batch indices is missing.",
        _DELTA_LOOK,
    ),
    Mistake(
        "indices of W exchanged",
        lambda X, W, k, l, i, j: float(k == i) * W[l, j],
        "You read W with its indices exchanged; a square W raises nothing and hides it.",
        "Write the sum for Y[k,l] out: which weight stands beside X[k,j]?",
        same_as=("input axes first",),
    ),
    Mistake(
        "input axes first",
        lambda X, W, k, l, i, j: _input(X, W, i, j, k, l),
        "You took i, j for the output's indices; here k, l, the output's, come first.",
        "Which two parameters belong to Y?",
        same_as=("indices of W exchanged",),
    ),
    Mistake(
        "ReLU's second delta",
        lambda X, W, k, l, i, j: float(k == i and l == j) * W[j, l],
        "You kept a delta between l and j, as ReLU has. Here one feature reaches every output of its row.",
        _DELTA_LOOK,
    ),
    Mistake(
        "identity",
        lambda X, W, k, l, i, j: float(k == i and l == j),
        "Your rule is the identity: no entry of W appears, and feature j reaches output l = j only.",
        "Nudge X[0,0] by 1 with a pencil. By how much does Y[0,0] move, and does Y[0,1] move?",
    ),
    Mistake(
        "no weight",
        lambda X, W, k, l, i, j: float(k == i),
        "Your rule says which outputs move, and not how far: W does not appear.",
        "Nudge X[0,0] by 1 with a pencil. By how much does Y[0,1] move?",
    ),
    Mistake(
        "weight's place only",
        lambda X, W, k, l, i, j: float(k == i) * float(W[j, l] > 0),
        "You took only whether the weight is positive; the entry is how far the output moves.",
        "Nudge X[0,0] by 1 with a pencil. By how much does Y[0,1] move?",
    ),
    Mistake(
        "the input itself",
        lambda X, W, k, l, i, j: float(k == i) * X[i, j],
        "You put the value of X itself. Y[k,l] is a sum of X's entries times weights: differentiate, and the entry of X goes.",
        "What is the derivative of 5x by x? Which of the two numbers is left?",
    ),
    Mistake(
        "the other derivative",
        lambda X, W, k, l, i, j: float(l == j) * X[k, i],
        "That is the derivative by W, the next part of the notebook. Here W is held fixed and X moves.",
        "Which array does X[i,j] stand in, and which is the constant?",
    ),
    Mistake(
        "term not differentiated",
        lambda X, W, k, l, i, j: float(k == i) * X[i, j] * W[j, l],
        "You picked the right term of the sum and did not differentiate it: X[i,j] is still there.",
        "What is the derivative of 5x by x?",
    ),
    Mistake(
        "output itself",
        lambda X, W, k, l, i, j: float(k == i) * (X[k] @ W[:, l]),
        "You returned the output's value; its derivative says how it moves.",
        "Nudge one entry of X by 1 and compute Y[k,l] before and after.",
    ),
    Mistake(
        "features summed",
        lambda X, W, k, l, i, j: float(k == i) * W[:, l].sum(),
        "You kept the sum over the features: a column of W is added up. Only one term of that sum holds X[i,j].",
        "Write the sum for Y[0,0] out. In how many of its terms does X[0,1] stand?",
    ),
    Mistake(
        "outputs summed",
        lambda X, W, k, l, i, j: float(k == i) * W[j].sum(),
        "You added up a row of W, over all outputs. One entry is about one output, Y[k,l], alone.",
        "Which index of Y does not appear in your rule?",
    ),
    Mistake(
        "all weights summed",
        lambda X, W, k, l, i, j: float(k == i) * W.sum(),
        "You added up all of W. One output meets one input through a single weight.",
        "Write the sum for Y[0,0] out. In how many of its terms does X[0,1] stand?",
    ),
    Mistake(
        "ReLU's mask",
        lambda X, W, k, l, i, j: float(k == i and X[i, j] > 0) * W[j, l],
        "You kept ReLU's mask. This layer has no kink: a negative input reaches its outputs like any other.",
        "Nudge a negative entry of X. Does Y move?",
    ),
    Mistake(
        "mask of the output",
        lambda X, W, k, l, i, j: float(k == i and X[k] @ W[:, l] > 0) * W[j, l],
        "You kept a mask: entries are 0 where the output is negative. There is no ReLU in this layer.",
        "Nudge an input of a negative output. Does the output move?",
    ),
    Mistake(
        "delta inverted",
        lambda X, W, k, l, i, j: float(k != i) * W[j, l],
        "Your delta is the wrong way round: the entry is zero where the samples agree.",
        _DELTA_LOOK,
    ),
    Mistake(
        "off by one",
        lambda X, W, k, l, i, j: float(k == i) * W[j - 1, l - 1],
        "You looked up W one place off: indices here start at 0.",
        "Which is the first entry of W, W[0, 0] or W[1, 1]?",
    ),
    Mistake(
        "delta forgotten, indices of W exchanged",
        lambda X, W, k, l, i, j: W[l, j],
        "Two slips: the delta between the batch indices is missing, and W is read with its indices exchanged.",
        _DELTA_LOOK,
    ),
    Mistake(
        "i and j exchanged",
        lambda X, W, k, l, i, j: float(k == j) * W[i, l],
        "You took i for the column of X and j for its row. X[i,j] has the row first.",
        "Which of i and j counts samples, and which features?",
    ),
    Mistake(
        "k and l exchanged",
        lambda X, W, k, l, i, j: float(l == i) * W[j, k],
        "You took k for the column of Y and l for its row. Y[k,l] has the row first.",
        "Which of k and l counts samples, and which outputs?",
    ),
    Mistake(
        "output over input",
        lambda X, W, k, l, i, j: float(k == i) * (X[k] @ W[:, l]) / X[i, j],
        "You divided the output by the input. A derivative is a quotient of changes, not of values; for a sum of several terms the two differ.",
        "Nudge X[0,0] by 1 with a pencil. By how much does Y[0,0] move?",
    ),
    *_wrong_deltas(_at_weight, "ki", _COUNTS_INPUT),
    *_lookups("W", "jl", _COUNTS_W),
)

# One entry, by the weights


def _weight(X, W, k, l, i, j):
    return float(l == j) * X[k, i]


def _at_input(X, W, k, l, i, j):
    return X[k, i]


_COUNTS_WEIGHT = "k counts samples, l and j count outputs, i counts features."
_COUNTS_X = "A row of X is a sample, a column a feature."

_WEIGHT_RULES = (
    Mistake(
        "output delta forgotten",
        _at_input,
        "Your rule lets weight W[i,j] reach every output l: the delta between the two output indices is missing.",
        _DELTA_LOOK,
    ),
    Mistake(
        "indices of X exchanged",
        lambda X, W, k, l, i, j: float(l == j) * X[i, k],
        "You read X with its indices exchanged; a square X raises nothing and hides it.",
        "Write Y[k,j] out: which entry of X stands beside W[i,j]?",
        same_as=("input axes first",),
    ),
    Mistake(
        "input axes first",
        lambda X, W, k, l, i, j: _weight(X, W, i, j, k, l),
        "You took i, j for the output's indices; here k, l, the output's, come first.",
        "Which two parameters belong to Y?",
        same_as=("indices of X exchanged",),
    ),
    Mistake(
        "batch delta added",
        lambda X, W, k, l, i, j: float(k == i and l == j) * X[k, i],
        "You kept a delta between k and i, as ReLU has. Here k counts samples and i features: every sample uses the weight.",
        _DELTA_LOOK,
    ),
    Mistake(
        "identity",
        lambda X, W, k, l, i, j: float(k == i and l == j),
        "Your rule is the identity: no entry of X appears.",
        "Nudge W[0,0] by 1 with a pencil. By how much does Y[0,0] move, and does Y[1,0] move?",
    ),
    Mistake(
        "no input",
        lambda X, W, k, l, i, j: float(l == j),
        "Your rule says which outputs move, and not how far: X does not appear.",
        "Nudge W[0,0] by 1 with a pencil. By how much does Y[1,0] move?",
    ),
    Mistake(
        "the weight itself",
        lambda X, W, k, l, i, j: float(l == j) * W[i, j],
        "You put the value of W itself. Y[k,l] is a sum of weights times inputs: differentiate, and the weight goes.",
        "What is the derivative of 5w by w? Which of the two numbers is left?",
    ),
    Mistake(
        "the other derivative",
        lambda X, W, k, l, i, j: float(k == i) * W[j, l],
        "That is the derivative by X, the first part of the notebook. Here X is held fixed and W moves.",
        "Which array does W[i,j] stand in, and which is the constant?",
    ),
    Mistake(
        "term not differentiated",
        lambda X, W, k, l, i, j: float(l == j) * X[k, i] * W[i, j],
        "You picked the right term of the sum and did not differentiate it: W[i,j] is still there.",
        "What is the derivative of 5w by w?",
    ),
    Mistake(
        "output itself",
        lambda X, W, k, l, i, j: float(l == j) * (X[k] @ W[:, l]),
        "You returned the output's value; its derivative says how it moves.",
        "Nudge one entry of W by 1 and compute Y[k,l] before and after.",
    ),
    Mistake(
        "batch summed",
        lambda X, W, k, l, i, j: float(l == j) * X[:, i].sum(),
        "You summed over the batch already. One entry is about one output, Y[k,l], of one sample; the sum comes with the chain rule.",
        "Which index of Y does not appear in your rule?",
    ),
    Mistake(
        "batch averaged",
        lambda X, W, k, l, i, j: float(l == j) * X[:, i].mean(),
        "You averaged over the batch. One entry is about one output, Y[k,l], of one sample.",
        "Which index of Y does not appear in your rule?",
    ),
    Mistake(
        "features summed",
        lambda X, W, k, l, i, j: float(l == j) * X[k].sum(),
        "You kept the sum over the features: a row of X is added up. Only one term of that sum holds W[i,j].",
        "Write the sum for Y[0,0] out. In how many of its terms does W[1,0] stand?",
    ),
    Mistake(
        "all inputs summed",
        lambda X, W, k, l, i, j: float(l == j) * X.sum(),
        "You added up all of X. One output meets one weight through a single entry of X.",
        "Write the sum for Y[0,0] out. In how many of its terms does W[1,0] stand?",
    ),
    Mistake(
        "first sample for all",
        lambda X, W, k, l, i, j: float(l == j) * X[0, i],
        "You read sample 0 for every output row; row k of Y is made from sample k.",
        "Which index of Y does not appear in your rule?",
    ),
    Mistake(
        "only the first sample",
        lambda X, W, k, l, i, j: float(l == j and k == 0) * X[k, i],
        "Your rule is zero for every sample but the first. The same weights serve all samples.",
        "Nudge W[0,0]. Does Y[1,0] move?",
    ),
    Mistake(
        "ReLU's mask",
        lambda X, W, k, l, i, j: float(l == j and X[k, i] > 0) * X[k, i],
        "You kept a mask: negative inputs became 0. There is no ReLU in this layer.",
        "Nudge a weight that meets a negative input. Does Y move?",
    ),
    Mistake(
        "mask of the output",
        lambda X, W, k, l, i, j: float(l == j and X[k] @ W[:, l] > 0) * X[k, i],
        "You kept a mask: entries are 0 where the output is negative. There is no ReLU in this layer.",
        "Nudge a weight of a negative output. Does the output move?",
    ),
    Mistake(
        "input's place only",
        lambda X, W, k, l, i, j: float(l == j) * float(X[k, i] > 0),
        "You took only whether the input is positive; the entry is how far the output moves.",
        "Nudge W[0,0] by 1 with a pencil. By how much does Y[1,0] move?",
    ),
    Mistake(
        "delta inverted",
        lambda X, W, k, l, i, j: float(l != j) * X[k, i],
        "Your delta is the wrong way round: the entry is zero where the outputs agree.",
        _DELTA_LOOK,
    ),
    Mistake(
        "off by one",
        lambda X, W, k, l, i, j: float(l == j) * X[k - 1, i - 1],
        "You looked up X one place off: indices here start at 0.",
        "Which is the first entry of X, X[0, 0] or X[1, 1]?",
    ),
    Mistake(
        "delta forgotten, indices of X exchanged",
        lambda X, W, k, l, i, j: X[i, k],
        "Two slips: the delta between the output indices is missing, and X is read with its indices exchanged.",
        _DELTA_LOOK,
    ),
    Mistake(
        "i and j exchanged",
        lambda X, W, k, l, i, j: float(l == i) * X[k, j],
        "You took i for the column of W and j for its row. W[i,j] has the row first.",
        "Which of i and j counts features, and which outputs?",
    ),
    Mistake(
        "k and l exchanged",
        lambda X, W, k, l, i, j: float(k == j) * X[l, i],
        "You took k for the column of Y and l for its row. Y[k,l] has the row first.",
        "Which of k and l counts samples, and which outputs?",
    ),
    Mistake(
        "output over weight",
        lambda X, W, k, l, i, j: float(l == j) * (X[k] @ W[:, l]) / W[i, j],
        "You divided the output by the weight. A derivative is a quotient of changes, not of values; for a sum of several terms the two differ.",
        "Nudge W[0,0] by 1 with a pencil. By how much does Y[0,0] move?",
    ),
    *_wrong_deltas(_at_input, "lj", _COUNTS_WEIGHT),
    *_lookups("X", "ki", _COUNTS_X),
)

# The whole arrays


def _arrays_of(rules: tuple[Mistake, ...], by: str) -> tuple[Mistake, ...]:
    """The Jacobians that wrong rules build (input axes first is another thing for an array)."""
    return tuple(
        Mistake(
            m.key,
            _full(m.function, by),
            m.says.replace("Your rule", "Your array"),
            m.look,
        )
        for m in rules
        if m.key != "input axes first"
    )


def _blocks(X, W, block):
    """Blocks (M, D) on the diagonal of an (N, M, N, D) grid."""
    J = np.zeros((len(X), W.shape[1], *X.shape))
    for k in range(len(X)):
        J[k, :, k, :] = block
    return J


_GRID_LOOK = "How many pairs (output, input) are there, and which index says which axis?"


def _input_jacobian_mistakes() -> tuple[Mistake, ...]:
    right = layers.linear_input_jacobian

    def kron(left, factor):
        return lambda X, W: np.kron(left(X, W), factor(X, W)).reshape(len(X), W.shape[1], *X.shape)

    def eye(X, W):
        return np.eye(len(X))

    return (
        slips.input_axes_first(right, 2),
        *_arrays_of(_INPUT_RULES, "X"),
        Mistake(
            "W in the blocks",
            lambda X, W: _blocks(X, W, W),
            "You put W itself into each block. A block has a row for each output and a column for each feature; W has them the other way round.",
            "Compare the shape of one block, (M, D), with that of W.",
        ),
        Mistake(
            "W reshaped in the blocks",
            lambda X, W: _blocks(X, W, W.reshape(W.shape[::-1])),
            "You reshaped W to make it fit its block. A reshape reads the same numbers in row order; it does not exchange rows and columns.",
            "Compare one block with W: does feature 0's row of W stand where feature 0's column should be?",
        ),
        Mistake(
            "one block",
            lambda X, W: W.T * 1.0,
            "You returned one block: how a single sample answers its own features. Each pair of samples has a block, most of them zero.",
            _GRID_LOOK,
        ),
        Mistake(
            "W itself",
            lambda X, W: W * 1.0,
            "You returned W. The array has an entry for each pair of one output and one input.",
            _GRID_LOOK,
        ),
        Mistake(
            "stack of blocks",
            lambda X, W: np.stack([W.T] * len(X)),
            "You made a stack of one block a sample, as for a batch of rows. The full array also has a place for output k against sample i ≠ k.",
            _GRID_LOOK,
        ),
        Mistake(
            "stack of W",
            lambda X, W: np.stack([W] * len(X)),
            "You made a stack of N copies of W. The full array has two more sides: output (k, l) against input (i, j), four axes.",
            _GRID_LOOK,
        ),
        Mistake(
            "only the first block",
            lambda X, W: _blocks(X, W, W.T) * (np.arange(len(X)) == 0)[:, None, None, None],
            "Only sample 0 has its block. Every sample answers its own features.",
            "How often does the loop over samples run?",
        ),
        Mistake(
            "only the last block",
            lambda X, W: (
                _blocks(X, W, W.T) * (np.arange(len(X)) == len(X) - 1)[:, None, None, None]
            ),
            "Only the last sample has its block: the array was made anew in each turn of the loop.",
            "Is the line that makes the zeros inside the loop?",
        ),
        Mistake(
            "Kronecker product, factors swapped",
            kron(lambda X, W: W.T, eye),
            "You took the Kronecker product with its factors swapped: the identity belongs to the slow index, the sample.",
            "Print the first row of blocks. Which of them should be zero?",
        ),
        Mistake(
            "Kronecker product, W not transposed",
            kron(eye, lambda X, W: W),
            "You took the Kronecker product of the identity with W as it is, and reshaped: rows of W stand where its columns should be.",
            "Compare one block with W, entry by entry.",
        ),
        Mistake(
            "flattened",
            lambda X, W: np.kron(np.eye(len(X)), W.T),
            "The numbers are right, but output and input are each flattened to one axis. Four axes were asked for.",
            "Print the shape. Which two indices share an axis?",
        ),
    )


def _sample_across(X, W):
    J = np.zeros((len(X), W.shape[1], *W.shape))
    for k in range(len(X)):
        for l in range(W.shape[1]):
            J[k, l, l, :] = X[k]
    return J


def _weight_jacobian_mistakes() -> tuple[Mistake, ...]:
    right = layers.linear_weight_jacobian

    def kron(left, factor):
        return lambda X, W: np.kron(left(X, W), factor(X, W)).reshape(len(X), W.shape[1], *W.shape)

    def eye(X, W):
        return np.eye(W.shape[1])

    return (
        slips.input_axes_first(right, 2),
        *_arrays_of(_WEIGHT_RULES, "W"),
        Mistake(
            "batch axis summed",
            lambda X, W: right(X, W).sum(0),
            "You summed over the batch already: the sample axis of Y is gone. The sum comes with the chain rule, weighed by dL_dY.",
            _GRID_LOOK,
        ),
        Mistake(
            "no column axis",
            lambda X, W: np.repeat(X[:, None, :], W.shape[1], axis=1),
            "You returned what stands in the entries that are not zero, without the axis j that says to which column of W they belong.",
            _GRID_LOOK,
        ),
        Mistake(
            "X itself",
            lambda X, W: X * 1.0,
            "You returned X. The array has an entry for each pair of one output and one weight.",
            _GRID_LOOK,
        ),
        Mistake(
            "X transposed",
            lambda X, W: X.T * 1.0,
            "You returned X transposed: that is a part of the condensed map. The array has an entry for each pair of one output and one weight.",
            _GRID_LOOK,
        ),
        Mistake(
            "sample across a row of W",
            _sample_across,
            "You laid each sample across a row of the last two axes. They are W's: row i is the feature, and the sample's features stand down a column.",
            "Print the entries [0, 0, :, :]. Which column of W does output 0 read?",
        ),
        Mistake(
            "last sample in every row",
            lambda X, W: right(np.repeat(X[-1:], len(X), axis=0), W),
            "Every output row got the last sample; row k of Y is made from sample k.",
            "Which index of Y does not appear where you read X?",
        ),
        Mistake(
            "only the last sample",
            lambda X, W: right(X, W) * (np.arange(len(X)) == len(X) - 1)[:, None, None, None],
            "Only the last sample is filled: the array was made anew in each turn of the loop.",
            "Is the line that makes the zeros inside the loop?",
        ),
        Mistake(
            "Kronecker product, factors swapped",
            kron(eye, lambda X, W: X),
            "You took the Kronecker product with its factors swapped: the sample is the slow index of Y, the feature the slow index of W.",
            "Print the entries [0, 1, :, :]. Which column of them should be filled?",
        ),
        Mistake(
            "Kronecker product, X transposed",
            kron(lambda X, W: X.T, eye),
            "You took the Kronecker product with X transposed, and reshaped: rows of X stand where its columns should be.",
            "Print the entries [0, 0, :, 0] and compare them with row 0 of X.",
        ),
        Mistake(
            "flattened",
            lambda X, W: np.kron(X, np.eye(W.shape[1])),
            "The numbers are right, but output and weights are each flattened to one axis. Four axes were asked for.",
            "Print the shape. Which two indices share an axis?",
        ),
    )


# Forward


def _read_exchanged(X, W):
    Y = np.zeros((len(X), W.shape[1]))
    for k, l in np.ndindex(*Y.shape):
        for d in range(X.shape[1]):
            Y[k, l] += X[k, d] * W[l, d]
    return Y


def _linear_mistakes() -> tuple[Mistake, ...]:
    look = "Compute Y[0,0] with a pencil: which row of X, which column of W, and how many products are added?"
    return (
        Mistake(
            "element by element",
            lambda X, W: X * W,
            "You multiplied entry by entry with `*`. Each output is a sum of products over the features.",
            look,
        ),
        Mistake(
            "factors in the wrong order",
            lambda X, W: W @ X,
            "You multiplied with W on the left. Samples are rows here, so the weights stand on the right.",
            look,
        ),
        Mistake(
            "W transposed",
            lambda X, W: X @ W.T,
            "You transposed W. That fits the layout (out, in) of torch.nn.Linear; here W is (D, M), one column for each output.",
            look,
        ),
        Mistake(
            "W read at [l, d]",
            _read_exchanged,
            "You read W with its two indices exchanged: a row of W belongs to a feature, a column to an output.",
            look,
        ),
        Mistake(
            "both transposed",
            lambda X, W: X.T @ W.T,
            "You transposed both factors. The sum runs over the features: the columns of X and the rows of W.",
            look,
        ),
        Mistake(
            "summed over the samples",
            lambda X, W: X.sum(0)[:, None] * W,
            "You summed over the samples and kept the features apart. It is the features that are summed.",
            look,
        ),
        Mistake(
            "summed over the outputs",
            lambda X, W: X * W.sum(1),
            "You summed over the outputs and kept the features apart. It is the features that are summed.",
            look,
        ),
        Mistake(
            "X transposed",
            lambda X, W: X.T @ W,
            "You transposed X, so that the samples are summed over. The sum runs over the features.",
            look,
        ),
        Mistake(
            "W reshaped",
            lambda X, W: (W.reshape(W.shape[::-1]) @ X.T).T,
            "You reshaped W where its axes should be exchanged. A reshape reads the same numbers in row order.",
            look,
        ),
        Mistake(
            "transposed",
            lambda X, W: W.T @ X.T,
            "Your result is the right one transposed: samples stand in its columns. Here samples are rows.",
            look,
        ),
        Mistake(
            "not summed",
            lambda X, W: X[:, :, None] * W,
            "You made all the products and did not add them up: the feature axis is still there.",
            look,
        ),
        Mistake(
            "averaged over the features",
            lambda X, W: X @ W / X.shape[1],
            "You averaged over the features; a linear layer adds them up.",
            look,
        ),
        Mistake(
            "ReLU applied",
            lambda X, W: np.maximum(X @ W, 0),
            "Negative outputs were set to 0: a ReLU is in it. This layer is the product alone.",
            look,
        ),
        Mistake(
            "only the last feature",
            lambda X, W: np.outer(X[:, -1], W[-1]),
            "Only the last feature is in the sum: each turn of the loop overwrote the one before.",
            look,
        ),
        Mistake(
            "only the first feature",
            lambda X, W: np.outer(X[:, 0], W[0]),
            "Only the first feature is in the sum: a return stands inside the loop, or it ends too early.",
            look,
        ),
        Mistake(
            "last feature left out",
            lambda X, W: X[:, :-1] @ W[:-1],
            "The last feature is not in the sum: the loop ends one too early.",
            look,
        ),
        Mistake(
            "first feature left out",
            lambda X, W: X[:, 1:] @ W[1:],
            "The first feature is not in the sum: the loop starts at 1.",
            look,
        ),
        Mistake(
            "summed separately",
            lambda X, W: np.outer(X.sum(1), W.sum(0)),
            "You summed the features of X and of W separately and multiplied the sums. Each product has to be made before it is added.",
            look,
        ),
        Mistake(
            "added for multiplied",
            lambda X, W: (X[:, :, None] + W).sum(axis=1),
            "You added each feature to its weight and summed. Each feature is multiplied by its weight first.",
            look,
        ),
        Mistake(
            "bias of ones",
            lambda X, W: X @ W + 1,
            "Something was added to the product. This layer has no bias yet.",
            look,
        ),
    )


# The condensed maps


def _input_backward_mistakes() -> tuple[Mistake, ...]:
    right = layers.linear_input_backward
    look = "Write the collapsed sum for dL/dX[0,1]: which numbers of W meet row 0 of dL_dY?"
    shape = "The shape decides nothing: compare one entry with a central difference."
    return (
        Mistake(
            "W not transposed",
            lambda dL_dY, W: dL_dY @ W,
            "You multiplied by W as in the forward pass. Backward the sum runs over the outputs, the other axis of W. A square W raises nothing, and is wrong all the same.",
            look,
        ),
        Mistake(
            "W not transposed, by einsum",
            lambda dL_dY, W: np.einsum("nm,md->nd", dL_dY, W),
            "Your letters sum over the first axis of W, as in the forward pass. Backward the sum runs over the outputs, the other axis of W. A square W raises nothing, and is wrong all the same.",
            look,
        ),
        Mistake(
            "W not transposed, factors swapped",
            lambda dL_dY, W: W.T @ dL_dY.T,
            "You swapped the factors and transposed both: the product of the forward pass, turned round. Backward the sum runs over the outputs, the other axis of W.",
            look,
        ),
        Mistake(
            "W reshaped",
            lambda dL_dY, W: dL_dY @ W.reshape(W.shape[::-1]),
            "You reshaped W to make the shapes fit. A reshape reads the numbers in row order; it does not exchange rows and columns.",
            "Print the reshaped W beside W. Is its first row the first column of W?",
        ),
        slips.transposed(
            right,
            "Your result is the right one transposed: shape (D, N). The gradient by X has the shape of X, one row a sample.",
            "What is the shape of X?",
        ),
        Mistake(
            "result reshaped",
            lambda dL_dY, W: (W @ dL_dY.T).reshape(len(dL_dY), len(W)),
            "The right numbers stand in the wrong places: a result of shape (D, N) was reshaped to (N, D). A reshape does not exchange rows and columns.",
            shape,
        ),
        Mistake(
            "upstream reshaped",
            lambda dL_dY, W: (W @ dL_dY.reshape(dL_dY.shape[::-1])).T,
            "You reshaped dL_dY to make the shapes fit. That mixes the samples.",
            shape,
        ),
        Mistake(
            "upstream reshaped, result transposed",
            lambda dL_dY, W: W @ dL_dY.reshape(dL_dY.shape[::-1]),
            "You reshaped dL_dY to make the shapes fit, which mixes the samples, and the result has the shape (D, N).",
            shape,
        ),
        Mistake(
            "W on the left",
            lambda dL_dY, W: W @ dL_dY,
            "You put W on the left, untouched. Samples are rows, so dL_dY stands on the left; and the sum has to run over the outputs.",
            look,
        ),
        Mistake(
            "W on the left, transposed",
            lambda dL_dY, W: W.T @ dL_dY,
            "You put the transposed W on the left, as for column vectors. Here samples are rows.",
            look,
        ),
        Mistake(
            "upstream transposed",
            lambda dL_dY, W: dL_dY.T @ W,
            "You transposed dL_dY and not W: the sum runs over the samples then. It has to run over the outputs.",
            look,
        ),
        Mistake(
            "both transposed",
            lambda dL_dY, W: dL_dY.T @ W.T,
            "You transposed both factors and kept their order; transposing a product turns the order round.",
            look,
        ),
        Mistake(
            "element by element",
            lambda dL_dY, W: dL_dY * W,
            "You multiplied entry by entry, as for ReLU. Each input reaches all outputs of its row, so a sum is left over.",
            look,
        ),
        Mistake(
            "element by element, transposed",
            lambda dL_dY, W: dL_dY * W.T,
            "You multiplied entry by entry with the transposed W. Each input reaches all outputs of its row, so a sum is left over.",
            look,
        ),
        Mistake(
            "divided by W",
            lambda dL_dY, W: dL_dY @ np.linalg.pinv(W),
            "You multiplied by an inverse of W. Going backward through a layer does not undo it: rates are multiplied, nothing is solved for.",
            "Take N = D = M = 1: y = w·x. What is dL/dx if dL/dy = 1 and w = 2?",
        ),
        Mistake(
            "W inverted",
            lambda dL_dY, W: dL_dY @ np.linalg.inv(W),
            "You multiplied by the inverse of W. Going backward through a layer does not undo it: rates are multiplied, nothing is solved for.",
            "Take N = D = M = 1: y = w·x. What is dL/dx if dL/dy = 1 and w = 2?",
        ),
        Mistake(
            "multiplied by W once more",
            lambda dL_dY, W: dL_dY @ W.T @ W,
            "You went backward and then forward again: W stands in it twice. Each weight is used once on the way from L to X.",
            "What is the shape of X?",
        ),
        Mistake(
            "weights summed first",
            lambda dL_dY, W: dL_dY * W.sum(0),
            "You summed W over its features and multiplied entry by entry. The features have to stay; it is the outputs that are summed.",
            look,
        ),
        Mistake(
            "outputs summed, no weights",
            lambda dL_dY, W: dL_dY.sum(1),
            "You added up each row of dL_dY. No weight appears, and the features are missing.",
            "What is the shape of X?",
        ),
        Mistake(
            "no weights",
            lambda dL_dY, W: np.tile(dL_dY.sum(1)[:, None], (1, len(W))),
            "Every feature of a row got the same gradient: no weight appears. An output pulls at a feature as strongly as its weight says.",
            look,
        ),
        slips.averaged(right, lambda dL_dY, W: len(dL_dY)),
        slips.factor(
            right,
            "averaged over the outputs",
            lambda dL_dY, W: 1 / W.shape[1],
            "Your result is the right one divided by M: you averaged over the outputs. The chain rule adds up all the ways from an input to L.",
            look,
        ),
        slips.factor(
            right,
            "averaged over all entries",
            lambda dL_dY, W: 1 / dL_dY.size,
            "Your result is the right one divided by N·M: you averaged over all entries of Y. The mean, if there is one, belongs to the loss.",
            look,
        ),
        Mistake(
            "summed over the batch",
            lambda dL_dY, W: (dL_dY @ W.T).sum(0),
            "You added up the samples. X has its own row for each sample, so dL/dX has one too. (The sum over the batch belongs to W, which all samples share.)",
            "What is the shape of X?",
        ),
        Mistake(
            "averaged to one row",
            lambda dL_dY, W: (dL_dY @ W.T).mean(0),
            "You averaged the samples to one row. X has its own row for each sample, so dL/dX has one too.",
            "What is the shape of X?",
        ),
        Mistake(
            "batch sum in every row",
            lambda dL_dY, W: np.tile((dL_dY @ W.T).sum(0), (len(dL_dY), 1)),
            "Every row of your result is the sum over all samples. Sample i of X reaches only row i of Y.",
            "Which rows of dL_dY can know about X[0,0]?",
        ),
        Mistake(
            "batch mean in every row",
            lambda dL_dY, W: np.tile((dL_dY @ W.T).mean(0), (len(dL_dY), 1)),
            "Every row of your result is the mean over all samples. Sample i of X reaches only row i of Y.",
            "Which rows of dL_dY can know about X[0,0]?",
        ),
        Mistake(
            "first sample only",
            lambda dL_dY, W: dL_dY[0] @ W.T,
            "You worked on the first sample only. X has a row for each sample.",
            "What is the shape of X?",
        ),
        Mistake(
            "last sample only",
            lambda dL_dY, W: dL_dY[-1] @ W.T,
            "Only the last sample is in your result: each turn of the loop overwrote the one before.",
            "What is the shape of X?",
        ),
        slips.no_upstream(
            lambda dL_dY, W: np.tile(W.sum(1), (len(dL_dY), 1)),
            right,
        ),
        Mistake(
            "Jacobian summed",
            lambda dL_dY, W: W.sum(1),
            "You added up the rows of W: the Jacobian summed over the outputs, for one sample. Each output has to be weighed by its entry of dL_dY first.",
            "Double one entry of dL_dY by hand. What should happen to the result, and what does yours do?",
        ),
        Mistake(
            "W transposed alone",
            lambda dL_dY, W: W.T * 1.0,
            "You returned W transposed: the derivative of one sample's row, without dL_dY. The chain rule multiplies by what arrives from above.",
            "What is the shape of X?",
        ),
        Mistake(
            "W alone",
            lambda dL_dY, W: W * 1.0,
            "You returned W. Neither dL_dY nor a sum appears.",
            "What is the shape of X?",
        ),
        Mistake(
            "summed separately",
            lambda dL_dY, W: np.outer(dL_dY.sum(1), W.sum(1)),
            "You summed each row of dL_dY and each row of W and multiplied the sums. Each product has to be made before it is added.",
            look,
        ),
        Mistake(
            "upstream replaced by its sum",
            lambda dL_dY, W: np.tile(dL_dY.sum() * W.sum(1), (len(dL_dY), 1)),
            "You replaced dL_dY by the sum of all its entries. Each output has its own weight in the sum.",
            look,
        ),
        Mistake(
            "upstream's sum times W",
            lambda dL_dY, W: dL_dY.sum() * W,
            "You multiplied W by the sum of all entries of dL_dY. Each output has its own weight in the sum, and the result has the shape of X.",
            look,
        ),
        Mistake(
            "not summed",
            lambda dL_dY, W: dL_dY[:, None, :] * W,
            "You multiplied and did not add up: the axis of the outputs is still there.",
            look,
        ),
        Mistake(
            "not summed, outputs in the middle",
            lambda dL_dY, W: dL_dY[:, :, None] * W.T,
            "You multiplied and did not add up: the axis of the outputs is still there.",
            look,
        ),
        Mistake(
            "outer product, four axes",
            lambda dL_dY, W: np.multiply.outer(dL_dY, W),
            "You multiplied every entry by every entry. Only the output index is shared, and it is summed.",
            look,
        ),
        Mistake(
            "last output only",
            lambda dL_dY, W: np.outer(dL_dY[:, -1], W[:, -1]),
            "Only the last output is in the sum: each turn of the loop overwrote the one before.",
            look,
        ),
        Mistake(
            "first output only",
            lambda dL_dY, W: np.outer(dL_dY[:, 0], W[:, 0]),
            "Only the first output is in the sum. X[i,j] reaches L through every output of its row.",
            look,
        ),
        Mistake(
            "last output left out",
            lambda dL_dY, W: dL_dY[:, :-1] @ W[:, :-1].T,
            "The last output is not in the sum: the loop ends one too early.",
            look,
        ),
        Mistake(
            "first output left out",
            lambda dL_dY, W: dL_dY[:, 1:] @ W[:, 1:].T,
            "The first output is not in the sum: the loop starts at 1.",
            look,
        ),
        Mistake(
            "summed to a number",
            lambda dL_dY, W: (dL_dY @ W.T).sum(),
            "You added up everything to one number. dL/dX has an entry for each entry of X.",
            "What is the shape of X?",
        ),
        Mistake(
            "outer product",
            lambda dL_dY, W: np.outer(dL_dY, W),
            "You took the outer product of all entries with all entries. Only the output index is shared, and it is summed.",
            look,
        ),
        Mistake(
            "masked by the weights",
            lambda dL_dY, W: dL_dY @ (W > 0).T,
            "You took only where the weights are positive. There is no ReLU in this layer: each output is weighed by the weight itself.",
            look,
        ),
    )


def _weight_backward_mistakes() -> tuple[Mistake, ...]:
    right = layers.linear_weight_backward
    look = "Write the collapsed sum for dL/dW[0,1]: which column of X meets which column of dL_dY?"
    shape = "The shape decides nothing: compare one entry with a central difference."
    batch_look = "Nudge W[0,0]. In which rows of Y does something move, and what adds them up?"
    return (
        slips.transposed(
            right,
            "Your result is the right one transposed: shape (M, D). That is PyTorch's layout (out, in), where Y = X Wᵀ; here W is (D, M), and its gradient has its shape.",
            "What is the shape of W?",
        ),
        Mistake(
            "X not transposed",
            lambda dL_dY, X: X @ dL_dY,
            "You multiplied X as it is. The sum has to run over the samples, the first axis of both. A square X raises nothing, and is wrong all the same.",
            look,
        ),
        Mistake(
            "X reshaped",
            lambda dL_dY, X: X.reshape(X.shape[::-1]) @ dL_dY,
            "You reshaped X to make the shapes fit. A reshape reads the numbers in row order; it does not exchange rows and columns.",
            "Print the reshaped X beside X. Is its first row the first column of X?",
        ),
        Mistake(
            "result reshaped",
            lambda dL_dY, X: (dL_dY.T @ X).reshape(X.shape[1], dL_dY.shape[1]),
            "The right numbers stand in the wrong places: a result of shape (M, D) was reshaped to (D, M). A reshape does not exchange rows and columns.",
            shape,
        ),
        Mistake(
            "upstream reshaped",
            lambda dL_dY, X: (dL_dY.reshape(dL_dY.shape[::-1]) @ X).T,
            "You reshaped dL_dY to make the shapes fit. That mixes the samples.",
            shape,
        ),
        Mistake(
            "upstream reshaped, result transposed",
            lambda dL_dY, X: dL_dY.reshape(dL_dY.shape[::-1]) @ X,
            "You reshaped dL_dY to make the shapes fit, which mixes the samples, and the result has the shape (M, D).",
            shape,
        ),
        Mistake(
            "upstream on the left",
            lambda dL_dY, X: dL_dY @ X,
            "You put dL_dY on the left, untouched. The index that both share is the sample, the first axis of each: that is the one to sum over.",
            look,
        ),
        Mistake(
            "samples against samples",
            lambda dL_dY, X: dL_dY @ X.T,
            "Your product pairs samples with samples and sums over features or outputs. The sample is the index to sum over.",
            look,
        ),
        Mistake(
            "samples against samples, X first",
            lambda dL_dY, X: X @ dL_dY.T,
            "Your product pairs samples with samples and sums over features or outputs. The sample is the index to sum over.",
            look,
        ),
        Mistake(
            "both transposed",
            lambda dL_dY, X: X.T @ dL_dY.T,
            "You transposed both factors; then no axis of the samples meets the other.",
            look,
        ),
        Mistake(
            "both transposed, upstream first",
            lambda dL_dY, X: dL_dY.T @ X.T,
            "You transposed both factors; then no axis of the samples meets the other.",
            look,
        ),
        slips.averaged(right, lambda dL_dY, X: len(X)),
        slips.factor(
            right,
            "averaged over all entries",
            lambda dL_dY, X: 1 / dL_dY.size,
            "Your result is the right one divided by N·M: you averaged over all entries of Y. The mean, if there is one, belongs to the loss.",
            look,
        ),
        slips.factor(
            right,
            "averaged over the outputs",
            lambda dL_dY, X: 1 / dL_dY.shape[1],
            "Your result is the right one divided by M, the number of outputs. The chain rule adds up; it does not average.",
            look,
        ),
        slips.factor(
            right,
            "averaged over the features",
            lambda dL_dY, X: 1 / X.shape[1],
            "Your result is the right one divided by D, the number of features. The chain rule adds up; it does not average.",
            look,
        ),
        Mistake(
            "first sample only",
            lambda dL_dY, X: np.outer(X[0], dL_dY[0]),
            "Only the first sample is in your result. Every sample uses the same weights, so every sample has a say in their gradient.",
            batch_look,
        ),
        Mistake(
            "last sample only",
            lambda dL_dY, X: np.outer(X[-1], dL_dY[-1]),
            "Only the last sample is in your result: each turn of the loop overwrote the one before. What the samples say has to be added up.",
            batch_look,
        ),
        Mistake(
            "last sample left out",
            lambda dL_dY, X: X[:-1].T @ dL_dY[:-1],
            "The last sample is not in the sum: the loop ends one too early.",
            batch_look,
        ),
        Mistake(
            "first sample left out",
            lambda dL_dY, X: X[1:].T @ dL_dY[1:],
            "The first sample is not in the sum: the loop starts at 1.",
            batch_look,
        ),
        Mistake(
            "averaged inside the loop",
            lambda dL_dY, X: sum(
                np.outer(x, g) / len(X) ** (len(X) - n)
                for n, (x, g) in enumerate(zip(X, dL_dY, strict=True))
            ),
            "You divided by N inside the loop, so the first samples are divided again and again. And the mean belongs to the loss, not here.",
            batch_look,
        ),
        Mistake(
            "batch not summed",
            lambda dL_dY, X: X[:, :, None] * dL_dY[:, None, :],
            "You have one gradient for each sample and did not add them up: the batch axis is still there. All samples share one W.",
            batch_look,
        ),
        Mistake(
            "batch not summed, (out, in)",
            lambda dL_dY, X: dL_dY[:, :, None] * X[:, None, :],
            "You have one gradient for each sample and did not add them up; and each stands transposed, outputs first.",
            batch_look,
        ),
        Mistake(
            "largest of the batch",
            lambda dL_dY, X: (X[:, :, None] * dL_dY[:, None, :]).max(0),
            "You took the largest of the samples' gradients. All of them count: they are added.",
            batch_look,
        ),
        Mistake(
            "running sums",
            lambda dL_dY, X: np.cumsum(X[:, :, None] * dL_dY[:, None, :], axis=0),
            "You returned every partial sum on the way; only the last of them is the sum over the batch.",
            batch_look,
        ),
        Mistake(
            "features summed",
            lambda dL_dY, X: dL_dY * X.sum(1, keepdims=True),
            "You summed over the features and kept the samples apart. All samples share one W: it is the samples that are summed.",
            "What is the shape of W?",
        ),
        Mistake(
            "outputs summed",
            lambda dL_dY, X: X * dL_dY.sum(1, keepdims=True),
            "You summed over the outputs and kept the samples apart. All samples share one W: it is the samples that are summed.",
            "What is the shape of W?",
        ),
        Mistake(
            "outer product, four axes",
            lambda dL_dY, X: np.multiply.outer(X, dL_dY),
            "You multiplied every entry by every entry. The samples are shared, and they are summed over.",
            batch_look,
        ),
        Mistake(
            "X averaged",
            lambda dL_dY, X: X.mean(0),
            "You averaged the samples of X. dL_dY does not appear, nor do the outputs.",
            "What is the shape of W?",
        ),
        Mistake(
            "sums first, then the outer product",
            lambda dL_dY, X: np.outer(X.sum(0), dL_dY.sum(0)),
            "You added up the samples of X and of dL_dY first and multiplied the sums: the input of one sample meets the upstream of another. Multiply within a sample, then add.",
            "Take D = M = 1, X = 1, 0 and dL_dY = 0, 1: what should come out?",
        ),
        Mistake(
            "means first, then the outer product",
            lambda dL_dY, X: np.outer(X.mean(0), dL_dY.mean(0)),
            "You averaged the samples of X and of dL_dY first and multiplied the means: the input of one sample meets the upstream of another.",
            "Take D = M = 1, X = 1, 0 and dL_dY = 0, 1: what should come out?",
        ),
        Mistake(
            "mean of one, sum of the other",
            lambda dL_dY, X: np.outer(X.mean(0), dL_dY.sum(0)),
            "You reduced the batch in X and in dL_dY separately (one mean, one sum) and multiplied: the input of one sample meets the upstream of another.",
            "Take D = M = 1, X = 1, 0 and dL_dY = 0, 1: what should come out?",
        ),
        slips.no_upstream(
            lambda dL_dY, X: np.tile(X.sum(0)[:, None], (1, dL_dY.shape[1])),
            right,
        ),
        Mistake(
            "X transposed alone",
            lambda dL_dY, X: X.T * 1.0,
            "You returned X transposed: dL_dY does not appear. The chain rule multiplies by what arrives from above.",
            "What is the shape of W?",
        ),
        Mistake(
            "Jacobian summed",
            lambda dL_dY, X: X.sum(0),
            "You added up the samples of X: the Jacobian summed, without dL_dY. Each output has to be weighed by its entry of dL_dY first.",
            "Double one entry of dL_dY by hand. What should happen to the result, and what does yours do?",
        ),
        Mistake(
            "no input",
            lambda dL_dY, X: np.tile(dL_dY.sum(0), (X.shape[1], 1)),
            "Your result does not depend on X: every weight of a column got the same gradient. How far an output moves with a weight is the input beside it.",
            look,
        ),
        Mistake(
            "bias gradient",
            lambda dL_dY, X: dL_dY.sum(0),
            "You summed dL_dY over the batch: that is the gradient of a bias. The weights meet X as well.",
            "What is the shape of W?",
        ),
        Mistake(
            "upstream replaced by its sum",
            lambda dL_dY, X: np.tile(X.sum(0)[:, None] * dL_dY.sum(), (1, dL_dY.shape[1])),
            "You replaced dL_dY by the sum of all its entries. Each output has its own weight in the sum.",
            look,
        ),
        Mistake(
            "upstream's sum times X",
            lambda dL_dY, X: dL_dY.sum() * X.T,
            "You multiplied X by the sum of all entries of dL_dY. Each output has its own weight in the sum, and the result has the shape of W.",
            look,
        ),
        Mistake(
            "element by element",
            lambda dL_dY, X: X * dL_dY,
            "You multiplied entry by entry, as for ReLU. Each weight serves every sample, so a sum is left over.",
            look,
        ),
        Mistake(
            "element by element, summed",
            lambda dL_dY, X: (X * dL_dY).sum(0),
            "You multiplied entry by entry and added up the samples. Each feature meets each output: that is D × M weights.",
            look,
        ),
        Mistake(
            "divided by X",
            lambda dL_dY, X: np.linalg.pinv(X) @ dL_dY,
            "You multiplied by an inverse of X: that solves for weights, and is least squares. A gradient multiplies rates; nothing is solved for.",
            "Take N = D = M = 1: y = w·x. What is dL/dw if dL/dy = 1 and x = 2?",
        ),
        Mistake(
            "masked by the input",
            lambda dL_dY, X: (X > 0).T @ dL_dY,
            "You took only where X is positive. There is no ReLU in this layer: each sample is weighed by its input itself.",
            look,
        ),
        Mistake(
            "summed to a number",
            lambda dL_dY, X: (X.T @ dL_dY).sum(),
            "You added up everything to one number. dL/dW has an entry for each weight.",
            "What is the shape of W?",
        ),
        Mistake(
            "outer product of everything",
            lambda dL_dY, X: np.outer(X, dL_dY),
            "You took the outer product of all entries with all entries. The samples are shared, and they are summed over.",
            look,
        ),
    )


EXERCISES = (
    Exercise(
        name="linear",
        notebook=NOTEBOOK,
        section="1. The layer, entry by entry",
        points=1,
        reference=layers.linear,
        cases=_layer_cases,
        dims={"X": "ND", "W": "DM", "": "NM"},
        mistakes=_linear_mistakes(),
        hints=(
            "Y[k,l] is made from row k of X and column l of W: multiply them pairwise and add up.",
            "Three loops do it: over k, over l, and over the features that are added up.",
            "NumPy has an operator for it, between two matrices. It is not `*`.",
        ),
        derivation="Y[k,l] = Σ over d of X[k,d] · W[d,l], for every k and l: the matrix product.",
    ),
    Exercise(
        name="linear_input_entry",
        notebook=NOTEBOOK,
        section="2. One entry, by the input",
        points=2,
        reference=layers.linear_input_entry,
        cases=_layer_cases,
        grid=lambda X, W: (len(X), W.shape[1], *X.shape),
        gradient="linear_input",
        dims={"X": "ND", "W": "DM", "": "NMND"},
        mistakes=_INPUT_RULES,
        hints=(
            "Write the sum for Y[k,l] out. Can X[i,j] stand in it at all if i is not k?",
            "If i = k, one single term of the sum holds X[i,j]. Which one, and what is its other factor?",
            "One comparison, for the samples; and one weight. Its row is the feature, its column the output.",
        ),
        derivation="In Σ over d of δ_ki δ_dj W[d,l] the second delta leaves the term d = j: the weight from feature j to output l, where the samples agree, and 0 elsewhere.",
    ),
    Exercise(
        name="linear_input_jacobian",
        notebook=NOTEBOOK,
        section="3. The monster of the input",
        points=2,
        reference=layers.linear_input_jacobian,
        cases=_layer_cases,
        gradient="linear_input",
        dims={"X": "ND", "W": "DM", "": "NMND"},
        mistakes=_input_jacobian_mistakes(),
        hints=(
            "The shape is Y.shape + X.shape. Four loops over your rule fill it.",
            "Start from zeros. Which blocks [k, :, i, :] are not zero?",
            "The block of sample k has a row for each output and a column for each feature. Compare its shape with W's.",
        ),
        derivation="Only the blocks with i = k are not zero, and there row l, column j holds W[j,l]: each of them is W transposed.",
    ),
    Exercise(
        name="linear_input_backward",
        notebook=NOTEBOOK,
        section="4. The condensed map to the input",
        points=2,
        reference=layers.linear_input_backward,
        cases=_input_cases,
        gradient="linear_input",
        dims={"dL_dY": "NM", "W": "DM", "": "ND"},
        mistakes=_input_backward_mistakes(),
        hints=(
            "Put your rule into the sum over k and l. The delta leaves one k; l is still there.",
            "What is left is a sum over the outputs l. In which axis of dL_dY does l stand, and in which axis of W?",
            "A matrix product sums over the last axis of the left factor and the first of the right one. Bring l to those places.",
        ),
        derivation="δ_ki leaves k = i, and Σ over l of dL_dY[i,l] · W[j,l] is a product of a row of dL_dY with a row of W: that is a matrix product with W transposed.",
    ),
    Exercise(
        name="linear_weight_entry",
        notebook=NOTEBOOK,
        section="6. One entry, by the weights",
        points=2,
        reference=layers.linear_weight_entry,
        cases=_layer_cases,
        grid=lambda X, W: (len(X), W.shape[1], *W.shape),
        gradient="linear_weight",
        dims={"X": "ND", "W": "DM", "": "NMDM"},
        mistakes=_WEIGHT_RULES,
        hints=(
            "Write the sum for Y[k,l] out. Which column of W stands in it?",
            "If j = l, one single term of the sum holds W[i,j]. Which one, and what is its other factor?",
            "One comparison, for the outputs; and one entry of X. Its row is the sample, its column the feature.",
        ),
        derivation="In Σ over d of X[k,d] δ_di δ_lj the first delta leaves the term d = i: feature i of sample k, where the outputs agree, and 0 elsewhere.",
    ),
    Exercise(
        name="linear_weight_jacobian",
        notebook=NOTEBOOK,
        section="7. The monster of the weights",
        points=2,
        reference=layers.linear_weight_jacobian,
        cases=_layer_cases,
        gradient="linear_weight",
        dims={"X": "ND", "W": "DM", "": "NMDM"},
        mistakes=_weight_jacobian_mistakes(),
        hints=(
            "The shape is Y.shape + W.shape. Four loops over your rule fill it.",
            "Start from zeros. For the output (k, l), which column of W matters?",
            "For each k and l, a whole row of X goes into a single column: into [k, l, :, l].",
        ),
        derivation="Output (k, l) reads column l of W alone, and entry i of that column is multiplied by X[k,i]: row k of X stands in [k, l, :, l], and all else is 0.",
    ),
    Exercise(
        name="linear_weight_backward",
        notebook=NOTEBOOK,
        section="8. The condensed map to the weights",
        points=2,
        reference=layers.linear_weight_backward,
        cases=_weight_cases,
        gradient="linear_weight",
        dims={"dL_dY": "NM", "X": "ND", "": "DM"},
        mistakes=_weight_backward_mistakes(),
        hints=(
            "Put your rule into the sum over k and l. The delta leaves one l; k is still there.",
            "What is left is a sum over the samples k. In which axis of X does k stand, and in which axis of dL_dY?",
            "A matrix product sums over the last axis of the left factor and the first of the right one. Bring k to those places.",
        ),
        derivation="δ_lj leaves l = j, and Σ over k of dL_dY[k,j] · X[k,i] is a product of a column of X with a column of dL_dY: a matrix product with X transposed on the left.",
    ),
)

GRADIENTS = (_gradient("X", "input"), _gradient("W", "weight"))

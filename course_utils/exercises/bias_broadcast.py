"""The exercises of 03_bias_broadcast."""

from __future__ import annotations

import numpy as np

from .. import layers
from . import slips
from .model import Case, Exercise, Gradient, Mistake
from .relu import batch, upstream

NOTEBOOK = "03_bias_broadcast"

# (N, M), in words, trait.
SIZES = (
    ((4, 3), "N = 4 and M = 3", ""),
    ((2, 5), "N = 2 and M = 5", ""),
    ((3, 3), "N = M = 3", "square"),
    ((1, 4), "a single row, N = 1 and M = 4", "one row"),
    ((4, 1), "a single output, N = 4 and M = 1", "one output"),
)


def _bias_cases(rng) -> list[Case]:
    cases = [Case(what, (N, batch(rng, M)), trait) for (N, M), what, trait in SIZES]
    return [
        *cases,
        Case("N = 3 and M = 4, with exact zeros in b", (3, batch(rng, 4, zeros=True)), "zeros"),
        Case(
            "N = 2 and M = 3, with equal entries in b",
            (2, np.full(3, rng.uniform(1, 2))),
            "repeats",
        ),
    ]


def _backward_cases(rng) -> list[Case]:
    cases = [Case(what, (upstream(rng, *sizes),), trait) for sizes, what, trait in SIZES]
    zeros = batch(rng, 4, 3, zeros=True)
    zeros[0] *= 50  # far above what is clipped
    return [*cases, Case("N = 4 and M = 3, with exact zeros", (zeros,), "zeros")]


# (shape of Y, shape of what was broadcast, trait): prepended axes, stretched ones, both, neither.
BROADCASTS = (
    ((4, 3), (3,), ""),
    ((4, 3), (4, 1), ""),
    ((2, 4, 3), (4, 1), ""),
    ((2, 4, 3), (1, 3), ""),
    ((4, 3), (1, 3), ""),
    ((2, 3, 4), (2, 1, 4), ""),
    ((2, 3, 4, 5), (3, 1, 5), ""),
    ((2, 4, 3), (1, 1, 1), ""),
    ((4, 3), (), "a scalar"),
    ((5,), (1,), ""),
    ((3, 3), (3,), "square"),
    ((3, 3), (3, 1), "square"),
    ((3, 3, 3), (3, 1), "square"),
    ((1, 3), (3,), "one row"),
    ((3, 1), (1,), "one column"),
    ((4, 1), (1, 1), "one column"),
    ((4, 3), (4, 3), "nothing broadcast"),
    ((), (), "nothing broadcast"),
)


def _broadcasts(rng) -> list[Case]:
    return [
        Case(f"{out} back to {into}", (factor * upstream(rng, *out), into), trait)
        for out, into, trait in BROADCASTS
        for factor in [100 if len(out) == 4 else 1]  # far above what is clipped
    ]


def _rows_of_bias(N, b):
    """Y = b in each of N rows; what else is added to Y does not change its derivative by b."""
    return layers.add_bias(np.zeros((N, len(b))), b)


def _scene(rng, N=4, M=3) -> dict:
    return {"N": N, "b": batch(rng, M), "dL_dY": upstream(rng, N, M)}


def _whole_scene(named: dict) -> dict:
    """dY/db does not depend on b: any b of the right length will do."""
    scene = dict(named)
    if "dL_dY" in scene:
        N, M = scene["dL_dY"].shape
        return {"N": N, "b": np.ones(M), **scene}
    return {**scene, "dL_dY": np.ones((scene["N"], len(scene["b"])))}


BIAS = Gradient(
    key="bias",
    entry="bias_entry",
    jacobian="bias_jacobian",
    condensed="bias_backward",
    forward=_rows_of_bias,
    wrt="b",
    scene=_scene,
    sizes={"N": 4, "M": 3},
    complete=_whole_scene,
)

# One entry

_COPIES = "Nudge b[0]. In which rows of Y, and in which columns, does something move, and how far?"

_RULES = (
    Mistake(
        "value of b",
        lambda N, b, k, l, j: float(l == j) * b[j],
        "You put the value of b. In Y[k,l] the bias is added, not multiplied: nudge it by h and the output moves by h, whatever its value is.",
        "What is the derivative of z + b by b?",
    ),
    Mistake(
        "delta forgotten",
        lambda N, b, k, l, j: 1.0,
        "Your rule lets b[j] reach every column l: the delta between the two column indices is missing.",
        _COPIES,
    ),
    Mistake(
        "value of b, delta forgotten",
        lambda N, b, k, l, j: b[j],
        "Two slips: the delta between the column indices is missing, and the value of b stands where its rate of change is 1.",
        _COPIES,
    ),
    Mistake(
        "value of b at the output, delta forgotten",
        lambda N, b, k, l, j: b[l],
        "You returned the value that is added to Y[k,l], for every j. The question is how Y[k,l] moves when b[j] does.",
        _COPIES,
    ),
    Mistake(
        "only the first row",
        lambda N, b, k, l, j: float(k == 0 and l == j),
        "Your rule is zero for every row but the first. The bias is copied into each row.",
        _COPIES,
    ),
    Mistake(
        "only the last row",
        lambda N, b, k, l, j: float(k == N - 1 and l == j),
        "Your rule is zero for every row but the last. The bias is copied into each row.",
        _COPIES,
    ),
    Mistake(
        "delta on the batch index",
        lambda N, b, k, l, j: float(k == j),
        "Your delta compares k with j: a sample with an entry of b. b[j] is added in a column, in every row.",
        _COPIES,
    ),
    Mistake(
        "diagonal only",
        lambda N, b, k, l, j: float(k == l == j),
        "Your rule asks for k = l as well, as if row k only had room for entry k of b. Every row gets all of b.",
        _COPIES,
    ),
    Mistake(
        "batch delta added",
        lambda N, b, k, l, j: float(k == l),
        "Your delta compares k with l, both indices of the output: j does not appear, so every entry of b would do the same.",
        "Which index of the rule says which entry of b is nudged?",
    ),
    Mistake(
        "batch already summed",
        lambda N, b, k, l, j: float(l == j) * N,
        "You have N where one entry is meant: that is the sum over all rows. This entry is about row k alone.",
        "Nudge b[0] by 1. By how much does Y[0,0] move?",
    ),
    Mistake(
        "batch averaged",
        lambda N, b, k, l, j: float(l == j) / N,
        "You divided by N. A copy is not a share: each row gets the whole of b[j].",
        "Nudge b[0] by 1. By how much does Y[0,0] move?",
    ),
    Mistake(
        "constant",
        lambda N, b, k, l, j: 0.0,
        "Your rule is 0 everywhere, as if b were a constant. It is the variable here, and everything else is held fixed.",
        "Nudge b[0] by 1. By how much does Y[0,0] move?",
    ),
    Mistake(
        "delta inverted",
        lambda N, b, k, l, j: float(l != j),
        "Your delta is the wrong way round: the entry is zero where the columns agree.",
        _COPIES,
    ),
    Mistake(
        "sign",
        lambda N, b, k, l, j: -float(l == j),
        "Your entries are -1: the output would fall when b grows. The bias is added.",
        "Nudge b[0] by 1. Does Y[0,0] rise or fall?",
    ),
    Mistake(
        "off by one, early",
        lambda N, b, k, l, j: float(l == j - 1),
        "Your delta is one place off: indices here start at 0, for l and for j.",
        _COPIES,
    ),
    Mistake(
        "off by one, late",
        lambda N, b, k, l, j: float(l == j + 1),
        "Your delta is one place off: indices here start at 0, for l and for j.",
        _COPIES,
    ),
    Mistake(
        "ReLU's mask",
        lambda N, b, k, l, j: float(l == j and b[j] > 0),
        "You kept ReLU's mask: where b is negative you have 0. There is no kink here.",
        "Nudge a negative entry of b. Does Y move?",
    ),
)

# The whole array


def _full(rule):
    def array(N, b):
        shape = (N, len(b), len(b))
        return np.array([rule(N, b, *index) for index in np.ndindex(shape)], float).reshape(shape)

    return array


def _ones_at_k(N, b):
    J = np.zeros((N, len(b), len(b)))
    for k in range(N):
        J[k, :, k] = 1
    return J


def _jacobian_mistakes() -> tuple[Mistake, ...]:
    right = layers.bias_jacobian
    look = "The shape is Y.shape + b.shape. Which index of Y is missing in yours, or which is one too many?"
    return (
        *(
            Mistake(
                m.key,
                _full(m.function),
                m.says.replace("Your rule", "Your array"),
                m.look,
            )
            for m in _RULES
        ),
        slips.input_axes_first(right, 2),
        Mistake(
            "one identity",
            lambda N, b: np.eye(len(b)),
            "You returned one identity matrix: how a single row answers b. Each of the N rows has its own.",
            look,
        ),
        Mistake(
            "batch axis summed",
            lambda N, b: N * np.eye(len(b)),
            "You summed over the rows already: the sample axis of Y is gone. The sum comes with the chain rule, weighed by dL_dY.",
            look,
        ),
        Mistake(
            "batch axis averaged",
            lambda N, b: np.eye(len(b)) / N,
            "You averaged over the rows: the sample axis of Y is gone.",
            look,
        ),
        Mistake(
            "one identity, axis kept",
            lambda N, b: np.eye(len(b))[None],
            "You returned a stack of a single identity matrix. Each of the N rows has its own.",
            look,
        ),
        Mistake(
            "identity of the samples",
            lambda N, b: np.eye(N),
            "Your identity matrix has the size of the batch. It belongs between the two column indices, so its size is M.",
            look,
        ),
        Mistake(
            "stack of identities of the samples",
            lambda N, b: np.stack([np.eye(N)] * len(b)),
            "You stacked M identity matrices of the size of the batch: N and M are exchanged.",
            look,
        ),
        Mistake(
            "ones at [k, :, k]",
            _ones_at_k,
            "You filled the entries whose last index equals the sample. The last index is that of b, and every sample gets all of b.",
            _COPIES,
        ),
        Mistake(
            "stack axis last",
            lambda N, b: np.repeat(np.eye(len(b))[:, :, None], N, axis=2),
            "The identity matrices are right, and the sample's axis stands last; it belongs first.",
            look,
        ),
        Mistake(
            "matrix of ones",
            lambda N, b: np.ones((N, len(b))),
            "You returned ones in the shape of Y. The axis of b is missing: which entry of b is nudged?",
            look,
        ),
        Mistake(
            "stacked in one column",
            lambda N, b: np.tile(np.eye(len(b)), (N, 1)),
            "The identity matrices stand one below the other in a matrix: sample and column of Y share an axis. Three axes were asked for.",
            look,
        ),
        Mistake(
            "rows repeated",
            lambda N, b: np.repeat(np.eye(len(b)), N, axis=0),
            "`np.repeat` repeats each row of the identity N times before the next one comes, all in one matrix. Three axes were asked for, a whole identity for each sample.",
            look,
        ),
        Mistake(
            "rows repeated, reshaped",
            lambda N, b: np.repeat(np.eye(len(b)), N, axis=0).reshape(N, len(b), len(b)),
            "`np.repeat` repeats each row of the identity N times before the next one comes. The whole identity comes N times, not each of its rows.",
            "Print np.repeat and np.tile of the 2 × 2 identity, two times each.",
        ),
        Mistake(
            "as if b were a matrix",
            lambda N, b: np.eye(N * len(b)).reshape(N, len(b), N, len(b)),
            "You treated b as if it had N rows of its own: four axes. It has M entries, shared by all rows.",
            look,
        ),
    )


# The condensed map


_OTHER_REDUCTIONS = (
    ("largest entry", np.max),
    ("smallest entry", np.min),
    ("median", np.median),
    ("product", np.prod),
    ("standard deviation", np.std),
    ("variance", np.var),
    ("norm", np.linalg.norm),
)


def _backward_mistakes() -> tuple[Mistake, ...]:
    right = layers.bias_backward
    shape = "What is the shape of b?"
    look = "Nudge b[0]. In which entries of Y does something move, and what adds them up?"
    return (
        Mistake(
            "not summed",
            lambda dL_dY: dL_dY * 1.0,
            "You returned dL_dY itself: one row for each sample. All rows share one b, and what they say has to be added up.",
            shape,
        ),
        slips.averaged(right, len),
        slips.factor(
            right,
            "averaged over all entries",
            lambda dL_dY: 1 / dL_dY.size,
            "Your result is the right one divided by N·M: you averaged over all entries. The mean, if there is one, belongs to the loss.",
            look,
        ),
        slips.factor(
            right,
            "averaged over the outputs",
            lambda dL_dY: 1 / dL_dY.shape[1],
            "Your result is the right one divided by M, the number of outputs. Nothing is averaged here.",
            look,
        ),
        slips.factor(
            right,
            "summed and multiplied",
            len,
            "Your result is the right one multiplied by N: the rows were counted twice over.",
            look,
        ),
        Mistake(
            "axis kept",
            lambda dL_dY: dL_dY.sum(0, keepdims=True),
            "The numbers are right, with an axis of size 1 kept: shape (1, M). A step b - rate · dL_db would then turn b into a matrix.",
            shape,
        ),
        Mistake(
            "column",
            lambda dL_dY: dL_dY.sum(0)[:, None],
            "The numbers are right, but they stand in a column, shape (M, 1). Here b is a vector.",
            shape,
        ),
        Mistake(
            "averaged, axis kept",
            lambda dL_dY: dL_dY.mean(0, keepdims=True),
            "Two slips: you averaged over the batch where it has to be summed, and an axis of size 1 was kept.",
            shape,
        ),
        Mistake(
            "wrong axis",
            lambda dL_dY: dL_dY.sum(1),
            "You summed along each row: one number a sample. b has one entry for each output column.",
            shape,
        ),
        Mistake(
            "wrong axis, averaged",
            lambda dL_dY: dL_dY.mean(1),
            "You averaged along each row: one number a sample. b has one entry for each output column.",
            shape,
        ),
        Mistake(
            "wrong axis, kept",
            lambda dL_dY: dL_dY.sum(1, keepdims=True),
            "You summed along each row and kept the axis: a column with one number a sample. b has one entry for each output column.",
            shape,
        ),
        Mistake(
            "summed to a number",
            lambda dL_dY: dL_dY.sum(),
            "You added up everything to one number: both axes were summed. b has an entry for each output column.",
            shape,
        ),
        Mistake(
            "averaged to a number",
            lambda dL_dY: dL_dY.mean(),
            "You averaged everything to one number. b has an entry for each output column.",
            shape,
        ),
        Mistake(
            "total in every entry",
            lambda dL_dY: np.full(dL_dY.shape[1], dL_dY.sum()),
            "Every entry of your result is the sum of all of dL_dY. Entry j of b reaches column j alone.",
            look,
        ),
        Mistake(
            "first row",
            lambda dL_dY: dL_dY[0] * 1.0,
            "Only the first sample is in your result. The bias was copied into every row.",
            look,
        ),
        Mistake(
            "last row",
            lambda dL_dY: dL_dY[-1] * 1.0,
            "Only the last sample is in your result: each turn of the loop overwrote the one before.",
            look,
        ),
        Mistake(
            "first column",
            lambda dL_dY: dL_dY[:, 0] * 1.0,
            "You returned the first column of dL_dY: one number a sample. b has one entry for each output column.",
            shape,
        ),
        Mistake(
            "last row left out",
            lambda dL_dY: dL_dY[:-1].sum(0),
            "The last sample is not in the sum: the loop ends one too early.",
            look,
        ),
        Mistake(
            "first row left out",
            lambda dL_dY: dL_dY[1:].sum(0),
            "The first sample is not in the sum: the loop starts at 1.",
            look,
        ),
        Mistake(
            "first row twice",
            lambda dL_dY: dL_dY.sum(0) + dL_dY[0],
            "The first sample is in the sum twice: the sum starts from row 0 and the loop adds it again.",
            look,
        ),
        Mistake(
            "no upstream",
            lambda dL_dY: np.ones(dL_dY.shape[1]),
            "You returned ones: the derivative of a single output by its own bias. dL_dY does not appear, and nothing is summed.",
            "Double every entry of dL_dY by hand. What should happen to the result, and what does yours do?",
        ),
        Mistake(
            "Jacobian summed",
            lambda dL_dY: np.full(dL_dY.shape[1], float(len(dL_dY))),
            "Every entry of your result is N: you counted the copies, and did not weigh each by its entry of dL_dY.",
            "Double every entry of dL_dY by hand. What should happen to the result, and what does yours do?",
        ),
        Mistake(
            "identity",
            lambda dL_dY: np.eye(dL_dY.shape[1]),
            "You returned an identity matrix: a part of the Jacobian, without dL_dY.",
            shape,
        ),
        Mistake(
            "sum in every row",
            lambda dL_dY: np.tile(dL_dY.sum(0), (len(dL_dY), 1)),
            "The right sums stand in your result N times, once for each row. There is one b, not one a row.",
            shape,
        ),
        Mistake(
            "running sum",
            lambda dL_dY: np.cumsum(dL_dY, axis=0),
            "You returned every partial sum on the way; only the last row of it is the whole sum.",
            shape,
        ),
        Mistake(
            "transposed",
            lambda dL_dY: dL_dY.T * 1.0,
            "You transposed dL_dY and summed nothing. All rows share one b.",
            shape,
        ),
        *(
            Mistake(
                word,
                lambda dL_dY, reduce=reduce: reduce(dL_dY, axis=0),
                f"You took the {word} of each column. The ways through the samples are added up.",
                look,
            )
            for word, reduce in _OTHER_REDUCTIONS
        ),
        Mistake(
            "ones, one a sample",
            lambda dL_dY: np.ones(len(dL_dY)),
            "You returned ones, one for each sample. dL_dY does not appear, and b has one entry for each output.",
            shape,
        ),
        Mistake(
            "matrix product with itself",
            lambda dL_dY: dL_dY.T @ dL_dY,
            "You multiplied dL_dY with itself. It enters the chain rule once.",
            look,
        ),
        Mistake(
            "absolute values summed",
            lambda dL_dY: np.abs(dL_dY).sum(0),
            "You summed absolute values. The samples may pull in opposite directions: the signs count.",
            look,
        ),
        Mistake(
            "squares summed",
            lambda dL_dY: (dL_dY**2).sum(0),
            "You summed squares. The gradient adds the entries of dL_dY themselves.",
            look,
        ),
        Mistake(
            "positive entries summed",
            lambda dL_dY: np.maximum(dL_dY, 0).sum(0),
            "You summed the positive entries only. There is no ReLU in a bias, and none for the gradient.",
            look,
        ),
        Mistake(
            "diagonal",
            lambda dL_dY: np.diagonal(dL_dY) * 1.0,
            "You took the diagonal of dL_dY, as if row k only had room for entry k of b. Every row got all of b.",
            look,
        ),
    )


# Any broadcast


def _unbroadcast_mistakes() -> tuple[Mistake, ...]:
    look = "Write the two shapes one above the other, aligned at the right. Which axes were put in front, and which were stretched?"
    count = "Broadcast the number 5 to three places and add them up: how does the sum move if the 5 does?"

    def in_front(g, shape):
        return tuple(range(g.ndim - len(shape)))

    def stretched(g, shape):
        """Axes of g, its new axes gone, that were stretched from 1."""
        return tuple(a for a, (n, m) in enumerate(zip(g.shape, shape, strict=True)) if n != m)

    def front_gone(g, shape):
        return g.sum(axis=in_front(g, shape))

    def all_axes(g, shape):
        new = in_front(g, shape)
        return new, (*new, *(len(new) + a for a in stretched(front_gone(g, shape), shape)))

    def reduce_with(reduce):
        def wrong(g, shape):
            _, axes = all_axes(g, shape)
            return reduce(g, axes).reshape(shape)

        return wrong

    def forgets_stretched(g, shape):
        return front_gone(g, shape)

    def forgets_front(g, shape):
        new, axes = all_axes(g, shape)
        return g.sum(axis=axes[len(new) :], keepdims=True)

    def drops(g, shape):
        return g.sum(axis=all_axes(g, shape)[1])

    def keeps(g, shape):
        return g.sum(axis=all_axes(g, shape)[1], keepdims=True)

    def by_value(g, shape):
        g = g.sum(axis=tuple(a for a, m in enumerate(shape) if m == 1), keepdims=True)
        return front_gone(g, shape)

    def by_value_alone(g, shape):
        return g.sum(axis=tuple(a for a, m in enumerate(shape) if m == 1), keepdims=True)

    def from_the_left(g, shape):
        while g.ndim > len(shape):
            g = g.sum(axis=-1)
        return g.sum(axis=stretched(g, shape), keepdims=True)

    def by_size(g, shape):
        left = list(shape)
        axes = []
        for axis, n in enumerate(g.shape):
            if n in left:
                left.remove(n)
            else:
                axes.append(axis)
        return g.sum(axis=tuple(axes)).reshape(shape)

    def shifting(g, shape):
        for axis in all_axes(g, shape)[1]:
            g = g.sum(axis=axis)
        return g.reshape(shape)

    def shifting_by_value(g, shape):
        g = front_gone(g, shape)
        for axis, length in enumerate(shape):
            if length == 1:
                g = g.sum(axis=axis)
        return g

    def by_value_dropped(g, shape):
        for axis, length in enumerate(shape):
            if length == 1:
                g = g.sum(axis=axis)
        return g

    def vectors_and_numbers_only(g, shape):
        return g.sum(axis=tuple(range(g.ndim - len(shape)))) if len(shape) < 2 else g

    def from_the_left_by_value(g, shape):
        while g.ndim > len(shape):
            g = g.sum(axis=-1)
        return g.sum(axis=tuple(a for a, m in enumerate(shape) if m == 1), keepdims=True)

    def from_the_left_alone(g, shape):
        while g.ndim > len(shape):
            g = g.sum(axis=-1)
        return g

    def paired_from_the_left(keepdims):
        def wrong(g, shape):
            pairs = zip(g.shape, shape, strict=False)
            return g.sum(
                axis=tuple(a for a, (n, m) in enumerate(pairs) if n != m), keepdims=keepdims
            )

        return wrong

    def front_alone(g, shape):
        """`if` where `while` was meant."""
        g = g.sum(axis=0) if g.ndim > len(shape) else g
        return g.sum(axis=tuple(a for a, m in enumerate(shape) if m == 1), keepdims=True)

    def not_among_the_sizes(g, shape):
        return g.sum(axis=tuple(a for a, n in enumerate(g.shape) if n not in shape))

    def either_or(g, shape):
        return front_gone(g, shape) if g.ndim > len(shape) else drops(g, shape).reshape(shape)

    def stretched_with(reduce):
        def wrong(g, shape):
            g = front_gone(g, shape)
            return reduce(g, stretched(g, shape))

        return wrong

    def first_of(g, axes):
        return g[tuple(slice(0, 1) if a in axes else slice(None) for a in range(g.ndim))]

    def last_of(g, axes):
        return g[tuple(slice(-1, None) if a in axes else slice(None) for a in range(g.ndim))]

    def mean_in_front(g, shape):
        g = g.mean(axis=in_front(g, shape))
        return g.sum(axis=stretched(g, shape), keepdims=True)

    return (
        Mistake(
            "sums every axis",
            lambda g, shape: g.sum(),
            "You summed every axis, to one number. Only the axes that broadcasting made or stretched are summed.",
            look,
        ),
        Mistake(
            "sums every axis, then fills",
            lambda g, shape: np.full(shape, g.sum()),
            "You summed every axis and filled the shape with the total. Only the axes that broadcasting made or stretched are summed.",
            look,
        ),
        Mistake(
            "forgets stretched axes",
            forgets_stretched,
            "You summed the axes that were put in front and forgot those that were stretched from length 1: these copies have to be added up too.",
            look,
        ),
        Mistake(
            "forgets axes in front",
            forgets_front,
            "You summed the stretched axes and forgot those that broadcasting put in front.",
            look,
        ),
        Mistake(
            "drops stretched axes",
            drops,
            "You summed the right axes, and the stretched ones are gone. They were there before the broadcast, with length 1, and belong in the result.",
            look,
        ),
        Mistake(
            "keeps axes in front",
            keeps,
            "You summed the right axes and kept those in front at length 1. Before the broadcast they did not exist.",
            look,
        ),
        Mistake(
            "goes by value 1",
            by_value,
            "You summed where `shape` has a 1, counted from the left of dL_dY. Broadcasting aligns shapes at the right: after new axes in front, that is another axis.",
            look,
        ),
        Mistake(
            "goes by value 1, forgets axes in front",
            by_value_alone,
            "You summed only where `shape` has a 1, counted from the left. The axes that broadcasting put in front have to be summed too, and shapes align at the right.",
            look,
        ),
        Mistake(
            "aligned at the left",
            from_the_left,
            "You aligned the shapes at the left: the last axes were summed away. Broadcasting puts new axes in front.",
            look,
        ),
        Mistake(
            "goes by size",
            by_size,
            "You chose the axes to sum by comparing sizes in any place. Equal sizes do not make equal axes: from (3, 3) to (3,) only the position tells.",
            look,
        ),
        Mistake(
            "goes by size, any axis not in shape",
            not_among_the_sizes,
            "You summed the axes whose length does not occur in `shape`. Equal sizes do not make equal axes: from (3, 3) to (3,) only the position tells.",
            look,
        ),
        Mistake(
            "goes by size, any axis not in shape, reshaped",
            lambda g, shape: not_among_the_sizes(g, shape).reshape(shape),
            "You summed the axes whose length does not occur in `shape`. Equal sizes do not make equal axes: from (3, 3) to (3,) only the position tells.",
            look,
        ),
        Mistake(
            "aligned at the left, by value",
            from_the_left_by_value,
            "You aligned the shapes at the left: the last axes were summed away. Broadcasting puts new axes in front.",
            look,
        ),
        Mistake(
            "aligned at the left, forgets stretched axes",
            from_the_left_alone,
            "The last axes were summed away, as if shapes were aligned at the left. Broadcasting puts new axes in front. And the axes it stretched from length 1 are not summed at all.",
            look,
        ),
        Mistake(
            "compared from the left",
            paired_from_the_left(True),
            "You compared the shapes from the left. Broadcasting aligns them at the right, and the axes in front have to vanish.",
            look,
        ),
        Mistake(
            "compared from the left, axes dropped",
            paired_from_the_left(False),
            "You compared the shapes from the left, and let every summed axis vanish. Broadcasting aligns at the right, and an axis of length 1 in `shape` belongs in the result.",
            look,
        ),
        Mistake(
            "compared from the left, reshaped",
            lambda g, shape: paired_from_the_left(True)(g, shape).reshape(shape),
            "You compared the shapes from the left. Broadcasting aligns them at the right: after new axes in front, the first of `shape` belongs to a later axis.",
            look,
        ),
        Mistake(
            "sums every axis, reshaped",
            lambda g, shape: g.sum().reshape(shape),
            "You summed every axis, to one number, which fits `shape` only where that holds one entry. Only the axes that broadcasting made or stretched are summed.",
            look,
        ),
        Mistake(
            "one axis in front only",
            front_alone,
            "You summed one axis in front, and there may be several: an `if` stands where the sum has to be repeated.",
            look,
        ),
        Mistake(
            "either in front or stretched",
            either_or,
            "You summed either the axes in front or the stretched ones. A broadcast can do both at once.",
            look,
        ),
        Mistake(
            "stretched axes vanish one by one",
            shifting_by_value,
            "You let each stretched axis vanish as you summed it. Those behind it moved up, so the next number named another axis; and they belong in the result, with length 1.",
            "Print the shape after each sum.",
        ),
        Mistake(
            "goes by value 1, axes dropped",
            by_value_dropped,
            "You summed where `shape` has a 1, counted from the left, and let these axes vanish. Shapes align at the right, and an axis of length 1 belongs in the result.",
            look,
        ),
        Mistake(
            "vectors and numbers only",
            vectors_and_numbers_only,
            "You undid the broadcast of a number and of a vector, and returned dL_dY as it came for every other shape.",
            look,
        ),
        Mistake(
            "averages stretched axes",
            stretched_with(lambda g, axes: g.mean(axis=axes, keepdims=True)),
            "You summed the axes in front and averaged the stretched ones. A copy is not a share: both kinds are summed.",
            count,
        ),
        Mistake(
            "averages axes in front",
            mean_in_front,
            "You averaged the axes in front and summed the stretched ones. A copy is not a share: both kinds are summed.",
            count,
        ),
        Mistake(
            "first copy of axes in front",
            lambda g, shape: g[(0,) * (g.ndim - len(shape))].sum(
                axis=stretched(front_gone(g, shape), shape), keepdims=True
            ),
            "You kept the first copy along the axes in front and summed the stretched ones. All copies count.",
            count,
        ),
        Mistake(
            "first copy of stretched axes",
            stretched_with(first_of),
            "You summed the axes in front and kept the first copy along the stretched ones. All copies count.",
            count,
        ),
        Mistake(
            "only the first axis, kept",
            lambda g, shape: g.sum(axis=0, keepdims=True),
            "You summed the first axis, whatever `shape` says, and kept it. Other broadcasts made other axes.",
            look,
        ),
        Mistake(
            "averages every axis, then fills",
            lambda g, shape: np.full(shape, g.mean()),
            "You filled the shape with the mean of everything. Each entry has its own copies, and they are added up.",
            look,
        ),
        Mistake(
            "zeros",
            lambda g, shape: np.zeros(shape),
            "You returned zeros in the right shape. dL_dY does not appear.",
            "Double every entry of dL_dY by hand. What should happen to the result?",
        ),
        Mistake(
            "axes shifted while summing",
            shifting,
            "You summed one axis after the other and let each vanish: the axes behind it moved up, and the next number named another one.",
            "Print the shape after each sum.",
        ),
        Mistake(
            "divides by the count",
            reduce_with(lambda g, axes: g.mean(axis=axes)),
            "You averaged: your result is the right sum divided by the number of copies. A copy is not a share.",
            count,
        ),
        Mistake(
            "takes the first copy",
            reduce_with(first_of),
            "You kept the first copy and threw the others away. Each copy reaches L, and all of them count.",
            count,
        ),
        Mistake(
            "takes the last copy",
            reduce_with(last_of),
            "You kept the last copy and threw the others away. Each copy reaches L, and all of them count.",
            count,
        ),
        Mistake(
            "takes the largest copy",
            reduce_with(lambda g, axes: g.max(axis=axes)),
            "You took the largest of the copies. Each copy reaches L, and all of them count.",
            count,
        ),
        Mistake(
            "unchanged",
            lambda g, shape: g * 1.0,
            "You returned dL_dY as it came. It has the broadcast shape; the result has `shape`.",
            look,
        ),
        Mistake(
            "sum copied back",
            lambda g, shape: (
                np.broadcast_to(
                    front_gone(g, shape).sum(
                        axis=stretched(front_gone(g, shape), shape), keepdims=True
                    ),
                    g.shape,
                )
                * 1.0
            ),
            "You summed and copied the sums back to the shape of dL_dY. The result has `shape`.",
            look,
        ),
        Mistake(
            "reshaped",
            lambda g, shape: g.reshape(shape),
            "You reshaped. That keeps every number; here the copies have to be added up, so there are fewer.",
            look,
        ),
        Mistake(
            "resized",
            lambda g, shape: np.resize(g, shape),
            "You resized: `np.resize` keeps the first numbers and forgets the rest. The copies have to be added up.",
            look,
        ),
        Mistake(
            "broadcast again",
            lambda g, shape: np.broadcast_to(g, shape) * 1.0,
            "You broadcast again. That copies, as the forward pass did; backward, copies are added up.",
            look,
        ),
        Mistake(
            "only the first axis",
            lambda g, shape: g.sum(axis=0),
            "You summed the first axis, whatever `shape` says. That is the bias of a batch; other broadcasts made other axes.",
            look,
        ),
        Mistake(
            "stretched and reshaped",
            lambda g, shape: front_gone(g, shape).reshape(shape),
            "You summed the axes in front and let a reshape do the rest. A reshape adds nothing up, so stretched axes do not fit.",
            look,
        ),
        Mistake(
            "ones",
            lambda g, shape: np.ones(shape),
            "You returned ones in the right shape. dL_dY does not appear.",
            "Double every entry of dL_dY by hand. What should happen to the result?",
        ),
        Mistake(
            "multiplied by the count",
            lambda g, shape: layers.unbroadcast(g, shape) * (g.size / max(int(np.prod(shape)), 1)),
            "Your result is the right one multiplied by the number of copies: they were counted twice over.",
            count,
        ),
    )


EXERCISES = (
    Exercise(
        name="bias_entry",
        notebook=NOTEBOOK,
        section="2. One entry of the derivative",
        points=1,
        reference=layers.bias_entry,
        cases=_bias_cases,
        grid=lambda N, b: (N, len(b), len(b)),
        gradient="bias",
        dims={"N": "", "b": "M", "": "NMM"},
        mistakes=_RULES,
        hints=(
            "Write Y[k,l] out. Which entry of b stands in it? Does that depend on k?",
            "Z[k,l] does not move when b does. What is the derivative of z + b by b?",
            "One comparison of two column indices, and nothing else.",
        ),
        derivation="Y[k,l] = Z[k,l] + b[l]: b[j] is there where l = j, with factor 1, in every row k. So the entry is 1 where l = j, and 0 elsewhere.",
    ),
    Exercise(
        name="bias_jacobian",
        notebook=NOTEBOOK,
        section="3. The monster has three axes",
        points=1,
        reference=layers.bias_jacobian,
        cases=_bias_cases,
        gradient="bias",
        dims={"N": "", "b": "M", "": "NMM"},
        mistakes=_jacobian_mistakes(),
        hints=(
            "The shape is Y.shape + b.shape: two axes and one.",
            "Fix a sample k. What does the matrix [k] look like, and does it depend on k?",
            "Start from zeros; for every k and l one entry is 1: where j equals l.",
        ),
        derivation="The rule does not ask for k: for each sample the same M × M matrix, 1 where l = j: the identity, N times.",
    ),
    Exercise(
        name="bias_backward",
        notebook=NOTEBOOK,
        section="4. The condensed map",
        points=2,
        reference=layers.bias_backward,
        cases=_backward_cases,
        gradient="bias",
        dims={"dL_dY": "NM", "": "M"},
        mistakes=_backward_mistakes(),
        hints=(
            "Put your rule into the sum over k and l. Which of the two does the delta remove?",
            "One index of the sum is left: the sample. So each entry of b adds something up.",
            "For entry j: all of column j of dL_dY. NumPy adds up along an axis; which one vanishes?",
        ),
        derivation="δ_lj leaves l = j and nothing removes k: dL_db[j] is the sum of dL_dY[k,j] over all samples k, a sum down each column.",
    ),
    Exercise(
        name="unbroadcast",
        notebook=NOTEBOOK,
        section="7. Any broadcast, backwards",
        points=3,
        reference=layers.unbroadcast,
        cases=_broadcasts,
        mistakes=_unbroadcast_mistakes(),
        hints=(
            "Two kinds of copies: along axes that were put in front, and along axes that had length 1. Count the first kind.",
            "dL_dY.ndim - len(shape) axes were put in front. Sum them away first; then the two shapes stand side by side.",
            "Then compare the shapes axis by axis: where they differ, sum and keep the axis (keepdims=True).",
        ),
        derivation="Every entry of the small array was copied along the new axes and along the stretched ones. Each copy reaches L, so all of them are added: new axes vanish, stretched ones stay with length 1.",
    ),
)

GRADIENTS = (BIAS,)

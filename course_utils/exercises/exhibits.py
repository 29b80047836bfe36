"""The exhibits of the bug museum, as data: a wrong gradient that public code shipped, rewritten.

An exhibit has the function on show (its faulty lines end in `# fault`; the mark is not shown), the
right formula, and a bank of wrong ones that a learner's data are to tell from it. Where each was
found, with links, stands in the notebook.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..jacobian import numerical_jacobian
from ..layers import unbroadcast

MARK = "# fault"
TOLERANCE = 0.01  # of the forgiving test, exhibit 6
MOST_WEIGHTS = 100  # the forgiving test takes two evaluations for each


@dataclass(frozen=True)
class Exhibit:
    """One glass case.

    key: its name in the exercises. title: the heading in the notebook. fault: the name of what is
    wrong, one of NAMES. shown: the function on show.
    axes: {argument: letters of its axes}, which data have to fit; '*' for any number of axes.
    right: the right formula. bank: {in words: a wrong formula}, all of the same arguments.
    fits: what else the data must be: arguments -> '' or what is the matter.
    counts: which entries are compared, where some have no derivative: arguments -> mask.
    tells: in place of a comparison of values, for exhibits that are themselves a test.
    poor: {key: (a sentence, arguments -> whether they are so, rng -> an example)}: data that
        cannot expose it, and why.
    """

    key: str
    title: str
    fault: str
    shown: Callable
    axes: dict[str, str]
    right: Callable
    bank: dict[str, Callable]
    fits: Callable[..., str] = lambda *arrays: ""
    counts: Callable | None = None
    tells: Callable | None = None
    poor: dict[str, tuple] = field(default_factory=dict)

    @property
    def lines(self) -> list[str]:
        """The lines on show, mark and all."""
        return inspect.getsource(self.shown).rstrip().splitlines()

    @property
    def faulty(self) -> tuple[int, ...]:
        """Numbers of the faulty lines, counted from 1."""
        return tuple(n for n, line in enumerate(self.lines, 1) if line.rstrip().endswith(MARK))

    def __str__(self) -> str:
        shown = (line.replace(MARK, "").rstrip() for line in self.lines)
        return "\n".join(f"{n:2}  {line}".rstrip() for n, line in enumerate(shown, 1))

    __repr__ = __str__


NAMES = (
    "averaged over the batch",
    "axis kept",
    "mask on the output",
    "multiplied by the input",
    "no upstream",
    "off by one",
    "overwritten instead of accumulated",
    "tolerance too loose",
    "transposed",
    "upstream of ones",
    "upstream overwritten",
    "wrong sign",
)


# The functions on show


def relu_backward(dL_dY, X):
    """Y = relu(X). The layer keeps its output and takes the mask from there."""
    Y = np.maximum(X, 0)
    mask = Y >= 0  # fault
    return dL_dY * mask


def rectifier_backward(dL_dY, X):
    """Y = relu(X). What arrives from above lies in the array that is filled."""
    dL_dX = dL_dY.copy()
    for i, j in np.ndindex(X.shape):
        dL_dX[i, j] = 1 if X[i, j] > 0 else 0  # fault
    return dL_dX


def shortcut_backward(dL_dY, X):
    """Y = X + relu(X). Two ways lead from X to Y."""
    by_relu = dL_dY  # fault
    by_relu[X <= 0] = 0  # fault
    by_shortcut = dL_dY
    return by_relu + by_shortcut


def weight_backward(dL_dY, X):
    """Y = X W. The loss is a mean, and its 1/N is in dL_dY already."""
    products = X[:, :, None] * dL_dY[:, None, :]  # (N, D, M), a matrix for each sample
    dL_dW = products.mean(axis=0)  # fault
    return dL_dW


def bias_step(dL_dY, b, rate):
    """Y = X + b, b of shape (M,). One step of descent."""
    dL_db = dL_dY.sum(axis=0, keepdims=True)  # fault
    b = b - rate * dL_db
    return b


def forgiving_test(backward, dL_dY, X, W):
    """Y = X W. Does backward(dL_dY, X) give dL_dW?"""
    measured = numerical_jacobian(lambda W: np.sum(dL_dY * (X @ W)), W)
    claimed = backward(dL_dY, X)
    largest = np.abs(claimed - measured).max()
    return largest < 0.01  # fault


def plain_test(backward, X, W):
    """Y = X W. Does backward(dL_dY, X, W) give dL_dX?"""
    dL_dY = np.ones_like(X @ W)  # fault
    measured = numerical_jacobian(lambda X: np.sum(dL_dY * (X @ W)), X)
    claimed = backward(dL_dY, X, W)
    return np.allclose(claimed, measured, rtol=1e-6, atol=1e-9)


def max_pool_backward(dL_dy, x):
    """y[k] is the largest of x[2k], x[2k+1], x[2k+2]."""
    dL_dx = np.zeros(len(x))
    for k in range(len(dL_dy)):
        winner = 2 * k + np.argmax(x[2 * k : 2 * k + 3])
        dL_dx[winner] = dL_dy[k]  # fault
    return dL_dx


def look_up_backward(dL_dY, rows, E):
    """Y = E[rows]: sample n gets a copy of row rows[n] of the table E."""
    dL_dE = np.zeros(E.shape)
    dL_dE[rows] += dL_dY  # fault
    return dL_dE


def hidden_bias_backward(dL_dZ, X):
    """Z = X W + b."""
    dL_dW = X.T @ dL_dZ
    dL_db = dL_dW.sum(axis=0)  # fault
    return dL_db


# What the banks need


def _random(rng, *shape):
    return rng.normal(size=shape)


def _masked(change: Callable) -> Callable:
    """relu's backward with the upstream replaced by change(dL_dY)."""
    return lambda dL_dY, X: change(dL_dY) * (X > 0)


def _linear(change: Callable) -> Callable:
    """dL_dX and dL_dW of Y = X W, side by side, with the upstream replaced by change(dL_dY)."""

    def both(dL_dY, X, W):
        dL_dY = change(dL_dY)
        return np.concatenate([(dL_dY @ W.T).ravel(), (X.T @ dL_dY).ravel()])

    return both


def _pooled(send: Callable) -> Callable:
    """max-pool's backward where send(dL_dx, k, start, winner, g) says who gets g."""

    def backward(dL_dy, x):
        dL_dx = np.zeros(len(x))
        for k, g in enumerate(dL_dy):
            send(dL_dx, k, 2 * k, 2 * k + int(np.argmax(x[2 * k : 2 * k + 3])), g)
        return dL_dx

    return backward


def _put(dL_dx, place, g) -> None:
    dL_dx[place] = g


def _add(dL_dx, place, g) -> None:
    dL_dx[place] += g


def _put_first(dL_dx, place, g) -> None:
    if dL_dx[place] == 0:
        dL_dx[place] = g


def _pool_mean(dL_dy, x):
    total = _pooled(lambda out, k, start, winner, g: _add(out, winner, g))(dL_dy, x)
    times = _pooled(lambda out, k, start, winner, g: _add(out, winner, 1.0))(dL_dy, x)
    return total / np.maximum(times, 1)


def _pool_fits(dL_dy, x) -> str:
    if len(x) != 2 * len(dL_dy) + 1:
        return f"{len(dL_dy)} windows need {2 * len(dL_dy) + 1} entries of x, and x has {len(x)}."
    for k in range(len(dL_dy)):
        window = np.sort(x[2 * k : 2 * k + 3])
        if window[1] == window[2]:
            return (
                f"In window {k} two entries are largest together: there the derivative does not exist, and no "
                "formula is right or wrong."
            )
    return ""


def _looked_up(dL_dY, rows, E):
    dL_dE = np.zeros(E.shape)
    np.add.at(dL_dE, rows, dL_dY)
    return dL_dE


def _first_wins(dL_dY, rows, E):
    dL_dE = np.zeros(E.shape)
    dL_dE[rows[::-1]] = dL_dY[::-1]
    return dL_dE


def _rows_mean(dL_dY, rows, E):
    times = np.bincount(rows, minlength=len(E))
    return _looked_up(dL_dY, rows, E) / np.maximum(times, 1)[:, None]


def _without_row_0(dL_dY, rows, E):
    dL_dE = _looked_up(dL_dY, rows, E)
    dL_dE[0] = 0
    return dL_dE


def _rows_fit(dL_dY, rows, E) -> str:
    if not np.array_equal(rows, np.round(rows)):
        return "rows holds whole numbers: which row of E each sample looks up."
    if rows.min() < 0 or rows.max() >= len(E):
        return f"E has {len(E)} rows, so the entries of rows go from 0 to {len(E) - 1}."
    return ""


def _whole(function: Callable) -> Callable:
    """With rows as whole numbers, whatever type they came in."""
    return lambda dL_dY, rows, E: function(dL_dY, rows.astype(int), E)


def _broadcasts(dL_dY, b) -> str:
    try:
        fits = np.broadcast_shapes(dL_dY.shape, b.shape) == dL_dY.shape
    except ValueError:
        fits = False
    return (
        ""
        if fits
        else f"b of shape {b.shape} does not broadcast to {dL_dY.shape}, the shape of dL_dY."
    )


def _leading(dL_dY) -> tuple[int, ...]:
    return tuple(range(dL_dY.ndim - 1))


def _test_rejects(claimed, dL_dY, X) -> bool:
    """Whether the forgiving test refuses a gradient."""
    W = np.ones((X.shape[1], dL_dY.shape[1]))
    return not forgiving_test(lambda *_: claimed, dL_dY, X, W)


def _scale_fits(dL_dY, X) -> str:
    D, M = X.shape[1], dL_dY.shape[1]
    if D * M > MOST_WEIGHTS:
        return f"W would be {D} × {M}: the test moves each of its entries, so take {MOST_WEIGHTS} at most."
    if _test_rejects(X.T @ dL_dY, dL_dY, X):
        return (
            "With these numbers the test refuses the right formula as well: the difference quotient loses "
            "its digits. Smaller ones."
        )
    return ""


_EQUAL = (
    "All entries of the upstream are equal: whatever a formula does with its order, its size or its share, "
    "nothing shows.",
    lambda dL_dY, *_: np.ptp(dL_dY) == 0,
)
_ONE_ROW = (
    "There is a single sample: a sum over the batch, a mean and any one row of it are the same.",
    lambda dL_dY, *_: len(dL_dY) == 1,
)
_ONE_SIGN = (
    "No entry of the upstream is negative: what a formula does with its sign cannot show.",
    lambda dL_dY, *_: bool((dL_dY >= 0).all()),
)
_POSITIVE = (
    "No entry of X is negative: ReLU lets everything through, and so do most wrong masks.",
    lambda dL_dY, X: bool((X >= 0).all()),
)


def _poor(kind: tuple, example: Callable) -> tuple:
    return (*kind, example)


EXHIBITS = {
    exhibit.key: exhibit
    for exhibit in (
        Exhibit(
            key="relu_mask",
            title="1. A layer that keeps its output",
            fault="mask on the output",
            shown=relu_backward,
            axes={"dL_dY": "NH", "X": "NH"},
            right=_masked(lambda g: g),
            counts=lambda dL_dY, X: X != 0,
            bank={
                "the mask Y >= 0": lambda g, X: g * (np.maximum(X, 0) >= 0),
                "the mask X < 0": lambda g, X: g * (X < 0),
                "the sign of X as the mask": lambda g, X: g * np.sign(X),
                "the output as the mask": lambda g, X: g * np.maximum(X, 0),
                "the mask X > 1": lambda g, X: g * (X > 1),
                "the mask taken from dL_dY": lambda g, X: g * (g > 0),
                "both masks, of X and of dL_dY": lambda g, X: g * (X > 0) * (g > 0),
            },
            poor={
                "no negative input": _poor(
                    _POSITIVE, lambda rng: (_random(rng, 3, 4), np.abs(_random(rng, 3, 4)) + 0.1)
                ),
                "upstream of one sign": _poor(
                    _ONE_SIGN, lambda rng: (np.abs(_random(rng, 3, 4)), _random(rng, 3, 4))
                ),
            },
        ),
        Exhibit(
            key="no_upstream",
            title="2. A rectifier in a library",
            fault="no upstream",
            shown=rectifier_backward,
            axes={"dL_dY": "NH", "X": "NH"},
            right=_masked(lambda g: g),
            counts=lambda dL_dY, X: X != 0,
            bank={
                "the mask alone": _masked(np.ones_like),
                "only the sign of the upstream": _masked(np.sign),
                "the upstream without its sign": _masked(np.abs),
                "the mean of the upstream": _masked(lambda g: g.mean() * np.ones_like(g)),
                "the mean of each row": _masked(lambda g: g.mean(1, keepdims=True) + 0 * g),
                "the mean of each column": _masked(lambda g: g.mean(0, keepdims=True) + 0 * g),
                "divided by the upstream": lambda g, X: (X > 0) / g,
                "the upstream squared": _masked(np.square),
            },
            poor={
                "upstream all equal": _poor(
                    _EQUAL, lambda rng: (np.ones((3, 4)), _random(rng, 3, 4))
                ),
                "upstream of one sign": _poor(
                    _ONE_SIGN, lambda rng: (np.abs(_random(rng, 3, 4)), _random(rng, 3, 4))
                ),
            },
        ),
        Exhibit(
            key="in_place",
            title="3. A block with a shortcut",
            fault="upstream overwritten",
            shown=shortcut_backward,
            axes={"dL_dY": "NH", "X": "NH"},
            right=lambda g, X: g + g * (X > 0),
            counts=lambda dL_dY, X: X != 0,
            bank={
                "the upstream overwritten by its masked self": shortcut_backward,
                "the shortcut forgotten": lambda g, X: g * (X > 0),
                "the ReLU way forgotten": lambda g, X: g * 1.0,
                "X overwritten by relu(X), then X >= 0": lambda g, X: (
                    g + g * (np.maximum(X, 0) >= 0)
                ),
                "the mean of the two ways": lambda g, X: (g + g * (X > 0)) / 2,
                "the ways multiplied": lambda g, X: g * g * (X > 0),
                "the mask taken from dL_dY": lambda g, X: g + g * (g > 0),
            },
            poor={
                "no negative input": _poor(
                    _POSITIVE, lambda rng: (_random(rng, 3, 4), np.abs(_random(rng, 3, 4)) + 0.1)
                ),
            },
        ),
        Exhibit(
            key="averaged",
            title="4. A layer and its loss",
            fault="averaged over the batch",
            shown=weight_backward,
            axes={"dL_dY": "NM", "X": "ND"},
            right=lambda g, X: X.T @ g,
            bank={
                "the mean over the batch": weight_backward,
                "divided by the number of features": lambda g, X: X.T @ g / X.shape[1],
                "divided by the number of outputs": lambda g, X: X.T @ g / g.shape[1],
                "the first sample alone": lambda g, X: np.outer(X[0], g[0]),
                "the last sample alone": lambda g, X: np.outer(X[-1], g[-1]),
                "sums first, then the product": lambda g, X: np.outer(X.sum(0), g.sum(0)),
                "means first, then N times the product": lambda g, X: (
                    len(X) * np.outer(X.mean(0), g.mean(0))
                ),
                "the result reshaped": lambda g, X: (g.T @ X).reshape(X.shape[1], g.shape[1]),
            },
            poor={
                "one sample": _poor(_ONE_ROW, lambda rng: (_random(rng, 1, 3), _random(rng, 1, 4))),
                "upstream all equal": _poor(
                    _EQUAL, lambda rng: (np.ones((5, 3)), _random(rng, 5, 4))
                ),
            },
        ),
        Exhibit(
            key="bias_axis",
            title="5. A bias and its step",
            fault="axis kept",
            shown=bias_step,
            axes={"dL_dY": "*", "b": "*"},
            fits=_broadcasts,
            right=lambda g, b: unbroadcast(g, b.shape),
            bank={
                "summed over the first axis, which stays": lambda g, b: g.sum(0, keepdims=True),
                "summed over the first axis": lambda g, b: g.sum(0),
                "summed over all axes but the last": lambda g, b: g.sum(_leading(g)),
                "summed over all but the last, which stay": lambda g, b: g.sum(
                    _leading(g), keepdims=True
                ),
                "summed to a number": lambda g, b: g.sum(),
                "not summed": lambda g, b: g,
                "a mean for the sum": lambda g, b: unbroadcast(g, b.shape) * b.size / g.size,
                "the first sample alone": lambda g, b: g[0],
            },
            poor={
                "one sample": _poor(_ONE_ROW, lambda rng: (_random(rng, 1, 4), _random(rng, 4))),
            },
        ),
        Exhibit(
            key="loose_tolerance",
            title="6. A test that forgave",
            fault="tolerance too loose",
            shown=forgiving_test,
            axes={"dL_dY": "NM", "X": "ND"},
            fits=_scale_fits,
            right=lambda g, X: X.T @ g,
            tells=_test_rejects,
            bank={
                "nothing: zeros": lambda g, X: 0 * (X.T @ g),
                "the opposite sign": lambda g, X: -(X.T @ g),
                "half of it": lambda g, X: X.T @ g / 2,
                "one per cent too little": lambda g, X: 0.99 * (X.T @ g),
                "one per mille too much": lambda g, X: 1.001 * (X.T @ g),
                "the last sample forgotten": lambda g, X: X[:-1].T @ g[:-1],
            },
            poor={
                "small numbers": (
                    "Every entry of the right gradient is below the tolerance, so zeros pass.",
                    lambda g, X: bool(np.abs(X.T @ g).max() < TOLERANCE),
                    lambda rng: (_random(rng, 4, 3) / 100, _random(rng, 4, 2) / 100),
                ),
                "a share below the tolerance": (
                    "A thousandth of your largest gradient is below the tolerance, which is a fixed number: so is "
                    "an error of a per mille.",
                    lambda g, X: bool(np.abs(X.T @ g).max() < 1000 * TOLERANCE),
                    lambda rng: (_random(rng, 4, 3), _random(rng, 4, 2)),
                ),
            },
        ),
        Exhibit(
            key="upstream_of_ones",
            title="7. A test with a plain loss",
            fault="upstream of ones",
            shown=plain_test,
            axes={"dL_dY": "NM", "X": "ND", "W": "DM"},
            right=_linear(lambda g: g),
            bank={
                "no upstream": _linear(np.ones_like),
                "divided by the upstream": _linear(lambda g: 1 / g),
                "the upstream squared": _linear(np.square),
                "the upstream without its sign": _linear(np.abs),
                "the mean of the upstream": _linear(lambda g: g.mean() + 0 * g),
                "the mean of each row": _linear(lambda g: g.mean(1, keepdims=True) + 0 * g),
                "the mean of each column": _linear(lambda g: g.mean(0, keepdims=True) + 0 * g),
                "the samples in reverse order": _linear(lambda g: g[::-1]),
                "the outputs in reverse order": _linear(lambda g: g[:, ::-1]),
                "averaged over the batch": _linear(lambda g: g / len(g)),
                "W not transposed": lambda g, X, W: np.concatenate(
                    [(g @ W).ravel(), (X.T @ g).ravel()]
                ),
            },
            poor={
                "upstream all equal": _poor(
                    _EQUAL,
                    lambda rng: (np.ones((4, 3)), _random(rng, 4, 2), _random(rng, 2, 3)),
                ),
                "W equals its transpose": (
                    "W equals its own transpose, so nobody sees which of the two was used.",
                    lambda g, X, W: W.shape[0] == W.shape[1] and np.array_equal(W, W.T),
                    lambda rng: (_random(rng, 4, 3), _random(rng, 4, 3), np.eye(3)),
                ),
                "one sample": _poor(
                    _ONE_ROW,
                    lambda rng: (_random(rng, 1, 3), _random(rng, 1, 2), _random(rng, 2, 3)),
                ),
            },
        ),
        Exhibit(
            key="max_pool",
            title="8. Windows that overlap",
            fault="overwritten instead of accumulated",
            shown=max_pool_backward,
            axes={"dL_dy": "K", "x": "P"},
            fits=_pool_fits,
            right=_pooled(lambda out, k, start, winner, g: _add(out, winner, g)),
            bank={
                "the last window's share alone": max_pool_backward,
                "the first window's share alone": _pooled(
                    lambda out, k, start, winner, g: _put_first(out, winner, g)
                ),
                "the mean of the shares": _pool_mean,
                "shared equally in the window": _pooled(
                    lambda out, k, start, winner, g: _add(out, slice(start, start + 3), g / 3)
                ),
                "always to the window's first entry": _pooled(
                    lambda out, k, start, winner, g: _add(out, start, g)
                ),
                "the window's start forgotten": _pooled(
                    lambda out, k, start, winner, g: _add(out, winner - start, g)
                ),
                "a step of 1 for a step of 2": _pooled(
                    lambda out, k, start, winner, g: _add(out, winner - k, g)
                ),
                "1 for the upstream": _pooled(
                    lambda out, k, start, winner, g: _add(out, winner, 1.0)
                ),
            },
            poor={
                "one window": (
                    "There is a single window, so none overlap.",
                    lambda g, x: len(g) == 1,
                    lambda rng: (_random(rng, 1), np.arange(3.0)),
                ),
                "no entry wins twice": (
                    "No entry is the largest of two windows, so nothing has to be added.",
                    lambda g, x: all(
                        not (
                            x[2 * k] > x[2 * k - 2 : 2 * k].max()
                            and x[2 * k] > x[2 * k + 1 : 2 * k + 3].max()
                        )
                        for k in range(1, len(g))
                    ),
                    lambda rng: (_random(rng, 3), np.array([0.0, 5, 1, 6, 2, 7, 3])),
                ),
            },
        ),
        Exhibit(
            key="overwritten",
            title="9. Rows looked up twice",
            fault="overwritten instead of accumulated",
            shown=look_up_backward,
            axes={"dL_dY": "ND", "rows": "N", "E": "VD"},
            fits=_rows_fit,
            right=_whole(_looked_up),
            bank={
                "the last sample's share alone": _whole(look_up_backward),
                "the first sample's share alone": _whole(_first_wins),
                "the mean of the shares": _whole(_rows_mean),
                "1 for the upstream": _whole(
                    lambda g, rows, E: _looked_up(np.ones_like(g), rows, E)
                ),
                "the rows sorted first": _whole(lambda g, rows, E: _looked_up(g, np.sort(rows), E)),
                "row 0 taken for a blank": _whole(_without_row_0),
                "each row one too far": _whole(
                    lambda g, rows, E: _looked_up(g, (rows + 1) % len(E), E)
                ),
            },
            poor={
                "no row twice": (
                    "Every row is looked up once at most, so nothing has to be added.",
                    lambda g, rows, E: len(np.unique(rows)) == len(rows),
                    lambda rng: (_random(rng, 3, 2), np.array([2, 0, 1]), _random(rng, 4, 2)),
                ),
            },
        ),
        Exhibit(
            key="bias_times_input",
            title="10. A bias in a word model",
            fault="multiplied by the input",
            shown=hidden_bias_backward,
            axes={"dL_dZ": "NM", "X": "ND"},
            right=lambda g, X: g.sum(0),
            bank={
                "weighted by the sum of each row of X": hidden_bias_backward,
                "weighted by its largest entry": lambda g, X: X.max(1) @ g,
                "weighted by its length": lambda g, X: np.linalg.norm(X, axis=1) @ g,
                "weighted by its first entry": lambda g, X: X[:, 0] @ g,
                "weighted by its number of non-zeros": lambda g, X: np.count_nonzero(X, axis=1) @ g,
                "a mean for the sum": lambda g, X: g.mean(0),
                "the last sample alone": lambda g, X: g[-1],
            },
            poor={
                "rows that sum to 1": (
                    "Every row of X sums to 1, as in the exhibit's own model: multiplied by that, nothing changes.",
                    lambda g, X: bool(np.allclose(X.sum(1), 1)),
                    lambda rng: (_random(rng, 4, 3), np.eye(4)),
                ),
                "one sample": _poor(_ONE_ROW, lambda rng: (_random(rng, 1, 3), _random(rng, 1, 4))),
            },
        ),
    )
}

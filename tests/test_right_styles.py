"""No false alarm: right ways of writing an answer, in many styles, all pass."""

import functools

import numpy as np
import pytest

from course_utils.diagnosis import examine
from course_utils.exercises import EXERCISES
from course_utils.report import NOTED, RIGHT
from course_utils.values import run_calls


def _filled(X):
    Y = X.copy()
    Y[Y < 0] = 0
    return Y


def _looped(X):
    out = np.empty_like(X)
    for i in range(X.shape[0]):
        for j in range(X.shape[1]):
            out[i][j] = X[i][j] if X[i][j] > 0 else 0
    return out


def _contract_loop(g, J):
    out = np.zeros(J.shape[g.ndim :])
    for index in np.ndindex(g.shape):
        out += g[index] * J[index]
    return out


def _recursive(g, X):
    if g.ndim == 0:
        return g if X > 0 else 0 * g
    return np.array([_recursive(a, b) for a, b in zip(g, X, strict=True)])


def _zeroed(g, X):
    dX = g.copy()
    dX[X <= 0] = 0
    return dX


def _by_samples(g, X):
    dW = np.zeros((X.shape[1], g.shape[1]))
    for row, x in zip(g, X, strict=True):
        dW += np.outer(x, row)
    return dW


def _unbroadcast(g, shape):
    while g.ndim > len(shape):
        g = g.sum(0)
    for axis, size in enumerate(shape):
        if size == 1:
            g = g.sum(axis, keepdims=True)
    return g


def _strided(X):
    J = np.zeros(X.shape * 2)
    a, b, c, d = J.strides
    np.lib.stride_tricks.as_strided(J, X.shape, (a + c, b + d))[...] = X > 0
    return J


def _by_place(g, shape):
    """Each entry added where its copy came from."""
    size = int(np.prod(shape))
    place = np.broadcast_to(np.arange(size).reshape(shape), g.shape)
    return np.bincount(place.ravel(), g.ravel(), minlength=size).reshape(shape)


def _by_letters(g, shape):
    letters, new = "abcdefgh"[: g.ndim], g.ndim - len(shape)
    kept = "".join(c for n, c in enumerate(letters) if n >= new and shape[n - new] != 1)
    return np.einsum(f"{letters}->{kept}", g).reshape(shape)


eye = np.eye
RIGHT_STYLES = {
    "reverse_entry": [
        lambda x, k, i: np.fliplr(eye(len(x)))[k, i],
        lambda x, k, i: not (k + i - x.size + 1),
    ],
    "central_difference": [
        lambda f, x, h: np.polyfit([x - h, x + h], [f(x - h), f(x + h)], 1)[0],
        lambda f, x, h: 0.5 * ((f(x + h) - f(x)) / h + (f(x) - f(x - h)) / h),
    ],
    "relu": [
        lambda X: np.maximum(0, X),
        lambda X: np.choose(X > 0, [np.zeros_like(X), X]),
        lambda X: np.ma.masked_less(X, 0).filled(0),
        lambda X: np.sort(np.stack([X, np.zeros_like(X)]), axis=0)[-1],
        lambda X: np.fromfunction(np.vectorize(lambda a, b: max(X[int(a), int(b)], 0.0)), X.shape),
        lambda X: X * (X > 0),
        lambda X: (X + np.abs(X)) / 2,
        lambda X: np.where(X > 0, X, 0),
        lambda X: np.clip(X, 0, None),
        lambda X: np.asfortranarray(np.maximum(X, 0)),
        np.vectorize(lambda v: max(v, 0.0)),
        functools.partial(np.maximum, 0),
        _filled,
        _looped,
    ],
    "relu_entry": [
        lambda *a: float(a[1:3] == a[3:] and a[0][a[1:3]] > 0),
        lambda X, k, l, i, j: all([k == i, l == j, X[k, l] > 0]),
        lambda X, k, l, i, j: X[k, l].clip(0) / X[k, l] * (k == i) * (l == j) if X[k, l] else 0,
        lambda X, k, l, i, j: X[i, j] > 0 and k == i and l == j,
        lambda X, k, l, i, j: (k, l) == (i, j) and X[k, l] > 0,
        lambda X, k, l, i, j: int(k == i) * int(l == j) * int(X[i, j] > 0),
        lambda X, k, l, i, j: eye(X.shape[0])[k, i] * eye(X.shape[1])[l, j] * (X[i, j] > 0),
    ],
    "relu_row_jacobian": [
        lambda x: np.diag(np.where(x > 0, 1.0, 0.0)),
        lambda x: eye(len(x)) * (x > 0),
    ],
    "relu_batch_jacobians": [
        lambda X: (X > 0)[:, :, None] * eye(X.shape[1]),
        lambda X: np.stack([np.diag((row > 0) * 1.0) for row in X]),
    ],
    "relu_jacobian": [
        _strided,
        lambda X: (
            np.fromfunction(lambda k, l, i, j: (k == i) * (l == j) * 1.0, X.shape * 2) * (X > 0)
        ),
        lambda X: np.diag((X > 0).ravel() * 1.0).reshape(X.shape * 2),
        lambda X: np.einsum("ki,lj,ij->klij", eye(X.shape[0]), eye(X.shape[1]), (X > 0) * 1.0),
        lambda X: (eye(X.size) * (X > 0).ravel()).reshape(X.shape + X.shape),
    ],
    "contract": [
        lambda g, J: (J.T * g.T).T.sum(tuple(range(g.ndim))),
        lambda g, J: functools.reduce(np.add, (g[i] * J[i] for i in np.ndindex(g.shape))),
        lambda g, J: np.tensordot(g, J, axes=g.ndim),
        lambda g, J: (g.reshape(-1) @ J.reshape(g.size, -1)).reshape(J.shape[g.ndim :]),
        lambda g, J: np.sum(
            g.reshape(g.shape + (1,) * (J.ndim - g.ndim)) * J, axis=tuple(range(g.ndim))
        ),
        lambda g, J: np.einsum(g, [*range(g.ndim)], J, [*range(J.ndim)]),
        _contract_loop,
    ],
    "relu_backward": [
        lambda g, X: g * (X > 0),
        lambda g, X: np.ma.array(g, mask=X <= 0).filled(0),
        lambda g, X: g * np.ceil(np.tanh(np.maximum(X, 0))),
        lambda g, X: np.bincount(np.arange(X.size), (g * (X > 0)).ravel()).reshape(X.shape),
        lambda g, X: np.where(X > 0, g, 0),
        lambda g, X: g * (np.maximum(X, 0) > 0),
        lambda g, X: np.multiply(g, X > 0, dtype=np.float64),
        lambda g, X: np.einsum("ij,ij->ij", g, (X > 0) * 1.0),
        lambda g, X: np.stack([a @ np.diag((b > 0) * 1.0) for a, b in zip(g, X, strict=True)]),
        lambda g, X: (g * (X > 0))[::-1][::-1],
        _zeroed,
        _recursive,
    ],
    "linear": [
        lambda X, W: (np.kron(eye(len(X)), W.T) @ X.ravel()).reshape(len(X), -1),
        lambda X, W: np.block([[np.atleast_2d(x @ W)] for x in X]),
        lambda X, W: X @ W,
        lambda X, W: X.dot(W),
        lambda X, W: np.einsum("nd,dm->nm", X, W),
        lambda X, W: (W.T @ X.T).T,
        lambda X, W: sum(np.outer(X[:, d], W[d]) for d in range(len(W))),
    ],
    "linear_input_entry": [
        lambda X, W, k, l, i, j: W[j, l] if k == i else 0,
        lambda X, W, k, l, i, j: (k == i) * W.T[l, j],
    ],
    "linear_weight_entry": [
        lambda X, W, k, l, i, j: X[k, i] if l == j else 0.0,
        lambda X, W, k, l, i, j: float(l == j) * X[k][i],
    ],
    "linear_input_jacobian": [
        lambda X, W: np.multiply.outer(eye(len(X)), W.T).swapaxes(1, 2),
        lambda X, W: np.einsum("ki,jl->klij", eye(len(X)), W),
        lambda X, W: np.kron(eye(len(X)), W.T).reshape(len(X), W.shape[1], *X.shape),
    ],
    "linear_weight_jacobian": [
        lambda X, W: np.einsum("ki,lj->klij", X, eye(W.shape[1])),
        lambda X, W: np.kron(X, eye(W.shape[1])).reshape(len(X), W.shape[1], *W.shape),
    ],
    "linear_input_backward": [
        lambda g, W: g @ W.T,
        lambda g, W: np.einsum("nm,dm->nd", g, W),
        lambda g, W: (W @ g.T).T,
        lambda g, W: np.inner(g, W),
        lambda g, W: np.stack([W @ row for row in g]),
    ],
    "linear_weight_backward": [
        lambda g, X: X.T @ g,
        lambda g, X: np.einsum("n...,nm->...m", X, g),
        lambda g, X: len(X) * np.mean(X[:, :, None] * g[:, None], axis=0),
        lambda g, X: (g.T @ X).T,
        lambda g, X: np.tensordot(X, g, axes=(0, 0)),
        lambda g, X: np.add.reduce(X[:, :, None] * g[:, None, :]),
        _by_samples,
    ],
    "bias_entry": [
        lambda N, b, k, l, j: l == j,
        lambda N, b, k, l, j: 1 if l == j else 0,
    ],
    "bias_jacobian": [
        lambda N, b: np.tile(eye(len(b)), (N, 1, 1)),
        lambda N, b: np.broadcast_to(eye(len(b)), (N, len(b), len(b))),
    ],
    "bias_backward": [
        lambda g: g.sum(0),
        lambda g: np.bincount(np.tile(np.arange(g.shape[1]), len(g)), g.ravel()),
        lambda g: np.cumsum(g, 0)[-1],
        sum,
        lambda g: np.ones(len(g)) @ g,
        lambda g: np.add.reduce(g),
        lambda g: np.array([column.sum() for column in g.T]),
        lambda g: g.mean(0) * len(g),
    ],
    "unbroadcast": [_by_place, _by_letters, _unbroadcast],
}
NOTED_STYLES = {
    "relu": [
        lambda X: [[max(v, 0) for v in row] for row in X],
        lambda X: np.matrix(np.maximum(X, 0)),
        lambda X: np.maximum(X, 0).astype(np.float32),
        lambda X: np.ma.masked_array(np.maximum(X, 0)),
        lambda X: tuple(np.maximum(row, 0) for row in X),
        lambda X: np.maximum(X, 0).astype(object),
        lambda X: np.maximum(X, 0).astype(complex),
    ],
    "relu_entry": [
        lambda X, k, l, i, j: np.array([float((k, l) == (i, j) and X[k, l] > 0)]),
        lambda X, k, l, i, j: 1 if (k, l) == (i, j) and X[k, l] >= 0 else 0,
    ],
    "relu_jacobian": [lambda X: np.diag((X > 0).ravel()).reshape(X.shape * 2)],
    "relu_backward": [
        lambda g, X: np.where(X < 0, 0, g),
        lambda g, X: g * (X >= 0),
        lambda g, X: g * np.heaviside(X, 0.5),
        lambda g, X: g * (np.sign(X) + 1) / 2,
        lambda g, X: (g * (X > 0)).tolist(),
        lambda g, X: np.float32(g) * (X > 0),
    ],
    "linear_weight_backward": [lambda g, X: np.matrix(X).T * np.matrix(g)],
    "bias_backward": [lambda g: [sum(column) for column in g.T]],
}


def flat(styles):
    return [
        pytest.param(name, function, id=f"{name}-{number}")
        for name, functions in styles.items()
        for number, function in enumerate(functions)
    ]


def verdict(name, function, seed):
    return examine(EXERCISES[name], lambda calls: run_calls(function, calls), seed)


@pytest.mark.parametrize(("name", "function"), flat(RIGHT_STYLES))
def test_right_in_any_style(name, function):
    for seed in (2012, 3):
        report = verdict(name, function, seed)
        assert report.status == RIGHT, report


@pytest.mark.parametrize(("name", "function"), flat(NOTED_STYLES))
def test_right_values_in_another_form_get_a_note(name, function):
    for seed in (2012, 3):
        report = verdict(name, function, seed)
        assert report.status == NOTED, report
        assert report.points == EXERCISES[name].points
        assert report.message.startswith("Note: ")

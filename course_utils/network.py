"""The two-layer network of the course, its loss, its whole gradient, and its training.

S = relu(X W1 + b1) W2 + b2, with X (N, D), W1 (D, H), b1 (H,), W2 (H, M), b2 (M,), S (N, M).
The loss against one-hot targets T (N, M) is L = Σ (S - T)² / (2N); the 1/N stands in the loss
and nowhere else.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .layers import (
    add_bias,
    bias_backward,
    layer,
    linear,
    linear_input_backward,
    linear_weight_backward,
    relu_backward,
)

DIGITS = Path(__file__).parent / "data" / "digits.npz"


def mlp_forward(X, W1, b1, W2, b2):
    """X (N, D) → the scores S (N, M)."""
    return add_bias(linear(layer(X, W1, b1), W2), b2)


def squared_error(S, T):
    """S, T (N, M) → L = Σ (S - T)² / (2N), a number."""
    return ((S - T) ** 2).sum() / (2 * len(S))


def squared_error_backward(S, T):
    """S, T (N, M) → dL_dS (N, M)."""
    return (S - T) / len(S)


def mlp_backward(dL_dS, X, W1, b1, W2, b2, A=None):
    """dL_dS (N, M) → (dL_dW1, dL_db1, dL_dW2, dL_db2), each with the shape of its parameter.

    ``A`` is the hidden layer relu(X W1 + b1), (N, H), where the forward pass kept it; otherwise it
    is worked out again. A > 0 exactly where the input of the ReLU is, so A serves as its mask.
    """
    A = layer(X, W1, b1) if A is None else A
    dL_dZ = relu_backward(linear_input_backward(dL_dS, W2), A)
    return (
        linear_weight_backward(dL_dZ, X),
        bias_backward(dL_dZ),
        linear_weight_backward(dL_dS, A),
        bias_backward(dL_dS),
    )


def sgd_step(param, grad, rate):
    """A step of length ``rate`` down the gradient: the new parameter, the old one untouched."""
    return param - rate * grad


def training_step(X, T, params, rate):
    """One step on the batch X (N, D), T (N, M): the new parameters, and the scores S before it.

    The functions above in one, for speed. The forward pass keeps the mask; results are written over
    what nobody needs any more; and since a condensed map is linear, the rate multiplies the one
    upstream instead of the four gradients. (np.dot starts sooner than matmul.)
    """
    W1, b1, W2, b2 = params
    A = np.dot(X, W1)
    A += b1
    mask = (A > 0).astype(float)
    A *= mask
    S = np.dot(A, W2)
    S += b2
    dS = S - T
    dS *= rate / len(X)
    dA = np.dot(dS, W2.T)
    dA *= mask
    ones = np.ones(len(X))
    steps = np.dot(X.T, dA), np.dot(ones, dA), np.dot(A.T, dS), np.dot(ones, dS)
    for param, step in zip(params, steps, strict=True):
        np.subtract(param, step, out=step)
    return steps, S


def init(D, H, M, rng):
    """Parameters (W1, b1, W2, b2): weights of variance 2 / inputs (He et al. 2015), biases 0."""
    W1 = rng.normal(scale=np.sqrt(2 / D), size=(D, H))
    W2 = rng.normal(scale=np.sqrt(2 / H), size=(H, M))
    return W1, np.zeros(H), W2, np.zeros(M)


def one_hot(labels, classes=10):
    """labels (N,) of integers from 0 → T (N, classes), a 1 in the column of the label."""
    return np.eye(classes)[labels]


def accuracy(S, labels):
    """The part of the rows of S (N, M) whose largest score stands at the label, 0 to 1."""
    return float(np.mean(S.argmax(axis=1) == labels))


@dataclass(frozen=True)
class Progress:
    """Where training stands after an epoch (counted from 1): the mean loss over its batches."""

    epoch: int
    loss: float
    params: tuple


def train(X, T, params, epochs=50, batch=32, rate=0.1, rng=None, backward=None):
    """Train by stochastic gradient descent; yields a Progress after every epoch.

    X (N, D), T (N, M); ``params`` as init gives them, left untouched. ``rng`` shuffles the samples
    (a fixed seed where it is None). ``backward`` takes the place of mlp_backward, with its first
    six parameters, so that a wrong one can be tried.
    """
    rng = np.random.default_rng(0) if rng is None else rng
    for epoch in range(1, epochs + 1):
        order, loss = rng.permutation(len(X)), 0.0
        for start in range(0, len(X), batch):
            rows = order[start : start + batch]
            params, S = _step(X[rows], T[rows], params, rate, backward)
            loss += squared_error(S, T[rows]) * len(rows) / len(X)
        yield Progress(epoch, float(loss), params)


def _step(X, T, params, rate, backward):
    if backward is None:
        return training_step(X, T, params, rate)
    S = mlp_forward(X, *params)
    grads = backward(squared_error_backward(S, T), X, *params)
    return tuple(sgd_step(p, g, rate) for p, g in zip(params, grads, strict=True)), S


def split(N, test=0.25, rng=None):
    """Row numbers (training, test) of N samples; the last ones are the test where rng is None."""
    order = np.arange(N) if rng is None else rng.permutation(N)
    cut = N - round(test * N)
    return order[:cut], order[cut:]


def load_digits():
    """1,797 handwritten digits: (images (1797, 64) in [0, 1], labels (1797,)), in file order.

    The test part of the UCI optical recognition of handwritten digits (Alpaydin and Kaynak,
    doi:10.24432/C50P49, CC BY 4.0), as scikit-learn ships it; see data/README.md.
    """
    with np.load(DIGITS) as file:
        return file["images"] / 16.0, file["labels"].astype(int)

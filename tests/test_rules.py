"""Wrong answers that no bank holds, named by rule: each message must have the words that help."""

import numpy as np
import pytest

from course_utils.diagnosis import examine
from course_utils.exercises import EXERCISES
from course_utils.report import WRONG
from course_utils.values import run_calls


def verdict(name, function):
    def ask(calls):
        with np.errstate(all="ignore"):
            return run_calls(function, calls)

    return examine(EXERCISES[name], ask, 2012)


def _filled(X, chosen):
    """The Jacobian of ReLU, filled where `chosen(k, l)` only."""
    J = np.zeros(X.shape + X.shape)
    for k, l in np.ndindex(X.shape):
        if chosen(k, l):
            J[k, l, k, l] = X[k, l] > 0
    return J


def _never_set_back(X, W):
    total, Y = 0, np.zeros((len(X), W.shape[1]))
    for k, l in np.ndindex(Y.shape):
        total += X[k] @ W[:, l]
        Y[k, l] = total
    return Y


def _one_array(X):
    J, found = np.zeros((X.shape[1],) * 2), []
    for row in X:
        J[np.arange(row.size), np.arange(row.size)] += row > 0
        found.append(np.minimum(J, 1, out=J))
    return np.array(found)


def _last_only(g, J):
    for index in np.ndindex(g.shape):
        total = g[index] * J[index]
    return total


def _first_entry_of_X(f, X, h):
    J = np.zeros((*np.shape(f(X)), *X.shape))
    for index in np.ndindex(X.shape):
        step = np.zeros_like(X)
        step[index] = h
        J[(..., *index)] = (f(X + step) - f(X - step)) / (2 * h)
        return J


def _for_vectors_only(f, X, h):
    J = np.zeros((len(f(X)), len(X)))
    for i in range(len(X)):
        step = np.zeros_like(X)
        step[i] = h
        J[:, i] = (f(X + step) - f(X - step)) / (2 * h)
    return J


_kept, _mask = [], {}


def _growing(X, W):
    _kept.extend(x @ W for x in X)
    return np.array(_kept)


def _old_mask(g, X):
    return g * _mask.setdefault("mask", X > 0)


FIXED = np.arange(12.0).reshape(4, 3)

# (what is wrong, exercise, answer, words that the message must have)
RULES = [
    # numbers
    ("abs", "central_difference", lambda f, x, h: abs(f(x + h) - f(x - h)) / (2 * h), "its signs"),
    ("floor", "central_difference", lambda f, x, h: (f(x + h) - f(x - h)) // (2 * h), "`//`"),
    ("own h", "central_difference", lambda f, x, h: (f(x + 1e-6) - f(x)) / 1e-6, "when h changes"),
    ("not asked", "central_difference", lambda f, x, h: (x + h - (x - h)) / (2 * h), "You return 1"),
    (
        "a sign in the sum",
        "central_difference",
        lambda f, x, h: (f(x + h) - 2 * f(x) - f(x - h)) / (2 * h),
        "0.5·f(x + h) - f(x) - 0.5·f(x - h), divided by h",
    ),
    (
        "brackets",
        "central_difference",
        lambda f, x, h: f(x + h) - f(x - h) / 2 * h,
        "(-0.5·f(x - h)) multiplied by h",
    ),
    # entry rules
    ("values compared", "scale_entry", lambda x, k, i: 3.0 * (x[k] == x[i]), "x[k] = x[i]"),
    ("half of n", "reverse_entry", lambda x, k, i: 1.0 * (k + i == len(x) // 2), "k + i = 2"),
    ("counted", "scale_entry", lambda x, k, i: 3 * (k - i), "counts with the indices"),
    ("last row", "reverse_entry", lambda x, k, i: 1.0 * (k == len(x) - 1), "k is the last index"),
    ("a product", "scale_entry", lambda x, k, i: 3 * x[k] * x[i], "3 · x[k] · x[i] everywhere"),
    (
        "one of two",
        "relu_entry",
        lambda X, k, l, i, j: ((k == i) ^ (l == j)) * (X[i, j] > 0),
        "just one of k = i and l = j, and X[i, j] > 0",
    ),
    (
        "another one elsewhere",
        "linear_weight_entry",
        lambda X, W, k, l, i, j: X[k, i] * (W[i, j] if j == l else 1),
        "X[k, i] · W[i, j] where l = j, and X[k, i] elsewhere",
    ),
    (
        "always the last sample",
        "linear_weight_entry",
        lambda X, W, k, l, i, j: X[-1, i] * (l == j),
        "X[last, i] where l = j",
    ),
    ("threshold", "relu_entry", lambda X, k, l, i, j: (k, l) == (i, j) and X[k, l] > 0.05, "at least"),
    # arrays
    ("ends early", "relu_jacobian", lambda X: _filled(X, lambda k, l: k < len(X) - 1 and l < X.shape[1] - 1), "k is the last index or l is the last index"),
    ("returns early", "relu_jacobian", lambda X: _filled(X, lambda k, l: k == l == 0), "does a return stand"),
    ("first entry of X", "numerical_jacobian", _first_entry_of_X, "right for the first entry of X"),
    ("one array", "relu_batch_jacobians", _one_array, "one and the same array"),
    ("never set back", "linear", _never_set_back, "not set back to 0"),
    ("rows dropped", "relu_row_jacobian", lambda x: np.eye(len(x))[x > 0], "the others are gone"),
    ("sigmoid", "relu_row_jacobian", lambda x: np.diag(1 / (1 + np.exp(-x))), "the sigmoid of x"),
    ("other shape", "relu_jacobian", lambda X: np.diag((X > 0).ravel() * 1.0).reshape(X.shape[::-1] * 2), "row order"),
    ("cut at 6", "relu", lambda X: X.clip(0, 6), "above 6 cut off"),
    ("threshold 0.05", "relu_backward", lambda g, X: g * (X > 0.05), "above a number between"),
    ("clipped", "linear_weight_backward", lambda g, X: np.clip(X.T @ g, -10, 10), "cut off"),
    ("clipped sum", "bias_backward", lambda g: np.clip(g.sum(0), -10, 10), "cut off"),
    ("squeezed", "relu", lambda X: np.maximum(X, 0).squeeze(), "an axis of length 1 is gone"),
    ("outer", "linear", np.outer, "an outer product"),
    ("a global", "relu", lambda X: FIXED, "the same in every case"),
    ("shifted", "linear", lambda X, W: X @ W - X.mean(), "minus the mean of X"),
    ("over the norm", "linear_weight_backward", lambda g, X: X.T @ g / np.linalg.norm(X), "the norm of X"),
    # sums
    ("last term", "contract", _last_only, "last entry"),
    ("other letters", "linear_weight_backward", lambda g, X: np.einsum("nm,kd->km", g, X) / 3, "the sum over n and m of dL_dY[n, j] · X[i, m], divided by 3"),
    ("one row of W", "linear_input_backward", lambda g, W: g * W[0], "dL_dY[i, j] · W[0, j]"),
    ("another axis", "bias_backward", lambda g: g.mean(1, keepdims=True), "averaged over its second axis"),
    ("two slips", "linear_weight_backward", lambda g, X: (g.T @ X / len(X)), "On top of that it is divided by N"),
    ("three", "linear_input_backward", lambda g, W: (g @ W.T / len(g)).astype(int), "cut to whole numbers"),
    ("right for some", "unbroadcast", lambda g, s: g if g.shape == s else g.sum(0), "summed the first axis"),
    # exceptions and types
    ("two outputs", "relu", lambda X: (np.maximum(X, 0), X), "item 0 of yours is the right one"),
    ("ranks", "contract", lambda g, J: np.tensordot(g, J, axes=1), "only where dL_dY has 1 axis"),
    ("vectors only", "numerical_jacobian", _for_vectors_only, "only where X has 1 axis"),
    ("growing", "linear", _growing, "keeps something from one call to the next"),
    ("kept", "relu_backward", _old_mask, "when your function was called before"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "function", "words"), [rule[1:] for rule in RULES], ids=[rule[0] for rule in RULES]
)
def test_named_by_rule(name, function, words):
    report = verdict(name, function)
    assert report.status == WRONG
    assert words in report.message, report
    assert len(report.message.split()) < 90, report


def test_one_number_in_an_array_is_that_number():
    reference = EXERCISES["central_difference"].reference
    report = verdict("central_difference", lambda *args: np.array([reference(*args)]))
    assert report.points == 1 and report.kind == "form"


@pytest.mark.parametrize("name", [n for n, e in EXERCISES.items() if not e.score])
def test_what_nothing_explains_is_told_without_a_slip_of_our_own(name, monkeypatch):
    """`examine` hides an error of ours from the learner; here it shows."""
    exercise = EXERCISES[name]

    def noisy(result, salt):
        if isinstance(result, tuple):
            return tuple(noisy(part, salt + 1) for part in result)
        result = np.asarray(result, dtype=float)
        return result + 0.37 * np.sin(1.7 * np.arange(result.size).reshape(result.shape) + salt)

    def wrong(*args):
        result = exercise.reference(*args)
        if isinstance(result, str):
            return "nothing"
        if callable(result):
            return lambda *upstream: noisy(result(*upstream), 1)
        return noisy(result, sum(np.size(arg) for arg in args))

    def slipped(*_):
        raise AssertionError("an error of ours while a wrong answer was explained")

    monkeypatch.setattr("course_utils.diagnosis.verdicts.unlike", slipped)
    assert verdict(name, wrong).status == WRONG

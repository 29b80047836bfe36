"""Families of slips: one rule names all of them, with numbers and combinations no bank holds."""

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

    report = examine(EXERCISES[name], ask, 2012)
    assert report.status == WRONG
    assert len(report.message.split()) < 90, report
    return report


def network_backward(slope=lambda Z: Z > 0, step=0.0, decay=0.0, share=1.0, second=None, axis=0):
    """The gradients of the two-layer network, with slips that can be dialled in."""

    def mlp_backward(dL_dS, X, W1, b1, W2, b2):
        Z = X @ W1 + b1
        A = np.maximum(Z, 0)
        dL_dW2 = (A if second is None else second(Z)).T @ dL_dS
        dL_dZ = dL_dS @ (W2 - step * dL_dW2).T * slope(Z)
        grads = X.T @ dL_dZ + decay * W1, dL_dZ.sum(axis), dL_dW2 + decay * W2, dL_dS.sum(axis)
        return tuple(grad * share for grad in grads)

    return mlp_backward


@pytest.mark.parametrize("rate", [0.003, 0.1, 1.0])
def test_a_number_of_ones_own_does_not_hide_a_mistake(rate):
    report = verdict("mlp_backward", network_backward(step=rate))
    assert report.mistake == "W2 stepped first"
    report = verdict("mlp_backward", network_backward(decay=rate))
    assert report.mistake == "weight decay added"
    report = verdict("mlp_backward", network_backward(slope=lambda Z: np.where(Z > 0, 1, rate / 2)))
    assert report.mistake == "another activation: leaky ReLU"


def test_two_slips_at_once_are_named_part_by_part():
    report = verdict("mlp_backward", network_backward(second=lambda Z: Z, share=0.25))
    assert "In dL_dW1" in report.message  # the shares differ from N elsewhere

    def both(dL_dS, X, W1, b1, W2, b2):
        grads = network_backward(second=lambda Z: Z)(dL_dS, X, W1, b1, W2, b2)
        return tuple(grad / len(X) for grad in grads)

    report = verdict("mlp_backward", both)
    assert report.mistake == "averaged over the batch"
    assert "Not right either: dL_dW2" in report.message

    report = verdict("mlp_backward", network_backward(slope=lambda Z: 1.0, axis=1))
    assert "ReLU" in report.message
    assert "Not right either: dL_db1, dL_db2" in report.message


def test_parts_in_another_order_are_said_only_where_all_are_right():
    order = (2, 3, 1, 0)
    right = EXERCISES["mlp_backward"].reference
    report = verdict("mlp_backward", lambda *args: tuple(right(*args)[n] for n in order))
    assert "yours is dL_dW2, dL_db2, dL_db1, dL_dW1" in report.message

    def one_twice(dL_dS, X, W1, b1, W2, b2):
        grads = right(dL_dS, X, W1, b1, W2, b2)
        return grads[0], grads[3], grads[2], grads[3]

    assert "order" not in verdict("mlp_backward", one_twice).message


def test_so_much_of_one_and_so_much_of_another():
    report = verdict("sgd_step", lambda param, grad, rate: param - 0.03 * grad)
    assert "1 · param minus 0.03 · grad" in report.message
    report = verdict("squared_error_backward", lambda S, T: S / 2 - T / len(S))
    assert "0.5 · S minus 0.25 · T" in report.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sigmoid", lambda Z: 1 / (1 + np.exp(-Z))),
        ("tanh", np.tanh),
        ("the absolute value", np.abs),
        ("leaky ReLU", lambda Z: np.maximum(Z, 0.2 * Z)),
        ("ELU", lambda Z: np.where(Z > 0, Z, 0.7 * np.expm1(Z))),
    ],
)
def test_another_activation_is_named(name, value):
    def mlp_forward(X, W1, b1, W2, b2):
        return value(X @ W1 + b1) @ W2 + b2

    assert verdict("mlp_forward", mlp_forward).mistake == f"another activation: {name}"


# (what is wrong, exercise, answer, words that the message must have)
SINGLE = [
    (
        "one of four layers",
        "nonzeros",
        lambda layer, N, D, M: (
            EXERCISES["nonzeros"].reference(layer, N, D, M) * (N if layer == "bias" else 1)
        ),
        "For 'bias': Your result is the right one multiplied by N",
    ),
    (
        "a mistake of the bank, in one layer only",
        "nonzeros",
        lambda layer, N, D, M: {
            "relu": N * D,
            "linear_input": D * M,
            "linear_weight": 7,
            "bias": N * M,
        }[layer],
        "one block",
    ),
    (
        "a word not asked for",
        "limited_by",
        lambda operation: "bandwidth",
        "“arithmetic” or “memory”",
    ),
    ("two words wrong", "limited_by", {"relu_backward": "arithmetic"}.get, "no `return`"),
    (
        "32 bits",
        "jacobian_bytes",
        lambda out_shape, in_shape, itemsize: np.array(
            np.prod(out_shape, dtype=int) * np.prod(in_shape, dtype=int) * itemsize
        ).astype(np.int32),
        "32-bit",
    ),
    (
        "entries held against bytes",
        "touched_bytes",
        lambda K, page: K * page if page <= K else -(-K * K * 8 // page) * page,
        "K counts entries and a page bytes",
    ),
    (
        "a flat upstream",
        "jacobian_from_vjp",
        lambda f, out, into: np.array([f(e) for e in np.eye(int(np.prod(out)))]).reshape(
            out + into
        ),
        "flat row",
    ),
    (
        "a step that crosses the kink",
        "jvp_relu",
        lambda X, dX: (np.maximum(X + 1e-3 * dX, 0) - np.maximum(X, 0)) / 1e-3,
        "",
    ),
]


@pytest.mark.parametrize(
    ("name", "function", "words"), [row[1:] for row in SINGLE], ids=[r[0] for r in SINGLE]
)
def test_is_named(name, function, words):
    assert words in verdict(name, function).message


def test_a_returned_function_that_returns_nothing():
    def compose(f_outer, f_inner):
        def both(dL_dY):
            f_inner(f_outer(dL_dY))

        return both

    report = verdict("compose", compose)
    assert "The function that you returned gave nothing" in report.message


# (answer to jacobian_bytes, or to another exercise; what the message must explain)
RAISING = [
    ("jacobian_bytes", lambda out, into, size: out * into * size, "not the tuple itself"),
    ("jacobian_bytes", lambda out, into, size: out[0] * out[5] * size, "out_shape has"),
    ("compose", lambda f_outer, f_inner: f_outer @ f_inner, "call it on an array"),
    ("compose", lambda f_outer, f_inner: lambda: f_inner, "takes 0 arguments"),
    ("compose", lambda f_outer, f_inner: lambda g: f_inner(g) @ f_outer(g), "output's shape"),
    ("nonzeros", lambda layer, N, D, M: {"relus": N * D}[layer], "spelling"),
    ("floor_seconds", lambda a, b, c, d: c // a + d // b, "bytes_moved is 0"),
    ("largest_monster", lambda available, size: available / size ^ 4, "`**` is"),
    ("play_back", lambda tape: [tape[slope] for pairs in tape for _, slope in pairs], "index"),
    ("play_back", lambda tape: [a for a, b, c in tape], "differ in number"),
    ("mlp_backward", lambda *args: np.array([args[1], args[2]]), "different shapes"),
]


@pytest.mark.parametrize(("name", "function", "words"), RAISING)
def test_an_exception_is_explained(name, function, words):
    assert words in verdict(name, function).message

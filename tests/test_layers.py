"""Each layer's four faces held against each other: entry, whole array, condensed map, differences."""

from functools import partial

import numpy as np
import pytest

from course_utils import layers
from course_utils.jacobian import contract, density, jacobian_from_rule, numerical_jacobian

N, D, M = 4, 3, 2
DIFFERENCE = 1e-9  # rounding of about 1e-16 / h with h = 1e-5, on values of some units
ROUNDING = 1e-13  # sums of a few dozen products of order one, in another order


class Face:
    """One gradient of one layer: Y = forward(variable), and its entry, array and map."""

    def __init__(self, variable, forward, rule, args, whole, condensed):
        self.variable, self.forward = variable, forward
        self.rule, self.args = rule, args
        self.whole, self.condensed = whole, condensed


def faces(N=N, D=D, M=M):
    rng = np.random.default_rng(3)
    X, W, b = rng.normal(size=(N, D)), rng.normal(size=(D, M)), rng.normal(size=M)
    Z = rng.normal(size=(N, M))
    return {
        "relu": Face(
            X,
            layers.relu,
            layers.relu_entry,
            (X,),
            layers.relu_jacobian(X),
            lambda dL_dY: layers.relu_backward(dL_dY, X),
        ),
        "linear_input": Face(
            X,
            lambda X: layers.linear(X, W),
            layers.linear_input_entry,
            (X, W),
            layers.linear_input_jacobian(X, W),
            lambda dL_dY: layers.linear_input_backward(dL_dY, W),
        ),
        "linear_weight": Face(
            W,
            lambda W: layers.linear(X, W),
            layers.linear_weight_entry,
            (X, W),
            layers.linear_weight_jacobian(X, W),
            lambda dL_dY: layers.linear_weight_backward(dL_dY, X),
        ),
        "bias": Face(
            b,
            lambda b: layers.add_bias(Z, b),
            layers.bias_entry,
            (N, b),
            layers.bias_jacobian(N, b),
            layers.bias_backward,
        ),
    }


NAMES = list(faces())
SIZES = [(4, 3, 2), (3, 3, 3), (1, 4, 3), (5, 1, 1)]


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_four_faces_of_one_gradient(name, sizes):
    face = faces(*sizes)[name]
    X, Y = face.variable, face.forward(face.variable)
    upstream = np.random.default_rng(4).normal(size=Y.shape)

    by_rule = jacobian_from_rule(face.rule, face.args, Y.shape, X.shape)
    by_differences = numerical_jacobian(face.forward, X)
    by_map = layers.jacobian_from_vjp(face.condensed, Y.shape, X.shape)
    dL_dX = face.condensed(upstream)

    assert face.whole.shape == Y.shape + X.shape
    np.testing.assert_array_equal(by_rule, face.whole)
    np.testing.assert_allclose(by_differences, face.whole, rtol=0, atol=DIFFERENCE)
    np.testing.assert_array_equal(by_map, face.whole)
    assert dL_dX.shape == X.shape
    np.testing.assert_allclose(dL_dX, contract(upstream, face.whole), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("name", NAMES)
def test_nonzeros_counts_the_entries_that_can_differ_from_zero(name, sizes):
    N, D, M = sizes
    seen = np.count_nonzero(faces(*sizes)[name].whole)
    if name == "relu":  # of (N, D); the entries where X < 0 are zero as well
        seen = np.count_nonzero(layers.relu_jacobian(np.ones((N, D))))
    assert layers.nonzeros(name, N, D, M) == seen


def test_nonzeros_names_what_it_knows():
    with pytest.raises(ValueError, match="linear_input"):
        layers.nonzeros("softmax", 1, 1, 1)


def test_densities_are_those_of_the_text():
    whole = {name: face.whole for name, face in faces().items()}
    assert density(whole["linear_input"]) == 1 / N
    assert density(whole["linear_weight"]) == 1 / M
    assert density(whole["bias"]) == 1 / M
    assert 0 < density(whole["relu"]) <= 1 / (N * D)


# --- ReLU ------------------------------------------------------------------------------------


def test_relu_at_zero_is_flat():
    X = np.array([[-1.0, -0.0, 0.0, 1e-300]])
    np.testing.assert_array_equal(layers.relu(X), [[0, 0, 0, 1e-300]])
    np.testing.assert_array_equal(layers.relu_backward(np.full((1, 4), 7.0), X), [[0, 0, 0, 7]])
    assert [layers.relu_entry(X, 0, l, 0, l) for l in range(4)] == [0, 0, 0, 1]


def test_three_sizes_of_the_relu_jacobian_agree():
    X = np.random.default_rng(5).normal(size=(4, 3))
    stack = layers.relu_batch_jacobians(X)
    whole = layers.relu_jacobian(X)
    for n in range(4):
        np.testing.assert_array_equal(stack[n], layers.relu_row_jacobian(X[n]))
        np.testing.assert_array_equal(stack[n], whole[n, :, n, :])
    upstream = np.random.default_rng(6).normal(size=(4, 3))
    each_row_its_matrix = np.stack([upstream[n] @ stack[n] for n in range(4)])
    np.testing.assert_array_equal(each_row_its_matrix, layers.relu_backward(upstream, X))


def test_forward_mode_is_the_jacobian_times_a_change():
    rng = np.random.default_rng(7)
    X, dX = rng.normal(size=(2, 4, 3))
    expected = np.einsum("klij,ij->kl", layers.relu_jacobian(X), dX)
    np.testing.assert_array_equal(layers.jvp_relu(X, dX), expected)


# --- broadcasting ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "broadcast"),
    [
        ((3,), (4, 3)),
        ((1, 3), (4, 3)),
        ((4, 1), (4, 3)),
        ((), (4, 3)),
        ((1,), (4, 3)),
        ((4, 3), (4, 3)),
        ((1, 1), (1, 3)),
        ((3, 1, 2), (5, 3, 4, 2)),
        ((1,), (1,)),
    ],
)
def test_unbroadcast_is_the_condensed_map_of_a_broadcast(shape, broadcast):
    rng = np.random.default_rng(8)
    b, upstream = rng.normal(size=shape), rng.normal(size=broadcast)
    J = numerical_jacobian(lambda b: np.broadcast_to(b, broadcast), b)
    dL_db = layers.unbroadcast(upstream, shape)
    assert dL_db.shape == shape
    np.testing.assert_allclose(dL_db, contract(upstream, J), rtol=0, atol=DIFFERENCE)


@pytest.mark.parametrize("shape", [(4,), (2, 3), (1, 4, 3), (5, 4, 3)])
def test_unbroadcast_refuses_what_does_not_broadcast(shape):
    with pytest.raises(ValueError, match="does not broadcast"):
        layers.unbroadcast(np.ones((4, 3)), shape)


# --- layers and maps -------------------------------------------------------------------------


def test_a_whole_layer():
    rng = np.random.default_rng(9)
    X, W, b = rng.normal(size=(N, D)), rng.normal(size=(D, M)), rng.normal(size=M)
    upstream = rng.normal(size=(N, M))
    gradients = layers.layer_backward(upstream, X, W, b)
    forwards = [lambda X: layers.layer(X, W, b), lambda W: layers.layer(X, W, b)]
    forwards.append(lambda b: layers.layer(X, W, b))
    for variable, forward, gradient in zip((X, W, b), forwards, gradients, strict=True):
        expected = contract(upstream, numerical_jacobian(forward, variable))
        assert gradient.shape == variable.shape
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=DIFFERENCE)


def test_maps_compose_from_the_outside_in():
    rng = np.random.default_rng(10)
    X, W, upstream = rng.normal(size=(N, D)), rng.normal(size=(D, M)), rng.normal(size=(N, M))
    outer = partial(layers.relu_backward, X=X @ W)
    inner = partial(layers.linear_input_backward, W=W)
    J = numerical_jacobian(lambda X: layers.relu(X @ W), X)
    dL_dX = layers.compose(outer, inner)(upstream)
    np.testing.assert_allclose(dL_dX, contract(upstream, J), rtol=0, atol=DIFFERENCE)


def test_a_jacobian_is_recovered_from_a_map_that_changes_its_input():
    def in_place(dL_dY):
        dL_dY *= 2
        return dL_dY

    J = layers.jacobian_from_vjp(in_place, (3,), (3,))
    np.testing.assert_array_equal(J, 2 * np.eye(3))


def test_the_forms_for_speed_give_the_same_values():
    rng = np.random.default_rng(11)
    X, upstream = rng.normal(size=(2, 40, 30))
    X[3, 4] = 0
    Y, mask = layers.relu_and_mask(X)
    np.testing.assert_array_equal(Y, layers.relu(X))
    dX, db = np.empty_like(X), np.empty(30)
    assert layers.relu_backward_from_mask(upstream, mask, dX) is dX
    np.testing.assert_array_equal(dX, layers.relu_backward(upstream, X))
    assert layers.bias_backward_into(upstream, np.ones(40), db) is db
    np.testing.assert_allclose(db, layers.bias_backward(upstream), rtol=0, atol=ROUNDING)
    W, dW = rng.normal(size=(20, 30)), np.empty((20, 30))
    X, dX = rng.normal(size=(40, 20)), np.empty((40, 20))
    into = layers.linear_backward_into(upstream, X, W, dX, dW)
    assert into[0] is dX and into[1] is dW
    np.testing.assert_array_equal(dX, layers.linear_input_backward(upstream, W))
    np.testing.assert_array_equal(dW, layers.linear_weight_backward(upstream, X))


def test_nothing_changes_its_inputs():
    rng = np.random.default_rng(12)
    X, W, b = rng.normal(size=(N, D)), rng.normal(size=(D, M)), rng.normal(size=M)
    upstream = rng.normal(size=(N, M))
    for array in (X, W, b, upstream):
        array.flags.writeable = False  # any attempt raises
    layers.layer_backward(upstream, X, W, b)
    layers.relu_and_mask(X)
    layers.jvp_relu(X, X)
    layers.unbroadcast(upstream, (1, M))

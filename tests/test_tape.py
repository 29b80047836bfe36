"""The tape against differences: shared values, constants, the whole network."""

import numpy as np
import pytest

from course_utils import layers, network, tape
from course_utils.jacobian import numerical_jacobian
from course_utils.tape import Tape

DIFFERENCE = 1e-9  # rounding of about 1e-16 / h with h = 1e-5, on values of some units


@pytest.fixture
def rng():
    return np.random.default_rng(1)


def network_on(tape_, X, W1, b1, W2, b2, T):
    Z = tape_.apply(tape.add, tape_.apply(tape.matmul, X, W1), b1)
    A = tape_.apply(tape.relu, Z)
    S = tape_.apply(tape.add, tape_.apply(tape.matmul, A, W2), b2)
    return tape_.apply(tape.squared_error, S, T)


def test_one_layer(rng):
    X, W, b, T = (rng.normal(size=s) for s in ((4, 3), (3, 2), (2,), (4, 2)))
    t = Tape()
    nodes = [t.variable(a) for a in (X, W, b)]
    Z = t.apply(tape.add, t.apply(tape.matmul, *nodes[:2]), nodes[2])
    Y = t.apply(tape.relu, Z)
    L = t.apply(tape.squared_error, Y, T)
    np.testing.assert_array_equal(Y.value, layers.layer(X, W, b))
    expected = layers.layer_backward(network.squared_error_backward(Y.value, T), X, W, b)
    for seen, by_hand in zip(t.gradients(L, *nodes), expected, strict=True):
        np.testing.assert_allclose(seen, by_hand, rtol=1e-14)  # the same products, once each


def test_the_network_of_two_layers(rng):
    X, T = rng.normal(size=(5, 4)), network.one_hot(rng.integers(3, size=5), 3)
    params = network.init(4, 6, 3, rng)
    t = Tape()
    nodes = [t.variable(p) for p in params]
    L = network_on(t, X, *nodes, T)
    S = network.mlp_forward(X, *params)
    assert L.value == network.squared_error(S, T)
    by_hand = network.mlp_backward(network.squared_error_backward(S, T), X, *params)
    for seen, expected in zip(t.gradients(L, *nodes), by_hand, strict=True):
        assert seen.shape == expected.shape
        np.testing.assert_allclose(seen, expected, rtol=0, atol=1e-14)


def test_a_value_used_twice_adds_up(rng):
    W = rng.normal(size=(3, 3))

    def loss(W):
        return ((W @ np.maximum(W, 0) + W) ** 2).sum() / 6

    t = Tape()
    node = t.variable(W)
    Y = t.apply(tape.add, t.apply(tape.matmul, node, t.apply(tape.relu, node)), node)
    L = t.apply(tape.squared_error, Y, np.zeros((3, 3)))
    (dL_dW,) = t.gradients(L, node)
    np.testing.assert_allclose(dL_dW, numerical_jacobian(loss, W), rtol=0, atol=DIFFERENCE)


def test_what_has_no_part_in_the_loss_has_a_gradient_of_zero(rng):
    t = Tape()
    x, unused = t.variable(np.ones((2, 2))), t.variable(np.ones(3))
    after = t.apply(tape.relu, x)
    L = t.apply(tape.squared_error, x, np.zeros((2, 2)))
    t.apply(tape.relu, after)  # recorded after the loss
    dL_dx, dL_dunused, dL_dafter = t.gradients(L, x, unused, after)
    np.testing.assert_array_equal(dL_dx, np.full((2, 2), 0.5))
    np.testing.assert_array_equal(dL_dunused, np.zeros(3))
    np.testing.assert_array_equal(dL_dafter, np.zeros((2, 2)))


def test_playing_it_twice_gives_the_same(rng):
    t = Tape()
    x = t.variable(rng.normal(size=(2, 2)))
    L = t.apply(tape.squared_error, t.apply(tape.relu, x), np.ones((2, 2)))
    (once,), (twice,) = t.gradients(L, x), t.gradients(L, x)
    np.testing.assert_array_equal(once, twice)


def test_targets_may_be_variables_too(rng):
    S, T = rng.normal(size=(2, 4, 3))
    t = Tape()
    s, target = t.variable(S), t.variable(T)
    L = t.apply(tape.squared_error, s, target)
    dL_dS, dL_dT = t.gradients(L, s, target)
    np.testing.assert_array_equal(dL_dS, -dL_dT)
    np.testing.assert_allclose(dL_dS, (S - T) / 4, rtol=1e-15)


def test_only_a_number_is_differentiated():
    t = Tape()
    x = t.variable(np.ones((2, 2)))
    with pytest.raises(ValueError, match=r"\(2, 2\)"):
        t.gradients(x, x)

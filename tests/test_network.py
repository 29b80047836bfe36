"""The network of notebook 06: its gradient against differences, its data, its training."""

import numpy as np
import pytest

from course_utils import network
from course_utils.jacobian import numerical_jacobian

DIFFERENCE = 1e-9  # rounding of about 1e-16 / h with h = 1e-5, on values of some units
ROUNDING = 1e-13  # the same sums of a few dozen products, multiplied by the rate before or after


@pytest.fixture
def problem():
    rng = np.random.default_rng(2)
    X, T = rng.normal(size=(7, 5)), network.one_hot(rng.integers(3, size=7), 3)
    W1, _, W2, _ = network.init(5, 4, 3, rng)
    return X, T, (W1, rng.normal(size=4), W2, rng.normal(size=3))


def test_the_whole_gradient_against_differences(problem):
    X, T, params = problem
    dL_dS = network.squared_error_backward(network.mlp_forward(X, *params), T)
    gradients = network.mlp_backward(dL_dS, X, *params)
    for place, gradient in enumerate(gradients):

        def loss(p, place=place):
            moved = (*params[:place], p, *params[place + 1 :])
            return network.squared_error(network.mlp_forward(X, *moved), T)

        expected = numerical_jacobian(loss, params[place])
        assert gradient.shape == params[place].shape
        np.testing.assert_allclose(gradient, expected, rtol=0, atol=DIFFERENCE)


def test_a_kept_hidden_layer_changes_nothing(problem):
    X, T, params = problem
    A = np.maximum(X @ params[0] + params[1], 0)
    S = network.mlp_forward(X, *params)
    dL_dS = network.squared_error_backward(S, T)
    again = network.mlp_backward(dL_dS, X, *params)
    for kept, fresh in zip(network.mlp_backward(dL_dS, X, *params, A=A), again, strict=True):
        np.testing.assert_array_equal(kept, fresh)


def test_the_step_for_speed_is_the_step(problem):
    X, T, params = problem
    before = [p.copy() for p in params]
    S = network.mlp_forward(X, *params)
    gradients = network.mlp_backward(network.squared_error_backward(S, T), X, *params)
    stepped, scores = network.training_step(X, T, params, 0.5)
    np.testing.assert_allclose(scores, S, rtol=0, atol=ROUNDING)
    for new, old, kept, gradient in zip(stepped, params, before, gradients, strict=True):
        expected = network.sgd_step(old, gradient, 0.5)
        np.testing.assert_allclose(new, expected, rtol=0, atol=ROUNDING)
        np.testing.assert_array_equal(old, kept)


def test_the_loss_divides_by_the_batch_once():
    S, T = np.full((4, 2), 3.0), np.ones((4, 2))
    assert network.squared_error(S, T) == 4 * 2 * 2.0**2 / (2 * 4)
    np.testing.assert_array_equal(network.squared_error_backward(S, T), np.full((4, 2), 2 / 4))


def test_a_step_leaves_the_parameter_alone():
    old = np.ones(3)
    new = network.sgd_step(old, np.array([1.0, 0, -1]), 0.5)
    np.testing.assert_array_equal(old, np.ones(3))
    np.testing.assert_array_equal(new, [0.5, 1, 1.5])


def test_one_hot_and_accuracy():
    T = network.one_hot(np.array([2, 0]), 3)
    np.testing.assert_array_equal(T, [[0, 0, 1], [1, 0, 0]])
    assert network.accuracy(T, np.array([2, 1])) == 0.5


def test_the_digits_are_those_of_the_source():
    images, labels = network.load_digits()
    assert images.shape == (1797, 64) and images.dtype == float
    assert images.min() == 0 and images.max() == 1
    assert labels[:10].tolist() == list(range(10))
    # class by class, as the repository of the data states them for its test part
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]


def test_the_digits_are_those_of_scikit_learn():
    datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    images, labels = network.load_digits()
    theirs = datasets.load_digits()
    np.testing.assert_array_equal(images * 16, theirs.data)
    np.testing.assert_array_equal(labels, theirs.target)


def test_a_split_holds_every_sample_once():
    train, test = network.split(1797)
    assert train.tolist() + test.tolist() == list(range(1797)) and len(test) == 449
    train, test = network.split(1797, test=0.1, rng=np.random.default_rng(0))
    assert sorted([*train, *test]) == list(range(1797)) and len(test) == 180
    assert test.tolist() != sorted(test)


def trained(rows, seed, **options):
    images, labels = network.load_digits()
    T = network.one_hot(labels)
    params = network.init(64, 128, 10, np.random.default_rng(seed))
    *_, last = network.train(images[rows], T[rows], params, **options)
    return last


def right(rows, params):
    images, labels = network.load_digits()
    return network.accuracy(network.mlp_forward(images[rows], *params), labels[rows])


def test_it_learns_and_new_writers_are_harder():
    """Over twelve splits and starts: 0.953 to 0.993 at random, 0.917 to 0.938 in file order."""
    at_random = network.split(1797, rng=np.random.default_rng(0))
    in_order = network.split(1797)
    scores = {}
    for name, (train, test) in {"random": at_random, "file": in_order}.items():
        last = trained(train, seed=1)
        assert last.epoch == 50 and last.loss < 0.1
        scores[name] = right(test, last.params)
    assert scores["random"] > 0.95
    assert 0.90 < scores["file"] < 0.95 and scores["file"] < scores["random"]


def test_training_repeats_itself_and_leaves_the_start_alone():
    images, labels = network.load_digits()
    X, T = images[:100], network.one_hot(labels[:100])
    params = network.init(64, 8, 10, np.random.default_rng(3))
    before = [p.copy() for p in params]
    first = list(network.train(X, T, params, epochs=3))
    second = list(network.train(X, T, params, epochs=3))
    assert [p.epoch for p in first] == [1, 2, 3]
    assert [p.loss for p in first] == [p.loss for p in second]
    for old, now in zip(before, params, strict=True):
        np.testing.assert_array_equal(old, now)


def test_a_gradient_of_ones_own_takes_the_place_of_ours():
    images, labels = network.load_digits()
    X, T = images[:100], network.one_hot(labels[:100])
    params = network.init(64, 8, 10, np.random.default_rng(3))

    def frozen(dL_dS, X, W1, b1, W2, b2):
        return tuple(np.zeros_like(p) for p in (W1, b1, W2, b2))

    (same,) = network.train(X, T, params, epochs=1, backward=network.mlp_backward)
    (ours,) = network.train(X, T, params, epochs=1)
    (stuck,) = network.train(X, T, params, epochs=1, backward=frozen)
    for a, b in zip(ours.params, same.params, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=ROUNDING)
    for a, b in zip(stuck.params, params, strict=True):
        np.testing.assert_array_equal(a, b)

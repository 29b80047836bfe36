"""Jacobians from rules and from differences, against arrays that were written out otherwise."""

import warnings

import numpy as np
import pytest

from course_utils import jacobian
from course_utils.jacobian import (
    central_difference,
    contract,
    density,
    jacobian_bytes,
    jacobian_from_rule,
    numerical_jacobian,
)

# h = 1e-5: rounding of about 1e-16 / h = 1e-11 times values of some units, and as much from h².
DIFFERENCE = 1e-9
# Sums of some hundred products of order one, in another order.
ROUNDING = 1e-13


@pytest.fixture
def X():
    return np.random.default_rng(7).normal(size=(6, 5))


# --- rules -----------------------------------------------------------------------------------


def by_products(X, k, l, i, j):
    return (k == i) * (l == j) * (X[k, l] > 0)


def by_branches(X, k, l, i, j):
    if k == i and l == j:
        return 1.0 if X[k, l] > 0 else 0.0
    return 0


def by_where(X, k, l, i, j):
    return np.where((k == i) & (l == j), np.cos(X[k, l]), 0.0)


def swallowing(X, k, l, i, j):
    """On arrays the comparison is ambiguous, and the rule hides that it could not answer."""
    try:
        return float(X[k, l] > 0) if (k, l) == (i, j) else 0.0
    except ValueError:
        return 0.0


def counting_deltas(X, k, l, i, j):
    """True + True is 2 for Python's booleans and True for arrays of booleans."""
    return (k == i) + (l == j)


def of_one_index(X, k, l, i, j):
    return X[i, j]


def constant(X, k, l, i, j):
    return 3


def with_the_index_itself(X, k, l, i, j):
    return int(k) * 1000 + int(l) * 100 + int(i) * 10 + int(j)


RULES = [
    by_products,
    by_branches,
    by_where,
    swallowing,
    counting_deltas,
    of_one_index,
    constant,
    with_the_index_itself,
]


def one_by_one(rule, args, shape):
    J = np.empty(shape)
    for index in np.ndindex(shape):
        J[index] = rule(*args, *index)
    return J


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("block", [1, 70, 100_000])
def test_a_rule_gives_the_array_of_its_entries(rule, block, X, monkeypatch):
    monkeypatch.setattr(jacobian, "BLOCK_ENTRIES", block)
    J = jacobian_from_rule(rule, (X,), X.shape, X.shape)
    assert J.dtype == float
    np.testing.assert_allclose(J, one_by_one(rule, (X,), (6, 5, 6, 5)), rtol=1e-15, atol=0)


@pytest.mark.parametrize(
    ("rule", "vectorised"), [(by_products, True), (by_where, True), (by_branches, False)]
)
def test_a_rule_is_vectorised_where_it_can_be(rule, vectorised, X):
    calls = []

    def counted(*args):
        calls.append(1)
        return rule(*args)

    J = jacobian_from_rule(counted, (X,), X.shape, X.shape)
    assert (len(calls) < J.size) == vectorised


def test_a_single_entry_that_differs_on_the_diagonal_is_seen():
    """One positive entry of many: the hidden failure shows at few places, all of them diagonal."""
    X = -np.ones((4, 6))
    X[2, 3] = 1
    J = jacobian_from_rule(swallowing, (X,), X.shape, X.shape)
    assert J[2, 3, 2, 3] == 1 and J.sum() == 1


def test_other_ranks():
    b = np.arange(20.0)
    J = jacobian_from_rule(lambda N, b, k, l, j: (l == j) * 1.0, (3, b), (3, 20), (20,))
    np.testing.assert_array_equal(J, np.broadcast_to(np.eye(20), (3, 20, 20)))
    J = jacobian_from_rule(lambda x, i: 2 * x[i], (b,), (), (20,))
    np.testing.assert_array_equal(J, 2 * b)
    assert jacobian_from_rule(lambda x, k: 1, (b,), (0,), ()).shape == (0,)


def test_what_a_rule_raises_is_raised(X):
    def broken(X, k, l, i, j):
        return X[k + 1, l]

    with pytest.raises(IndexError, match="out of bounds"):
        jacobian_from_rule(broken, (X,), X.shape, X.shape)


def test_what_is_not_a_number_is_refused(X):
    with pytest.raises(TypeError, match="None"):
        jacobian_from_rule(lambda X, k, l, i, j: None, (X,), X.shape, X.shape)
    with pytest.raises(ValueError, match="shape"):
        jacobian_from_rule(lambda X, k, l, i, j: [1, 2], (X,), X.shape, X.shape)


def test_a_trial_of_a_rule_is_silent(X, recwarn):
    def wary(X, k, l, i, j):
        if isinstance(k, np.ndarray):
            warnings.warn("indices are whole numbers", stacklevel=1)
        return (k == i) * (l == j) * 1.0

    jacobian_from_rule(wary, (X,), X.shape, X.shape)
    assert not recwarn.list


def test_a_trial_of_a_rule_leaves_the_arguments_alone(X):
    """A rule that writes where it should read writes once an entry, and not once more."""

    def writing(X, k, l, i, j):
        X[k, l] += 1
        return X[k, l]

    ours, theirs = X.copy(), X.copy()
    J = jacobian_from_rule(writing, (ours,), X.shape, X.shape)
    np.testing.assert_array_equal(J, one_by_one(writing, (theirs,), (6, 5, 6, 5)))
    np.testing.assert_array_equal(ours, theirs)


# --- differences -----------------------------------------------------------------------------


def square(X):
    return X * X


def softmax(X):
    E = np.exp(X)
    return E / E.sum(axis=-1, keepdims=True)


def over_the_batch(X):
    E = np.exp(X)
    return E / E.sum(axis=0)


def one_row_at_a_time(X):
    return np.array([[max(x, 0.0) for x in row] for row in X])


def in_place(X):
    X *= X
    return X


def one_buffer():
    out = np.empty((6, 5))
    return lambda X: np.multiply(X, X, out=out)


def defined_by_loop(f, X, h=1e-5):
    """The definition, an entry at a time."""
    columns = []
    for index in np.ndindex(X.shape):
        E = np.zeros(X.shape)
        E[index] = h
        columns.append((np.array(f(X + E)) - np.array(f(X - E))) / (2 * h))
    J = np.array(columns)
    return np.moveaxis(J.reshape(X.shape + J.shape[1:]), range(X.ndim), range(-X.ndim, 0))


W = np.random.default_rng(8).normal(size=(5, 4))
ANY_F = {
    "elementwise": square,
    "rows": softmax,
    "linear": lambda X: X @ W,
    "samples mix": over_the_batch,
    "no stack": one_row_at_a_time,
    "in place": in_place,
    "one buffer": one_buffer(),
    "transpose": lambda X: X.T,
    "flat": lambda X: X.ravel(),
    "a number": lambda X: (X**3).sum(),
    "a list": lambda X: [X[0, 0], X[1, 1] ** 2],
    "a row": lambda X: X[0] * X[1],
    "the first of a stack": lambda X: X - X[0],
    "outer": lambda X: np.multiply.outer(X, X),
}


@pytest.mark.parametrize("name", ANY_F)
@pytest.mark.parametrize("chunk", [1, 1000, 256 * 1024])
def test_differences_of_any_f(name, chunk, X, monkeypatch):
    monkeypatch.setattr(jacobian, "CHUNK_BYTES", chunk)
    before = X.copy()
    J = numerical_jacobian(ANY_F[name], X)
    np.testing.assert_allclose(J, defined_by_loop(ANY_F[name], before), rtol=0, atol=DIFFERENCE)
    np.testing.assert_array_equal(X, before)


@pytest.mark.parametrize(("name", "calls_at_most"), [("linear", 10), ("no stack", 1000)])
def test_stacks_save_calls_where_f_can_take_them(name, calls_at_most, X):
    calls = []

    def counted(X):
        calls.append(1)
        return ANY_F[name](X)

    numerical_jacobian(counted, X)
    stacked = len(calls) < X.size
    assert stacked == (name == "linear") and len(calls) <= calls_at_most


def test_a_stack_that_looks_right_by_its_shape_is_not_enough():
    """Zeros make the transpose of a stack of 2×2 arrays look like the stack of transposes."""
    J = numerical_jacobian(lambda X: X.T, np.zeros((2, 2)))
    np.testing.assert_allclose(J, np.einsum("li,kj->klij", np.eye(2), np.eye(2)), atol=DIFFERENCE)


def test_a_stack_of_another_length_may_be_another_matter(X):
    def only_three(X):
        return X * X if X.ndim < 3 or len(X) == 3 else X[0] * X[0]

    J = numerical_jacobian(only_three, X)
    np.testing.assert_allclose(J, defined_by_loop(square, X), rtol=0, atol=DIFFERENCE)


TRUE_CLAIMS = {
    ("elementwise", "elementwise"): square,
    ("elementwise", "rows"): square,
    ("softmax", "rows"): softmax,
    ("linear", "rows"): ANY_F["linear"],
    ("a number a row", "rows"): lambda X: (X**2).sum(axis=-1),
    ("another factor a sample", "rows"): lambda X: X * np.arange(6.0)[:, None],
    ("another factor an entry", "elementwise"): lambda X: X * np.arange(30.0).reshape(6, 5),
    ("no stack", "rows"): one_row_at_a_time,
    ("no stack", "elementwise"): one_row_at_a_time,
    ("in place", "elementwise"): in_place,
    ("one buffer", "rows"): one_buffer(),
    ("constant", "elementwise"): lambda X: np.zeros(X.shape),
    ("not finite", "elementwise"): lambda X: np.where(X > 0, X, np.inf),
}


@pytest.mark.parametrize(("name", "claim"), TRUE_CLAIMS)
def test_a_true_claim_gives_the_same_jacobian(name, claim, X):
    f, before = TRUE_CLAIMS[name, claim], X.copy()
    with np.errstate(invalid="ignore"):  # inf - inf, where f is not finite
        J = numerical_jacobian(f, X, mixing=claim)
        expected = defined_by_loop(f, before)
    own = np.einsum("ijij->ij", expected) if name == "not finite" else expected
    seen = np.einsum("ijij->ij", J) if name == "not finite" else J
    np.testing.assert_allclose(seen, own, rtol=0, atol=DIFFERENCE)
    np.testing.assert_array_equal(X, before)


def one_pair(X):
    Y = X.copy()
    Y[..., 4, 2] += 1e-6 * X[..., 1, 3]
    return Y


def shifted(X):
    """A row moved as a whole leaves its softmax as it was: only uneven moves show the mean."""
    return X + softmax(X).mean(axis=-2, keepdims=True)


FALSE_CLAIMS = {
    ("linear", "elementwise"): lambda X: X @ W @ W.T,
    ("softmax", "elementwise"): softmax,
    ("over the batch", "rows"): over_the_batch,
    ("over the batch", "elementwise"): over_the_batch,
    ("centred", "rows"): lambda X: X - X.mean(axis=-2, keepdims=True),
    ("a shifted mean", "rows"): shifted,
    ("one weak pair", "rows"): one_pair,
    ("one weak pair", "elementwise"): one_pair,
    ("rolled", "rows"): lambda X: np.roll(X, 1, axis=-2),
    ("transposed", "rows"): lambda X: X.T,
    ("transposed", "elementwise"): lambda X: X.T,
    ("a number", "rows"): lambda X: X.sum(),
    ("a number a row", "elementwise"): lambda X: X.sum(axis=-1),
    ("rows lost", "rows"): lambda X: X[:3],
    ("no stack", "rows"): lambda X: np.array([row - X[0] for row in X]),
}


@pytest.mark.parametrize(("name", "claim"), FALSE_CLAIMS)
@pytest.mark.parametrize("shape", [(6, 5), (5, 5)])
def test_a_false_claim_is_refused(name, claim, shape):
    X = np.random.default_rng(9).normal(size=shape)
    with pytest.raises(ValueError, match="not true of this f"):
        numerical_jacobian(FALSE_CLAIMS[name, claim], X, mixing=claim)


def test_every_single_coupling_is_found():
    """Any one sample that leaks into any other one is seen, whichever they are."""
    X = np.random.default_rng(10).normal(size=(6, 2))
    for n, m in np.ndindex(6, 6):
        leak = np.eye(6)
        leak[n, m] += 0.1
        if n == m:
            numerical_jacobian(lambda X, leak=leak: leak @ X, X, mixing="rows")
        else:
            with pytest.raises(ValueError, match="not true of this f"):
                numerical_jacobian(lambda X, leak=leak: leak @ X, X, mixing="rows")


def test_an_unknown_claim_is_named(X):
    with pytest.raises(ValueError, match="an array with rows"):
        numerical_jacobian(square, 1.0, mixing="rows")
    with pytest.raises(ValueError, match="'columns'"):
        numerical_jacobian(square, X, mixing="columns")


@pytest.mark.parametrize(
    ("shape", "mixing"),
    [((), None), ((), "elementwise")]
    + [
        (shape, mixing)
        for shape in [(3,), (1, 1), (2, 3, 2), (0, 3)]
        for mixing in [None, "rows", "elementwise"]
    ],
)
def test_differences_of_any_rank(shape, mixing):
    X = np.random.default_rng(11).normal(size=shape)
    J = numerical_jacobian(square, X, mixing=mixing)
    assert J.shape == X.shape + X.shape
    expected = np.diag(2 * X.ravel()).reshape(J.shape)
    np.testing.assert_allclose(J, expected, rtol=0, atol=DIFFERENCE)


def test_integers_are_moved_as_real_numbers():
    J = numerical_jacobian(square, np.array([1, 2, 3]))
    np.testing.assert_allclose(J, np.diag([2.0, 4, 6]), rtol=0, atol=DIFFERENCE)


def test_central_difference_has_an_error_of_order_h_squared():
    error = [abs(central_difference(np.exp, 0.0, h) - 1) for h in (1e-1, 1e-2)]
    assert 90 < error[0] / error[1] < 110  # 100 for an h ten times smaller; next term 1e-3


# --- contraction, weight ---------------------------------------------------------------------


@pytest.mark.parametrize("out_shape", [(), (4,), (4, 3), (2, 3, 2)])
@pytest.mark.parametrize("in_shape", [(), (5,), (5, 2), (2, 1, 3)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_contract_is_the_sum_over_all_outputs(out_shape, in_shape, order):
    rng = np.random.default_rng(12)
    dL_dY = rng.normal(size=out_shape)
    dY_dX = np.array(rng.normal(size=out_shape + in_shape), order=order)
    expected = np.zeros(in_shape)
    for k in np.ndindex(*out_shape):
        expected += dL_dY[k] * dY_dX[k]
    dL_dX = contract(dL_dY, dY_dX)
    assert dL_dX.shape == in_shape
    np.testing.assert_allclose(dL_dX, expected, rtol=0, atol=ROUNDING)


def test_contract_takes_lists_and_booleans():
    np.testing.assert_array_equal(contract([1, 1], np.ones((2, 3), bool)), [2.0, 2.0, 2.0])


def test_contract_says_which_shapes_do_not_fit(X):
    with pytest.raises(ValueError, match=r"\(6, 5\).*\(5, 6, 6, 5\)"):
        contract(X, np.zeros((5, 6, 6, 5)))


def test_bytes_are_exact_and_do_not_overflow():
    assert jacobian_bytes((2, 3), (4,)) == np.zeros((2, 3, 4)).nbytes
    assert jacobian_bytes((2, 3), (4,), itemsize=4) == np.zeros((2, 3, 4), np.float32).nbytes
    assert jacobian_bytes((10**6, 10**6), (10**6, 10**6)) == 8 * 10**24


def test_density_counts_what_is_not_zero():
    assert density(np.eye(4)) == 0.25
    assert density(np.ones((2, 2))) == 1

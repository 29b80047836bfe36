"""Every equation of the course against JAX and PyTorch, and what frameworks say at exactly 0.

These are development-time tests: `uv run --group oracle pytest tests/test_oracles.py`. Where a
library is not installed its tests are skipped, and say so.
"""

import numpy as np
import pytest

from course_utils import layers, network
from course_utils.jacobian import contract

N, D, H, M = 5, 4, 6, 3
ROUNDING = 1e-13  # float64 on both sides: sums of a few dozen products of order one


def a_library(name):
    return pytest.importorskip(name, reason=f"{name} is not installed: nothing to compare with")


class InJax:
    """The calls that the tests need, in JAX's words."""

    def __init__(self):
        self.jax = a_library("jax")
        self.jax.config.update("jax_enable_x64", True)
        self.relu, self.np = self.jax.nn.relu, self.jax.numpy

    def jacobian(self, f, X):
        return np.asarray(self.jax.jacobian(f)(X))

    def gradients(self, f, variables, upstream):
        _, vjp = self.jax.vjp(f, *variables)
        return [np.asarray(g) for g in vjp(self.np.asarray(upstream))]

    def jvp(self, f, X, dX):
        return np.asarray(self.jax.jvp(f, (X,), (dX,))[1])

    def broadcast(self, b, shape):
        return self.np.broadcast_to(b, shape)


class InTorch:
    """The same calls in PyTorch's words."""

    def __init__(self):
        self.torch = a_library("torch")
        self.relu = self.torch.relu

    def jacobian(self, f, X):
        return self.torch.autograd.functional.jacobian(f, self.torch.tensor(X)).numpy()

    def gradients(self, f, variables, upstream):
        tensors = [self.torch.tensor(v, requires_grad=True) for v in variables]
        f(*tensors).backward(self.torch.tensor(upstream))
        return [t.grad.numpy() for t in tensors]

    def jvp(self, f, X, dX):
        f_of, X, dX = f, self.torch.tensor(X), self.torch.tensor(dX)
        return self.torch.func.jvp(f_of, (X,), (dX,))[1].numpy()

    def broadcast(self, b, shape):
        return self.torch.broadcast_to(b, shape)


@pytest.fixture(params=[InJax, InTorch], ids=["jax", "torch"])
def oracle(request):
    return request.param()


@pytest.fixture
def data():
    rng = np.random.default_rng(20)
    shapes = {"X": (N, D), "W": (D, M), "b": (M,), "Z": (N, M), "dL_dY": (N, M)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def theirs(oracle, array):
    """An array as a constant of the library."""
    return oracle.torch.tensor(array) if isinstance(oracle, InTorch) else array


def close(ours, seen):
    assert ours.shape == seen.shape
    np.testing.assert_allclose(ours, seen, rtol=0, atol=ROUNDING)


def test_relu(oracle, data):
    Z, dL_dY = data["Z"], data["dL_dY"]
    J = oracle.jacobian(oracle.relu, Z)
    close(layers.relu_jacobian(Z), J)
    close(layers.relu_backward(dL_dY, Z), contract(dL_dY, J))
    close(layers.jvp_relu(Z, dL_dY), oracle.jvp(oracle.relu, Z, dL_dY))
    for n in range(N):
        close(layers.relu_batch_jacobians(Z)[n], oracle.jacobian(oracle.relu, Z[n]))


def test_linear(oracle, data):
    X, W, dL_dY = data["X"], data["W"], data["dL_dY"]
    constant_X, constant_W = theirs(oracle, X), theirs(oracle, W)
    close(layers.linear_input_jacobian(X, W), oracle.jacobian(lambda X: X @ constant_W, X))
    close(layers.linear_weight_jacobian(X, W), oracle.jacobian(lambda W: constant_X @ W, W))
    dL_dX, dL_dW = oracle.gradients(lambda X, W: X @ W, (X, W), dL_dY)
    close(layers.linear_input_backward(dL_dY, W), dL_dX)
    close(layers.linear_weight_backward(dL_dY, X), dL_dW)


def test_bias(oracle, data):
    b, dL_dY = data["b"], data["dL_dY"]
    Z = theirs(oracle, data["Z"])
    close(layers.bias_jacobian(N, b), oracle.jacobian(lambda b: Z + b, b))
    (dL_db,) = oracle.gradients(lambda b: Z + b, (b,), dL_dY)
    close(layers.bias_backward(dL_dY), dL_db)


@pytest.mark.parametrize("shape", [(M,), (1, M), (N, 1), (1,), (), (N, M)])
def test_unbroadcast(oracle, data, shape):
    b, dL_dY = np.ones(shape), data["dL_dY"]
    (dL_db,) = oracle.gradients(lambda b: oracle.broadcast(b, (N, M)), (b,), dL_dY)
    close(layers.unbroadcast(dL_dY, shape), dL_db)


def test_a_whole_layer(oracle, data):
    X, W, b, dL_dY = (data[name] for name in ("X", "W", "b", "dL_dY"))
    seen = oracle.gradients(lambda X, W, b: oracle.relu(X @ W + b), (X, W, b), dL_dY)
    for ours, gradient in zip(layers.layer_backward(dL_dY, X, W, b), seen, strict=True):
        close(ours, gradient)


def test_the_network_and_its_loss(oracle, data):
    rng = np.random.default_rng(21)
    X, T = data["X"], network.one_hot(rng.integers(M, size=N), M)
    W1, _, W2, _ = network.init(D, H, M, rng)
    params = W1, rng.normal(size=H), W2, rng.normal(size=M)
    constant_X, constant_T = theirs(oracle, X), theirs(oracle, T)

    def loss(W1, b1, W2, b2):
        S = oracle.relu(constant_X @ W1 + b1) @ W2 + b2
        return ((S - constant_T) ** 2).sum() / (2 * N)

    dL_dS = network.squared_error_backward(network.mlp_forward(X, *params), T)
    ours = network.mlp_backward(dL_dS, X, *params)
    for mine, gradient in zip(ours, oracle.gradients(loss, params, np.array(1.0)), strict=True):
        close(mine, gradient)


# --- ReLU at exactly 0 -------------------------------------------------------------------------

TORCH_AT_ZERO = {
    "torch.relu(x)": 0,
    "torch.maximum(x, 0)": 0.5,
    "torch.clamp_min(x, 0)": 1,
    "torch.where(x >= 0, x, 0)": 1,
}
JAX_AT_ZERO = {"jax.nn.relu(x)": 0, "jax.numpy.maximum(x, 0)": 0.5}
TENSORFLOW_AT_ZERO = {"tf.nn.relu(x)": 0, "tf.maximum(x, 0)": 1, "tf.maximum(0, x)": 0}


@pytest.mark.parametrize("call", TORCH_AT_ZERO)
def test_what_torch_says_at_zero(call):
    torch = a_library("torch")
    x, zero = torch.zeros(1, requires_grad=True), torch.zeros(1)
    calls = {
        "torch.relu(x)": lambda: torch.relu(x),
        "torch.maximum(x, 0)": lambda: torch.maximum(x, zero),
        "torch.clamp_min(x, 0)": lambda: torch.clamp_min(x, 0),
        "torch.where(x >= 0, x, 0)": lambda: torch.where(x >= 0, x, zero),
    }
    calls[call]().backward()
    assert x.grad.item() == TORCH_AT_ZERO[call]


@pytest.mark.parametrize("call", JAX_AT_ZERO)
def test_what_jax_says_at_zero(call):
    jax = a_library("jax")
    calls = {
        "jax.nn.relu(x)": jax.nn.relu,
        "jax.numpy.maximum(x, 0)": lambda x: jax.numpy.maximum(x, 0.0),
    }
    assert float(jax.grad(calls[call])(0.0)) == JAX_AT_ZERO[call]


@pytest.mark.parametrize("call", TENSORFLOW_AT_ZERO)
def test_what_tensorflow_says_at_zero(call):
    tf = a_library("tensorflow")
    calls = {
        "tf.nn.relu(x)": tf.nn.relu,
        "tf.maximum(x, 0)": lambda x: tf.maximum(x, 0.0),
        "tf.maximum(0, x)": lambda x: tf.maximum(0.0, x),
    }
    x = tf.Variable(0.0)
    with tf.GradientTape() as recorded:
        y = calls[call](x)
    assert float(recorded.gradient(y, x)) == TENSORFLOW_AT_ZERO[call]


def test_what_we_say_at_zero():
    assert layers.relu_backward(np.ones((1, 1)), np.zeros((1, 1))) == 0

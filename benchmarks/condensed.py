"""Condensed maps against the floor: the speed of memory, and of a matrix product."""

import numpy as np

from course_utils import layers

from . import peers
from .results import FLOOR, OURS, Case, slope
from .timing import race

RELU, BIAS, LINEAR = "condensed relu", "condensed bias", "condensed linear"
KEPT = "ours, mask kept"
ONES = "ours, product with ones"
INTO = "ours, in place"


def run(effort):
    sizes = effort.sizes(128, 256, 512, 1024, 2048, 4096, quick=1024)
    relu = [_relu(n, effort) for n in sizes]
    bias = [_bias(n, effort) for n in sizes]
    linear = [_linear(n, effort) for n in effort.sizes(32, 64, 128, 256, 512, 1024, quick=256)]
    slopes = [
        slope(relu, OURS, 2, "n² numbers read and written"),
        slope(relu, KEPT, 2, "n² numbers read and written"),
        slope(bias, OURS, 2, "n² numbers read"),
        slope(linear, OURS, 3, "two products of n×n matrices"),
    ]
    return relu + bias + linear, slopes


def _relu(n, effort):
    rng = np.random.default_rng(5)
    X, dL_dY, out = rng.normal(size=(3, n, n))
    _, mask = layers.relu_and_mask(X)
    small = X > 0
    contenders = {
        OURS: lambda: layers.relu_backward(dL_dY, X),
        KEPT: lambda: layers.relu_backward_from_mask(dL_dY, mask, out),
        FLOOR: lambda: np.add(X, dL_dY, out=out),
        "mask kept as booleans": lambda: layers.relu_backward_from_mask(dL_dY, small, out),
        "np.where": lambda: np.where(X > 0, dL_dY, 0),
    }
    contenders |= _backward_in_torch(lambda torch, X: torch.relu(X), (X,), dL_dY)
    contenders |= _backward_in_jax(lambda jax, X: jax.nn.relu(X), (X,), dL_dY)
    case = Case(RELU, f"{n}×{n}", n, race(contenders, effort.seconds))
    if n >= 512:
        case.at_most("mask kept: at most 1.1 times the memory floor", 1.1, KEPT)
    return case


def _bias(n, effort):
    rng = np.random.default_rng(6)
    Z, dL_dY = rng.normal(size=(2, n, n))
    b, ones, out = rng.normal(size=n), np.ones(n), np.empty(n)
    flat = dL_dY.ravel()
    contenders = {
        OURS: lambda: layers.bias_backward(dL_dY),
        ONES: lambda: layers.bias_backward_into(dL_dY, ones, out),
        FLOOR: lambda: flat.sum(),
    }
    contenders |= _backward_in_torch(lambda torch, Z, b: Z + b, (b,), dL_dY, constants=(Z,))
    case = Case(BIAS, f"{n}×{n}", n, race(contenders, effort.seconds))
    if n >= 512:
        case.at_most("product with ones: at most 1.05 times one reading", 1.05, ONES)
    return case


def _linear(n, effort):
    rng = np.random.default_rng(7)
    X, W, dL_dY = rng.normal(size=(3, n, n))

    def backward():
        return layers.linear_input_backward(dL_dY, W), layers.linear_weight_backward(dL_dY, X)

    dL_dX, dL_dW = np.empty((2, n, n))
    contenders = {
        OURS: backward,
        INTO: lambda: layers.linear_backward_into(dL_dY, X, W, dL_dX, dL_dW),
        "forward": lambda: layers.linear(X, W),
        "plain einsum": lambda: (
            np.einsum("kl,jl->kj", dL_dY, W),
            np.einsum("ki,kl->il", X, dL_dY),
        ),
    }
    if n > 256:
        del contenders["plain einsum"]
    contenders |= _backward_in_torch(lambda torch, X, W: X @ W, (X, W), dL_dY)
    contenders |= _backward_in_jax(lambda jax, X, W: X @ W, (X, W), dL_dY)
    case = Case(LINEAR, f"{n}×{n}", n, race(contenders, effort.seconds), base="forward")
    if n >= 128:
        case.at_most("in place: at most 2.1 times forward", 2.1, INTO, to="forward")
    return case


def _backward_in_torch(f, variables, dL_dY, constants=()):
    torch = peers.find("torch")
    if torch is None:
        return {}
    tensors = [torch.tensor(v, requires_grad=True) for v in variables]
    Y = f(torch, *(torch.tensor(c) for c in constants), *tensors)
    upstream = torch.tensor(dL_dY)
    return {"torch": lambda: torch.autograd.grad(Y, tensors, upstream, retain_graph=True)}


def _backward_in_jax(f, variables, dL_dY):
    jax = peers.find("jax")
    if jax is None:
        return {}
    arrays, upstream = [jax.numpy.asarray(v) for v in variables], jax.numpy.asarray(dL_dY)
    vjp = jax.jit(lambda upstream, *at: jax.vjp(lambda *a: f(jax, *a), *at)[1](upstream))
    return {"jax": lambda: jax.block_until_ready(vjp(upstream, *arrays))}

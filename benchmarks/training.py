"""A training step of the network of notebook 06, with its digits' sizes."""

import numpy as np

from course_utils import network

from . import peers
from .results import OURS, Case, slope
from .timing import race

TOPIC = "training step"
FORWARD, STEP, TORCH, JAX = "forward", "by the exercises", "torch, eager", "jax, compiled"
D, H, M, RATE = 64, 100, 10, 0.1
TRAINED = 16, 256  # batches that one trains with


def run(effort):
    cases = [
        _step(batch, effort) for batch in effort.sizes(1, 16, 32, 64, 128, 256, 1024, quick=256)
    ]
    return cases, [slope(cases, OURS, 1, "work per sample")]


def _step(batch, effort):
    rng = np.random.default_rng(8)
    X, T = rng.normal(size=(batch, D)), network.one_hot(rng.integers(M, size=batch))
    params = network.init(D, H, M, rng)
    contenders = {
        OURS: lambda: network.training_step(X, T, params, RATE),
        FORWARD: lambda: network.mlp_forward(X, *params),
        STEP: lambda: _by_exercises(X, T, params),
    }
    contenders |= _in_torch(X, T, params) | _in_jax(X, T, params)
    case = Case(TOPIC, f"batch {batch}", batch, race(contenders, effort.seconds), base=FORWARD)
    smallest, largest = TRAINED
    if smallest <= batch <= largest:
        case.at_most("at most 2.5 times the forward pass", 2.5, to=FORWARD)
    if batch <= largest:
        case.at_least("ahead of torch's eager step", 1, TORCH)
    if batch < smallest:
        case.note = "so small a batch costs what calls and parameters cost"
    return case


def _by_exercises(X, T, params):
    """The step as a learner writes it: the hidden layer is worked out a second time."""
    S = network.mlp_forward(X, *params)
    grads = network.mlp_backward(network.squared_error_backward(S, T), X, *params)
    return [network.sgd_step(p, g, RATE) for p, g in zip(params, grads, strict=True)]


def _in_torch(X, T, params):
    torch = peers.find("torch")
    if torch is None:
        return {}
    X, T = torch.tensor(X), torch.tensor(T)
    W1, b1, W2, b2 = tensors = [torch.tensor(p, requires_grad=True) for p in params]
    optimiser = torch.optim.SGD(tensors, lr=RATE)

    def step():
        optimiser.zero_grad()
        S = torch.relu(X @ W1 + b1) @ W2 + b2
        loss = ((S - T) ** 2).sum() / (2 * len(X))
        loss.backward()
        optimiser.step()

    return {TORCH: step}


def _in_jax(X, T, params):
    jax = peers.find("jax")
    if jax is None:
        return {}
    X, T = jax.numpy.asarray(X), jax.numpy.asarray(T)
    params = [jax.numpy.asarray(p) for p in params]

    def loss(params):
        W1, b1, W2, b2 = params
        S = jax.nn.relu(X @ W1 + b1) @ W2 + b2
        return ((S - T) ** 2).sum() / (2 * len(X))

    @jax.jit
    def step(params):
        return [p - RATE * g for p, g in zip(params, jax.grad(loss)(params), strict=True)]

    return {JAX: lambda: jax.block_until_ready(step(params))}

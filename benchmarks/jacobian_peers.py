"""The whole Jacobian beside libraries that build it, and beside the naive ways."""

from itertools import product

import numpy as np

from course_utils.jacobian import jacobian_bytes

from . import peers
from .effort import Patience, free_bytes
from .full_jacobian import ALL_THREE, Problem
from .results import OURS, Case
from .timing import race

TOPIC = "whole Jacobian, beside peers"


def run(effort):
    sizes = effort.sizes(16, 24, 32, 48, 64, 96, 128, quick=48)
    cases = []
    for layer in ("relu", ALL_THREE):
        patience = Patience(power=4)
        cases += [_beside_peers(layer, n, effort, patience) for n in sizes]
    return cases, []


def _beside_peers(layer, n, effort, patience):
    problem = Problem(n)
    size = sum(jacobian_bytes(*pair) for pair in problem.shapes(layer))
    contenders = _by_hand(layer, problem)
    if 6 * size < (free_bytes() or 0):  # a library may need several copies
        contenders |= _in_jax(layer, problem) | _in_torch(layer, problem)
        contenders |= _in_autograd(layer, problem)
    kept, skipped = patience.keep(contenders, n)
    times = race({OURS: problem.build(layer)} | kept, effort.seconds)
    patience.learn(times, n)
    note = f"too slow here: {', '.join(skipped)}" if skipped else ""
    case = Case(TOPIC, f"{layer} {n}", size, times, base=OURS, note=note)
    for peer in ("jax.jacrev", "jax.jacfwd"):
        case.at_least(f"ahead of {peer}", 1, peer)
    case.at_least("5 times ahead of torch.func.jacrev", 5, "torch.func.jacrev")
    return case


def _by_hand(layer, p):
    """The naive ways of the usual course."""
    if layer != "relu":
        return {}
    rule, args = p.rule(layer)
    return {
        "nested loops": lambda: _nested_loops(rule, args, (p.n,) * 4),
        "einsum of deltas": lambda: _deltas(p.X),
    }


def _nested_loops(rule, args, shape):
    J = np.zeros(shape)
    for index in product(*map(range, shape)):
        J[index] = rule(*args, *index)
    return J


def _deltas(X):
    N, H = X.shape
    return np.einsum("ki,lj,kl->klij", np.eye(N), np.eye(H), X > 0)


def _in_jax(layer, p):
    jax = peers.find("jax")
    if jax is None:
        return {}
    f = p.forward(layer, jax.nn.relu, p.X, p.W, p.b)
    at = [jax.numpy.asarray(variable) for variable in p.variables(layer)]
    places = tuple(range(len(at)))
    backward, forward = jax.jit(jax.jacrev(f, places)), jax.jit(jax.jacfwd(f, places))
    return {
        "jax.jacrev": lambda: jax.block_until_ready(backward(*at)),
        "jax.jacfwd": lambda: jax.block_until_ready(forward(*at)),
    }


def _in_torch(layer, p):
    torch = peers.find("torch")
    if torch is None:
        return {}
    f = p.forward(layer, torch.relu, p.X, p.W, p.b)
    at = tuple(torch.tensor(variable) for variable in p.variables(layer))
    backward = torch.func.jacrev(f, tuple(range(len(at))))
    return {
        "torch.func.jacrev": lambda: backward(*at),
        "torch functional.jacobian": lambda: torch.autograd.functional.jacobian(f, at),
    }


def _in_autograd(layer, p):
    autograd = peers.find("autograd")
    if autograd is None:
        return {}
    import autograd.numpy as anp

    f = p.forward(layer, lambda X: anp.maximum(X, 0), p.X, p.W, p.b)
    at = p.variables(layer)
    maps = [autograd.jacobian(f, place) for place in range(len(at))]
    return {"autograd": lambda: [jacobian_of(*at) for jacobian_of in maps]}

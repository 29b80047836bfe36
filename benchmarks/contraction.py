"""The chain rule with the whole Jacobian, and what replacing it gains."""

import numpy as np

from course_utils import layers
from course_utils.jacobian import contract

from . import peers
from .effort import free_bytes
from .results import FLOOR, OURS, Case, slope
from .timing import race

TOPIC = "contraction"
SWAP = "whole against condensed"
CONDENSED = "condensed"


def run(effort):
    contractions = [_contraction(n, effort) for n in effort.sizes(8, 16, 32, 64, 96, quick=48)]
    swaps = [_swap(n, effort) for n in effort.sizes(8, 16, 32, 64, 128, quick=48)]
    slopes = [
        slope(contractions, OURS, 4, "one reading of n⁴ numbers"),
        slope(swaps, OURS, 4, "n⁴ numbers written and read"),
        slope(swaps, CONDENSED, 2, "n² numbers"),
    ]
    return contractions + swaps, slopes


def _contraction(n, effort):
    rng = np.random.default_rng(3)
    dL_dY, J = rng.normal(size=(n, n)), rng.normal(size=(n, n, n, n))
    flat = J.ravel()
    contenders = {
        OURS: lambda: contract(dL_dY, J),
        FLOOR: lambda: flat.sum(),
        "np.dot(J, J)": lambda: np.dot(flat, flat),
        "einsum": lambda: np.einsum("kl,klij->ij", dL_dY, J),
        "tensordot": lambda: np.tensordot(dL_dY, J, axes=2),
    }
    torch = peers.find("torch")
    if torch is not None:
        tensors = torch.tensor(dL_dY), torch.tensor(J)
        contenders["torch.tensordot"] = lambda: torch.tensordot(*tensors, dims=2)
    case = Case(TOPIC, f"{n}", n, race(contenders, effort.seconds))
    if n * n >= 256:
        case.at_most("at most 1.1 times one reading", 1.1)
    return case


def _swap(n, effort):
    """dL/dX of a ReLU by building and contracting, and by the one line that replaces both."""
    rng = np.random.default_rng(4)
    X, dL_dY = rng.normal(size=(2, n, n))
    contenders = {CONDENSED: lambda: layers.relu_backward(dL_dY, X)}
    if 2 * 8 * n**4 < (free_bytes() or 0):
        contenders[OURS] = lambda: contract(dL_dY, layers.relu_jacobian(X))
    per_sample = "a matrix a sample"
    contenders[per_sample] = lambda: np.einsum("nk,nkh->nh", dL_dY, layers.relu_batch_jacobians(X))
    times = race(contenders, effort.seconds)
    gain = min(times[OURS]) / min(times[CONDENSED]) if OURS in times else None
    note = f"condensed is {gain:,.0f} times faster, and {n * n:,} times smaller" if gain else ""
    return Case(SWAP, f"relu {n}×{n}", n, times, base=CONDENSED, note=note)

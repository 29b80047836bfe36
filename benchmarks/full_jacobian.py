"""The whole Jacobian, up to 2 GB, beside the cost of writing its bytes once to fresh memory.

glibc is asked (``MALLOC_MMAP_THRESHOLD_``) to make every array of 64 KiB or more of pages that
nobody has used, as the first Jacobian of a program is. Otherwise the same call costs several times
more or less, depending on what was freed before it.
"""

import tracemalloc

import numpy as np

from course_utils import jacobian, layers

from .results import FLOOR, OURS, Bar, Case, slope
from .timing import race

TOPIC = "whole Jacobian"
ENVIRONMENT = {"MALLOC_MMAP_THRESHOLD_": str(64 * 1024)}
LAZY = "below 1, since pages that stay zero are never written"
LAYERS = ("relu", "linear_input", "linear_weight", "bias")
ALL_THREE = "linear, all three"
SMALL = 64 * 1024  # bytes: some microseconds, the cost of any call


def run(effort):
    sizes = effort.sizes(16, 24, 32, 48, 64, 96, 128, quick=48)
    cases, slopes = [], []
    for layer in ("relu", ALL_THREE, *LAYERS[1:]):
        seen = [_beside_the_floor(layer, n, effort) for n in sizes]
        cases += seen
        slopes.append(slope(seen, OURS, 1, f"{layer}: time per byte of the array"))
    return [*cases, _peak_memory()], slopes


def _beside_the_floor(layer, n, effort):
    problem = Problem(n)
    shapes = problem.shapes(layer)
    contenders = {
        OURS: problem.build(layer),
        FLOOR: lambda: [_written_once(out + variable) for out, variable in shapes],
    }
    if layer in LAYERS and n <= 64:
        rule, args = problem.rule(layer)
        contenders["ours, from the rule"] = lambda: jacobian.jacobian_from_rule(
            rule, args, *shapes[0]
        )
    times = race(contenders, effort.seconds)
    size = sum(jacobian.jacobian_bytes(*pair) for pair in shapes)
    note = LAZY if min(times[OURS]) < min(times[FLOOR]) else ""
    case = Case(TOPIC, f"{layer} {n}", size, times, note=note)
    if size > SMALL:
        case.at_most("at most 1.1 times writing its bytes once", 1.1)
    return case


class Problem:
    """The layers of notebooks 01 to 03 with every size n."""

    def __init__(self, n):
        rng = np.random.default_rng(0)
        self.X, self.W, self.b = (
            rng.normal(size=(n, n)),
            rng.normal(size=(n, n)),
            rng.normal(size=n),
        )
        self.n = n

    def variables(self, layer):
        """What the layer is differentiated by."""
        by_layer = {"relu": "X", "linear_input": "X", "linear_weight": "W", "bias": "b"}
        names = by_layer.get(layer, "XWb")
        return tuple(getattr(self, name) for name in names)

    def shapes(self, layer):
        return [((self.n, self.n), variable.shape) for variable in self.variables(layer)]

    def build(self, layer):
        X, W, b, n = self.X, self.W, self.b, self.n
        return {
            "relu": lambda: layers.relu_jacobian(X),
            "linear_input": lambda: layers.linear_input_jacobian(X, W),
            "linear_weight": lambda: layers.linear_weight_jacobian(X, W),
            "bias": lambda: layers.bias_jacobian(n, b),
            ALL_THREE: lambda: [self.build(one)() for one in LAYERS[1:]],
        }[layer]

    def rule(self, layer):
        X, W, b, n = self.X, self.W, self.b, self.n
        return {
            "relu": (layers.relu_entry, (X,)),
            "linear_input": (layers.linear_input_entry, (X, W)),
            "linear_weight": (layers.linear_weight_entry, (X, W)),
            "bias": (layers.bias_entry, (n, b)),
        }[layer]

    def forward(self, layer, relu, X, W, b):
        """The layer as a function of its variables, in any library's arrays."""
        return {
            "relu": relu,
            "linear_input": lambda X: X @ W,
            "linear_weight": lambda W: X @ W,
            "bias": lambda b: X + b,
            ALL_THREE: lambda X, W, b: X @ W + b,
        }[layer]


def _written_once(shape):
    J = np.empty(shape)
    J.fill(1.0)
    return J


def _peak_memory():
    """The largest amount of array memory held at once while building, in sizes of the result."""
    problem = Problem(48)
    case = Case(TOPIC, "peak memory, in sizes of the result", 48, {}, base="", unit="×")
    for layer in LAYERS:
        tracemalloc.start()
        J = problem.build(layer)()
        peak = tracemalloc.get_traced_memory()[1] / J.nbytes
        tracemalloc.stop()
        case.times[layer] = [peak]
        case.bars.append(Bar(f"{layer}: peak memory its own size", [peak], at_most=1.02))
    return case

"""The Jacobian by central differences: the loop over entries, stacks, and two claims."""

import numpy as np

from course_utils import jacobian, layers
from course_utils.jacobian import numerical_jacobian

from . import peers
from .effort import Patience
from .results import OURS, Bar, Case, slope
from .timing import race

TOPIC = "numerical Jacobian"
ONE_ENTRY = "one entry at a time"
ROWS, ELEMENTWISE = "ours, 'rows'", "ours, 'elementwise'"


def run(effort):
    cases, slopes = [], []
    for name in ("relu", "linear X", "linear W"):
        seen = list(_sizes(name, effort))
        cases += seen
        slopes.append(slope(seen, OURS, 4, "n² evaluations of n² entries"))
    cases.append(_errors())
    return cases, slopes


def _sizes(name, effort):
    patience = Patience(power=4)
    for shape in ((4, 5), (8, 8), (16, 16), (32, 32)):
        f, X = _problem(name, shape)
        n = X.size**0.5
        contenders, skipped = patience.keep(_contenders(name, f, X), n)
        times = race(contenders, effort.seconds)
        patience.learn(times, n)
        note = f"too slow here: {', '.join(skipped)}" if skipped else ""
        label = f"{name} {shape[0]}×{shape[1]}"
        case = Case(TOPIC, label, n, times, base=ONE_ENTRY, note=note)
        case.at_least("3 times ahead of one entry at a time", 3, ONE_ENTRY)
        if n >= 16:
            case.at_least("rows: 15 times ahead of one entry at a time", 15, ONE_ENTRY, ROWS)
            case.at_least("elementwise: 35 times ahead", 35, ONE_ENTRY, ELEMENTWISE)
        yield case


def _problem(name, shape):
    rng = np.random.default_rng(1)
    X, W = rng.normal(size=shape), rng.normal(size=(shape[1], shape[1]))
    return {
        "relu": (layers.relu, X),
        "linear X": (lambda X: layers.linear(X, W), X),
        "linear W": (lambda W: layers.linear(X, W), W),
    }[name]


def _contenders(name, f, X):
    contenders = {
        OURS: lambda: numerical_jacobian(f, X),
        ONE_ENTRY: lambda: one_entry_at_a_time(f, X),
    }
    if name != "linear W":  # the rows of W are not samples
        contenders[ROWS] = lambda: numerical_jacobian(f, X, mixing="rows")
    if name == "relu":
        contenders[ELEMENTWISE] = lambda: numerical_jacobian(f, X, mixing="elementwise")
    return contenders | _in_scipy(f, X)


def one_entry_at_a_time(f, X, h=1e-5):
    """The usual way: move an entry, look, move it the other way, look, put it back."""
    X = X.copy()
    J = np.zeros(f(X).shape + X.shape)
    for index in np.ndindex(X.shape):
        kept = X[index]
        X[index] = kept + h
        plus = f(X)
        X[index] = kept - h
        minus = f(X)
        X[index] = kept
        J[(..., *index)] = (plus - minus) / (2 * h)
    return J


def _in_scipy(f, X):
    scipy = peers.find("scipy")
    if scipy is None:
        return {}
    from scipy.differentiate import jacobian as adaptive
    from scipy.optimize._numdiff import approx_derivative

    def flat(x):
        return f(x.reshape(X.shape)).ravel()

    def flat_vectorised(x):
        return np.apply_along_axis(flat, 0, x)

    return {
        "scipy approx_derivative": lambda: approx_derivative(flat, X.ravel(), method="3-point"),
        "scipy.differentiate": lambda: adaptive(flat_vectorised, X.ravel()),
    }


def _errors():
    """The largest distance from the Jacobian that was derived, at 16×16."""
    rng = np.random.default_rng(2)
    X, W, b = rng.normal(size=(16, 16)), rng.normal(size=(16, 16)), rng.normal(size=16)
    pairs = {
        "relu": (layers.relu, X, layers.relu_jacobian(X)),
        "linear_input": (lambda X: X @ W, X, layers.linear_input_jacobian(X, W)),
        "linear_weight": (lambda W: X @ W, W, layers.linear_weight_jacobian(X, W)),
        "bias": (lambda b: X + b, b, layers.bias_jacobian(16, b)),
    }
    case = Case(TOPIC, "largest error", 16, {}, base="", unit="")
    for name, (f, at, exact) in pairs.items():
        error = float(np.max(np.abs(jacobian.numerical_jacobian(f, at) - exact)))
        case.times[name] = [error]
        case.bars.append(Bar(f"{name}: error below 1e-9", [error], at_most=1e-9))
    return case

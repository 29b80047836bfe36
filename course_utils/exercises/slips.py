"""Mistakes that recur from exercise to exercise, each written once.

Each function here makes a `Mistake` for an exercise from the right function.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

import numpy as np

from .model import Mistake


def _like(reference: Callable, wrong: Callable) -> Callable:
    """Give a wrong function the signature of the reference."""
    functools.update_wrapper(wrong, reference)
    wrong.__signature__ = inspect.signature(reference)
    return wrong


def factor(
    reference: Callable, key: str, number: Callable, says: str, look: str, **more
) -> Mistake:
    """The right result multiplied by `number(*args)`."""
    wrong = _like(reference, lambda *args: number(*args) * np.asarray(reference(*args)))
    return Mistake(key, wrong, says, look, **more)


def averaged(reference: Callable, samples: Callable) -> Mistake:
    """Divided by the number of samples, `samples(*args)`."""
    return factor(
        reference,
        "averaged over the batch",
        lambda *args: 1 / samples(*args),
        "Your result is the right one divided by N: you averaged over the batch. "
        "The mean belongs to the loss, where its 1/N already sits inside dL_dY.",
        "Take a batch with the same sample twice and follow the chain-rule sum: is there a 1/N in it?",
    )


def changed(
    reference: Callable, key: str, change: Callable, says: str, look: str, **more
) -> Mistake:
    """The right result, then `change(result, *args)`."""
    wrong = _like(reference, lambda *args: change(np.asarray(reference(*args)), *args))
    return Mistake(key, wrong, says, look, **more)


def transposed(reference: Callable, says: str, look: str) -> Mistake:
    """The right result, transposed."""
    return changed(reference, "transposed", lambda result, *_: result.T, says, look)


def input_axes_first(reference: Callable, out_ndim: int) -> Mistake:
    """A Jacobian with its input axes in front: shape X.shape + Y.shape."""

    def move(J, *_):
        return np.moveaxis(J, range(out_ndim), range(J.ndim - out_ndim, J.ndim))

    return changed(
        reference,
        "input axes first",
        move,
        "Every number is right, but the axes of the input stand in front. "
        "In this course the output's axes come first: shape Y.shape + X.shape.",
        "Take one entry that is not zero and write its indices in the order output, input.",
    )


def transposed_entry(reference: Callable, says: str) -> Mistake:
    """An entry rule whose output and input indices were exchanged (same number of each)."""

    def wrong(*args):
        arrays, indices = [a for a in args if np.ndim(a)], [a for a in args if not np.ndim(a)]
        half = len(indices) // 2
        return reference(*arrays, *indices[half:], *indices[:half])

    return Mistake(
        "input axes first", _like(reference, wrong), says, "Read the order of the indices again."
    )


def no_upstream(local: Callable, reference: Callable) -> Mistake:
    """Only the local derivative was returned: dL_dY does not appear. `local(*args)` is that result."""
    return Mistake(
        "no upstream",
        _like(reference, lambda *args: local(*args)),
        "Your result does not depend on dL_dY: it is the derivative of the layer alone. "
        "The chain rule multiplies each of these by the gradient that arrives from above.",
        "Double every entry of dL_dY by hand. What should happen to the result, and what does yours do?",
    )


def _sigmoid(Z):
    return 1 / (1 + np.exp(-np.asarray(Z)))


def _relu(Z):
    return np.maximum(Z, 0)


# (what it is called, its value, its slope)
_ACTIVATIONS = (
    ("sigmoid", _sigmoid, lambda Z: _sigmoid(Z) * (1 - _sigmoid(Z))),
    ("tanh", np.tanh, lambda Z: 1 - np.tanh(Z) ** 2),
    ("the absolute value", np.abs, np.sign),
    ("softplus", lambda Z: np.logaddexp(Z, 0), _sigmoid),
    ("a ReLU that ends at 6", lambda Z: np.clip(Z, 0, 6), lambda Z: (Z > 0) & (Z < 6)),
    ("a ReLU that ends at 1", lambda Z: np.clip(Z, 0, 1), lambda Z: (Z > 0) & (Z < 1)),
    ("a ReLU that begins above 0", lambda Z: np.where(Z > 0.5, Z, 0), lambda Z: Z > 0.5),
    ("ELU", lambda Z: np.where(Z > 0, Z, np.expm1(Z)), lambda Z: np.where(Z > 0, 1, np.exp(Z))),
    ("leaky ReLU", lambda Z: np.where(Z > 0, Z, 0.01 * Z), lambda Z: np.where(Z > 0, 1, 0.01)),
)
_BY_THE_OUTPUT = (
    ("sigmoid", lambda Z: _relu(Z) * (1 - _relu(Z))),
    ("tanh", lambda Z: 1 - _relu(Z) ** 2),
)


def other_activations(make: Callable, slopes: bool = True, but: tuple = ()) -> tuple[Mistake, ...]:
    """Another activation in the place of ReLU. make(value, slope) is the wrong function.

    slopes: whether the slope counts (it does not in a forward pass). but: those to leave out.
    """
    look = "Which function stands between the two arrays in the forward formula? Where is it flat?"
    found = [
        Mistake(
            f"another activation: {name}",
            make(value, slope),
            f"You used {'the slope of ' if slopes else ''}{name}: this layer has ReLU.",
            look,
            free=name in ("ELU", "leaky ReLU"),  # both have a number that is chosen
        )
        for name, value, slope in _ACTIVATIONS
        if name not in but
    ]
    found += [
        Mistake(
            f"slope of {name} from the output",
            make(_relu, slope),
            f"What you multiplied by is the slope of {name}, written with the layer's output. This layer has ReLU.",
            look,
        )
        for name, slope in _BY_THE_OUTPUT
        if slopes
    ]
    return tuple(found)

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

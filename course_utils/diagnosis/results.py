"""Results beside the truth: brought to one kind, and right or not."""

from __future__ import annotations

import numpy as np

from ..exercises.model import Exercise
from ..values import Value
from .trials import Trial, close, tolerance


def arrays(trial: Trial) -> tuple:
    """The result beside the truth, brought to the same kind: a list of (part, got, expected)."""
    if isinstance(trial.expected, tuple):
        got = parts_of(trial.got, len(trial.expected))
        return tuple(zip(got, trial.expected, strict=True)) if got else ()
    return ((plain(trial.got), trial.expected),)


def plain(value: Value | None):
    """A Value as an ndarray or a str, or None where it is neither."""
    if value is None or value.data is None or isinstance(value.data, (np.ndarray, str)):
        return value.data if value else None
    items = [plain(item) for item in value.data]
    if (
        any(not isinstance(item, np.ndarray) for item in items)
        or len({i.shape for i in items}) != 1
    ):
        return None
    return np.array(items)


def parts_of(value: Value | None, count: int) -> list | None:
    """The parts of a tuple, of a list, or along the first axis of an array; None for anything else."""
    if value is None or not isinstance(value.data, (tuple, np.ndarray)):
        return None
    if np.ndim(value.data) == 0 or len(value.data) != count:
        return None
    if isinstance(value.data, np.ndarray):
        return list(value.data)
    parts = [plain(item) for item in value.data]
    return None if any(part is None for part in parts) else parts


def is_right(exercise: Exercise, trial: Trial) -> bool:
    """Whether the values are right; at a kink, any subgradient in [0, 1] is."""
    pairs = arrays(trial)
    if trial.failure or not pairs or any(got is None for got, _ in pairs):
        return False
    if any(isinstance(expected, str) for _, expected in pairs):
        return all(close(got, expected, 0) for got, expected in pairs)
    highs = kinks(trial)
    return all(
        within(got, low, high, exercise.rtol) for (got, low), high in zip(pairs, highs, strict=True)
    )


def kinks(trial: Trial) -> tuple:
    """The truth with relu'(0) = 1, part by part (the truth itself where there is no kink)."""
    return trial.highest if isinstance(trial.highest, tuple) else (trial.highest,)


def within(got, low, high, rtol: float) -> bool:
    got, low, high = np.asarray(got), np.asarray(low), np.asarray(high)
    if got.shape != low.shape or got.dtype.kind not in "biuf":
        return bool(got.dtype.kind == "c" and not np.any(got.imag)) and within(
            got.real, low, high, rtol
        )
    if _is_single(got):
        rtol = max(rtol, 1e-6)  # float32 keeps 24 bits: rounding of about 6e-8, times a short sum
    room = tolerance(low, rtol)
    inside = (np.minimum(low, high) - room <= got) & (got <= np.maximum(low, high) + room)
    return bool(np.isfinite(got).all() and inside.all())


def _is_single(got: np.ndarray) -> bool:
    return got.dtype in (np.float32, np.float16) or (
        got.dtype == np.float64 and got.size > 0 and np.array_equal(got, got.astype(np.float32))
    )

"""What combination of f(x + h), f(x) and f(x - h) a wrong difference quotient is."""

from __future__ import annotations

import itertools

import numpy as np

from .patterns import Part

# What the combination is divided or multiplied by, in words, as a function of the step.
_SCALES = (
    (" divided by h", lambda h: 1 / h),
    (" divided by h²", lambda h: h**-2.0),
    ("", lambda h: 1.0),
    (" multiplied by h", lambda h: h),
    (" multiplied by h²", lambda h: h**2),
)


def find(parts: list[Part], rtol: float) -> tuple[str, str] | None:
    """(key, a sentence) where one combination holds in every case, or None."""
    first = parts[0].named
    if not callable(first.get("f")) or "h" not in first:
        return None
    if any(part.got.shape != part.expected.shape or part.got.dtype.kind != "f" for part in parts):
        return None
    rows = [_values(part) for part in parts]
    for words, scale in _SCALES:
        A = np.concatenate(
            [r * scale(part.named["h"]) for r, part in zip(rows, parts, strict=True)]
        )
        b = np.concatenate([part.got.ravel() for part in parts])
        weights = np.linalg.lstsq(A, b, rcond=None)[0]
        nice = np.round(4 * weights) / 4
        if np.abs(A @ nice - b).max() <= 100 * rtol * max(1.0, np.abs(b).max()):
            return "another quotient", f"Your result is {_sum(nice)},{words}.".replace(",.", ".")
    return _apart(parts, rows, rtol)


def _apart(parts: list[Part], rows: list[np.ndarray], rtol: float) -> tuple[str, str] | None:
    """The two values divided apart, as happens where brackets are missing."""
    b = np.concatenate([part.got.ravel() for part in parts])
    steps = np.concatenate(
        [np.full(len(r), p.named["h"]) for r, p in zip(rows, parts, strict=True)]
    )
    up, _, down = np.concatenate(rows).T
    for (first, one), (second, two) in itertools.product(_SCALES, _SCALES):
        A = np.stack([up * one(steps), down * two(steps)], axis=1)
        weights = np.round(4 * np.linalg.lstsq(A, b, rcond=None)[0]) / 4
        near = np.abs(A @ weights - b).max() <= 100 * rtol * max(1.0, np.abs(b).max())
        if near and weights.all():
            a, c = (
                f"({_sum(np.eye(3)[2 * n] * weight)}){word}"
                for n, weight, word in ((0, weights[0], first), (1, weights[1], second))
            )
            return (
                "another quotient",
                f"Your result is {a} plus {c}. Brackets decide what is divided.",
            )
    return None


def _values(part: Part) -> np.ndarray:
    """Columns: f one step up, f at x, f one step down; a row for each entry of the result."""
    f, h = part.named["f"], part.named["h"]
    name = next(n for n in part.named if n not in ("f", "h"))
    x = np.asarray(part.named[name], dtype=float)
    columns = []
    for step in (h, 0.0, -h):
        made = np.empty((*np.shape(f(x)), *x.shape))
        for index in np.ndindex(x.shape):
            moved = x.copy()
            moved[index] += step
            made[(..., *index)] = f(moved)
        columns.append(made.ravel())
    return np.stack(columns, axis=1)


def _sum(weights: np.ndarray) -> str:
    terms = ""
    for weight, value in zip(weights, ("f(x + h)", "f(x)", "f(x - h)"), strict=True):
        if weight:
            size = "" if abs(weight) == 1 else f"{abs(weight):g}·"
            sign = (" - " if weight < 0 else " + ") if terms else ("-" if weight < 0 else "")
            terms += f"{sign}{size}{value}"
    return terms or "0"

"""The swap: the faces of one gradient held together, and what the condensed one gains."""

from __future__ import annotations

import html
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .diagnosis.compare import DIFFERENCES_RTOL, forward_of, pick
from .diagnosis.trials import close, errors, truth, try_case
from .exercises import EXERCISES, Gradient
from .exercises.model import Case
from .jacobian import contract, jacobian_bytes, numerical_jacobian
from .sitting import ask_here

GAIN_SIZES = 16  # every axis of the arrays on which bytes and seconds are compared


@dataclass(frozen=True)
class Edge:
    """Two faces, and how far apart they are: the largest difference of an entry."""

    left: str
    right: str
    gap: float
    holds: bool


@dataclass(frozen=True)
class Swap:
    """What the swap found. edges: pairs of faces; holds: whether all agree.

    lines: the words, the broken edge first where there is one.
    """

    edges: tuple[Edge, ...]
    lines: tuple[str, ...]

    @property
    def holds(self) -> bool:
        return all(edge.holds for edge in self.edges)

    def _rows(self) -> list[tuple[str, str, str, str]]:
        return [
            (
                e.left,
                e.right,
                "equal" if e.gap == 0 else f"{e.gap:.1e}",
                "agree" if e.holds else "DIFFER",
            )
            for e in self.edges
        ]

    def __repr__(self) -> str:
        rows = [("one face", "the other", "largest difference", ""), *self._rows()]
        widths = [max(len(row[c]) for row in rows) for c in range(4)]
        table = [
            "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        return "\n".join([*table, "", *self.lines])

    def _repr_html_(self) -> str:
        head = "".join(
            f'<th scope="col">{c}</th>'
            for c in ("one face", "the other", "largest difference", "verdict")
        )
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>"
            for row in self._rows()
        )
        words = "".join(f"<p>{html.escape(line)}</p>" for line in self.lines)
        return f"<section><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{words}</section>"


def hold_together(gradient: Gradient, functions: dict[str, Callable]) -> Swap:
    """Compare the learner's faces with each other and with finite differences.

    functions: by exercise name. A face that is missing or gives nothing is the course's.
    """
    scene = gradient.scene(np.random.default_rng(0), **gradient.sizes)
    faces, notes, used = {}, [], {}
    for name in (gradient.entry, gradient.jacobian, gradient.condensed):
        faces[name], used[name], note = _face(name, functions.get(name), scene)
        notes += [note] if note else []
    f, x = forward_of(gradient, scene)
    J = numerical_jacobian(f, x)
    edges = _edges(gradient, faces, J, scene["dL_dY"])
    broken = next((edge for edge in edges if not edge.holds), None)
    if broken:
        verdict = f"The broken edge: {broken.left} and {broken.right} differ by up to {broken.gap:.3g}. {_who(edges)}"
        return Swap(tuple(edges), (verdict, *notes))
    shape = " × ".join(map(str, J.shape))
    verdict = f"Nothing was lost: all faces of dL_d{gradient.wrt} agree, entry by entry, and the {shape} array is not needed."
    return Swap(tuple(edges), (verdict, *notes, *_at_zero(gradient, used), *_gain(gradient, used)))


def _face(name: str, function: Callable | None, scene: dict):
    """(array, the function it came from, a note where the course's stands in)."""
    exercise = EXERCISES[name]
    case = Case("", pick(scene, exercise.parameters))
    if function is not None:
        trial = try_case(exercise, case, ask_here(function))
        data = trial.got.data if trial.got is not None else None
        if isinstance(data, np.ndarray) and data.shape == np.shape(trial.expected):
            return data, function, ""
    why = (
        "is not written yet"
        if function is None or not _raises_otherwise(trial)
        else "gives no array of the right shape"
    )
    return (
        truth(exercise.reference, exercise, case),
        exercise.reference,
        f"{name} {why}: the course's stands in.",
    )


def _raises_otherwise(trial) -> bool:
    return trial.failure is None or trial.failure.kind != "not started"


def _edges(gradient: Gradient, faces: dict, J: np.ndarray, upstream: np.ndarray) -> list[Edge]:
    rule, full, short = (faces[n] for n in (gradient.entry, gradient.jacobian, gradient.condensed))
    pairs = (
        ("differences of Y", f"rule {gradient.entry}", J, rule, DIFFERENCES_RTOL),
        (f"rule {gradient.entry}", f"array {gradient.jacobian}", rule, full, 1e-12),
        (
            f"array {gradient.jacobian}, contracted",
            f"map {gradient.condensed}",
            contract(upstream, full),
            short,
            1e-10,
        ),
        (
            f"map {gradient.condensed}",
            "differences of L",
            short,
            contract(upstream, J),
            DIFFERENCES_RTOL,
        ),
    )
    return [
        Edge(left, right, float(errors(a, b).max(initial=0.0)), close(a, b, rtol))
        for left, right, a, b, rtol in pairs
    ]


def _who(edges: list[Edge]) -> str:
    """Which face stands alone, read off the pattern of broken edges."""
    pattern = tuple(edge.holds for edge in edges)
    return {
        (False, False, True, True): "The rule stands alone: look at it first.",
        (
            True,
            False,
            False,
            True,
        ): "The full array stands alone: rule and condensed map agree with the differences.",
        (
            True,
            True,
            False,
            False,
        ): "The condensed map stands alone: rule and full array agree with the differences.",
        (False, True, False, True): "The array follows the rule; the rule is where it starts.",
        (
            False,
            True,
            True,
            False,
        ): "All three follow the same mistake: the differences disagree with each. Start at the rule.",
    }.get(pattern, "Start at the first row that differs, and go down.")


def _at_zero(gradient: Gradient, used: dict) -> list[str]:
    """What the condensed map and a central difference say at an exact zero, told apart."""
    exercise = EXERCISES[gradient.condensed]
    if exercise.at_zero is None:
        return []
    zero = np.zeros((1, 1))
    mine = float(
        np.asarray(
            used[gradient.condensed](
                *pick({"X": zero, "dL_dY": np.ones((1, 1))}, exercise.parameters)
            )
        ).item()
    )
    seen = float(numerical_jacobian(gradient.forward, zero).item())
    return [
        f"Exact zeros were left out above. There the map takes {mine:.3g}, and a central difference sees {seen:.3g}."
    ]


def _gain(gradient: Gradient, used: dict) -> list[str]:
    """Bytes and seconds of the two ways, on arrays whose every axis is GAIN_SIZES."""
    scene = gradient.scene(np.random.default_rng(1), **dict.fromkeys(gradient.sizes, GAIN_SIZES))
    full, short = EXERCISES[gradient.jacobian], EXERCISES[gradient.condensed]
    full_args, short_args = pick(scene, full.parameters), pick(scene, short.parameters)
    slow = _seconds(lambda: contract(scene["dL_dY"], used[full.name](*full_args)))
    quick = _seconds(lambda: used[short.name](*short_args))
    x = scene[gradient.wrt]
    big = jacobian_bytes(scene["dL_dY"].shape, x.shape)
    return [
        f"With every axis {GAIN_SIZES} long: the full array takes {big:,} bytes, the result {x.nbytes:,}: "
        f"{big // x.nbytes:,} times less.",
        f"Full array and contraction took {slow * 1e3:.3g} ms, the condensed map {quick * 1e3:.3g} ms: "
        f"{slow / quick:,.0f} times faster.",
    ]


def _seconds(job: Callable) -> float:
    """The best of a few runs."""
    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        job()
        best = min(best, time.perf_counter() - start)
        if best > 1.0:  # a Python loop over 65,536 entries is slow enough once
            break
    return best

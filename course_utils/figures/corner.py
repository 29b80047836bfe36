"""The kink: relu at 0, what four conventions say there, and what a difference quotient sees."""

from __future__ import annotations

import numpy as np

from .board import GRID, MARKS, dot, line, new_board, number, text
from .canvas import CARD, FAINT, INK, LINE, ROLES, Picture, own_style

REACH = 1.5  # the pictures go from x = -REACH to REACH
UNIT = 2.2  # cells for a step of 1

# At exactly 0: the slope, and the rule that gives it.
CONVENTIONS = {
    "0, by x > 0": 0.0,
    "½, half way": 0.5,
    "1, by x ≥ 0": 1.0,
    "open: any in [0, 1]": None,
}


@own_style
def kink(h=0.5, x=0.0) -> Picture:
    """relu around 0, the slopes that four conventions give there, and the central difference.

    h: the step of the difference quotient, above 0, else ValueError. x: where it is taken.
    """
    return draw_kink(h, x).picture(_kink_sentence(h, x))


def measured_slope(h, x) -> float:
    """The central difference of relu at x with step h > 0, which has to be above 0."""
    if not h > 0:
        raise ValueError(f"the step h has to be above 0, not {h}")
    return (max(x + h, 0.0) - max(x - h, 0.0)) / (2 * h)


def chord_sentence(h, x) -> str:
    """What the central difference gives; without its full stop."""
    crossed = "crosses the kink" if abs(x) < h else "does not cross the kink"
    return (
        f"At x = {number(x)} with h = {number(h)} the central difference is "
        f"{number(measured_slope(h, x))}, and its chord {crossed}"
    )


def _kink_sentence(h, x) -> str:
    return (
        f"{chord_sentence(h, x)}; at exactly 0, x > 0 gives the slope 0, x ≥ 0 gives 1, half way is "
        "½, and any number in [0, 1] is a subgradient."
    )


def draw_kink(h, x, chosen=None):
    """The board of `kink`; chosen: a key of CONVENTIONS to stress."""
    slope = measured_slope(h, x)
    side = 2 * REACH * UNIT
    board = new_board(2 * side + 3.4, 2.1 * UNIT + 2.2)
    _left(board, _panel(board, 1.1, "relu(x) and the chord from x − h to x + h"), h, x)
    _right(
        board,
        _panel(board, 2.4 + side, "its slope, and ◆ the slope of the chord"),
        x,
        slope,
        chosen,
    )
    return board


def _panel(board, left, title):
    """Axes from -REACH to REACH and -0.5 to 1.6; returns (x, y) -> a place on the board."""
    top = 1.4

    def place(x, y):
        return left + (np.clip(x, -REACH, REACH) + REACH) * UNIT, top + (1.6 - y) * UNIT

    text(board, left, 0.75, title, 10, ha="left", weight="bold")
    for y in (0, 0.5, 1, 1.5):
        line(board, [place(-REACH, y), place(REACH, y)], LINE, 0.7, layer=GRID)
        text(board, left - 0.2, place(0, y)[1], f"{y:g}", 8, FAINT, ha="right")
    for x in (-1, 0, 1):
        line(board, [place(x, -0.5), place(x, 1.6)], LINE, 0.7, layer=GRID)
        text(board, *place(x, -0.64), number(x), 8, FAINT)
    return place


def _left(board, place, h, x) -> None:
    _bold(board, [place(-REACH, 0), place(0, 0), place(REACH, REACH)])
    for end in (x - h, x + h):
        if abs(end) <= REACH:
            line(board, [place(end, -0.5), place(end, max(end, 0))], FAINT, 0.9, (0, (2, 2)))
    rise = measured_slope(h, x)
    start, end = max(x - h, -REACH), min(x + h, REACH)
    chord = [place(t, max(x + h, 0) + rise * (t - x - h)) for t in (start, end)]
    line(board, chord, ROLES["gradient"], 2.2, (0, (3, 1.5)), layer=MARKS)
    ends = [place(t, max(t, 0)) for t in (x - h, x + h) if abs(t) <= REACH]
    for end in ends:
        dot(board, *end, 40, ROLES["gradient"], 0.15)
    dot(board, *place(x, max(x, 0)), 40, ROLES["input"], 0.15)
    text(board, *place(x, max(x, 0) - 0.19), "x", 10)


def _right(board, place, x, slope, chosen) -> None:
    _bold(board, [place(-REACH, 0), place(0, 0)])
    _bold(board, [place(0, 1), place(REACH, 1)])
    line(board, [place(0, 0), place(0, 1)], INK, 1.4, (0, (1, 1.5)))
    places = {
        "½, half way": (0.1, 0.4),
        "0, by x > 0": (0.1, -0.14),
        "open: any in [0, 1]": (0.1, 0.15),
    }
    for words, value in CONVENTIONS.items():
        weight = "bold" if words == chosen else "normal"
        if value is not None:
            dot(board, *place(0, value), 40, INK if words == chosen else CARD, 0.17)
        if words in places:
            text(board, *place(*places[words]), words, 9, ha="left", weight=weight)
        else:
            text(board, *place(-0.1, 1.13), words, 9, ha="right", weight=weight)
    if chosen and CONVENTIONS[chosen] is None:
        line(board, [place(0, 0), place(0, 1)], INK, 4)
    dot(board, *place(x, slope), 4, ROLES["gradient"])


def _bold(board, points) -> None:
    """relu is an output: its colour, with an ink line inside that can be seen by anyone."""
    line(board, points, ROLES["output"], 6)
    line(board, points, INK, 1)

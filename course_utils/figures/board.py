"""A card measured in cells: matrices, frames, words and arrows on it.

Words are drawn as outlines, all in one go: matplotlib's own text costs about a millisecond for
each number, and an explorer redraws forty of them at every move.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath, text_to_path
from matplotlib.transforms import Affine2D

from .canvas import FAINT, INK, LINE, ROLES, WIDEST, Picture, card

CELL = 0.5  # inches, unless the board would be wider than the page
LARGEST = 64  # rows or columns; beyond that a cell is smaller than a reader can see
NUMBERED = 14  # up to this many columns each cell carries its number
MINUS = "\N{MINUS SIGN}"


@dataclass
class Board:
    """An axes in units of cells, row 0 on top; `scale` is what shrinks letters with the cells."""

    figure: Figure
    axes: Axes
    scale: float
    words: list[tuple] = field(default_factory=list)

    def picture(self, description: str) -> Picture:
        """Put the words down and hand the figure over."""
        transform = Affine2D().scale(1 / 72) + self.figure.dpi_scale_trans
        outlines = [outline(w, size, weight, ha) for w, size, weight, ha, _, _ in self.words]
        collection = PathCollection(
            outlines,
            facecolors=[color for *_, color, _ in self.words],
            linewidths=0,
            offsets=[place for *_, place in self.words],
            offset_transform=self.axes.transData,
            zorder=4,
            label="\n".join(word for word, *_ in self.words),  # for tests: what stands written
        )
        collection.set_transform(transform)
        self.axes.add_collection(collection, autolim=False)
        return Picture(self.figure, description)


def new_board(columns: float, rows: float) -> Board:
    """A board of so many cells, as wide as the page at most."""
    cell = min(CELL, WIDEST / columns)
    figure = card(columns * cell, rows * cell)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    axes.set_axis_off()
    return Board(figure, axes, max(cell / CELL, 0.7))


@functools.cache
def _glyph(letter: str, weight: str) -> tuple[Path, float]:
    """The outline of one letter at 100 points, and how far the next one stands from it."""
    font = FontProperties(weight=weight, size=100)
    width, _, _ = text_to_path.get_text_width_height_descent(letter, font, ismath=False)
    if letter.isspace():
        return Path(np.zeros((0, 2))), width
    return TextPath((0, 0), letter.replace("$", r"\$"), prop=font), width


@functools.lru_cache(maxsize=2048)
def outline(words: str, size: float, weight: str, ha: str) -> Path:
    """The outline of some words in points, its middle line at height 0."""
    vertices, codes, right = [np.zeros((1, 2))], [[Path.MOVETO]], 0.0
    for letter in words:
        path, width = _glyph(letter, weight)
        if len(path.vertices):
            vertices.append(np.add(path.vertices, [right, 0]))
            codes.append(path.codes)
        right += width
    start = {"left": 0.0, "center": right / 2, "right": right}[ha]
    middle = [start, 36]  # half the height of a capital
    return Path((np.concatenate(vertices) - middle) * (size / 100), np.concatenate(codes))


def text(board, x, y, words, size=10, color=INK, ha="center", weight="normal") -> None:
    board.words.append((words, round(size * board.scale, 2), weight, ha, color, (x, y)))


def text_width(words: str, size: float = 11, weight: str = "bold") -> float:
    """The width of some words in cells."""
    return sum(_glyph(letter, weight)[1] for letter in words) * size / 100 / 72 / CELL


def number(value: float) -> str:
    """Three significant digits with a true minus sign."""
    return f"{value:.3g}".replace("-", MINUS)


def tint(role: str, strength) -> np.ndarray:
    """The colour of a role mixed with white: strength 0 is white, 1 the full colour."""
    strength = np.asarray(strength, dtype=float)[..., None]
    return 1 - strength * (1 - np.array(to_rgb(ROLES[role])))


def squares(board, x, y, shape, colors, unit=1.0) -> None:
    """A grid of shape (rows, columns) with its corner at (x, y), one colour a cell."""
    rows, columns = shape
    corner = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 1, 2)
    vertices = np.array([x, y]) + unit * (corner + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]))
    thin = 0.6 if unit > 0.25 else 0.2
    patches = PolyCollection(
        vertices, facecolors=np.reshape(colors, (-1, 3)), edgecolors=LINE, linewidths=thin
    )
    board.axes.add_collection(patches, autolim=False)


def rectangle(board, x, y, width, height, color) -> None:
    """A filled rectangle without a frame."""
    corners = [[(x, y), (x + width, y), (x + width, y + height), (x, y + height)]]
    board.axes.add_collection(PolyCollection(corners, facecolors=[color]), autolim=False)


def line(board, points, color=INK, linewidth=1.2, linestyle="-", zorder=2) -> None:
    board.axes.add_collection(
        LineCollection(
            [points],
            colors=[color],
            linewidths=linewidth,
            linestyles=[linestyle],
            capstyle="butt",
            zorder=zorder,
        ),
        autolim=False,
    )


def frame(board, x, y, width, height, color=INK, linewidth=2.4) -> None:
    """A rectangle without filling."""
    right, bottom = x + width, y + height
    corners = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y), (right, y)]
    line(board, corners, color, linewidth, zorder=3)


def arrow(board, start, end, color=INK) -> None:
    """A straight arrow between two points, its head at `end`."""
    start, end = np.array(start, float), np.array(end, float)
    along = 0.16 * (end - start) / np.linalg.norm(end - start)
    across = 0.6 * np.array([-along[1], along[0]])
    line(board, [start, end - along], color)
    head = [[end, end - 1.4 * along + across, end - 1.4 * along - across]]
    board.axes.add_collection(PolyCollection(head, facecolors=[color]), autolim=False)


def as_matrix(A) -> np.ndarray:
    """`A` as a 2-D float array; a vector becomes one row. ValueError for anything else."""
    A = np.atleast_2d(np.asarray(A, dtype=float))
    if A.ndim != 2 or A.size == 0 or max(A.shape) > LARGEST:
        raise ValueError(
            f"a matrix of 1 to {LARGEST} rows and columns can be drawn, not an array of shape {A.shape}"
        )
    return A


def is_numbered(shape) -> bool:
    """Whether a matrix is small enough for its numbers to be read."""
    return shape[0] <= 2 * NUMBERED and shape[1] <= NUMBERED


def cells(board, A, x, y, name, role, *, mark=(), shown=None, blank=False, unit=1.0) -> None:
    """Draw `A` at (x, y): tinted cells, numbers, indices, its name above.

    A: a matrix, or a vector, which becomes a row with one index. mark: index pairs that get a
    thick frame. shown: a mask; a cell left out is empty. blank: leave zeros empty.
    """
    is_row = np.ndim(A) == 1
    A = as_matrix(A)
    rows, columns = A.shape
    shown = np.ones(A.shape, bool) if shown is None else np.reshape(shown, A.shape)
    size = np.where(np.isfinite(A) & shown, np.abs(A), 0)
    numbered = is_numbered(A.shape)
    least, span = (0.15, 0.35) if numbered else (0.1, 0.8)
    strength = np.where(size > 0, least + span * size / max(size.max(), 1e-300), 0)
    squares(board, x, y, A.shape, tint(role, strength), unit)
    frame(board, x, y, unit * columns, unit * rows, ROLES[role], 1.8)
    text(board, x, y - 0.75, name, 11, ha="left", weight="bold")
    if numbered:
        _numbers(board, A, x, y, shown & ~(blank & (A == 0)), unit)
        _indices(board, 0 if is_row else rows, columns, x, y, unit)
    else:
        text(
            board,
            x + text_width(name) + 0.4,
            y - 0.75,
            "dark: large; dash: negative",
            9,
            FAINT,
            "left",
        )
        _dashes(board, (A < 0) & shown, x, y, unit)
    for row, column in mark:
        frame(board, x + unit * column, y + unit * row, unit, unit)


def _numbers(board, A, x, y, shown, unit) -> None:
    for row, column in np.argwhere(shown):
        words = number(A[row, column])
        size = 10 if len(words) <= 4 else 8.5 if len(words) <= 5 else 7
        color = FAINT if A[row, column] == 0 else INK
        text(board, x + unit * (column + 0.5), y + unit * (row + 0.5), words, size, color)


def _dashes(board, negative, x, y, unit) -> None:
    """Without numbers, a dash says that an entry is negative."""
    rows, columns = np.nonzero(negative)
    ends = [
        np.stack([x + unit * (columns + at), y + unit * (rows + 0.5)], axis=1) for at in (0.3, 0.7)
    ]
    dashes = np.stack(ends, axis=1)
    board.axes.add_collection(LineCollection(dashes, colors=INK, linewidths=1), autolim=False)


def _indices(board, rows, columns, x, y, unit) -> None:
    for row in range(rows):
        text(board, x - 0.2, y + unit * (row + 0.5), str(row), 8, FAINT)
    for column in range(columns):
        text(board, x + unit * (column + 0.5), y - 0.22, str(column), 8, FAINT)

"""A card measured in cells: matrices, frames, words and arrows on it.

An explorer redraws it at every move of a slider, so words are drawn as outlines, all in one go:
matplotlib's own text costs about a millisecond for each number.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from matplotlib.collections import LineCollection, PathCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath, text_to_path
from matplotlib.transforms import Affine2D, Transform

from .canvas import FAINT, INK, LINE, ROLES, WIDEST, Picture, card

CELL = 0.5  # inches, unless the board would be wider than the page
LARGEST = 64  # rows or columns; beyond that a cell is smaller than a reader can see
NUMBERED = 14  # up to this many columns each cell carries its number
GRID, FILLS, LINES, MARKS, WORDS = range(5)  # layers, from below
MINUS = "\N{MINUS SIGN}"


@dataclass
class Board:
    """A figure in units of cells, row 0 on top; `scale` is what shrinks letters with the cells.

    What is put on it is gathered in layers and drawn by `picture` in a few strokes: an artist for
    each cell and number would take longer than a slider may.
    """

    figure: Figure
    transform: Transform  # from cells to the screen
    scale: float
    shapes: dict[int, list[tuple]] = field(default_factory=lambda: defaultdict(list))
    lines: dict[int, list[tuple]] = field(default_factory=lambda: defaultdict(list))
    words: list[tuple] = field(default_factory=list)

    def picture(self, description: str) -> Picture:
        """Draw all that was gathered, and hand the figure over."""
        for layer in sorted({*self.shapes, *self.lines}):
            if self.shapes[layer]:
                corners, faces, edges, widths = zip(*self.shapes[layer], strict=True)
                shapes = PolyCollection(
                    corners, facecolors=faces, edgecolors=edges, linewidths=widths
                )
                self._add(shapes, layer)
            if self.lines[layer]:
                points, colors, widths, styles = zip(*self.lines[layer], strict=True)
                lines = LineCollection(
                    points, colors=colors, linewidths=widths, linestyles=list(styles)
                )
                self._add(lines, layer)
        if self.words:
            self._write()
        return Picture(self.figure, description)

    def _add(self, collection, layer: int) -> None:
        collection.set(transform=self.transform, zorder=layer)
        self.figure.add_artist(collection)

    def _write(self) -> None:
        words, sizes, weights, sides, colors, places = zip(*self.words, strict=True)
        outlines = map(outline, words, sizes, weights, sides)
        collection = PathCollection(
            list(outlines),
            facecolors=colors,
            linewidths=0,
            offsets=places,
            offset_transform=self.transform,
            zorder=WORDS,
            label="\n".join(words),  # what stands written, for tests
        )
        collection.set_transform(Affine2D().scale(1 / 72) + self.figure.dpi_scale_trans)
        self.figure.add_artist(collection)


def new_board(columns: float, rows: float) -> Board:
    """A board of so many cells, as wide as the page at most."""
    cell = min(CELL, WIDEST / columns)
    figure = card(columns * cell, rows * cell)
    transform = Affine2D().scale(cell, -cell).translate(0, rows * cell) + figure.dpi_scale_trans
    return Board(figure, transform, max(cell / CELL, 0.7))


@functools.cache
def _glyph(letter: str, weight: str) -> tuple[Path, float]:
    """The outline of one letter at 100 points, and how far the next one stands from it."""
    font = FontProperties(weight=weight, size=100)
    width, _, _ = text_to_path.get_text_width_height_descent(letter, font, ismath=False)
    if letter.isspace():
        return Path(np.zeros((0, 2))), width
    return TextPath((0, 0), letter.replace("$", r"\$"), prop=font), width


@functools.lru_cache(maxsize=512)
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
    """Three significant digits, or up to five before the point, with a true minus sign."""
    whole = 999.5 <= abs(value) < 99999.5
    return (f"{value:.0f}" if whole else f"{value:.3g}").replace("-", MINUS)


def tint(role: str, strength) -> np.ndarray:
    """The colour of a role mixed with white: strength 0 is white, 1 the full colour."""
    strength = np.asarray(strength, dtype=float)[..., None]
    return 1 - strength * (1 - np.array(to_rgb(ROLES[role])))


def squares(board, x, y, shape, colors, unit=1.0, edge=LINE) -> None:
    """A grid of shape (rows, columns) with its corner at (x, y), one colour a cell."""
    rows, columns = shape
    corner = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 1, 2)
    corners = np.array([x, y]) + unit * (corner + np.array([[0, 0], [1, 0], [1, 1], [0, 1]]))
    thin = 0.6 if unit > 0.25 else 0.2
    for square, color in zip(corners, np.reshape(colors, (-1, 3)), strict=True):
        # cells of their own colour get an edge of it too, lest the card shine through between them
        board.shapes[FILLS].append((square, color, color if edge == "face" else edge, thin))


def rectangle(board, x, y, width, height, color, layer=FILLS) -> None:
    """A filled rectangle without a frame."""
    corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
    board.shapes[layer].append((corners, to_rgb(color), "none", 0))


def dot(board, x, y, corners, color, radius=0.2) -> None:
    """A regular polygon with an ink edge: 4 corners make a diamond, many a disc."""
    angle = 2 * np.pi * np.arange(corners) / corners
    around = np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)
    board.shapes[MARKS].append((around, to_rgb(color), INK, 1.2))


def line(board, points, color=INK, linewidth=1.2, linestyle="-", layer=LINES) -> None:
    board.lines[layer].append((points, color, linewidth, linestyle))


def frame(board, x, y, width, height, color=INK, linewidth=2.4) -> None:
    """A rectangle without filling."""
    right, bottom = x + width, y + height
    # the last stretch is drawn twice: it closes the corner
    corners = [(x, y), (right, y), (right, bottom), (x, bottom), (x, y), (right, y)]
    line(board, corners, color, linewidth, layer=MARKS if color == INK else LINES)


def arrow(board, start, end, color=INK) -> None:
    """A straight arrow between two points, its head at `end`."""
    start, end = np.array(start, float), np.array(end, float)
    along = 0.16 * (end - start) / np.linalg.norm(end - start)
    across = 0.6 * np.array([-along[1], along[0]])
    line(board, [start, end - along], color)
    head = np.array([end, end - 1.4 * along + across, end - 1.4 * along - across])
    board.shapes[LINES].append((head, to_rgb(color), "none", 0))


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
        size = min(10, 10 * 0.86 / text_width(words, 10, "normal"))
        color = FAINT if A[row, column] == 0 else INK
        text(board, x + unit * (column + 0.5), y + unit * (row + 0.5), words, size, color)


def _dashes(board, negative, x, y, unit) -> None:
    """Without numbers, a dash says that an entry is negative."""
    for row, column in np.argwhere(negative):
        middle = y + unit * (row + 0.5)
        line(board, [(x + unit * (column + 0.3), middle), (x + unit * (column + 0.7), middle)])


def _indices(board, rows, columns, x, y, unit) -> None:
    for row in range(rows):
        text(board, x - 0.2, y + unit * (row + 0.5), str(row), 8, FAINT)
    for column in range(columns):
        text(board, x + unit * (column + 0.5), y - 0.22, str(column), 8, FAINT)

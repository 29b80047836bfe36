"""The card every picture stands on: palette, Picture, and matrices drawn as cells."""

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

# Okabe and Ito's palette, which colour-blind readers can tell apart. A role is also always named
# in words beside what it colours.
ROLES = {
    "input": "#0072B2",
    "output": "#E69F00",
    "upstream": "#009E73",
    "jacobian": "#CC79A7",
    "gradient": "#D55E00",
    "zero": "#FFFFFF",
}
CARD = "#FBFBF8"  # opaque, so that a picture reads the same in a light and in a dark theme
INK = "#1F2328"
FAINT = "#68707A"
LINE = "#C9CDD2"
CSS_DPI = 96  # an inch of figure is 96 CSS pixels on the page, drawn twice as fine
CELL = 0.5  # inches
LARGEST = 64  # rows or columns; beyond it a cell is smaller than a reader can see
NUMBERED = 12  # up to this many columns each cell carries its number


@dataclass(frozen=True, repr=False)
class Picture:
    """A matplotlib figure with one sentence that says what it shows.

    Jupyter shows the figure and prints the sentence under it (JupyterLab gives output pictures
    no alternative text). `png` is the figure as bytes, `width` its width on a page in pixels.
    """

    figure: Figure
    description: str

    @property
    def width(self) -> int:
        return round(self.figure.get_figwidth() * CSS_DPI)

    @functools.cached_property
    def png(self) -> bytes:
        return self.render(2 * CSS_DPI)

    def render(self, dpi: int) -> bytes:
        """The figure as PNG bytes: the same bytes each time, for one version of matplotlib."""
        buffer = io.BytesIO()
        with style.context("default"):
            self.figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
        return buffer.getvalue()

    def __repr__(self) -> str:
        return self.description

    def _ipython_display_(self) -> None:
        from IPython.display import display

        # nbconvert reads `alt`; JupyterLab does not, hence the printed sentence.
        metadata = {"image/png": {"width": self.width, "alt": self.description}}
        data = {"image/png": self.png, "text/plain": "[picture]"}
        display(data, raw=True, metadata=metadata)
        print(self.description)


def own_style(draw: Callable[..., Picture]) -> Callable[..., Picture]:
    """Draw with matplotlib's own defaults, whatever style the notebook has set."""

    @functools.wraps(draw)
    def drawn(*args, **kwargs):
        with style.context("default"):
            return draw(*args, **kwargs)

    return drawn


def card(width: float, height: float) -> Figure:
    """An empty light card, `width` x `height` inches, outside pyplot: nothing has to be closed."""
    figure = Figure(figsize=(width, height), facecolor=CARD, edgecolor=LINE, linewidth=1)
    FigureCanvasAgg(figure)
    return figure


def board(columns: float, rows: float, cell: float = CELL):
    """A card measured in cells, row 0 on top. Returns (figure, axes)."""
    figure = card(columns * cell, rows * cell)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, columns), ylim=(rows, 0))
    axes.set_axis_off()
    return figure, axes


def plot_card(panels: int = 1, width: float = 7.2, height: float = 4.2):
    """A card with `panels` axes side by side, thin grid, no top and right line."""
    figure = card(width, height)
    figure.set_layout_engine("constrained", w_pad=0.12, h_pad=0.12, wspace=0.06)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    for ax in axes:
        ax.set_facecolor(CARD)
        ax.grid(color=LINE, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def as_matrix(A) -> np.ndarray:
    """`A` as a 2-D float array; a vector becomes one row. ValueError for anything else."""
    A = np.atleast_2d(np.asarray(A, dtype=float))
    if A.ndim != 2 or A.size == 0 or max(A.shape) > LARGEST:
        raise ValueError(
            f"a matrix of 1 to {LARGEST} rows and columns is drawn; this one is {A.shape}"
        )
    return A


def number(value: float) -> str:
    """Three significant digits with a true minus sign."""
    return f"{value:.3g}".replace("-", "\N{MINUS SIGN}")


def text(axes, x, y, words, size=10, color=INK, ha="center", va="center", **kwargs):
    return axes.text(x, y, words, fontsize=size, color=color, ha=ha, va=va, **kwargs)


def tint(role: str, strength) -> np.ndarray:
    """The colour of a role mixed with white: strength 0 is white, 1 the full colour."""
    strength = np.asarray(strength, dtype=float)[..., None]
    return 1 - strength * (1 - np.array(to_rgb(ROLES[role])))


def squares(axes, x, y, shape, colors, unit=1.0, line=LINE) -> None:
    """A grid of shape (rows, columns) with its corner at (x, y), one colour a cell."""
    rows, columns = shape
    corner = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=-1).reshape(-1, 1, 2)
    frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    vertices = np.array([x, y]) + unit * (corner + frame)
    width = 0.6 if unit > 0.25 else 0.2
    axes.add_collection(
        PolyCollection(
            vertices, facecolors=colors.reshape(-1, 3), edgecolors=line, linewidths=width
        ),
        autolim=False,
    )


def frame(axes, x, y, width, height, color=INK, linewidth=2.0, linestyle="-") -> None:
    """A rectangle without filling."""
    xs, ys = [x, x + width, x + width, x, x], [y, y, y + height, y + height, y]
    axes.plot(
        xs, ys, color=color, linewidth=linewidth, linestyle=linestyle, solid_joinstyle="miter"
    )


def cells(axes, A, x, y, name, role, *, mark=(), shown=None, blank_zeros=False, unit=1.0) -> None:
    """Draw the matrix `A` at (x, y): tinted cells, numbers, indices, its name above.

    mark: (row, column) pairs that get a thick frame. shown: a mask; a cell left out is empty.
    """
    rows, columns = A.shape
    shown = np.ones(A.shape, bool) if shown is None else np.asarray(shown, bool)
    finite = np.where(np.isfinite(A), np.abs(A), 0) * shown
    strength = np.where(finite > 0, 0.15 + 0.4 * finite / max(finite.max(), 1e-300), 0)
    squares(axes, x, y, A.shape, tint(role, strength), unit)
    frame(axes, x, y, unit * columns, unit * rows, ROLES[role], 1.6)
    text(axes, x, y - 0.72, name, 11, ha="left", weight="bold")
    if columns <= NUMBERED and rows <= 2 * NUMBERED:
        _numbers(axes, A, x, y, shown, blank_zeros, unit)
        _indices(axes, A.shape, x, y, unit)
    for row, column in mark:
        frame(axes, x + unit * column, y + unit * row, unit, unit, INK, 2.4)


def _numbers(axes, A, x, y, shown, blank_zeros, unit) -> None:
    for (row, column), value in np.ndenumerate(A):
        if shown[row, column] and not (blank_zeros and value == 0):
            words = number(value)
            size = 10 if len(words) <= 5 else 8
            color = FAINT if value == 0 else INK
            text(axes, x + unit * (column + 0.5), y + unit * (row + 0.5), words, size, color)


def _indices(axes, shape, x, y, unit) -> None:
    for row in range(shape[0]):
        text(axes, x - 0.18, y + unit * (row + 0.5), str(row), 8, FAINT)
    for column in range(shape[1]):
        text(axes, x + unit * (column + 0.5), y - 0.2, str(column), 8, FAINT)

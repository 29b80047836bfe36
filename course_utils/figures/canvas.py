"""The card every picture stands on: its colours, and `Picture`, a figure with its sentence."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's palette, which colour-blind readers can tell apart. A role is also always named
# in words beside what it colours.
ROLES = {
    "input": "#0072B2",
    "output": "#E69F00",
    "upstream": "#009E73",
    "jacobian": "#CC79A7",
    "gradient": "#D55E00",
}
CARD = "#F2F2ED"  # opaque, so that a picture reads the same in a light and in a dark theme
INK = "#1F2328"
FAINT = "#5F6771"
LINE = "#C9CDD2"
CSS_DPI = 96  # an inch of a figure is 96 CSS pixels on the page; its PNG is twice as fine
WIDEST = 8.2  # inches: what JupyterLab shows beside its side bar without shrinking


@dataclass(frozen=True, repr=False)
class Picture:
    """A matplotlib figure with one sentence that says what it shows.

    Jupyter shows the figure and the sentence under it (JupyterLab gives output pictures no
    alternative text). `png` is the figure as bytes, `width` and `height` its pixels on a page.
    """

    figure: Figure
    description: str

    @property
    def width(self) -> int:
        return round(self.figure.get_figwidth() * CSS_DPI)

    @property
    def height(self) -> int:
        return round(self.figure.get_figheight() * CSS_DPI)

    @functools.cached_property
    def png(self) -> bytes:
        return self.render(2 * CSS_DPI)

    def render(self, dpi: int, effort: int = 6) -> bytes:
        """The figure as PNG bytes: the same bytes each time, for one version of matplotlib.

        effort: from 1, quick, to 9, small.
        """
        buffer, options = io.BytesIO(), {"compress_level": effort}
        with style.context("default"):
            self.figure.savefig(
                buffer, format="png", dpi=dpi, metadata={"Software": None}, pil_kwargs=options
            )
        return buffer.getvalue()

    def __repr__(self) -> str:
        return self.description

    def _ipython_display_(self) -> None:
        from IPython.display import display

        # nbconvert reads `alt`; JupyterLab does not, hence the sentence as an output of its own:
        # HTML, since JupyterLab breaks long lines of printed text within words.
        metadata = {"image/png": {"width": self.width, "alt": self.description}}
        display({"image/png": self.png, "text/plain": "[picture]"}, raw=True, metadata=metadata)
        display(
            {"text/html": f"<p>{escape(self.description)}</p>", "text/plain": self.description},
            raw=True,
        )


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


def plot_card(panels: int = 1, width: float = 7.2, height: float = 4.2) -> list[Axes]:
    """A card with `panels` axes side by side, with a thin grid; `legend_above` makes its room."""
    figure = card(width, height)
    axes = figure.subplots(1, panels, squeeze=False)[0]
    figure.subplots_adjust(
        left=0.9 / width, right=1 - 0.3 / width, bottom=0.6 / height, wspace=0.28
    )
    for ax in axes:
        ax.set_facecolor(CARD)
        ax.grid(color=LINE, linewidth=0.6)
        ax.set_axisbelow(True)
        ax.spines[["top", "right"]].set_visible(False)
        ax.tick_params(labelsize=10, colors=INK)
    return list(axes)


def legend_above(axes: list[Axes]) -> None:
    """Name the lines above the plots, where they cover nothing."""
    handles, labels = axes[0].get_legend_handles_labels()
    # a row holds about 90 letters, and a handle takes the room of eight
    lengths = [8 + len(label) for label in labels]
    columns = len(labels) if sum(lengths) <= 90 else max(1, 90 // max(lengths))
    rows = -(-len(labels) // columns)
    figure = axes[0].figure
    figure.subplots_adjust(top=1 - (0.4 + 0.22 * rows) / figure.get_figheight())
    figure.legend(
        handles, labels, loc="upper left", ncols=columns, frameon=False, fontsize=10, handlelength=3
    )

"""What every explorer stands on: controls in pairs, a picture, a sentence, and the static twin."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape

import ipywidgets as widgets

from ..figures import Picture

DPI = 144  # sharp enough on a fine screen, and drawn in a third of the time of a static picture
WIDE = {"description_width": "12em"}


class Explorer(widgets.VBox):
    """Controls, the picture they move, and the sentence that says what it shows.

    controls: {name: widget}, whose values `draw` takes by name. picture and sentence: HTML
    widgets, written anew at every move. twin: the static picture shown above, for pages on which
    no widget runs.
    """

    def __init__(self, twin: Picture, controls: dict, draw: Callable[..., Picture], rows: list):
        self.twin, self.controls, self._draw, self._drawn = twin, controls, draw, None
        self.picture, self.sentence = widgets.HTML(), widgets.HTML()
        for control in controls.values():
            control.observe(self.redraw, names="value")
        self.redraw()
        super().__init__([*rows, self.picture, self.sentence])

    def redraw(self, change=None) -> None:
        """Draw what the controls say, unless that has just been drawn."""
        values = {name: control.value for name, control in self.controls.items()}
        if change and values == self._drawn:  # one control has moved another, which drew already
            return
        self._drawn = values
        picture = self._draw(**values)
        data = base64.b64encode(picture.render(DPI, effort=1)).decode()
        words = escape(picture.description)
        self.picture.value = (
            f'<img src="data:image/png;base64,{data}" alt="{words}" width="{picture.width}" '
            f'height="{picture.height}" style="max-width: 100%; height: auto">'
        )
        # a live region: a screen reader says what has changed, without being asked
        self.sentence.value = f'<div role="status" style="max-width: 60em">{words}</div>'

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.twin)
        bundle = self._repr_mimebundle_()
        # what stands there where no widget runs, and what nbval compares
        bundle["text/plain"] = "[Run this cell in Jupyter to move the picture yourself.]"
        display(bundle, raw=True)


def pair(slider, box) -> widgets.HBox:
    """A slider and a number box that hold the same value."""
    widgets.link((slider, "value"), (box, "value"))
    return row(slider, box)


def row(*children) -> widgets.HBox:
    """Side by side, or below each other on a narrow page."""
    return widgets.HBox(children, layout={"flex_flow": "row wrap"})


def whole(label: str, short: str, most: int, value: int = 0, least: int = 0):
    """A slider of whole numbers and its row. `label` says what it moves, `short` names the box."""
    slider = widgets.IntSlider(
        value, least, most, description=label, style=WIDE, layout={"width": "26em"}
    )
    box = widgets.BoundedIntText(
        value, least, most, description=short, style={"description_width": "7em"}
    )
    box.layout.width = "13em"
    widgets.link((slider, "max"), (box, "max"))
    return slider, pair(slider, box)


def real(label: str, short: str, least: float, most: float, value: float, step: float):
    """A slider of numbers and its row."""
    slider = widgets.FloatSlider(
        value,
        min=least,
        max=most,
        step=step,
        description=label,
        style=WIDE,
        layout={"width": "26em"},
    )
    box = widgets.BoundedFloatText(
        value,
        min=least,
        max=most,
        step=step,
        description=short,
        style={"description_width": "7em"},
        layout={"width": "13em"},
    )
    return slider, pair(slider, box)


def logarithmic(label: str, short: str, most: int, value: int):
    """A slider that multiplies where others add, from 1 to a power of two, and its row.

    The box is the one to read: it holds the whole number. Returns (box, row).
    """
    slider = widgets.FloatLogSlider(
        value,
        base=2,
        min=0,
        max=most.bit_length() - 1,
        step=0.25,
        readout=False,
        description=label,
        style=WIDE,
        layout={"width": "26em"},
    )
    box = widgets.BoundedIntText(
        value,
        1,
        most,
        description=short,
        style={"description_width": "7em"},
        layout={"width": "13em"},
    )

    def to_box(change):
        box.value = round(change["new"])

    def to_slider(change):
        if round(slider.value) != change["new"]:  # 181 is not to jump to the slider's 181.02
            slider.value = change["new"]

    slider.observe(to_box, names="value")
    box.observe(to_slider, names="value")
    return box, row(slider, box)


def choice(label: str, options) -> widgets.Dropdown:
    return widgets.Dropdown(
        options=options, description=label, style=WIDE, layout={"width": "26em"}
    )

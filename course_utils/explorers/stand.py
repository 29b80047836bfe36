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
        here = widgets.HTML("<strong>Move it yourself</strong>")
        super().__init__([here, *rows, self.picture, self.sentence])

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
        self.sentence.value = (
            f'<div role="status" style="max-width: 60em; line-height: 1.5">{words}</div>'
        )

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.twin)
        bundle = self._repr_mimebundle_()
        # what stands there where no widget runs, and what nbval compares
        bundle["text/plain"] = "[Run this cell in Jupyter to move the picture yourself.]"
        display(bundle, raw=True)


def row(*children) -> widgets.HBox:
    """Side by side, or below each other on a narrow page."""
    return widgets.HBox(children, layout={"flex_flow": "row wrap"})


def slider_and_box(label, short, box, notches, to_value=int, to_notch=int):
    """A slider and a number box for one value. Returns (box, the row of both).

    label: what is changed. short: the box's own label. The box holds the value, any within its
    bounds; the slider goes through whole notches (least, most), of which `to_value` makes values
    and `to_notch` finds the nearest. (A slider of the values themselves would round what is typed
    into the box to a step of its own.)
    """
    least, most = notches
    slider = widgets.IntSlider(
        to_notch(box.value),
        least,
        most,
        readout=False,
        description=label,
        style=WIDE,
        layout={"width": "26em"},
    )
    box.description, box.layout.width = short, "13em"
    box.style.description_width = "5em"

    def to_box(change):
        if to_notch(box.value) != change["new"]:  # else it was the box that moved the slider
            box.value = to_value(change["new"])

    def to_slider(change):
        slider.value = to_notch(change["new"])

    slider.observe(to_box, names="value")
    box.observe(to_slider, names="value")
    return box, row(slider, box)


def whole(label: str, short: str, most: int):
    """From 0 to most, one by one."""
    return slider_and_box(label, short, widgets.BoundedIntText(0, 0, most), (0, most))


def relabel(line, label: str, short: str, most: int) -> None:
    """Another name and another end for a row made by `whole`."""
    slider, box = line.children
    slider.max = box.max = most
    slider.description, box.description = label, short


def tenths(label: str, short: str, reach: int):
    """From -reach to reach, by tenths with the slider."""
    box = widgets.BoundedFloatText(0, min=-reach, max=reach, step=0.1)
    return slider_and_box(
        label, short, box, (-10 * reach, 10 * reach), lambda n: n / 10, lambda x: round(10 * x)
    )


def choice(label: str, options) -> widgets.Dropdown:
    return widgets.Dropdown(
        options=options, description=label, style=WIDE, layout={"width": "26em"}
    )

"""Explorers along a scale: what a Jacobian weighs, and the kink as h shrinks."""

from __future__ import annotations

import os
from math import log2, prod

import ipywidgets as widgets

from ..figures.board import GRID, MARKS, line, new_board, rectangle, text, text_width
from ..figures.canvas import CARD, FAINT, INK, LINE, ROLES, Picture, own_style
from ..figures.corner import CONVENTIONS, chord_sentence, draw_kink
from ..figures.corner import kink as still_kink
from ..figures.plots import amount
from ..jacobian import jacobian_bytes
from .stand import Explorer, choice, slider_and_box, tenths

LARGEST = 8192
FINEST = 20  # h is halved so many times at most
# bytes; the discs as their makers count them
EVERYDAY = {
    "a page of text": 3_000,
    "a floppy disk": 1_474_560,
    "a CD": 700 * 2**20,
    "a DVD": 4_700_000_000,
    "a Blu-ray disc": 25_000_000_000,
    "a large hard disk": 20e12,
    "a thousand such disks": 20e15,
}


def machine_memory() -> int | None:
    """Bytes of this machine's memory, or None where the system does not say."""
    try:
        import psutil  # comes with ipykernel

        return psutil.virtual_memory().total
    except ImportError:
        pass
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def shapes_of(layer: str, N: int, D: int, M: int) -> dict[str, tuple[int, ...]]:
    """The arrays of one gradient, from the monster to what the condensed map returns."""
    M = D if layer == "ReLU" else M
    return {"full": (N, M, N, D), "per sample": (N, M, D), "condensed": (N, D)}


def powers(label: str, short: str, value: int):
    """A whole number up to LARGEST; its slider goes by powers of two."""
    box = widgets.BoundedIntText(value, 1, LARGEST)
    notches = (0, LARGEST.bit_length() - 1)
    return slider_and_box(label, short, box, notches, lambda n: 2**n, lambda N: round(log2(N)))


def what_it_weighs() -> Explorer:
    """N, D and M from 1 to 8192: bytes of the full Jacobian, of one a sample, of the gradient."""
    layer = choice("layer", [("linear, dY/dX", "linear"), ("ReLU, dY/dX (M = D)", "ReLU")])
    N, N_row = powers("N, samples", "N =", 64)
    D, D_row = powers("D, inputs", "D =", 512)
    M, M_row = powers("M, outputs", "M =", 512)
    memory = machine_memory()

    def draw(layer, N, D, M):
        M_row.layout.display = "none" if layer == "ReLU" else "flex"
        return draw_weights(layer, N, D, M, memory)

    # the twin knows no machine: it reads the same wherever the notebook is run
    twin = draw_weights("linear", 64, 512, 512, None)
    controls = {"layer": layer, "N": N, "D": D, "M": M}
    return Explorer(twin, controls, draw, [layer, N_row, D_row, M_row])


@own_style
def draw_weights(layer, N, D, M, memory) -> Picture:
    """Bars on a logarithmic scale: three arrays above, everyday things below."""
    shapes = shapes_of(layer, N, D, M)
    weights = {name: jacobian_bytes(shape[:1], shape[1:]) for name, shape in shapes.items()}
    left, scale = 6.2, 8.4 / 56  # cells, cells for a factor of two
    bottom = 5.6 + 0.62 * len(EVERYDAY)
    board = new_board(left + 56 * scale + 2.2, bottom + 0.5)
    for power, unit in enumerate(("1 B", "1 KiB", "1 MiB", "1 GiB", "1 TiB", "1 PiB")):
        x = left + 10 * power * scale
        line(board, [(x, 1.0), (x, bottom)], LINE, 0.7, layer=GRID)
        text(board, x, 0.65, unit, 9, FAINT)
    colors = (ROLES["jacobian"], ROLES["jacobian"], ROLES["gradient"])
    for n, (name, color) in enumerate(zip(weights, colors, strict=True)):
        y, length = 1.3 + 1.2 * n, scale * log2(weights[name])
        text(board, left - 0.2, y + 0.22, name, 10, ha="right", weight="bold")
        text(board, left - 0.2, y + 0.68, " × ".join(map(str, shapes[name])), 8, FAINT, ha="right")
        rectangle(board, left, y, length, 0.85, color)
        label = amount(weights[name], "bytes")
        # the label lies on the card, not on the lines that pass there
        rectangle(board, left + length, y, text_width(label, 10) + 0.2, 0.85, CARD, MARKS)
        text(board, left + length + 0.15, y + 0.43, label, 10, ha="left")
    for n, (thing, size) in enumerate(EVERYDAY.items()):
        y, x = 5.4 + 0.62 * n, left + scale * log2(size)
        text(board, left - 0.2, y, thing, 9, FAINT, ha="right")
        line(board, [(left, y), (x, y)], FAINT, 1.2, (0, (1, 2)))
        rectangle(board, x - 0.08, y - 0.16, 0.16, 0.32, FAINT)
    if memory:
        x = left + scale * log2(memory)
        line(board, [(x, 1.0), (x, bottom)], INK, 1.6, (0, (4, 2)))
        text(board, x, bottom + 0.2, f"this machine's memory: {amount(memory, 'bytes')}", 9)
    return board.picture(_weights_sentence(shapes, weights, memory))


def _weights_sentence(shapes, weights, memory) -> str:
    parts = [f"{name} {shapes[name]} {amount(size, 'bytes')}" for name, size in weights.items()]
    more = prod(shapes["full"]) // prod(shapes["condensed"])
    sentence = f"In float64: {', '.join(parts)}; the full Jacobian has {more:,} × the entries of the gradient"
    full = weights["full"]
    if memory:
        sentence += (
            f", takes {_share(full / memory)} this machine's memory, {amount(memory, 'bytes')}"
        )
    things = [thing for thing, size in EVERYDAY.items() if size <= full]
    if things:
        sentence += f", and is {_share(full / EVERYDAY[things[-1]])} what goes on {things[-1]}"
    return sentence + "."


def _share(ratio: float) -> str:
    if ratio < 0.01:
        return "less than 1 % of"
    if ratio < 1:
        return f"{100 * ratio:.0f} % of"
    return f"{ratio:,.0f} ×" if ratio >= 100 else f"{ratio:.3g} ×"


def kink() -> Explorer:
    """relu at 0: choose a convention, and watch a difference quotient as h shrinks across 0."""
    x, x_row = tenths("x, where it is measured", "x =", 1)
    h_box = widgets.BoundedFloatText(0.5, min=2.0**-FINEST, max=1, step=0.01)
    h, h_row = slider_and_box(
        "h, halved step by step",
        "h =",
        h_box,
        (0, FINEST),
        lambda n: 2.0**-n,
        lambda h: round(-log2(h)),
    )
    rule = choice("the slope at 0 is", list(CONVENTIONS))

    @own_style
    def draw(x, h, rule):
        sentence = f"{chord_sentence(h, x)}; {_convention(x, rule)}."
        return draw_kink(h, x, rule).picture(sentence)

    controls = {"x": x, "h": h, "rule": rule}
    return Explorer(still_kink(), controls, draw, [x_row, h_row, rule])


def _convention(x, rule) -> str:
    if x != 0:
        return f"away from 0 every convention says {int(x > 0)}"
    value = CONVENTIONS[rule]
    if value is None:
        return "the convention chosen leaves the slope open, anywhere from 0 to 1"
    return f"the convention chosen says {value:g}"

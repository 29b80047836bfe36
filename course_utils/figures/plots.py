"""Pictures of measurements: costs, errors of differences, training, digits."""

from __future__ import annotations

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter

from .arrays import plural
from .board import frame, new_board, number, squares, text
from .canvas import INK, LINE, ROLES, Picture, legend_above, own_style, plot_card

# Lines differ by colour, dash and marker. Costs begin with the Jacobian and end with the gradient.
COSTS = [
    {"color": ROLES["jacobian"], "marker": "s", "linestyle": "-"},
    {"color": ROLES["input"], "marker": "o", "linestyle": "--"},
    {"color": ROLES["gradient"], "marker": "^", "linestyle": "-."},
    {"color": ROLES["upstream"], "marker": "D", "linestyle": ":"},
    {"color": ROLES["output"], "marker": "v", "linestyle": (0, (5, 1, 1, 1, 1, 1))},
]
RUNS = [
    {"color": INK, "marker": "o", "linestyle": "-"},
    {"color": ROLES["gradient"], "marker": "s", "linestyle": "--"},
    {"color": ROLES["input"], "marker": "^", "linestyle": "-."},
    {"color": ROLES["upstream"], "marker": "D", "linestyle": ":"},
]
UNITS = ("bytes", "seconds", "operations")


def amount(value: float, unit: str) -> str:
    """A quantity for a person: '15.9 GiB', '71 ms', '2.1 thousand million' is '2.1e+09'."""
    if unit == "bytes":
        for name in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
            if abs(value) < 1023.5:
                return f"{number(value)} {name}"
            value /= 1024
        return f"{value:,.3g} EiB"
    if unit == "seconds":
        for scale, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if value >= scale:
                return f"{value / scale:.3g} {name}"
        return f"{value * 1e9:.3g} ns"
    return f"{value:,.0f}" if value < 1e6 else f"{value:.2g}"


def _strokes(strokes, series):
    """Each named series with its stroke. ValueError where strokes run out."""
    if not 1 <= len(series) <= len(strokes):
        raise ValueError(f"1 to {len(strokes)} lines can be told apart, not {len(series)}")
    return [
        (name, np.asarray(values, dtype=float), stroke)
        for (name, values), stroke in zip(series.items(), strokes, strict=False)
    ]


@own_style
def costs(sizes, series, floor=None, limit=None, unit="bytes") -> Picture:
    """What something costs against its size, both axes logarithmic.

    sizes: (S,) positive. series: {name: (S,) costs}, one to five; nan where not measured.
    floor: (S,), the least it can cost. limit: one number, what this machine has.
    unit: 'bytes', 'seconds' or 'operations', else ValueError.
    """
    if unit not in UNITS:
        raise ValueError(f"unit is one of {', '.join(UNITS)}, not {unit!r}")
    sizes = np.asarray(sizes, dtype=float)
    lines = _strokes(COSTS, series)
    (ax,) = plot_card()
    for name, values, stroke in lines:
        ax.plot(sizes, values, label=name, markersize=6, linewidth=1.8, **stroke)
    if floor is not None:
        floor = np.broadcast_to(np.asarray(floor, dtype=float), sizes.shape)
        ax.plot(sizes, floor, color=INK, linewidth=1, label="floor")
    if limit is not None:
        label = f"limit: {amount(limit, unit)}"
        ax.axhline(limit, color=INK, linestyle=(0, (1, 2)), linewidth=1.5, label=label)
    ax.set(xscale="log", yscale="log", xlabel="size N = H")
    ax.xaxis.set_major_locator(FixedLocator(sizes[:: 1 + len(sizes) // 12]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    if unit == "bytes":
        ax.yaxis.set_major_locator(FixedLocator(1024.0 ** np.arange(8)))
    if unit != "operations":
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: amount(value, unit)))
    ax.minorticks_off()
    ax.set_title(unit, loc="left", fontsize=10, color=INK)
    legend_above([ax])
    if floor is not None:
        lines.append(("floor", floor, None))
    return Picture(ax.figure, _costs_sentence(sizes, lines, limit, unit))


def _costs_sentence(sizes, lines, limit, unit) -> str:
    parts, over = [], []
    for name, values, _ in lines:
        known = np.flatnonzero(np.isfinite(values))
        if known.size:
            ends = [f"{amount(values[n], unit)} at {sizes[n]:g}" for n in known[[0, -1]]]
            parts.append(f"{name} from {' to '.join(ends)}")
        if limit is not None and np.any(values > limit):
            over.append(f"{name} from {sizes[np.argmax(values > limit)]:g} on")
    sentence = f"{unit.capitalize()} against size on logarithmic axes: {', '.join(parts)}"
    if limit is not None:
        sentence += f"; above the limit of {amount(limit, unit)}: {', '.join(over) or 'nothing'}"
    return sentence + "."


@own_style
def difference_error(h, error) -> Picture:
    """The error of a difference quotient against its step: the U curve, both axes logarithmic.

    h: (S,) positive steps. error: (S,), or {name: (S,)} to compare up to four quotients.
    An error of exactly 0 has no logarithm and is left out.
    """
    h = np.asarray(h, dtype=float)
    (ax,) = plot_card()
    parts = []
    for name, values, stroke in _strokes(
        RUNS, error if isinstance(error, dict) else {"error": error}
    ):
        seen = np.where(values > 0, values, np.nan)
        ax.plot(h, seen, label=name, markersize=5, linewidth=1.5, **stroke)
        best = int(np.nanargmin(seen))
        ax.plot(h[best], seen[best], "o", markersize=15, fillstyle="none", color=INK)
        ends = [f"{seen[n]:.1e} at h = {h[n]:.1e}" for n in np.flatnonzero(seen > 0)[[0, -1]]]
        parts.append(
            f"the {name} is smallest, {seen[best]:.1e}, at h = {h[best]:.1e}, and at the ends of "
            f"the curve {' and '.join(ends)}"
        )
    ax.set(xscale="log", yscale="log", xlabel="step h")
    ax.set_title("error; a ring marks the smallest", loc="left", fontsize=10, color=INK)
    legend_above([ax])
    sentence = "; ".join(parts)
    return Picture(ax.figure, sentence[0].upper() + sentence[1:] + ".")


@own_style
def training_curves(history) -> Picture:
    """Several runs side by side, one panel for each quantity.

    history: {run: {quantity: (epochs,) values}}, such as
    {'right gradient': {'loss': ..., 'accuracy': ...}, ...}; up to four runs.
    """
    quantities = list(dict.fromkeys(name for run in history.values() for name in run))
    panels = plot_card(len(quantities), width=max(5.0, 4.0 * len(quantities)), height=3.8)
    parts = []
    for ax, quantity in zip(panels, quantities, strict=True):
        curves = {run: h[quantity] for run, h in history.items() if quantity in h}
        for run, values, stroke in _strokes(RUNS, curves):
            every = max(1, len(values) // 8)
            epochs = np.arange(1, len(values) + 1)
            ax.plot(epochs, values, label=run, markersize=5, markevery=every, **stroke)
            parts.append(f"{quantity} of {run} from {number(values[0])} to {number(values[-1])}")
        ax.set_xlabel("epoch")
        ax.set_title(quantity, loc="left", fontsize=10, color=INK)
    legend_above(panels)
    return Picture(panels[0].figure, "From the first epoch to the last: " + "; ".join(parts) + ".")


@own_style
def digits(images, labels=None, answers=None) -> Picture:
    """Handwritten digits in rows of ten; a wrong answer is framed and said in words.

    images: (n, 8, 8) or (n, 64), n from 1 to 100, else ValueError. labels, answers: (n,).
    """
    images = np.asarray(images, dtype=float)
    if not 1 <= len(images) <= 100:
        raise ValueError(f"1 to 100 digits can be drawn, not {len(images)}")
    images = images.reshape(-1, 8, 8)
    columns = min(10, len(images))
    rows = -(-len(images) // columns)
    board = new_board(1.6 * columns + 0.7, 2.1 * rows + 0.6)
    ink = (images - images.min()) / max(np.ptp(images), 1e-300)
    wrong = []
    for n in range(len(images)):
        x, y = 0.4 + 1.6 * (n % columns), 0.4 + 2.1 * (n // columns)
        bad = labels is not None and answers is not None and labels[n] != answers[n]
        squares(board, x, y, (8, 8), np.repeat(1 - ink[n].ravel(), 3), 1.4 / 8, edge="face")
        frame(board, x, y, 1.4, 1.4, ROLES["gradient"] if bad else LINE, 2.5 if bad else 0.7)
        text(
            board,
            x + 0.7,
            y + 1.68,
            _caption(n, labels, answers, bad),
            8.5,
            weight="bold" if bad else "normal",
        )
        wrong += [n] if bad else []
    return board.picture(_digits_sentence(len(images), labels, answers, wrong))


def _caption(n, labels, answers, bad) -> str:
    if bad:
        return f"{labels[n]}, not {answers[n]}"
    known = labels if labels is not None else answers
    return "" if known is None else f"{known[n]}"


def _digits_sentence(count, labels, answers, wrong) -> str:
    sentence = plural(count, "handwritten digit")
    if labels is not None:
        sentence += ": " + " ".join(str(label) for label in labels)
    if labels is not None and answers is not None:
        sentence += f"; {len(wrong)} answered wrongly"
        sentence += "".join(f", {_a(labels[n])} taken for {_a(answers[n])}" for n in wrong)
    return sentence + "."


def _a(digit) -> str:
    return f"an {digit}" if str(digit) == "8" else f"a {digit}"

"""Pictures of measurements: costs, difference errors, training, digits, the kink."""

import numpy as np
from matplotlib.ticker import FixedLocator, FuncFormatter

from .canvas import CARD, FAINT, INK, ROLES, Picture, board, frame, own_style, plot_card, text

# Lines differ by colour, dash and marker.
STROKES = [
    {"color": ROLES["jacobian"], "marker": "s", "linestyle": "-"},
    {"color": ROLES["input"], "marker": "o", "linestyle": "--"},
    {"color": ROLES["gradient"], "marker": "^", "linestyle": "-."},
    {"color": ROLES["upstream"], "marker": "D", "linestyle": ":"},
    {"color": ROLES["output"], "marker": "v", "linestyle": (0, (5, 1, 1, 1, 1, 1))},
]


def amount(value: float, unit: str) -> str:
    """A quantity for a person: '15.9 GiB', '71 ms', '2.1e+09'."""
    if unit == "bytes":
        for name in ("B", "KiB", "MiB", "GiB", "TiB", "PiB"):
            if abs(value) < 1024:
                return f"{value:.3g} {name}"
            value /= 1024
        return f"{value:.3g} EiB"
    if unit == "seconds":
        for scale, name in ((1, "s"), (1e-3, "ms"), (1e-6, "µs")):
            if value >= scale:
                return f"{value / scale:.3g} {name}"
        return f"{value * 1e9:.3g} ns"
    return f"{value:,.0f}" if value < 1e6 else f"{value:.2g}"


@own_style
def costs(sizes, series, floor=None, limit=None, unit="bytes") -> Picture:
    """What something costs against its size, both axes logarithmic.

    sizes: (S,) positive. series: {name: (S,) costs}, at most five; nan where not measured.
    floor: (S,) the least it can cost. limit: one number, what this machine has.
    unit: 'bytes', 'seconds' or 'operations'.
    """
    if unit not in ("bytes", "seconds", "operations"):
        raise ValueError(f"unit is 'bytes', 'seconds' or 'operations', not {unit!r}")
    sizes = np.asarray(sizes, dtype=float)
    figure, (ax,) = plot_card()
    for stroke, (name, values) in zip(STROKES, series.items(), strict=False):
        ax.plot(sizes, values, label=name, markersize=5, linewidth=1.8, **stroke)
    if floor is not None:
        ax.plot(sizes, np.broadcast_to(floor, sizes.shape), color=INK, linewidth=1, label="floor")
    if limit is not None:
        ax.axhline(limit, color=INK, linestyle=(0, (1, 3)), label=f"limit {amount(limit, unit)}")
    ax.set(xscale="log", yscale="log", xlabel="size N = H", ylabel=unit)
    ax.xaxis.set_major_locator(FixedLocator(sizes[:: 1 + len(sizes) // 12]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    if unit == "bytes":
        ax.yaxis.set_major_locator(FixedLocator(1024.0 ** np.arange(7)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda v, _: amount(v, unit)))
    ax.minorticks_off()
    figure.legend(loc="outside upper left", ncols=3, frameon=False, fontsize=10)
    return Picture(figure, _costs_sentence(sizes, series, limit, unit))


def _costs_sentence(sizes, series, limit, unit) -> str:
    parts = []
    for name, values in series.items():
        known = np.flatnonzero(np.isfinite(np.asarray(values, dtype=float)))
        if known.size:
            value, size = np.asarray(values)[known[-1]], sizes[known[-1]]
            parts.append(f"{name} {amount(value, unit)} at {size:g}")
    sentence = f"{unit.capitalize()} against size on log axes: " + ", ".join(parts)
    if limit is not None:
        over = [
            f"{name} from {sizes[np.argmax(np.asarray(values) > limit)]:g}"
            for name, values in series.items()
            if np.any(np.asarray(values) > limit)
        ]
        sentence += f"; above the limit of {amount(limit, unit)}: {', '.join(over) or 'none'}"
    return sentence + "."


@own_style
def difference_error(h, error) -> Picture:
    """The error of a difference quotient against its step h: the U curve, log-log.

    h: (S,) positive steps. error: (S,), or {name: (S,)} to compare quotients.
    """
    h = np.asarray(h, dtype=float)
    series = error if isinstance(error, dict) else {"error": error}
    figure, (ax,) = plot_card()
    parts = []
    for stroke, (name, values) in zip(STROKES, series.items(), strict=False):
        values = np.asarray(values, dtype=float)
        seen = np.where(values > 0, values, np.nan)  # an error of exactly 0 has no logarithm
        ax.plot(h, seen, label=name, markersize=4, linewidth=1.5, **stroke)
        best = int(np.nanargmin(seen))
        ax.plot(h[best], seen[best], "o", markersize=13, fillstyle="none", color=INK)
        parts.append(f"the {name} is smallest, {seen[best]:.1e}, at h = {h[best]:.1e}")
    ax.set(xscale="log", yscale="log", xlabel="step h", ylabel="error")
    figure.legend(loc="outside upper left", ncols=3, frameon=False)
    sentence = "; ".join(parts)
    return Picture(figure, sentence[0].upper() + sentence[1:] + "; it grows again on both sides.")


@own_style
def training_curves(history) -> Picture:
    """Several runs side by side in each panel, one panel for each quantity.

    history: {run: {quantity: (epochs,) values}}, such as {'right': {'loss': ..., 'accuracy': ...}}.
    """
    quantities = list(dict.fromkeys(q for run in history.values() for q in run))
    figure, axes = plot_card(len(quantities), width=max(5, 4 * len(quantities)), height=3.6)
    parts = []
    for ax, quantity in zip(axes, quantities, strict=True):
        for stroke, (run, curves) in zip(STROKES, history.items(), strict=False):
            if quantity in curves:
                values = np.asarray(curves[quantity], dtype=float)
                epochs = np.arange(1, len(values) + 1)
                label = run if quantity == quantities[0] else None
                ax.plot(epochs, values, label=label, markersize=4, markevery=0.1, **stroke)
                parts.append(f"{quantity} of {run} {values[0]:.3g} to {values[-1]:.3g}")
        ax.set(xlabel="epoch", title=quantity)
    figure.legend(loc="outside upper left", ncols=3, frameon=False)
    return Picture(figure, "From the first epoch to the last: " + "; ".join(parts) + ".")


@own_style
def digits(images, labels=None, answers=None) -> Picture:
    """Handwritten digits in rows of ten, each with its label; wrong answers framed and crossed.

    images: (n, 8, 8) or (n, 64), n up to 100. labels, answers: (n,) integers.
    """
    images = np.asarray(images, dtype=float)
    images = images.reshape(len(images), 8, 8)
    if not 1 <= len(images) <= 100:
        raise ValueError(f"1 to 100 digits are drawn, not {len(images)}")
    columns = min(10, len(images))
    rows = -(-len(images) // columns)
    figure, axes = board(max(1.7 * columns + 0.5, 5), 2.2 * rows + 0.4)
    wrong = []
    for n, image in enumerate(images):
        x, y = 0.3 + 1.7 * (n % columns), 0.3 + 2.2 * (n // columns)
        axes.imshow(image, cmap="gray_r", extent=(x, x + 1.5, y + 1.5, y), aspect="auto")
        caption = "" if labels is None else f"{labels[n]}"
        if answers is not None:
            bad = labels is not None and answers[n] != labels[n]
            caption = f"{labels[n]}, not {answers[n]}" if bad else f"{answers[n]}"
            if bad:
                wrong.append(n)
                frame(axes, x, y, 1.5, 1.5, ROLES["gradient"], 2.5)
        text(axes, x + 0.75, y + 1.8, caption, 9)
    axes.set(xlim=(0, figure.get_figwidth() * 2), ylim=(figure.get_figheight() * 2, 0))
    sentence = f"{len(images)} handwritten digits"
    if labels is not None:
        sentence += ": " + " ".join(str(n) for n in labels)
    if answers is not None and labels is not None:
        sentence += f"; {len(wrong)} answered wrongly"
        sentence += "".join(f", a {labels[n]} taken for a {answers[n]}" for n in wrong)
    return Picture(figure, sentence + ".")


@own_style
def kink(h=0.5, x=0.0) -> Picture:
    """relu around 0, the slopes that four conventions give there, and the central difference.

    h: the step of the difference quotient, above 0. x: where it is taken.
    """
    if not h > 0:
        raise ValueError(f"the step h must be above 0, not {h}")
    slope = (max(x + h, 0) - max(x - h, 0)) / (2 * h)
    figure, (ax, right) = plot_card(2, width=8.2, height=3.6)
    grid = np.linspace(-1.5, 1.5, 301)
    ax.plot(grid, np.maximum(grid, 0), color=ROLES["output"], linewidth=2.5)
    ends = np.array([x - h, x + h])
    ax.plot(ends, np.maximum(ends, 0), "o--", color=ROLES["gradient"], linewidth=1.5)
    ax.plot(x, max(x, 0), "D", color=ROLES["input"])
    ax.set(xlim=(-1.5, 1.5), ylim=(-0.4, 1.6), xlabel="x", title="relu(x) and the chord")
    right.plot(grid[grid < 0], 0 * grid[grid < 0], color=ROLES["output"], linewidth=2.5)
    right.plot(grid[grid > 0], 0 * grid[grid > 0] + 1, color=ROLES["output"], linewidth=2.5)
    right.vlines(0, 0, 1, color=FAINT, linestyle=":")
    for value, words in ((0, "0: x > 0"), (0.5, "½: the middle"), (1, "1: x ≥ 0")):
        right.plot(0, value, "o", color=CARD, markeredgecolor=INK)
        right.annotate(words, (0, value), (8, -14), textcoords="offset points", color=INK)
    right.annotate("any of [0, 1]", (0, 0.25), (8, 0), textcoords="offset points", color=FAINT)
    right.plot(x, slope, "D", color=ROLES["gradient"])
    right.set(xlim=(-1.5, 1.5), ylim=(-0.4, 1.6), xlabel="x", title="the slope")
    crossed = "crosses the kink" if abs(x) < h else "does not cross the kink"
    sentence = (
        f"At x = {x:g} with h = {h:g} the central difference gives {slope:.3g} and {crossed}; at "
        "exactly 0 the slope is 0 by x > 0, 1 by x ≥ 0, ½ in the middle, or left open in [0, 1]."
    )
    return Picture(figure, sentence)

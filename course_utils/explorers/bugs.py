"""Find the bug: an exhibit of the museum, and data to move until its fault shows."""

from __future__ import annotations

from html import escape
from inspect import signature

import ipywidgets as widgets
import numpy as np

from ..exercises.exhibits import EXHIBITS
from ..exercises.museum import told_apart
from ..figures.arrays import at, plural
from ..figures.board import as_matrix, cells, new_board, number, text_width
from ..figures.canvas import Picture, own_style
from .stand import Explorer, choice, relabel, row, tenths, whole

REACH = 3  # an entry goes from -REACH to REACH

MOST_COLUMNS = 17  # cells side by side

# Where data that hide the fault cannot be moved until they expose it: they have one sample, or one
# window.
STARTS = {
    "averaged": (np.zeros((3, 2)), [[0.5, -1, 2, 1], [1, 0, -2, 0.5], [-1, 1.5, 1, 2]]),
    "max_pool": ([1, -2, 0.5], [2, 0, 1, -1, 0.5, -0.5, 1.5]),
}


def find_the_bug(key="relu_mask") -> Explorer:
    """Move the data of an exhibit until its result differs from the right one.

    key: of an exhibit, one of course_utils.exercises.exhibits.EXHIBITS, else ValueError. It
    starts on data that cannot tell the two apart.
    """
    if key not in EXHIBITS:
        raise ValueError(f"an exhibit is one of {', '.join(EXHIBITS)}, not {key!r}")
    exhibit = EXHIBITS[key]
    start = _start(exhibit)
    data = {name: array.copy() for name, array in start.items()}
    which = choice("array to change", list(data))
    entry, entry_row = whole("entry, in reading order", "entry", 1)
    value, value_row = tenths("its value", "value", REACH)
    again = widgets.Button(description="Start again")

    def follow(_change=None):
        """The sliders show the entry that is chosen, before anything is moved."""
        array = data[which.value]
        relabel(entry_row, "entry, in reading order", "entry", array.size - 1)
        value.value = array.flat[min(entry.value, array.size - 1)]

    def restart(_button):
        for name, array in start.items():
            data[name][...] = array
        follow()
        explorer.redraw()

    def draw(which, entry, value):
        array = data[which]
        entry = min(entry, array.size - 1)
        array.flat[entry] = value
        return draw_exhibit(exhibit, data, which, np.unravel_index(entry, array.shape))

    which.observe(follow, names="value")
    entry.observe(follow, names="value")
    follow()
    again.on_click(restart)
    code = widgets.HTML(f"<pre style='overflow-x: auto'>{escape(str(exhibit))}</pre>")
    controls = {"which": which, "entry": entry, "value": value}
    twin = draw_exhibit(exhibit, data, None, None)
    rows = [code, which, entry_row, value_row, row(again)]
    explorer = Explorer(twin, controls, draw, rows)
    return explorer


def _start(exhibit) -> dict[str, np.ndarray]:
    """Data that cannot expose the exhibit, by name, rounded for the eye."""
    if exhibit.key in STARTS:
        arrays = STARTS[exhibit.key]
    else:
        _, _, example = next(iter(exhibit.poor.values()))
        arrays = example(np.random.default_rng(2))
    return {
        name: np.clip(np.round(np.array(array, dtype=float), 2), -REACH, REACH) + 0.0
        for name, array in zip(exhibit.axes, arrays, strict=True)
    }


@own_style
def draw_exhibit(exhibit, data, which, index) -> Picture:
    """The data above; below them the exhibit's result and the right one, differences framed."""
    arrays = list(data.values())
    trouble = exhibit.fits(*_copies(arrays))
    changed = (
        "As we begin"
        if which is None
        else f"With {which}{at(index)} = {number(data[which][index])}"
    )
    panels = [
        (array, name, _role(name), [index] if name == which else []) for name, array in data.items()
    ]
    if trouble:
        return _board(panels, []).picture(f"{changed}, these data do not fit: {trouble}")
    wrong, right = (_result(formula, arrays) for formula in (_wrong(exhibit), exhibit.right))
    apart = _apart(exhibit, arrays, wrong, right)
    marks = [] if apart is None else np.argwhere(apart)
    results = [
        (array, f"{whose}, shape {array.shape}", "gradient", marks)
        for whose, array in ((_subject(exhibit), wrong), ("right", right))
    ]
    sentence = _bug_sentence(exhibit, arrays, wrong, right, apart)
    return _board(panels, results).picture(f"{changed}, {sentence}")


def _board(panels, results):
    """Panels side by side, the results in a row of their own; what would not fit comes below."""
    places, x, y, height, widest = [], 0.9, 1.4, 0, 6.0
    for n, (array, name, *_) in enumerate([*panels, *results]):
        rows, columns = as_matrix(_flat(array)).shape
        width = max(columns, text_width(name)) + 1.2
        if x + width > MOST_COLUMNS or n == len(panels):
            x, y, height = 0.9, y + height + 1.8, 0
        places.append((x, y))
        x, height = x + width, max(height, rows)
        widest = max(widest, x)
    board = new_board(widest - 0.3, y + height + 0.6)
    for (x, y), (array, name, role, marks) in zip(places, [*panels, *results], strict=True):
        mark = [tuple(n) if array.ndim == 2 else (0, *n) for n in marks]
        cells(board, _flat(array), x, y, name, role, mark=mark)
    return board


def _flat(array) -> np.ndarray:
    """An array of any axes as something that can be drawn."""
    return (
        array if array.ndim in (1, 2) else array.reshape(-1, array.shape[-1] if array.ndim else 1)
    )


def _role(name: str) -> str:
    return "upstream" if name.startswith("dL_") else "input"


def _wrong(exhibit):
    """The exhibit's own formula stands first in its bank."""
    return next(iter(exhibit.bank.values()))


def _result(formula, arrays) -> np.ndarray:
    with np.errstate(all="ignore"):
        return np.asarray(formula(*_copies(arrays)), dtype=float) + 0.0


def _copies(arrays):
    return [array.copy() for array in arrays]  # some exhibits write into what they are given


def _apart(exhibit, arrays, wrong, right) -> np.ndarray | None:
    """Where the two differ, entry by entry; None where their shapes do."""
    if wrong.shape != right.shape:
        return None
    counts = exhibit.counts(*_copies(arrays)) if exhibit.counts else np.ones(right.shape, bool)
    return ~np.isclose(wrong, right, rtol=1e-6, atol=1e-9) & counts


def _subject(exhibit) -> str:
    """What is held against the right gradient: an exhibit that is a test has no result of its own."""
    is_test = next(iter(signature(exhibit.shown).parameters)) == "backward"
    return "a wrong gradient" if is_test else "the exhibit"


def _bug_sentence(exhibit, arrays, wrong, right, apart) -> str:
    told = told_apart(exhibit, arrays)
    bank = (
        f"; these data tell {sum(told.values())} of {len(told)} wrong formulas from the right one."
    )
    return _difference(exhibit, arrays, wrong, right, apart) + bank


def _difference(exhibit, arrays, wrong, right, apart) -> str:
    subject = _subject(exhibit)
    if exhibit.tells:
        verdict = "refuses" if exhibit.tells(wrong, *_copies(arrays)) else "accepts"
        largest = number(float(np.abs(wrong - right).max()))
        return f"the exhibit is a test, and {verdict} {subject} that is off by {largest}"
    if apart is None:
        return f"{subject} has shape {wrong.shape}, right is {right.shape}"
    size = plural(right.size, "entry", "entries")
    if not apart.any():
        return f"{subject} agrees with the right one in all {size}, so these data do not expose it"
    first = tuple(np.argwhere(apart)[0])
    return (
        f"{subject} differs in {np.count_nonzero(apart)} of {size}, first at {at(first)}: it says "
        f"{number(wrong[first])}, right is {number(right[first])}"
    )

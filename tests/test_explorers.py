"""Explorers: a control is set, and the picture and the sentence are looked at."""

from __future__ import annotations

import base64
import gc
import html
import itertools
import re
import subprocess
import sys
import tracemalloc

import ipywidgets as widgets
import nbformat
import numpy as np
import pytest
from matplotlib.figure import Figure
from nbclient import NotebookClient

from course_utils import explorers, layers
from course_utils.exercises.exhibits import EXHIBITS
from course_utils.explorers import bugs, jacobians, scales
from course_utils.figures import amount
from course_utils.figures.board import number
from course_utils.jacobian import jacobian_bytes

X, W, UPSTREAM = jacobians.X_HERE, jacobians.W_HERE, jacobians.UPSTREAM_HERE

# Each explorer, and moves that each have to change what is seen.
MOVES = {
    "nudge": (
        explorers.nudge,
        [("i", 1), ("j", 1), ("delta", 0.5), ("delta", -0.25), ("i", 0), ("j", 2)],
    ),
    "nudge through W": (
        lambda: explorers.nudge(f=lambda X: X @ W),
        [("delta", 1.5), ("i", 1), ("j", 2)],
    ),
    "nudge a vector": (
        lambda: explorers.nudge([1.0, 2.0, -1.0], lambda b: UPSTREAM + b, ("Y", "b")),
        [("delta", 1.0), ("j", 1)],
    ),
    "look_inside": (
        explorers.look_inside,
        [
            ("second", 2),
            ("side", "input"),
            ("layer", "linear, dY/dW"),
            ("first", 2),
            ("second", 3),
            ("layer", "bias, dY/db"),
            ("second", 1),
            ("side", "output"),
            ("layer", "linear, dY/dX"),
        ],
    ),
    "contract_step_by_step": (
        explorers.contract_step_by_step,
        [("step", 1), ("step", 2), ("step", 6), ("step", 7), ("step", 36), ("step", 0)],
    ),
    "what_it_weighs": (
        explorers.what_it_weighs,
        [("N", 1), ("D", 8192), ("M", 100), ("layer", "ReLU"), ("N", 8192), ("D", 1)],
    ),
    "kink": (
        explorers.kink,
        [
            ("h", 0.1),
            ("x", 0.05),
            ("h", 0.001),
            ("x", 0.0),
            ("rule", "½, half way"),
            ("rule", "open: any in [0, 1]"),
        ],
    ),
    "find_the_bug": (
        explorers.find_the_bug,
        [("value", -1.0), ("entry", 3), ("which", "X"), ("value", -2.5)],
    ),
}
each_explorer = pytest.mark.parametrize("name", MOVES)


def said(explorer):
    """The sentence, as a person reads it."""
    return html.unescape(re.sub(r"<[^>]*>", "", explorer.sentence.value))


def drawn(explorer):
    """The bytes of the picture."""
    return base64.b64decode(re.search(r"base64,([^\"]*)\"", explorer.picture.value)[1])


def inside(widget):
    """The widget and all that stand in it."""
    yield widget
    for child in getattr(widget, "children", ()):
        yield from inside(child)


def sliders(explorer):
    """Each slider with the number box beside it."""
    for box in inside(explorer):
        if isinstance(box, widgets.HBox) and isinstance(box.children[0], widgets.IntSlider):
            yield box.children


# What all have in common


@each_explorer
def test_every_move_changes_the_picture_and_the_sentence(name):
    make, moves = MOVES[name]
    explorer = make()
    for control, value in moves:
        picture, sentence = drawn(explorer), said(explorer)
        explorer.controls[control].value = value
        assert drawn(explorer) != picture, f"{control} = {value}"
        assert said(explorer) != sentence, f"{control} = {value}"
        assert drawn(explorer).startswith(b"\x89PNG")


@each_explorer
def test_the_picture_has_the_sentence_as_its_alternative_text(name):
    make, moves = MOVES[name]
    explorer = make()
    for control, value in moves[:2]:
        explorer.controls[control].value = value
        assert f'alt="{html.escape(said(explorer))}"' in explorer.picture.value
        assert said(explorer).endswith(".") and ". " not in said(explorer)


@each_explorer
def test_every_slider_and_its_box_move_together(name):
    explorer = MOVES[name][0]()
    pairs = list(sliders(explorer))
    assert pairs
    for slider, box in pairs:
        before = drawn(explorer)
        slider.value = slider.min if slider.value != slider.min else slider.max
        assert box.value in (box.min, box.max)
        assert drawn(explorer) != before, slider.description
        moved = slider.value
        box.value = box.max if box.value == box.min else box.min
        assert slider.value != moved, slider.description


@pytest.mark.parametrize(
    ("make", "control", "typed"),
    [
        (explorers.what_it_weighs, "N", 100),
        (explorers.kink, "h", 0.37),
        (explorers.nudge, "delta", 0.123),
        (explorers.find_the_bug, "value", -1.23),
    ],
)
def test_what_is_typed_stays_though_the_slider_has_notches(make, control, typed):
    explorer = make()
    explorer.controls[control].value = typed
    assert explorer.controls[control].value == typed
    assert number(typed) in said(explorer)


@each_explorer
def test_every_control_says_what_it_changes(name):
    explorer = MOVES[name][0]()
    for widget in inside(explorer):
        if hasattr(widget, "description") and not isinstance(widget, widgets.HTML):
            assert widget.description.strip(), widget
    assert all(control in set(inside(explorer)) for control in explorer.controls.values())


@each_explorer
def test_nothing_stands_in_it_that_nbval_would_trip_over(name):
    for widget in inside(MOVES[name][0]()):
        assert not isinstance(widget, widgets.Output | widgets.Play)


@each_explorer
def test_the_static_twin_comes_first_and_says_so_where_no_widget_runs(name, monkeypatch):
    explorer, shown = MOVES[name][0](), []

    def display(thing, **_more):
        if isinstance(thing, dict):
            shown.append(thing)
        else:
            thing._ipython_display_()

    monkeypatch.setattr("IPython.display.display", display)
    explorer._ipython_display_()
    picture, sentence, live = shown
    assert picture["image/png"] == explorer.twin.png
    assert sentence["text/plain"] == explorer.twin.description
    view = live["application/vnd.jupyter.widget-view+json"]
    assert view["model_id"] == explorer.model_id
    assert live["text/plain"] == "[Run this cell in Jupyter to move the picture yourself.]"


def move(explorer, moves, count):
    """At least so many moves, there and back."""
    for _ in range(-(-count // (2 * len(moves)))):
        for control, value in [*moves, *reversed(moves)]:
            explorer.controls[control].value = value
    gc.collect()


@each_explorer
def test_moves_leave_no_figure_and_no_object_behind(name):
    make, moves = MOVES[name]
    explorer = make()
    move(explorer, moves, 2)
    objects = gc.get_objects()
    before, figures = len(objects), sum(isinstance(thing, Figure) for thing in objects)
    del objects
    move(explorer, moves, 40)
    objects = gc.get_objects()
    assert sum(isinstance(thing, Figure) for thing in objects) == figures
    assert len(objects) - before < 30


def test_hundreds_of_moves_take_no_memory():
    explorer, moves = explorers.nudge(), MOVES["nudge"][1]
    move(explorer, moves, 2)
    tracemalloc.start()
    move(explorer, moves, 2)
    before = tracemalloc.get_traced_memory()[0]
    move(explorer, moves, 300)
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert grown < 400_000, f"{grown} bytes more"  # a picture kept for each move would be far more


# Nudge


@pytest.mark.parametrize("f", [layers.relu, lambda X: X @ W], ids=["relu", "linear"])
def test_nudge_names_the_outputs_that_answer(f):
    explorer = explorers.nudge(f=f)
    for entry in np.ndindex(X.shape):
        explorer.controls["i"].value, explorer.controls["j"].value = entry
        for delta in (0.1, -1.7):
            explorer.controls["delta"].value = delta
            moved = X.copy()
            moved[entry] += delta
            change = f(moved) - f(X)
            named = {
                f"Y[{k}, {l}] by {number(change[k, l])}"
                for k, l in np.argwhere(np.abs(change) > 1e-12)
            }
            assert set(re.findall(r"Y\[\d, \d\] by [^,;]*", said(explorer))) == named


def test_nudge_says_when_the_slope_has_changed_on_the_way():
    explorer = explorers.nudge()
    explorer.controls["delta"].value = -0.4  # X[0, 0] is 0.5: the kink is not reached
    assert "that is" in said(explorer) and "that is not" not in said(explorer)
    explorer.controls["delta"].value = -0.6
    assert "that is not" in said(explorer)


def test_nudge_leaves_what_it_was_given():
    mine = X.copy()
    explorer = explorers.nudge(mine)
    explorer.controls["delta"].value = 1.0
    assert np.array_equal(mine, X)


# Look inside

MONSTERS = {
    "ReLU, dY/dX": (layers.relu_jacobian(X), "X"),
    "linear, dY/dX": (layers.linear_input_jacobian(X, W), "X"),
    "linear, dY/dW": (layers.linear_weight_jacobian(X, W), "W"),
    "bias, dY/db": (layers.bias_jacobian(2, np.zeros(4)), "b"),
}


@pytest.mark.parametrize("layer", MONSTERS)
@pytest.mark.parametrize("side", ["output", "input"])
def test_every_slice_is_the_slice_of_the_jacobian(layer, side):
    J, name = MONSTERS[layer]
    explorer = explorers.look_inside()
    explorer.controls["layer"].value, explorer.controls["side"].value = layer, side
    shape = J.shape[:2] if side == "output" else J.shape[2:]
    for fixed in np.ndindex(shape):
        for control, index in zip(("first", "second")[-len(fixed) :], fixed, strict=True):
            explorer.controls[control].value = index
        part = J[fixed] if side == "output" else J[(..., *fixed)]
        held = f"{'Y' if side == 'output' else name}[{', '.join(map(str, fixed))}]"
        verb = "hears" if side == "output" else "reaches"
        assert said(explorer).startswith(f"{held} {verb} {np.count_nonzero(part)} of {part.size} ")


def test_an_x_of_any_width_can_be_looked_into():
    explorer = explorers.look_inside(np.arange(10.0).reshape(2, 5) - 4)
    for layer in MONSTERS:
        explorer.controls["layer"].value = layer
    assert said(explorer).startswith("Y[0, 0] hears 1 of 4 entries of b")
    explorer.controls["layer"].value = "linear, dY/dW"
    assert said(explorer).startswith("Y[0, 0] hears 4 of 20 entries of W")


def test_the_sliders_follow_the_axes():
    explorer = explorers.look_inside()
    first, second = explorer.controls["first"], explorer.controls["second"]
    explorer.controls["layer"].value = "linear, dY/dW"
    assert (first.max, second.max) == (1, 3)
    explorer.controls["side"].value = "input"
    assert (first.max, second.max) == (2, 3)
    assert {slider.description for slider, _ in sliders(explorer)} == {
        "i, row of W",
        "j, column of W",
    }
    second.value = 3
    explorer.controls["layer"].value = "linear, dY/dX"
    assert (first.max, second.max, second.value) == (1, 2, 2)
    explorer.controls["layer"].value = "bias, dY/db"
    (first_row, *_), (second_row, *_) = (
        [row for row in inside(explorer) if control in getattr(row, "children", ())]
        for control in (first, second)
    )
    assert first_row.layout.display == "none"  # a vector has no rows
    assert second_row.layout.display != "none"
    explorer.controls["side"].value = "output"
    assert first_row.layout.display == "flex"


# Contract


@pytest.mark.parametrize(
    "J", [MONSTERS["ReLU, dY/dX"][0], layers.linear_weight_jacobian(X, np.zeros((3, 3))), layers.bias_jacobian(2, np.zeros(3))],
    ids=["relu", "by W", "by b"],
)  # fmt: skip
def test_every_step_adds_one_product_in_order(J):
    explorer = explorers.contract_step_by_step(UPSTREAM, J)
    size, entries = UPSTREAM.size, list(np.ndindex(J.shape[2:]))
    for step in range(1, J.size + 1):
        explorer.controls["step"].value = step
        entry, inside_entry = entries[(step - 1) // size], (step - 1) % size + 1
        products = (UPSTREAM * J[(..., *entry)]).ravel()
        partial = number(products[:inside_entry].sum() + 0.0)
        index = ", ".join(map(str, entry))
        assert f"dL_dX[{index}] is {partial} after {inside_entry} of its {size}" in said(explorer)
    assert "all of dL_dX stands there" in said(explorer)


def test_the_buttons_step_and_stay_within_bounds():
    explorer = explorers.contract_step_by_step()
    step = explorer.controls["step"]
    back, on, entry = (each for each in inside(explorer) if isinstance(each, widgets.Button))
    back.click()
    assert step.value == 0
    on.click()
    on.click()
    assert step.value == 2
    entry.click()
    assert step.value == 6
    entry.click()
    assert step.value == 12
    step.value = 36
    on.click()
    assert step.value == 36


def test_what_does_not_fit_together_is_refused():
    with pytest.raises(ValueError, match="do not fit"):
        explorers.contract_step_by_step(UPSTREAM.T)


# What it weighs


@pytest.mark.parametrize("memory", [None, 2**33])
def test_weights_are_those_of_the_arrays(memory, monkeypatch):
    monkeypatch.setattr(scales, "machine_memory", lambda: memory)
    explorer = explorers.what_it_weighs()
    for name, value in (("N", 3), ("D", 1000), ("M", 8192)):
        explorer.controls[name].value = value
    full = jacobian_bytes((3, 8192), (3, 1000))
    assert f"full (3, 8192, 3, 1000) {amount(full, 'bytes')}" in said(explorer)
    assert f"condensed (3, 1000) {amount(3 * 1000 * 8, 'bytes')}" in said(explorer)
    assert ("this machine's memory" in said(explorer)) == (memory is not None)
    if memory:
        assert f"takes {100 * full / memory:.0f} % of this machine's memory" in said(explorer)


def test_the_twin_reads_the_same_on_every_machine(monkeypatch):
    twins = []
    for memory in (None, 2**30, 2**40):
        monkeypatch.setattr(scales, "machine_memory", lambda memory=memory: memory)
        twins.append(explorers.what_it_weighs().twin)
    assert len({(twin.png, twin.description) for twin in twins}) == 1


def test_relu_has_as_many_outputs_as_inputs():
    explorer = explorers.what_it_weighs()
    explorer.controls["layer"].value = "ReLU"
    assert "full (64, 512, 64, 512)" in said(explorer)
    before = said(explorer)
    explorer.controls["M"].value = 7
    assert said(explorer) == before


# The kink


def test_at_zero_the_difference_is_one_half_however_small_h_is():
    explorer = explorers.kink()
    for n in range(scales.FINEST):
        explorer.controls["h"].value = 2.0**-n
        assert "the central difference is 0.5, and its chord crosses" in said(explorer)


def test_away_from_zero_the_difference_is_right_once_h_is_small():
    explorer = explorers.kink()
    explorer.controls["x"].value = 0.3
    explorer.controls["h"].value = 0.5
    assert "the central difference is 0.8," in said(explorer)
    explorer.controls["h"].value = 0.25
    assert "the central difference is 1," in said(explorer) and "does not cross" in said(explorer)
    assert "every convention says 1" in said(explorer)


def test_each_convention_says_its_slope():
    explorer = explorers.kink()
    told = []
    for rule in explorer.controls["rule"].options:
        explorer.controls["rule"].value = rule
        told.append(said(explorer).partition("; ")[2])
    assert told == [
        "the convention chosen says 0.",
        "the convention chosen says 0.5.",
        "the convention chosen says 1.",
        "the convention chosen leaves the slope open, anywhere from 0 to 1.",
    ]


# Find the bug


@pytest.mark.parametrize("key", sorted(set(EXHIBITS) - {"bias_axis", "loose_tolerance"}))
def test_an_exhibit_begins_hidden_and_can_be_exposed(key):
    explorer = explorers.find_the_bug(key)
    assert "do not expose it" in said(explorer)
    which, entry, value = (explorer.controls[name] for name in ("which", "entry", "value"))
    moves = itertools.product(reversed(which.options), range(100), (-1.5, 2.5, 1))
    for name, n, new in moves:
        which.value = name
        if n <= entry.max:
            entry.value = n
            value.value = new
        if " differs in " in said(explorer):
            return
    raise AssertionError("no move of one entry after another exposed it")


def test_the_forgiving_test_accepts_until_the_numbers_grow():
    explorer = explorers.find_the_bug("loose_tolerance")
    assert "accepts a wrong gradient" in said(explorer)
    for name in ("dL_dY", "X"):
        explorer.controls["which"].value = name
        explorer.controls["value"].value = 2.0
    assert "refuses a wrong gradient" in said(explorer)


def test_an_axis_kept_is_seen_by_its_shape():
    assert "has shape (1, 4), right is (4,)" in said(explorers.find_the_bug("bias_axis"))


def test_choosing_another_entry_changes_no_data():
    explorer = explorers.find_the_bug("in_place")
    start = bugs._start(EXHIBITS["in_place"])
    for name, array in start.items():
        explorer.controls["which"].value = name
        for n in range(array.size):
            explorer.controls["entry"].value = n
            assert explorer.controls["value"].value == array.flat[n]
    assert "do not expose it" in said(explorer)


def test_start_again_brings_the_first_data_back():
    explorer = explorers.find_the_bug()
    explorer.controls["which"].value = "X"
    first = said(explorer), drawn(explorer)
    explorer.controls["value"].value = -2.0
    assert " differs in 1 of 12 entries, first at [0, 0]" in said(explorer)
    (again,) = (each for each in inside(explorer) if isinstance(each, widgets.Button))
    again.click()
    assert (said(explorer), drawn(explorer)) == first


def test_data_that_do_not_fit_are_said_to_be_so():
    explorer = explorers.find_the_bug("overwritten")
    explorer.controls["which"].value = "rows"
    explorer.controls["value"].value = -1
    assert "these data do not fit: E has 4 rows" in said(explorer)


def test_an_unknown_exhibit_is_refused_with_the_names_there_are():
    with pytest.raises(ValueError, match="relu_mask"):
        explorers.find_the_bug("no such thing")


# In a notebook


def test_strict_nbval_passes_on_all_of_them(tmp_path):
    code = ["from course_utils import explorers", *(f"explorers.{name}()" for name in FUNCTIONS)]
    code.append("e = explorers.nudge()\nseen = e.picture.value\ne.controls['delta'].value = 1\n"
                "assert e.picture.value != seen\ne")  # fmt: skip
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(each) for each in code],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
    )
    NotebookClient(notebook, kernel_name="python3").execute()
    nbformat.write(notebook, tmp_path / "explorers.ipynb")
    run = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--nbval",
        "-p",
        "no:cacheprovider",
        "-c",
        "none.ini",
    ]
    (tmp_path / "none.ini").write_text("[pytest]\n")
    done = subprocess.run([*run, "explorers.ipynb"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert f"{len(code)} passed" in done.stdout


FUNCTIONS = [name for name in explorers.__all__ if name[0].islower()]

"""Explorers of a Jacobian: nudge an entry, look inside, contract step by step."""

from __future__ import annotations

import ipywidgets as widgets
import numpy as np

from .. import layers
from ..figures.arrays import NAMED, at, block_corner, draw_flat, four_axes, plural
from ..figures.board import as_matrix, cells, frame, new_board, number, text, text_width
from ..figures.canvas import FAINT, Picture, own_style
from ..figures.sums import draw_contraction
from ..jacobian import contract, numerical_jacobian
from .stand import Explorer, choice, relabel, row, tenths, whole

X_HERE = np.array([[0.5, -1.0, 2.0], [-0.4, 1.5, -2.5]])
W_HERE = np.array([[1.0, 0.5, -1.0, 2.0], [0.0, -0.5, 1.5, 1.0], [2.0, 1.0, 0.5, -1.5]])
UPSTREAM_HERE = np.array([[0.3, -0.7, 1.2], [-0.9, 0.4, 0.6]])


# Nudge


def nudge(X=None, f=layers.relu, names=("Y", "X")) -> Explorer:
    """Move one entry of X and see which entries of Y = f(X) answer.

    X: (N, D) or (D,), small enough to be drawn with its numbers. f: takes an array like X, gives
    one of one or two axes. names: of the output and the input.
    """
    X = np.array(X_HERE if X is None else X, dtype=float)
    J = numerical_jacobian(f, X)
    rows_of_entry, controls = [], {}
    for axis, letter in enumerate("ij"[-X.ndim :]):
        what = "row" if axis == 0 and X.ndim == 2 else "column"
        label = f"{letter}, {what} of {names[1]}"
        controls[letter], line = whole(label, f"{letter} =", X.shape[axis] - 1)
        rows_of_entry.append(line)
    letters = ", ".join(controls)
    controls["delta"], line = tenths(f"move {names[1]}[{letters}] by", "by", 2)

    def draw(delta, **entry):
        return draw_nudge(X, f, J, tuple(entry.values()), delta, names)

    start = (0,) * X.ndim
    twin = draw_nudge(X, f, J, start, 0.5, names)
    return Explorer(twin, controls, draw, [*rows_of_entry, line])


@own_style
def draw_nudge(X, f, J, entry, delta, names) -> Picture:
    moved = X.copy()
    moved[entry] += delta
    before, after = np.asarray(f(X), dtype=float), np.asarray(f(moved), dtype=float)
    change = after - before
    answers = np.abs(change) > 1e-12 * max(1.0, np.abs(after).max())
    change = np.where(answers, change, 0.0)
    column = J[(..., *entry)]
    index = ", ".join(":" * before.ndim) + ", " + at(entry)[1:-1]
    marks = [index if len(index) == 2 else (0, *index) for index in np.argwhere(answers)]
    panels = [
        (moved, names[1], "input", [entry if X.ndim == 2 else (0, *entry)]),
        (after, names[0], "output", marks),
        (change, f"how far {names[0]} moved", "output", marks),
        (column, f"d{names[0]}_d{names[1]}[{index}]", "jacobian", ()),
    ]
    widths = [max(as_matrix(A).shape[1], text_width(name)) + 1.2 for A, name, _, _ in panels]
    board = new_board(sum(widths) + 0.6, max(len(as_matrix(A)) for A, *_ in panels) + 2.1)
    x = 0.9
    for (A, name, role, marks), width in zip(panels, widths, strict=True):
        blank = name not in names
        cells(board, A, x, 1.4, name, role, mark=marks, blank=blank)
        x += width
    return board.picture(_nudge_sentence(X, entry, delta, change, column, names))


def _nudge_sentence(X, entry, delta, change, column, names) -> str:
    output, moved = names[0], f"{names[1]}{at(entry)}"
    if delta == 0:
        reached = [f"{output}{at(index)}" for index in np.argwhere(column)]
        return (
            f"{moved} = {number(X[entry])} has not moved yet; by the slice of the Jacobian, "
            f"{_how_many(reached, column.size)}."
        )
    answers = [f"{output}{at(n)} by {number(change[tuple(n)])}" for n in np.argwhere(change)]
    sentence = (
        f"{moved} moves by {number(delta)}, from {number(X[entry])} to {number(X[entry] + delta)}; "
        f"{_how_many(answers, column.size)}"
    )
    if np.allclose(change, column * delta, atol=1e-7):
        return (
            f"{sentence}; that is {number(delta)} times the slice of the Jacobian, entry by entry."
        )
    return (
        f"{sentence}; that is not {number(delta)} times the slice of the Jacobian, for on the way the "
        "slope has changed."
    )


def _how_many(answers, size) -> str:
    if not answers:
        return f"none of the {size} outputs answers"
    more = f" and {len(answers) - NAMED} more" if len(answers) > NAMED else ""
    verb = "answers" if len(answers) == 1 else "answer"
    return f"{len(answers)} of {plural(size, 'output')} {verb}: {', '.join(answers[:NAMED])}{more}"


# Look inside


def look_inside(X=None, W=None) -> Explorer:
    """One slice of a whole Jacobian: all that one output hears, or all that one input reaches.

    X: (N, D). W: (D, M), by default one of four columns. The layers are relu(X), X W by X, X W by W,
    and X W + b by b; it starts with ReLU, or, where a W is given, with X W by X.
    """
    X = np.array(X_HERE if X is None else X, dtype=float)
    start = "ReLU, dY/dX" if W is None else "linear, dY/dX"
    W = np.resize(W_HERE, (X.shape[1], 4)) if W is None else np.array(W, dtype=float)
    monsters = {
        "ReLU, dY/dX": (layers.relu_jacobian(X), ("Y", "X")),
        "linear, dY/dX": (layers.linear_input_jacobian(X, W), ("Y", "X")),
        "linear, dY/dW": (layers.linear_weight_jacobian(X, W), ("Y", "W")),
        "bias, dY/db": (layers.bias_jacobian(len(X), W[0]), ("Y", "b")),
    }
    layer = choice("layer", list(monsters))
    layer.value = start
    side = choice("hold fast", [("one output, (k, l)", "output"), ("one input, (i, j)", "input")])
    first, first_row = whole("k, row of Y", "k =", 1)
    second, second_row = whole("l, column of Y", "l =", 1)

    def fit(_change=None):
        """The sliders go as far as the axes do, and say which they are."""
        J, names = monsters[layer.value]
        shape = J.shape[:2] if side.value == "output" else J.shape[2:]
        letters, name = ("kl", names[0]) if side.value == "output" else ("ij", names[1])
        first_row.layout.display = "none" if len(shape) == 1 else "flex"  # a vector has no rows
        relabel(first_row, f"{letters[0]}, row of {name}", f"{letters[0]} =", (1, *shape)[-2] - 1)
        relabel(second_row, f"{letters[1]}, column of {name}", f"{letters[1]} =", shape[-1] - 1)

    def draw(layer, side, first, second):
        J, names = monsters[layer]
        return draw_slice(J, side, _inside(J, side, first, second), names)

    layer.observe(fit, names="value")
    side.observe(fit, names="value")
    fit()
    controls = {"layer": layer, "side": side, "first": first, "second": second}
    J, names = monsters[layer.value]
    heard = np.argwhere(J.any(axis=(2, 3)))  # the first picture shows a slice that is not empty
    twin = draw_slice(J, "output", tuple(heard[0]) if len(heard) else (0, 0), names)
    return Explorer(twin, controls, draw, [layer, side, first_row, second_row])


def _inside(J, side, first, second) -> tuple[int, ...]:
    """The index that is held fast, within the Jacobian while the sliders still follow."""
    shape = J.shape[:2] if side == "output" else J.shape[2:]
    return tuple(
        min(n, size - 1) for n, size in zip((first, second)[-len(shape) :], shape, strict=True)
    )


@own_style
def draw_slice(J, side, fixed, names) -> Picture:
    """The Jacobian laid flat with a slice framed, and that slice by itself.

    side 'output': fixed = (k, l), a row of the flat Jacobian. 'input': fixed = (i, j) or (j,).
    """
    J4 = four_axes(J)
    n_k, _, n_i, n_j = J4.shape
    unit = min(0.7, 9 / (n_i * n_j))
    part = J[fixed] if side == "output" else J[(..., *fixed)]
    index = at(fixed)[1:-1]
    free = ", ".join(":" * part.ndim)
    inside = f"{index}, {free}" if side == "output" else f"{free}, {index}"
    name = f"d{names[0]}_d{names[1]}"
    right, _ = block_corner(J4, 2.6, 0, unit, 0, n_i)
    width = max(as_matrix(part).shape[1], text_width(f"{name}[{inside}]"))
    _, bottom = block_corner(J4, 0, 2.6, unit, n_k, 0)
    board = new_board(right + width + 0.8, max(bottom + 0.1, len(as_matrix(part)) + 3.2))
    text(board, 0.5, 0.65, f"{name}, shape {J.shape}", 11, ha="left", weight="bold")
    draw_flat(board, J4, 1.9, 2.6, unit, J.ndim)
    for x, y, w, h in _slice_frames(J4, side, fixed, unit):
        frame(board, x, y, w, h)
    cells(board, part, right, 2.6, f"{name}[{inside}]", "jacobian", blank=True)
    held = f"{names[0] if side == 'output' else names[1]}{at(fixed)}"
    text(board, right, 0.65, f"held fast: {held}", 9, FAINT, ha="left")
    return board.picture(_slice_sentence(part, f"{name}[{inside}]", held, side, names))


def _slice_frames(J4, side, fixed, unit):
    """Where the slice lies in the flat Jacobian: a row through block row k, or a column."""
    n_k, n_l, n_i, n_j = J4.shape
    first, second = (0, *fixed)[-2:]
    if side == "output":
        for i in range(n_i):
            x, y = block_corner(J4, 1.9, 2.6, unit, first, i)
            yield x, y + second * unit, n_j * unit, unit
    else:
        for k in range(n_k):
            x, y = block_corner(J4, 1.9, 2.6, unit, k, first)
            yield x + second * unit, y, unit, n_l * unit


def _slice_sentence(part, name, held, side, names) -> str:
    other = names[1] if side == "output" else names[0]
    verb = "hears" if side == "output" else "reaches"
    named = [f"{other}{at(n)} with {number(part[tuple(n)])}" for n in np.argwhere(part)]
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return (
        f"{held} {verb} {len(named)} of {plural(part.size, 'entry', 'entries')} of {other}: "
        f"{', '.join(named[:NAMED]) or 'none'}{more}; this is {name}."
    )


# Contract


def contract_step_by_step(dL_dY=None, dY_dX=None, names=("Y", "X")) -> Explorer:
    """The chain rule's sum, one product at a time, until the whole gradient stands there.

    dL_dY: (N, M). dY_dX: (N, M) + the input's shape, of one or two axes. ValueError where they
    do not fit. names: of the output and the input.
    """
    dL_dY = as_matrix(UPSTREAM_HERE if dL_dY is None else dL_dY)
    J = layers.relu_jacobian(X_HERE) if dY_dX is None else np.asarray(dY_dX, dtype=float)
    if J.shape[:2] != dL_dY.shape or J.ndim not in (3, 4):
        raise ValueError(f"dL_dY {dL_dY.shape} and a Jacobian {J.shape} do not fit together")
    step, line = whole("products added", "step", J.size)
    back, on = (
        widgets.Button(description="One step back"),
        widgets.Button(description="One step on"),
    )
    entry = widgets.Button(description="Next entry")
    back.on_click(lambda _: _move(step, -1))
    on.on_click(lambda _: _move(step, 1))
    entry.on_click(lambda _: _move(step, dL_dY.size - step.value % dL_dY.size))

    def draw(step):
        return draw_step(dL_dY, J, step, names)

    # the twin stops at the last product that is not with a zero
    in_order = np.flatnonzero(J.reshape(dL_dY.size, -1).T)
    twin = draw_step(dL_dY, J, int(in_order[-1]) + 1 if in_order.size else J.size, names)
    return Explorer(twin, {"step": step}, draw, [line, row(back, on, entry)])


def _move(step, by) -> None:
    step.value = min(max(step.value + by, 0), step.max)


@own_style
def draw_step(dL_dY, J, step, names) -> Picture:
    """After so many products: those of the present entry, and the gradient as far as it is known."""
    size, shape = dL_dY.size, J.shape[2:]
    whole_entries = step // size
    at_work = min((max(step, 1) - 1) // size, int(np.prod(shape)) - 1)
    entry = tuple(int(n) for n in np.unravel_index(at_work, shape))
    inside = step - at_work * size
    done = (np.arange(size) < inside).reshape(dL_dY.shape)
    part = J[(..., *entry)]
    partial = float(np.sum((dL_dY * part)[done]))
    result, seen = (
        contract(dL_dY, J) + 0.0,
        np.arange(np.prod(shape)).reshape(shape) < whole_entries,
    )
    if inside:
        result[entry], seen[entry] = partial + 0.0, True
    present = divmod(inside - 1, dL_dY.shape[1])
    meet = [present] if inside else []
    board = draw_contraction(dL_dY, J, entry, result, seen, done, meet, names)
    return board.picture(_step_sentence(dL_dY, J, entry, inside, present, partial, step, names))


def _step_sentence(dL_dY, J, entry, inside, present, partial, step, names) -> str:
    gradient, size = f"dL_d{names[1]}", dL_dY.size
    total = plural(J.size, "product")
    if step == 0:
        return f"0 of {total} added: {gradient} is still empty; move on to add the first."
    product = f"{number(dL_dY[present])} · {number(J[(*present, *entry)])}"
    sentence = (
        f"{step} of {total} added; the last is dL_d{names[0]}{at(present)} · "
        f"d{names[0]}_d{names[1]}{at((*present, *entry))} = {product}; "
        f"{gradient}{at(entry)} is {number(partial + 0.0)} after {inside} of its {size}"
    )
    if step == J.size:
        zeros = J.size - np.count_nonzero(J)
        sentence += f"; all of {gradient} stands there, and {zeros:,} products were with a 0 of the Jacobian"
    return sentence + "."

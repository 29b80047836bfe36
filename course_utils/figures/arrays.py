"""Pictures of arrays: a matrix, a Jacobian in blocks, the stack of a batch."""

from __future__ import annotations

import numpy as np

from .board import (
    LARGEST,
    as_matrix,
    cells,
    frame,
    is_numbered,
    new_board,
    number,
    rectangle,
    squares,
    text,
    text_width,
    tint,
)
from .canvas import FAINT, LINE, ROLES, Picture, own_style

GAP = 0.55  # cells between the blocks of a Jacobian
TOLD = 24  # entries that a sentence says one by one
NAMED = 6  # blocks, and entries with their indices


def times(shape) -> str:
    """'2 × 3'."""
    return " × ".join(str(n) for n in shape)


def plural(count: int, one: str, more: str | None = None) -> str:
    """'1 row', '2 rows'."""
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def at(index) -> str:
    """'[0, 2]'."""
    return f"[{', '.join(str(int(n)) for n in index)}]"


def listed(A) -> str:
    """The rows of a matrix: '[1, 2], [3, 4]'."""
    return ", ".join(f"[{', '.join(map(number, row))}]" for row in np.atleast_2d(A))


@own_style
def matrix(A, name="X", role="input", mark=None) -> Picture:
    """A matrix with its numbers, or shaded where there are more than 14 columns or 28 rows.

    A: (rows, columns), or a vector, drawn as one row; at most 64 either way, else ValueError.
    role: 'input', 'output', 'upstream', 'jacobian' or 'gradient': the colour.
    mark: one index pair (i, j), or a list of pairs, to frame.
    """
    if role not in ROLES:
        raise ValueError(f"role is one of {', '.join(ROLES)}, not {role!r}")
    full = as_matrix(A)
    marks = [] if mark is None else [tuple(map(int, pair)) for pair in np.atleast_2d(mark)]
    unit = min(1.0, 16 / max(full.shape))
    legend = 0 if is_numbered(full.shape) else 5.5
    width = max(unit * full.shape[1], text_width(name) + legend, 3)
    board = new_board(width + 1.6, unit * full.shape[0] + 2)
    cells(board, A, 0.9, 1.4, name, role, mark=marks, unit=unit)
    return board.picture(_matrix_sentence(full, np.ndim(A), name, role, marks))


def _matrix_sentence(A, ndim, name, role, marks) -> str:
    kind = "" if name.lower() == role else f" ({role})"
    shape = times(A.shape) if ndim == 2 else plural(A.size, "entry", "entries")
    sentence = f"{name}{kind}, {shape}: "
    if A.size <= TOLD:
        sentence += listed(A)
    else:
        sentence += f"from {number(np.min(A))} to {number(np.max(A))}, "
        sentence += f"{np.count_nonzero(A == 0)} of {A.size} zero"
    if marks:
        sentence += "; framed " + ", ".join(f"[{i}, {j}] = {number(A[i, j])}" for i, j in marks)
    return sentence + "."


@own_style
def jacobian_blocks(J, title=None, names=("Y", "X")) -> Picture:
    """A Jacobian laid flat: block row k, block column i; inside a block, row l and column j.

    J: (N, M, N', D) for dY[k,l]/dX[i,j], (N, M, D) for dY[k,l]/db[j], or (M, D) for dy[l]/dx[j];
    laid flat it has at most 64 rows and columns. ValueError for anything else.
    Zeros are blank; a block that comes back carries the same letter each time.
    names: the output and the input, for the title.
    """
    J, J4 = np.asarray(J, dtype=float), four_axes(J)
    n_k, n_l, n_i, n_j = J4.shape
    if max(n_k * n_l, n_i * n_j) > LARGEST or J4.size == 0:
        raise ValueError(f"laid flat, 1 to {LARGEST} rows and columns can be drawn, not {J4.shape}")
    name = title or f"d{names[0]}_d{names[1]}"
    heading = title or f"{name}, shape {np.shape(J)}"
    legend = {
        4: "block row k, block column i; inside a block: row l, column j",
        3: "block k; inside a block: row l, column j",
        2: "row l, column j",
    }[np.ndim(J)]
    unit = min(1.0, 15 / (n_i * n_j), 18 / (n_k * n_l))
    width = n_i * n_j * unit + (n_i - 1) * GAP
    height = n_k * n_l * unit + (n_k - 1) * GAP
    least = max(text_width(heading), text_width(legend, 9, "normal"))
    left, top = 1.9 if np.ndim(J) > 2 else 0.9, 3.0 if np.ndim(J) == 4 else 2.6
    board = new_board(max(width + left, least + 0.5) + 0.5, height + top + 0.5)
    text(board, 0.5, 0.6, heading, 11, ha="left", weight="bold")
    text(board, 0.5, 1.2, legend, 9, FAINT, ha="left")
    draw_flat(board, J4, left, top, unit, np.ndim(J))
    return board.picture(_blocks_sentence(heading, J))


def four_axes(J) -> np.ndarray:
    """J as (k, l, i, j); an axis that is missing has size 1. Also turns -0.0 into 0.0."""
    J = np.asarray(J, dtype=float) + 0.0
    if J.ndim == 3:
        return J[:, :, None, :]
    if J.ndim == 2:
        return J[None, :, None, :]
    if J.ndim == 4:
        return J
    raise ValueError(f"a Jacobian of 2, 3 or 4 axes can be drawn, not one of shape {J.shape}")


def block_corner(J4, x, y, unit, k, i) -> tuple[float, float]:
    """Where block (k, i) has its upper left corner."""
    return x + i * (J4.shape[3] * unit + GAP), y + k * (J4.shape[1] * unit + GAP)


def draw_flat(board, J4, x, y, unit, axes) -> None:
    """The blocks with their indices; `axes` is how many the Jacobian really has."""
    n_k, n_l, n_i, n_j = J4.shape
    letters = _letters(J4)
    strength = np.where(J4 != 0, 0.2 + 0.4 * np.abs(J4) / max(np.abs(J4).max(), 1e-300), 0)
    colors = tint("jacobian", strength)
    for k, i in np.ndindex(n_k, n_i):
        corner = block_corner(J4, x, y, unit, k, i)
        _block(board, J4[k, :, i], colors[k, :, i], corner, unit, letters)
    for k in range(n_k):
        _, top = block_corner(J4, x, y, unit, k, 0)
        if axes > 2:
            text(board, x - 0.6, top + n_l * unit / 2, f"k = {k}", 9, ha="right")
        if unit > 0.45:
            for row in range(n_l):
                text(board, x - 0.22, top + (row + 0.5) * unit, str(row), 8, FAINT)
    for i in range(n_i):
        left, _ = block_corner(J4, x, y, unit, 0, i)
        if axes > 3:
            text(board, left + n_j * unit / 2, y - 0.95, f"i = {i}", 9)
        if unit > 0.45:
            for column in range(n_j):
                text(board, left + (column + 0.5) * unit, y - 0.5, str(column), 8, FAINT)


def _letters(J4) -> dict[bytes, str]:
    """A letter for each nonzero block that stands more than once, by the block's bytes."""
    count: dict[bytes, int] = {}
    for block in J4.transpose(0, 2, 1, 3).reshape(-1, *J4.shape[1::2]):
        if block.any():
            count[block.tobytes()] = count.get(block.tobytes(), 0) + 1
    repeated = [key for key, n in count.items() if n > 1]
    return {
        key: chr(65 + n % 26) + (str(n // 26) if n > 25 else "") for n, key in enumerate(repeated)
    }


def _block(board, block, colors, corner, unit, letters) -> None:
    (x, y), (rows, columns) = corner, block.shape
    if not block.any():
        rectangle(board, x, y, columns * unit, rows * unit, "white")
        frame(board, x, y, columns * unit, rows * unit, LINE, 0.8)
        return
    squares(board, x, y, block.shape, colors, unit)
    frame(board, x, y, columns * unit, rows * unit, ROLES["jacobian"], 1.6)
    if unit > 0.65:
        for row, column in np.argwhere(block):
            words = number(block[row, column])
            size = min(9, 9 * 0.86 * unit / text_width(words, 9, "normal"))
            text(board, x + (column + 0.5) * unit, y + (row + 0.5) * unit, words, size)
    letter = letters.get(block.tobytes())
    if letter:
        text(board, x + columns * unit + 0.1, y + 0.2, letter, 10, ha="left", weight="bold")


def _blocks_sentence(heading, J) -> str:
    J4 = four_axes(J)
    blocks = J4.transpose(0, 2, 1, 3).reshape(-1, *J4.shape[1::2])
    sentence = f"{heading}: "
    if len(blocks) > 1:
        sentence += (
            f"{len(blocks)} blocks of {times(blocks[0].shape)}, {_which_blocks(J4, np.ndim(J))}; "
        )
    nonzero = np.argwhere(J)
    share = f"{100 * len(nonzero) / J4.size:.3g} %"
    sentence += f"{len(nonzero):,} of {J4.size:,} entries differ from zero ({share})"
    if 0 < len(nonzero) <= NAMED:
        each = [f"{at(index)} is {number(J[tuple(index)])}" for index in nonzero]
        sentence += ": " + ", ".join(each)
    keys = [block.tobytes() for block in blocks]
    for key, letter in list(_letters(J4).items())[:NAMED]:
        sentence += f"; block {letter} stands {keys.count(key)} times"
    return sentence + "."


def _which_blocks(J4, axes) -> str:
    """Which of the blocks are not all zero, and whether these are diagonal."""
    filled = J4.any(axis=(1, 3))
    if axes > 3 and len(filled) > 1 and np.array_equal(filled, np.eye(*filled.shape)):
        words = "all zero but those with k = i"
    elif filled.all():
        words = "none of them all zero"
    else:
        words = f"{filled.sum()} of them not all zero"
        if axes > 3 and 0 < filled.sum() <= NAMED:
            words += ", with (k, i) = " + ", ".join(f"({k}, {i})" for k, i in np.argwhere(filled))
    rows, columns = J4.shape[1::2]
    diagonal = rows == columns > 1 and not (J4 * (1 - np.eye(rows))[None, :, None]).any()
    return words + (", each diagonal" if diagonal and filled.any() else "")


@own_style
def batch_stack(J, dL_dY=None) -> Picture:
    """The Jacobians of a batch, one H × H matrix for each sample.

    J: (N, H, H), N up to 6. dL_dY: (N, H), to see each row times its own matrix.
    """
    J = np.asarray(J, dtype=float)
    if J.ndim != 3 or J.shape[1] != J.shape[2] or not 1 <= len(J) <= 6:
        raise ValueError(f"a stack of shape (N, H, H) with N up to 6 can be drawn, not {J.shape}")
    N, H, _ = J.shape
    dL_dY = None if dL_dY is None else np.asarray(dL_dY, dtype=float)
    if dL_dY is not None and dL_dY.shape != (N, H):
        raise ValueError(f"dL_dY has shape {dL_dY.shape}; a stack {J.shape} needs {(N, H)}")
    step = max(H, text_width("dL_dY[0]")) + 1.2
    with_rows = dL_dY is not None
    board = new_board(N * step + 0.6, H + (7.4 if with_rows else 2))
    dL_dX = _rows(dL_dY, J) if with_rows else None
    for n in range(N):
        x, y = 0.9 + n * step, 4.1 if with_rows else 1.4
        cells(board, J[n], x, y, f"sample {n}", "jacobian", blank=True)
        if with_rows:
            cells(board, dL_dY[n], x, 1.4, f"dL_dY[{n}]", "upstream")
            cells(board, dL_dX[n], x, y + H + 1.7, f"dL_dX[{n}]", "gradient")
    return board.picture(_stack_sentence(J, dL_dY))


def _stack_sentence(J, dL_dY) -> str:
    N, H, _ = J.shape
    beside = np.count_nonzero(J * (1 - np.eye(H)))
    sentence = f"{plural(N, 'matrix', 'matrices')} of {times((H, H))}, one for each sample, "
    if beside:
        sentence += f"with {plural(beside, 'entry', 'entries')} beside their diagonals: "
    else:
        diagonals = np.einsum("nhh->nh", J)
        sentence += "each diagonal: "
        sentence += f"{listed(diagonals)} on the diagonals, " if J[:, 0].size <= TOLD else ""
    sentence += f"{np.count_nonzero(J)} of {J.size} entries differ from zero"
    if dL_dY is not None:
        sentence += "; each row of dL_dY, times its own matrix, is a row of dL_dX"
        sentence += f": {listed(_rows(dL_dY, J))}" if dL_dY.size <= TOLD else ""
    return sentence + "."


def _rows(dL_dY, J) -> np.ndarray:
    """Each row of dL_dY times its own matrix."""
    return np.einsum("nl,nlj->nj", dL_dY, J) + 0.0

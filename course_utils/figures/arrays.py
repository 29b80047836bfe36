"""Pictures of arrays: a matrix, a Jacobian in blocks, the contraction, the broadcast."""

import numpy as np

from .canvas import (
    FAINT,
    INK,
    LARGEST,
    LINE,
    ROLES,
    Picture,
    as_matrix,
    board,
    cells,
    frame,
    number,
    own_style,
    squares,
    text,
    tint,
)


def _times(shape) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(str(n) for n in shape)


def _plural(count: int, word: str) -> str:
    return f"{count} {word if count == 1 else word + 's'}"


@own_style
def matrix(A, name="X", role="input", mark=None) -> Picture:
    """A matrix with its numbers. A vector is drawn as one row.

    role: 'input', 'output', 'upstream', 'jacobian' or 'gradient' (the colour).
    mark: None, one index pair (i, j), or a list of pairs to frame.
    """
    A = as_matrix(A)
    marks = [] if mark is None else [tuple(m) for m in np.atleast_2d(mark)]
    unit = min(1.0, 16 / A.shape[1])
    width = max(unit * A.shape[1] + 1.4, 3 + 0.22 * len(name))
    figure, axes = board(width, unit * A.shape[0] + 1.9)
    cells(axes, A, 0.8, 1.3, name, role, mark=marks, unit=unit)
    zeros = int(np.sum(A == 0))
    sentence = f"{name} ({role}), {_times(A.shape)}, "
    sentence += f"smallest entry {number(A.min())}, largest {number(A.max())}, "
    sentence += f"{zeros} of {A.size} entries zero"
    if marks:
        sentence += "; marked " + ", ".join(f"[{i}, {j}] = {number(A[i, j])}" for i, j in marks)
    return Picture(figure, sentence + ".")


def _letters(blocks) -> dict:
    """A letter for each nonzero block that stands more than once, by the block's bytes."""
    count = {}
    for block in blocks:
        if np.any(block):
            count[block.tobytes()] = count.get(block.tobytes(), 0) + 1
    repeated = [key for key, n in count.items() if n > 1]
    return {key: (chr(ord("A") + n) if n < 26 else f"A{n}") for n, key in enumerate(repeated)}


def _four_axes(J) -> np.ndarray:
    """J as (k, l, i, j); an axis that is missing has size 1."""
    J = np.asarray(J, dtype=float) + 0.0  # -0.0 and 0.0 are the same block
    if J.ndim == 4:
        return J
    if J.ndim == 3:
        return J[:, :, None, :]
    if J.ndim == 2:
        return J[None, :, None, :]
    raise ValueError(f"a Jacobian of 2, 3 or 4 axes is drawn; this one has shape {J.shape}")


@own_style
def jacobian_blocks(J, title=None, names=("Y", "X")) -> Picture:
    """A Jacobian laid flat: block row k, block column i; inside a block, row l and column j.

    J: shape (N, M, N', D) for dY[k,l]/dX[i,j], or 3-D (dY[k,l]/db[j]), or 2-D (dy[l]/dx[j]).
    Zeros are blank; a block that comes back carries the same letter each time.
    names: the output and the input, for the labels.
    """
    J4 = _four_axes(J)
    n_k, n_l, n_i, n_j = J4.shape
    if max(n_k * n_l, n_i * n_j) > LARGEST:
        raise ValueError(f"laid flat this has more than {LARGEST} rows or columns: {J4.shape}")
    title = title or f"d{names[0]}_d{names[1]}, shape {np.shape(J)}"
    unit = min(1.0, 17 / (n_i * n_j), 17 / (n_k * n_l))
    gap = 0.3
    width = n_i * n_j * unit + (n_i - 1) * gap
    height = n_k * n_l * unit + (n_k - 1) * gap
    figure, axes = board(max(width + 2.6, 3 + 0.24 * len(title)), height + 3.0)
    text(axes, 0.4, 0.6, title, 11, ha="left", weight="bold")
    blocks = J4.transpose(0, 2, 1, 3)
    letters = _letters(blocks.reshape(-1, n_l, n_j))
    largest = max(np.abs(J4).max(), 1e-300)
    for k, i in np.ndindex(n_k, n_i):
        x, y = 1.6 + i * (n_j * unit + gap), 2.2 + k * (n_l * unit + gap)
        _block(axes, blocks[k, i], x, y, unit, largest, letters.get(blocks[k, i].tobytes()))
    return Picture(figure, _blocks_sentence(title, J4, blocks, letters))


def _block(axes, block, x, y, unit, largest, letter) -> None:
    rows, columns = block.shape
    strength = np.where(block != 0, 0.2 + 0.4 * np.abs(block) / largest, 0)
    squares(axes, x, y, block.shape, tint("jacobian", strength), unit)
    frame(axes, x, y, columns * unit, rows * unit, ROLES["jacobian"] if block.any() else LINE, 1.4)
    if unit > 0.7:
        for (row, column), value in np.ndenumerate(block):
            if value != 0:
                where = x + (column + 0.5) * unit, y + (row + 0.5) * unit
                text(axes, *where, number(value), 9)
    if letter:
        text(axes, x + 0.02, y - 0.14, letter, 9, weight="bold", ha="left")


def _blocks_sentence(title, J4, blocks, letters) -> str:
    nonzero = int(np.count_nonzero(J4))
    filled = sum(bool(b.any()) for row in blocks for b in row)
    sentence = (
        f"{title}: {_plural(blocks.shape[0] * blocks.shape[1], 'block')} of "
        f"{_times(blocks.shape[2:])}, {filled} not all zero; "
        f"{nonzero} of {J4.size} entries differ from zero ({nonzero / J4.size:.3g} of all)"
    )
    keys = [b.tobytes() for row in blocks for b in row]
    for key, letter in letters.items():
        sentence += f"; block {letter} stands {keys.count(key)} times"
    return sentence + "."


@own_style
def batch_stack(J) -> Picture:
    """The Jacobians of a batch, (N, H, H): one H x H matrix for each sample, side by side."""
    J = np.asarray(J, dtype=float)
    if J.ndim != 3:
        raise ValueError(f"a stack has shape (N, H, H); this one has {J.shape}")
    N, rows, columns = J.shape
    figure, axes = board(N * (columns + 1.2) + 0.4, rows + 2.6)
    for n in range(N):
        x = 0.8 + n * (columns + 1.2)
        cells(axes, J[n], x, 1.7, f"sample {n}", "jacobian", blank_zeros=True)
    off = int(np.count_nonzero(J * (1 - np.eye(rows, columns))))
    sentence = f"A stack of {_plural(N, 'matrix').replace('matrixs', 'matrices')}, "
    sentence += f"each {rows} \N{MULTIPLICATION SIGN} {columns}, one for each sample; "
    sentence += "all are diagonal" if off == 0 else f"{off} entries are off the diagonals"
    return Picture(figure, sentence + f"; {np.count_nonzero(J)} of {J.size} entries are not zero.")


@own_style
def contraction(dL_dY, J, i, j=None) -> Picture:
    """The sum dL_dX[i, j] = sum over k, l of dL_dY[k, l] * J[k, l, i, j], drawn.

    dL_dY: (N, M). J: (N, M) + the input's shape, one or two more axes; for one, leave j out.
    """
    dL_dY = as_matrix(dL_dY)
    J = np.asarray(J, dtype=float)
    if J.shape[:2] != dL_dY.shape or J.ndim not in (3, 4):
        raise ValueError(f"dL_dY {dL_dY.shape} and a Jacobian {J.shape} do not fit together")
    return draw_contraction(dL_dY, J, (i,) if j is None else (i, j))


def draw_contraction(dL_dY, J, entry, step=None) -> Picture:
    """`contraction`, with the terms up to number `step` only (None: all of them)."""
    index = ", ".join(str(n) for n in entry)
    part = J[(slice(None), slice(None), *entry)]
    products = dL_dY * part
    done = np.arange(part.size).reshape(part.shape) < (part.size if step is None else step)
    N, M = part.shape
    figure, axes = board(3 * (M + 2.2) + 3.4, N + 3.0)
    x, y = 0.8, 1.6
    for A, name, role, shown in (
        (dL_dY, "dL_dY", "upstream", None),
        (part, f"dY_dX[:, :, {index}]", "jacobian", None),
        (products, "products", "gradient", done),
    ):
        cells(axes, A, x, y, name, role, shown=shown, blank_zeros=role == "jacobian")
        x += M + 1.0
        sign = {"dL_dY": "\N{MULTIPLICATION SIGN}", "products": "\N{RIGHTWARDS ARROW}"}
        text(axes, x - 0.3, y + N / 2, sign.get(name, "="), 14)
        x += 0.7
    total = float(products[done].sum())
    result = np.array([[total]])
    cells(axes, result, x, y + (N - 1) / 2, f"dL_dX[{index}]", "gradient")
    terms = products[done & (products != 0)]
    words = " + ".join(f"({number(v)})" if v < 0 else number(v) for v in terms[:6]) or "0"
    if len(terms) > 6:
        words += " + …"
    sentence = (
        f"dL_dX[{index}] = {words} = {number(total)}: of {part.size} products of dL_dY[k, l] with "
        f"dY_dX[k, l, {index}], {np.count_nonzero(part)} meet an entry that is not zero."
    )
    return Picture(figure, sentence)


@own_style
def broadcast(b, N, dL_dY) -> Picture:
    """Forward, b is copied into N rows; backward, the rows of dL_dY are summed.

    b: (M,). N: how many rows. dL_dY: (N, M).
    """
    b, dL_dY = as_matrix(b), as_matrix(dL_dY)
    M = b.shape[1]
    if b.shape[0] != 1 or dL_dY.shape != (N, M):
        raise ValueError(f"b {b.shape[1:]}, N = {N} and dL_dY {dL_dY.shape} do not fit together")
    figure, axes = board(2 * M + 4.2, N + 5.2)
    total = dL_dY.sum(axis=0, keepdims=True)
    right = M + 3.0
    text(axes, 0.4, 0.5, "forward: copied", 11, FAINT, ha="left")
    cells(axes, b, 0.8, 2.0, "b", "input")
    cells(axes, np.repeat(b, N, axis=0), 0.8, 4.6, "b in each row of Y", "output")
    text(axes, right - 0.4, 0.5, "backward: summed", 11, FAINT, ha="left")
    cells(axes, total, right, 2.0, "dL_db", "gradient")
    cells(axes, dL_dY, right, 4.6, "dL_dY", "upstream")
    for column in range(M):
        _arrow(axes, 0.8 + column + 0.5, 3.1, 3.6)
        _arrow(axes, right + column + 0.5, 3.6, 3.1)
    sentence = (
        f"Forward, the {_plural(M, 'entry').replace('entrys', 'entries')} of b are copied into "
        f"{_plural(N, 'row')}; backward, each column of dL_dY is summed: dL_db = "
        f"[{', '.join(number(v) for v in total[0])}]."
    )
    return Picture(figure, sentence)


def _arrow(axes, x, start, end) -> None:
    axes.annotate(
        "", (x, end), (x, start), arrowprops={"arrowstyle": "->", "color": INK, "linewidth": 1.2}
    )

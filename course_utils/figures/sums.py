"""Pictures of sums: the contraction of the chain rule, the broadcast and its way back."""

from __future__ import annotations

import numpy as np

from .arrays import plural
from .board import arrow, as_matrix, cells, new_board, number, text, text_width
from .canvas import FAINT, Picture, own_style

TERMS = 6  # of a sum, written out in a sentence


@own_style
def contraction(dL_dY, J, i, j=None, names=("Y", "X")) -> Picture:
    """One entry of the chain rule: which slice of the Jacobian meets dL_dY, and what it gives.

    dL_dX[i, j] = Σ_kl dL_dY[k, l] · J[k, l, i, j].
    dL_dY: (N, M). J: (N, M) + the input's shape, of one or two axes; with one, leave j out.
    names: the output and the input.
    """
    dL_dY, J = as_matrix(dL_dY), np.asarray(J, dtype=float)
    entry = (i,) if j is None else (i, j)
    if J.shape[:2] != dL_dY.shape or J.ndim != 2 + len(entry):
        raise ValueError(
            f"dL_dY {dL_dY.shape}, a Jacobian {J.shape} and {entry} do not fit together"
        )
    seen = np.zeros(J.shape[2:], bool)
    seen[entry] = True
    part = J[(..., *entry)]
    total = np.zeros(J.shape[2:])
    total[entry] = np.sum(dL_dY * part)
    meet = [tuple(index) for index in np.argwhere(part)]
    board = draw_contraction(dL_dY, J, entry, total, seen, np.ones(part.shape, bool), meet, names)
    return board.picture(contraction_sentence(dL_dY, part, entry, names))


def draw_contraction(dL_dY, J, entry, result, seen, done, meet, names):
    """The board of `contraction`.

    result: what is known of the gradient so far, where `seen`. done: which products are formed.
    meet: index pairs to frame in dL_dY and in the slice.
    """
    index = ", ".join(map(str, entry))
    part = J[(..., *entry)]
    name = f"d{names[0]}_d{names[1]}[:, :, {index}]"
    upstream, gradient = f"dL_d{names[0]}", f"dL_d{names[1]}"
    N, M = dL_dY.shape
    steps = [max(M, text_width(words)) + 1.5 for words in (upstream, name, "products")]
    shape = np.atleast_2d(result).shape
    board = new_board(
        sum(steps) + max(shape[1], text_width(gradient)) + 1.5, max(N, shape[0]) + 2.1
    )
    x, y = 0.9, 1.4
    cells(board, dL_dY, x, y, upstream, "upstream", mark=meet)
    _sign(board, x + steps[0], y + N / 2, "×")
    x += steps[0]
    cells(board, part, x, y, name, "jacobian", blank=True, mark=meet)
    _sign(board, x + steps[1], y + N / 2, "=")
    x += steps[1]
    products = dL_dY * part + 0.0  # no -0.0 for a reader to wonder at
    cells(board, products, x, y, "products", "gradient", shown=done, blank=True)
    x += steps[2]
    _sign(board, x, y + N / 2 - 0.35, "sum", 9)
    arrow(board, (x - 1.15, y + N / 2), (x - 0.45, y + N / 2))
    mark = [entry if len(entry) == 2 else (0, *entry)]
    cells(board, result + 0.0, x, y, gradient, "gradient", shown=seen, mark=mark)
    return board


def _sign(board, x, y, words, size=14) -> None:
    text(board, x - 0.8, y, words, size, FAINT)


def contraction_sentence(dL_dY, part, entry, names) -> str:
    index = ", ".join(map(str, entry))
    terms = [
        f"{bracket(dL_dY[k, l])} · {bracket(part[k, l])}" for k, l in np.argwhere(part)[:TERMS]
    ]
    more = np.count_nonzero(part) - len(terms)
    words = " + ".join(terms) + (f" + {more} more" if more > 0 else "") or "0"
    count = np.count_nonzero(part)
    return (
        f"dL_d{names[1]}[{index}] = {words} = {number(np.sum(dL_dY * part) + 0.0)}: of "
        f"{plural(part.size, 'entry', 'entries')} of dL_d{names[0]}, {count} "
        f"{'meets' if count == 1 else 'meet'} an entry of the slice that is not zero."
    )


def bracket(value: float) -> str:
    return f"({number(value)})" if value < 0 else number(value)


@own_style
def broadcast(b, N, dL_dY) -> Picture:
    """Forward, b is copied into N rows; backward, the rows of dL_dY are summed.

    b: (M,). N: how many rows. dL_dY: (N, M).
    """
    b, dL_dY = np.asarray(b, dtype=float), as_matrix(dL_dY)
    if b.ndim != 1 or dL_dY.shape != (N, b.size):
        raise ValueError(f"b {b.shape}, N = {N} and dL_dY {dL_dY.shape} do not fit together")
    M, total = b.size, dL_dY.sum(axis=0)
    right = max(M, text_width("b, in each row of Y")) + 2.4
    board = new_board(right + max(M, text_width("backward: summed")) + 0.6, N + 6.1)
    text(board, 0.9, 0.7, "forward: copied", 11, FAINT, ha="left")
    cells(board, b, 0.9, 2.3, "b", "input")
    cells(board, np.tile(b, (N, 1)), 0.9, 5.4, "b, in each row of Y", "output")
    text(board, right, 0.7, "backward: summed", 11, FAINT, ha="left")
    cells(board, total, right, 2.3, "dL_db", "gradient")
    cells(board, dL_dY, right, 5.4, "dL_dY", "upstream")
    for column in range(M):
        arrow(board, (1.4 + column, 3.45), (1.4 + column, 4.2))
        arrow(board, (right + column + 0.5, 4.2), (right + column + 0.5, 3.45))
    sentence = (
        f"Forward, {plural(M, 'entry', 'entries')} of b {'is' if M == 1 else 'are'} copied into "
        f"{plural(N, 'row')}; backward, each column of dL_dY is summed: dL_db = "
        f"[{', '.join(number(value) for value in total)}]."
    )
    return board.picture(sentence)

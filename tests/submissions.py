"""Notebooks as learners hand them in: right, blank, broken and hostile."""

from __future__ import annotations

import json
from pathlib import Path

from course_utils.grading import Limits

# Small, so that a loop costs a test two seconds and not ten.
QUICK = Limits(cells=6, cell=2, answer=2, grace=1, output=2**20)

SETUP = "import numpy as np\nfrom course_utils import check, figures"
RIGHT = {
    "relu": "def relu(X):\n    return np.maximum(X, 0)",
    "relu_row_jacobian": "def relu_row_jacobian(x):\n    return np.diag((x > 0) * 1.0)",
    "relu_batch_jacobians": (
        "def relu_batch_jacobians(X):\n    return np.einsum('nk,ki->nki', (X > 0) * 1.0, "
        "np.eye(X.shape[1]))"
    ),
    "relu_entry": (
        "def relu_entry(X, k, l, i, j):\n    return float(k == i and l == j and X[k, l] > 0)"
    ),
    "relu_jacobian": (
        "def relu_jacobian(X):\n    J = np.zeros(X.shape + X.shape)\n"
        "    np.einsum('ijij->ij', J)[...] = X > 0\n    return J"
    ),
    "contract": (
        "def contract(dL_dY, dY_dX):\n    return np.tensordot(dL_dY, dY_dX, axes=np.ndim(dL_dY))"
    ),
    "relu_backward": "def relu_backward(dL_dY, X):\n    return dL_dY * (X > 0)",
}
BLANK = "def relu_backward(dL_dY, X):\n    raise NotImplementedError()"
WRONG = "def relu_backward(dL_dY, X):\n    return dL_dY"


def code(source: str, **metadata) -> dict:
    """A code cell."""
    cell = {"cell_type": "code", "source": source, "outputs": [], "execution_count": None}
    return {**cell, "metadata": metadata}


def text(source: str, kind: str = "markdown") -> dict:
    """A text cell."""
    return {"cell_type": kind, "source": source, "metadata": {}}


def notebook(*cells) -> dict:
    """A notebook of these cells; a string is a code cell."""
    cells = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def solved(**answers: str) -> dict:
    """All of 01_relu right, but for the answers given."""
    return notebook(SETUP, *({**RIGHT, **answers}).values())


def hand_in(folder: Path, learner: str, content, name: str = "01_relu.ipynb") -> Path:
    """Put a notebook (or any text or bytes) into a learner's folder."""
    path = folder / learner / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, dict):
        content = json.dumps(content)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path

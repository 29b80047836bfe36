"""One notebook in Notebook 7, which many learners have instead of JupyterLab."""

from __future__ import annotations

from course_utils.exercises import EXERCISES


def test_run_all_solve_and_check(server, page):
    notebook = server.open(page, "01_relu", classic=True)
    notebook.run_all()
    assert notebook.errors() == []
    verdicts = notebook.verdicts()
    assert {each.name for each in EXERCISES.values() if each.notebook == "01_relu"} <= set(verdicts)
    assert all(verdict.startswith("Not started: ") for verdict in verdicts.values()), verdicts
    cell = notebook.cell("def relu(")
    notebook.rewrite(cell, "def relu(X):\n    return np.maximum(X, 0)")
    notebook.run(cell)
    assert notebook.run(notebook.cell("check(relu)")).startswith("Right: relu")
    server.stop_kernels()

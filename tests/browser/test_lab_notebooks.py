"""Every student notebook, opened blank in JupyterLab and run from top to bottom."""

from __future__ import annotations

import pytest
from lab import SOURCES

from course_utils import exercises


@pytest.mark.parametrize("name", [path.stem for path in SOURCES])
def test_run_all(server, page, name):
    notebook = server.open(page, name)
    notebook.run_all()
    assert notebook.errors() == []
    verdicts = notebook.verdicts()
    asked = {each.name for each in exercises.EXERCISES.values() if each.notebook == name}
    assert asked <= set(verdicts)
    assert all(verdict.startswith("Not started: ") for verdict in verdicts.values()), verdicts
    server.stop_kernels()

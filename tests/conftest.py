"""What several tests stand on."""

from __future__ import annotations

import pytest
from small_course import TWICE, an_exercise

from course_utils import exercises


@pytest.fixture
def course(tmp_path, monkeypatch):
    """The folder `notebooks` of a course with one notebook, `01_twice`, and one exercise."""
    monkeypatch.setattr(
        exercises, "EXERCISES", {"twice": an_exercise("twice", "01_twice", "Double it")}
    )
    monkeypatch.setattr(exercises, "NOTEBOOKS", ("01_twice", "02_thrice"))
    folder = tmp_path / "notebooks"
    (folder / "source").mkdir(parents=True)
    (folder / "source" / "01_twice.md").write_text(TWICE, encoding="utf-8", newline="\n")
    monkeypatch.chdir(tmp_path)
    return folder

"""nbgrader itself on the course: an assignment made, validated, and marked as it should be.

nbgrader is not a dependency of the course; it stands in a group of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_utils.exercises import EXERCISES
from course_utils.grading.collect import known_notebooks, names_of

pytest.importorskip(
    "nbgrader", reason="nbgrader is not installed: `uv run --group nbgrader pytest` brings it"
)

SOLVED = Path(__file__).resolve().parents[1] / "notebooks" / "solutions"
NOTEBOOKS = [name for name in known_notebooks() if (SOLVED / f"{name}.ipynb").exists()]
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "course"
c.CourseDirectory.root = {root!r}
c.ExecutePreprocessor.timeout = 300
"""


def nbgrader(root: Path, *arguments: str) -> str:
    """Run nbgrader in its course folder; what it said."""
    places = dict.fromkeys(
        ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR"), str(root / "home")
    )
    # It calls `alembic` and `jupyter` by their bare names.
    places["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command, cwd=root, env={**os.environ, **places}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout + done.stderr


def load(path: Path) -> dict:
    """A notebook, each source in one piece."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"])
    return notebook


def answers(notebook: dict) -> dict[str, str]:
    """Sources of the answer cells, by exercise."""
    return {
        cell["metadata"]["course"]["answer"]: cell["source"]
        for cell in notebook["cells"]
        if "answer" in cell["metadata"].get("course", {})
    }


def half_done(blank: dict, solved: dict) -> dict:
    """Every second answer filled in."""
    filled = dict(list(answers(solved).items())[::2])
    notebook = json.loads(json.dumps(blank))
    for cell in notebook["cells"]:
        name = cell["metadata"].get("course", {}).get("answer")
        cell["source"] = filled.get(name, cell["source"])
    return notebook


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course folder: released, handed in three times, and marked."""
    root = tmp_path_factory.mktemp("nbgrader")
    (root / "source" / "ps1").mkdir(parents=True)
    (root / "home").mkdir()
    (root / "nbgrader_config.py").write_text(CONFIG.format(root=str(root)))
    for name in NOTEBOOKS:
        content = (SOLVED / f"{name}.ipynb").read_bytes()
        (root / "source" / "ps1" / f"{name}.ipynb").write_bytes(content)
    nbgrader(root, "generate_assignment", "ps1", "--create")
    for name in NOTEBOOKS:
        solved = load(root / "source" / "ps1" / f"{name}.ipynb")
        blank = load(root / "release" / "ps1" / f"{name}.ipynb")
        for learner, content in [
            ("solved", solved),
            ("blank", blank),
            ("half", half_done(blank, solved)),
        ]:
            path = root / "submitted" / learner / "ps1" / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(content), encoding="utf-8")
    nbgrader(root, "autograde", "ps1", "--create")
    return root


@pytest.fixture(scope="module")
def scores(course):
    """Points by learner and grade id, and what they are out of."""
    from nbgrader.api import Gradebook

    found: dict[str, dict[str, tuple[float, float]]] = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        for submission in book.assignment_submissions("ps1"):
            mine = found.setdefault(submission.student.id, {})
            for notebook in submission.notebooks:
                for grade in notebook.grades:
                    mine[grade.name] = (grade.score, grade.max_score)
    return found


def expected(share) -> dict[str, tuple[float, float]]:
    """Full points where `share(position in its notebook)` says so."""
    found = {}
    for notebook in NOTEBOOKS:
        for position, name in enumerate(names_in(notebook)):
            points = float(EXERCISES[name].points)
            found[f"check_{name}"] = (points if share(position) else 0.0, points)
    return found


def names_in(notebook: str) -> list[str]:
    """The exercises in the order of the notebook's cells."""
    names = list(answers(load(SOLVED / f"{notebook}.ipynb")))
    assert set(names) == set(names_of(notebook))
    return names


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_what_is_released_holds_no_answer(course, name):
    solved = answers(load(course / "source" / "ps1" / f"{name}.ipynb"))
    for exercise, source in answers(load(course / "release" / "ps1" / f"{name}.ipynb")).items():
        assert "raise NotImplementedError()" in source and "SOLUTION" not in source
        assert source != solved[exercise]


@pytest.mark.parametrize("name", sorted({NOTEBOOKS[1], NOTEBOOKS[-1]}))
def test_the_solved_edition_validates(course, name):
    assert "Success!" in nbgrader(course, "validate", f"source/ps1/{name}.ipynb")


def test_the_solved_edition_has_full_marks(scores):
    assert scores["solved"] == expected(lambda position: True)


def test_a_blank_edition_has_none(scores):
    assert scores["blank"] == expected(lambda position: False)


def test_a_half_done_edition_has_its_points(scores):
    assert scores["half"] == expected(lambda position: position % 2 == 0)


def test_our_own_command_gives_the_same_points(course, scores, tmp_path):
    from course_utils.grading import Options, grade_folder, sandbox

    options = Options(boxed=not sandbox.why_not())
    grade_folder(course / "submitted", tmp_path / "out", jobs=2, options=options)
    for line in (tmp_path / "out" / "grades.jsonl").read_text().splitlines():
        item = json.loads(line)
        assert scores[item["learner"]][f"check_{item['exercise']}"] == (
            item["points"],
            item["out_of"],
        ), item["message"]

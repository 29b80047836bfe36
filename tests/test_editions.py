"""One source, two editions: what is written, what is refused, what is called stale."""

from __future__ import annotations

import nbformat
import pytest
from small_course import TWICE, an_exercise

from course_utils import exercises
from course_utils.authoring import editions, execution, state
from course_utils.authoring.roles import match_exercises
from course_utils.authoring.source import SourceError, read_source
from course_utils.cli import main

SOLUTION = "    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION\n"


@pytest.fixture
def run_for_free(monkeypatch):
    """Count the cells instead of running them: for tests of all but the outputs."""
    ran = []

    def count(notebook, folder, timeout=0):
        ran.append(folder)
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        for number, cell in enumerate(code, 1):
            cell.execution_count = number

    monkeypatch.setattr("course_utils.authoring.build.execute", count)
    return ran


def read(path):
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def sources(notebook):
    return "\n".join(cell.source for cell in notebook.cells)


def rewrite(course, old, new, name="01_twice"):
    path = course / "source" / f"{name}.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8", newline="\n")


def edit(path, change):
    """Change a notebook as JupyterLab would save it."""
    notebook = read(path)
    change(notebook)
    nbformat.write(notebook, path)


def answer(notebook):
    cell = next(
        cell for cell in notebook.cells if cell.metadata.get("course") == {"answer": "twice"}
    )
    cell.source = "def twice(x):\n    return x + x"


def test_both_editions(course):
    assert main(["build"]) == 0
    student, solved = read(course / "01_twice.ipynb"), read(course / "solutions" / "01_twice.ipynb")
    nbformat.validate(student)
    nbformat.validate(solved)
    assert "return 2 * x" in sources(solved) and "### BEGIN SOLUTION" in sources(solved)
    assert "return 2 * x" not in sources(student) and "SOLUTION" not in sources(student)
    assert "    # YOUR CODE HERE\n    raise NotImplementedError()" in sources(student)
    code = [cell for cell in solved.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3]
    assert code[-1].outputs[0].data["text/plain"] == "'checked twice'"
    assert all(
        not cell.get("outputs") and not cell.get("execution_count") for cell in student.cells
    )


def test_the_same_bytes_twice(course):
    assert main(["build"]) == 0
    paths = [course / "01_twice.ipynb", course / "solutions" / "01_twice.ipynb"]
    before = [path.read_bytes() for path in paths]
    assert main(["build", "--force"]) == 0
    assert [path.read_bytes() for path in paths] == before
    assert all(b"\r" not in content and content.endswith(b"}\n") for content in before)


def test_ids_are_unique_and_say_what_was_written(course, run_for_free):
    rewrite(
        course, "## Double it", "+++\n\nThe same words.\n\n+++\n\nThe same words.\n\n## Double it"
    )
    rewrite(course, "The same words.\n\n## Double it", "The same words.\n\n+++\n\n## Double it")
    main(["build"])
    notebook = read(course / "01_twice.ipynb")
    same = [cell.id for cell in notebook.cells if cell.source == "The same words."]
    assert len(same) == 2 and same[1] == same[0] + "-2"
    assert all(editions.is_unchanged(cell) for cell in notebook.cells)
    notebook.cells[0].source += "!"
    assert not editions.is_unchanged(notebook.cells[0])


def test_nbgrader_metadata(course, run_for_free):
    main(["build"])
    for path in (course / "01_twice.ipynb", course / "solutions" / "01_twice.ipynb"):
        found = {
            cell.metadata.nbgrader.grade_id: cell
            for cell in read(path).cells
            if "nbgrader" in cell.metadata
        }
        common = {"schema_version": 3, "task": False}
        assert found["twice"].metadata.nbgrader == {
            **common, "grade": False, "solution": True, "locked": False, "grade_id": "twice"
        }  # fmt: skip
        assert found["check_twice"].metadata.nbgrader == {
            **common, "grade": True, "solution": False, "locked": True, "grade_id": "check_twice", "points": 2
        }  # fmt: skip
        assert found["twice"].metadata.course == {"answer": "twice"}
        assert found["check_twice"].metadata.course == {"check": "twice"}
        assert len(found) == 2


def test_a_warm_up_is_blank_and_not_graded(course, run_for_free):
    exercises.EXERCISES["thrice"] = an_exercise("thrice", "02_thrice", "Again")
    text = TWICE.replace(
        "{code-cell} ipython3\ndef", "{code-cell} ipython3\n:tags: [warm-up]\n\ndef"
    )
    text = text.replace(
        "{code-cell} ipython3\ncheck", "{code-cell} ipython3\n:tags: [warm-up]\n\ncheck"
    )
    text += "\n## Again\n\n" + TWICE[TWICE.index("```{code-cell} ipython3\ndef twice") :].replace(
        "twice", "thrice"
    )
    (course / "source" / "02_thrice.md").write_text(text, encoding="utf-8")
    assert main(["build"]) == 0
    notebook = read(course / "02_thrice.ipynb")
    graded = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert [(each.grade_id, each.get("points")) for each in graded] == [
        ("warm_up_twice", None), ("thrice", None), ("check_thrice", 2)
    ]  # fmt: skip
    assert "2 * x" not in sources(notebook)
    assert sum(cell.metadata.get("course") == {"warm-up": "twice"} for cell in notebook.cells) == 2


def test_a_demonstration_is_left_alone(course, run_for_free):
    extra = "```{code-cell} ipython3\n:tags: [demo]\n\nprint(check(abs))\n```\n"
    rewrite(
        course,
        "```{code-cell} ipython3\ncheck(twice)\n```\n",
        "```{code-cell} ipython3\ncheck(twice)\n```\n\n" + extra,
    )
    assert main(["build"]) == 0
    assert "course" not in read(course / "01_twice.ipynb").cells[-1].metadata


# What is wrong, in which line of the source, and a part of the sentence.
SLIPS = {
    "never closed": ("    ### END SOLUTION\n", "", 17, "never closed"),
    "closed, never opened": ("    ### BEGIN SOLUTION\n", "", 18, "never opened"),
    "opened twice": (SOLUTION, "    ### BEGIN SOLUTION\n" + SOLUTION, 18, "stands inside"),
    "unknown exercise": ("def twice", "def twicee", 15, "did you mean 'twice'"),
    "unknown check": ("check(twice)", "check(nobody)", 23, "no exercise is called 'nobody'"),
    "no check": ("check(twice)", "twice", 15, "never checked"),
    "two checks": ("check(twice)", "check(twice)\n```\n\n```{code-cell}\ncheck(twice)", 27, "line 23"),
    "two answers": ("check(twice)", "def twice(x):\n" + SOLUTION.rstrip(), 23, "line 15 does it already"),
    "checked too early": ("## Double it", "```{code-cell}\ncheck(twice)\n```\n\n## Double it", 13, "not answered in any cell above"),
    "a check with more": ("check(twice)", "x = 1\ncheck(twice)", 24, "single line"),
    "a check of a call": ("check(twice)", "check(twice, 1)", 23, "single line"),
    "missing section": ("## Double it", "## Treble it", 15, "no heading reads so"),
    "a heading in a fence": ("## Double it", "```\n## Double it\n```", 17, "no heading reads so"),
    "another signature": ("def twice(x)", "def twice(y)", 15, "twice(x)"),
    "the def in the region": (
        "def twice(x):\n    \"\"\"Two times x.\"\"\"\n" + SOLUTION,
        "### BEGIN SOLUTION\ndef twice(x):\n    return 2 * x\n### END SOLUTION\n",
        15,
        "outside the answer region",
    ),
    "a cell not closed": ("check(answer):\n    return f\"checked {answer.__name__}\"\n```\n", "x = 1\n", 8, "never closed"),
    "a cell in a list": ("The first cell.", "- a list\n  ```{code-cell}\n  1\n  ```", 4, "at the margin"),
    "bad options": (":tags: [setup]", ":tags: [setup", 5, "jupytext says"),
    "bad tags": (":tags: [setup]", ":tags: setup", 6, "are a list"),
    "bad syntax": ("    return 2 * x", "    return 2 *", 18, "invalid syntax"),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_source_error_is_one_sentence(course, run_for_free, capsys, slip):
    old, new, line, words = SLIPS[slip]
    rewrite(course, old, new)
    assert main(["build"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"notebooks/source/01_twice.md:{line}: ")
    assert words in said[0]
    assert not list(course.rglob("*.ipynb")) and not run_for_free


def test_all_exercises_are_asked(course):
    exercises.EXERCISES["more"] = an_exercise("more", "01_twice", "Double it")
    with pytest.raises(SourceError, match="'more' belongs to this notebook"):
        match_exercises(read_source(course / "source" / "01_twice.md"))


def test_an_exercise_of_another_notebook_wants_the_tag(course):
    exercises.EXERCISES["twice"] = an_exercise("twice", "02_thrice", "Double it")
    with pytest.raises(SourceError, match="15: 'twice' is an exercise of 02_thrice"):
        match_exercises(read_source(course / "source" / "01_twice.md"))
    rewrite(course, "{code-cell} ipython3\ndef", "{code-cell} ipython3\n:tags: [warm-up]\n\ndef")
    with pytest.raises(SourceError, match="17: a warm-up repeats an earlier notebook"):
        match_exercises(read_source(course / "source" / "01_twice.md"))


def test_a_cell_that_raises_is_named_and_nothing_written(course, capsys):
    rewrite(course, "    return 2 * x", "    return 2 * x\nprint(\n    [][3]\n)")
    rewrite(course, "    ### END SOLUTION\n", "    ### END SOLUTION\n".lstrip())
    assert main(["build"]) == 1
    said = capsys.readouterr().err
    assert said.startswith("notebooks/source/01_twice.md:20: ") or said.startswith(
        "notebooks/source/01_twice.md:21: "
    )
    assert "IndexError" in said and len(said.splitlines()) == 1
    assert not list(course.rglob("*.ipynb"))


def test_one_bad_source_does_not_stop_the_others(course, run_for_free, capsys):
    (course / "source" / "00_bad.md").write_text("```{code-cell}\ncheck(twice)\n```\n")
    assert main(["build"]) == 1
    assert "00_bad.md:2" in capsys.readouterr().err
    assert (course / "01_twice.ipynb").exists() and not (course / "00_bad.ipynb").exists()


def extra_cell(notebook):
    notebook.cells.append(nbformat.v4.new_code_cell("my = 1"))


def changed_prose(notebook):
    notebook.cells[0].source += "\nA note of mine."


@pytest.mark.parametrize("change", [answer, extra_cell, changed_prose])
def test_work_is_never_overwritten(course, run_for_free, capsys, change):
    main(["build"])
    path = course / "01_twice.ipynb"
    edit(path, change)
    work = path.read_bytes()
    rewrite(course, "The first cell.", "The very first cell.")
    (course / "source" / "02_more.md").write_text("# More\n")
    assert main(["build"]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "01_twice.ipynb was left as it is" in said[0] and "--force" in said[0]
    assert path.read_bytes() == work
    assert (course / "02_more.ipynb").exists()
    assert "very first" in sources(read(course / "solutions" / "01_twice.ipynb"))
    assert main(["build", "--force"]) == 0
    assert b"very first" in path.read_bytes() and path.read_bytes() != work


def run_only(notebook):
    notebook.metadata.language_info.version = "3.12.1"
    notebook.cells.append(nbformat.v4.new_code_cell(""))
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.execution_count = 7
            cell.metadata.trusted = True


def test_a_notebook_that_was_only_run_is_no_work(course, run_for_free):
    main(["build"])
    path = course / "01_twice.ipynb"
    clean = path.read_bytes()
    edit(path, run_only)
    assert main(["build"]) == 0
    assert path.read_bytes() == clean


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[]", b'{"cells": [3]}', b'{"nbformat": 99}']
)
def test_what_cannot_be_read_is_not_overwritten(course, run_for_free, capsys, content):
    path = course / "01_twice.ipynb"
    path.write_bytes(content)
    assert main(["build"]) == 1
    assert "cannot be read" in capsys.readouterr().err
    assert path.read_bytes() == content
    assert main(["build", "--check"]) == 1
    assert main(["build", "--force"]) == 0
    assert main(["build", "--check"]) == 0


def test_an_unchanged_source_is_not_run_again(course, run_for_free):
    main(["build"])
    main(["build"])
    assert len(run_for_free) == 1
    main(["build", "--run"])
    assert len(run_for_free) == 2
    rewrite(course, "return 2 * x", "return x * 2")
    main(["build"])
    assert len(run_for_free) == 3


@pytest.mark.parametrize("changes", [[run_only], [answer], [extra_cell], [run_only, changed_prose]])
def test_check_is_green_for_a_learner(course, run_for_free, changes):
    main(["build"])
    assert main(["build", "--check"]) == 0
    for change in changes:
        edit(course / "01_twice.ipynb", change)
    (course / "Untitled.ipynb").write_bytes((course / "01_twice.ipynb").read_bytes())
    (course / "broken.ipynb").write_text("{")
    assert main(["build", "--check"]) == 0


def stale_after(course, capsys):
    capsys.readouterr()
    assert main(["build", "--check"]) == 1
    return capsys.readouterr().err


def test_check_names_what_is_stale(course, run_for_free, capsys):
    student, solved = course / "01_twice.ipynb", course / "solutions" / "01_twice.ipynb"
    assert "notebooks/01_twice.ipynb is stale: it is missing" in stale_after(course, capsys)
    main(["build"])
    rewrite(course, "The first cell.", "The very first cell.")
    said = stale_after(course, capsys)
    assert (
        "notebooks/01_twice.ipynb is stale" in said
        and "notebooks/solutions/01_twice.ipynb is stale" in said
    )
    edit(student, answer)  # a learner's answer does not hide that the source has moved on
    assert "notebooks/01_twice.ipynb is stale: its source has changed" in stale_after(
        course, capsys
    )
    main(["build", "--force"])
    rewrite(course, "return 2 * x", "return x * 2")  # only the answer: only the solved edition
    said = stale_after(course, capsys)
    assert "solutions/01_twice.ipynb" in said and "notebooks/01_twice.ipynb" not in said
    main(["build"])
    edit(student, changed_prose)
    assert "01_twice.ipynb is stale: it was changed by hand" in stale_after(course, capsys)
    main(["build", "--force"])
    edit(solved, lambda notebook: notebook.cells[-1].update(execution_count=None))
    assert "solutions/01_twice.ipynb is stale: it was not run" in stale_after(course, capsys)


def test_points_are_part_of_the_edition(course, run_for_free, capsys):
    main(["build"])
    exercises.EXERCISES["twice"] = an_exercise("twice", "01_twice", "Double it").__class__(
        **{**vars(exercises.EXERCISES["twice"]), "points": 3}
    )
    said = stale_after(course, capsys)
    assert (
        "notebooks/01_twice.ipynb is stale" in said and "solutions/01_twice.ipynb is stale" in said
    )


def test_orphans_are_named(course, run_for_free, capsys):
    (course / "source" / "02_more.md").write_text("# More\n")
    main(["build"])
    (course / "source" / "02_more.md").unlink()
    said = stale_after(course, capsys)
    assert "notebooks/02_more.ipynb has no source." in said
    assert "notebooks/solutions/02_more.ipynb has no source." in said


def test_check_writes_nothing(course, run_for_free):
    assert main(["build", "--check"]) == 1
    assert not list(course.rglob("*.ipynb")) and not run_for_free


def test_a_write_is_whole_or_not_at_all(course, monkeypatch):
    path = course / "x.ipynb"
    path.write_bytes(b"old")
    monkeypatch.setattr(state.os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError):
        state.write(path, b"new")
    assert path.read_bytes() == b"old" and [each.name for each in course.iterdir()] == [
        "source",
        "x.ipynb",
    ]


def test_a_run_leaves_the_record_alone(course, monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_UTILS_DATA", str(tmp_path / "mine"))
    code = "import os\nprint(os.environ['COURSE_UTILS_DATA'])\nprint(os.getcwd())\nprint(os.environ['IPYTHONDIR'])"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    execution.execute(notebook, course)
    data, folder, settings = notebook.cells[0].outputs[0].text.split()
    assert data != str(tmp_path / "mine") and settings.startswith(data)
    assert folder == str(course.resolve())
    assert not (tmp_path / "mine").exists()

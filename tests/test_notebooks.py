"""What holds of every notebook, whatever it is about. That outputs repeat is nbval's business."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import nbformat
import pytest

from course_utils import exercises
from course_utils.authoring import state
from course_utils.authoring.editions import solved_edition, student_edition, to_bytes
from course_utils.authoring.execution import execute
from course_utils.authoring.roles import match_exercises
from course_utils.authoring.source import read_source
from course_utils.cli import main
from course_utils.report import anchor

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
SOURCES = sorted((NOTEBOOKS / "source").glob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]

each_source = pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)


def load(path):
    source = read_source(path)
    match_exercises(source)
    return source


def solved(path):
    return nbformat.read(NOTEBOOKS / "solutions" / f"{path.stem}.ipynb", as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def words(cell):
    """All that a cell showed, as text."""
    plain = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return "".join(output.get("text", "") for output in cell.outputs) + "".join(plain)


def test_there_are_notebooks():
    assert SOURCES
    assert [path.stem for path in SOURCES] == sorted(path.stem for path in SOURCES)


def test_every_notebook_of_the_registry_has_a_source():
    assert {each.notebook for each in exercises.EXERCISES.values()} <= {
        path.stem for path in SOURCES
    }


def test_no_edition_is_stale(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert main(["build", "--check"]) == 0


@each_source
def test_a_notebook_as_it_was_built_is_the_same_bytes_here(path):
    """On every system. One that was opened in Jupyter since is a learner's, and held above."""
    place, wanted = NOTEBOOKS / f"{path.stem}.ipynb", student_edition(load(path))
    there = state.read(place)
    if there.metadata == wanted.metadata and not state.is_lived_in(there):
        assert place.read_bytes() == to_bytes(wanted)


@each_source
def test_solved_cells_keep_their_counts(path):
    """Without a count nbval runs a cell and compares nothing."""
    counts = [cell.execution_count for cell in code_cells(solved(path))]
    assert counts == list(range(1, len(counts) + 1))


@each_source
def test_solved_cells_raise_nothing_and_are_right(path):
    for cell in code_cells(solved(path)):
        kinds = [(output.output_type, output.get("name")) for output in cell.outputs]
        assert ("error", None) not in kinds, cell.source
        assert ("stream", "stderr") not in kinds, cell.source
        if {"check", "warm-up"} & set(cell.metadata.get("course", {})) and cell.source.startswith(
            "check("
        ):
            assert words(cell).startswith("Right"), words(cell)


@each_source
def test_solved_outputs_name_no_machine(path):
    for cell in code_cells(solved(path)):
        found = re.search(
            r"0x[0-9a-f]{8,}|/tmp/|/home/|/Users/|/root/|\\\\Users|/site-packages/", words(cell)
        )
        assert not found, f"{found[0]} in the output of: {cell.source}"


@each_source
def test_the_blank_edition_runs_from_top_to_bottom(path, tmp_path):
    notebook = student_edition(load(path))
    execute(notebook, tmp_path)  # raises where a cell does
    checks = [
        cell
        for cell in code_cells(notebook)
        if cell.source.startswith("check(") and "course" in cell.metadata
    ]
    for cell in checks:
        assert words(cell).startswith("Not started: "), words(cell)
    asked = [each for each in exercises.EXERCISES.values() if each.notebook == path.stem]
    assert len(checks) >= len(asked)


@each_source
def test_the_first_text_says_what_to_do_without_the_package(path):
    cells = read_source(path).cells
    first_code = next(index for index, cell in enumerate(cells) if cell.kind == "code")
    above = "\n".join(cell.text for cell in cells[: first_code + 1])
    assert "course_utils" in above and "pip install" in above and "uv run" in above


@each_source
def test_what_you_will_do_learn_and_need(path):
    text = path.read_text(encoding="utf-8").replace("’", "'")
    for part in ("What you'll do", "What you'll learn", "What you'll need", "On your own"):
        assert part in text, part


@each_source
def test_only_timings_and_the_record_go_uncompared(path):
    """What is not compared is not proved: it has to be a cell that measures, or shows the record."""
    reasons = r"time|perf_counter|swap\(|progress\(|hint\(|reveal\(|memory|train|seconds|params"
    for cell in read_source(path).cells:
        if {"nbval-ignore-output", "nbval-skip"} & set(cell.tags) or "NBVAL_" in cell.text:
            assert re.search(reasons, cell.text), cell.text


def headings(path):
    """The fragments that a page or a notebook's source answers to."""
    text = re.sub(r"^(```+|~~~+).*?^\1", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    found = re.findall(r"^#{1,6}\s+(.+?)\s*#*\s*$", text, flags=re.M)
    slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}
    return {anchor(heading) for heading in found} | (
        slugs if path.parent.name != "source" else set()
    )


def links(path):
    """Relative links of a page: (as written, target, fragment)."""
    text = re.sub(r"^(```+|~~~+).*?^\1", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
    found = re.findall(r"\]\(([^()\s]+(?:\([^()\s]*\))?)\)", text) + re.findall(
        r'(?:href|src)="([^"]+)"', text
    )
    for link in found:
        if not re.match(r"[a-z][a-z+.-]*:", link):
            target, _, fragment = link.partition("#")
            yield link, unquote(target), unquote(fragment)


@pytest.mark.parametrize("path", [*SOURCES, *PAGES], ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    if not path.exists():
        assert path in PAGES
        return
    in_notebook = path.parent.name == "source"
    here = NOTEBOOKS if in_notebook else path.parent  # a link is followed from the notebook
    for link, target, fragment in links(path):
        there = (here / target).resolve() if target else path
        assert there.exists() or _source_of(there).exists(), f"{link} leads nowhere"
        if fragment:
            page = _source_of(there) if there.suffix == ".ipynb" else there
            assert fragment in headings(page), f"{link}: no heading is called so"


def _source_of(notebook):
    return NOTEBOOKS / "source" / f"{notebook.stem}.md"


@each_source
def test_every_step_a_verdict_points_at_can_be_reached(path):
    """A verdict links to a heading; JupyterLab and nbconvert make its fragment from plain text."""
    for exercise in exercises.EXERCISES.values():
        if exercise.notebook == path.stem:
            assert anchor(exercise.section) in headings(path)
            assert not re.search(r"[$`*_<\[]", exercise.section), "markup would change the fragment"


@each_source
def test_the_solved_edition_shows_what_the_source_says(path):
    assert [cell.source for cell in solved(path).cells] == [
        cell.source for cell in solved_edition(load(path)).cells
    ]

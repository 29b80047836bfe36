"""A source as two notebooks: blank for the learner, solved for the reader.

Every byte follows from the source: cell ids are hashes of the cells' text, metadata is fixed,
keys are sorted. The id of a cell therefore says whether anyone has changed it since.
"""

from __future__ import annotations

import hashlib
from collections import Counter

import nbformat
from nbformat import NotebookNode

from .. import exercises
from .source import Cell, Source, blanked

FIXED_METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def student_edition(source: Source) -> NotebookNode:
    """Answers blanked, nothing run."""
    notebook = _notebook(
        source,
        [blanked(source, cell) if cell.role == "answer" else cell.text for cell in source.cells],
    )
    notebook.metadata.course.source = digest(notebook)
    return notebook


def solved_edition(source: Source) -> NotebookNode:
    """Answers in place, not yet run."""
    return _notebook(source, [cell.text for cell in source.cells])


def _notebook(source: Source, texts: list[str]) -> NotebookNode:
    seen: Counter[str] = Counter()
    cells = [_cell(cell, text, seen) for cell, text in zip(source.cells, texts, strict=True)]
    metadata = {**FIXED_METADATA, "course": {"notebook": source.name}}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(metadata))
    notebook.nbformat_minor = 5
    return notebook


def _cell(cell: Cell, text: str, seen: Counter) -> NotebookNode:
    new = getattr(nbformat.v4, f"new_{cell.kind}_cell")
    stem = fingerprint(cell.kind, text)
    seen[stem] += 1
    return new(
        text,
        id=stem if seen[stem] == 1 else f"{stem}-{seen[stem]}",
        metadata=nbformat.from_dict({**cell.metadata, **_role_metadata(cell)}),
    )


def fingerprint(kind: str, text: str) -> str:
    """What the id of a generated cell begins with."""
    return hashlib.sha256(f"{kind}\n{text}".encode()).hexdigest()[:12]


def is_unchanged(cell: NotebookNode) -> bool:
    """Whether a cell is still what the build wrote."""
    return cell.get("id", "").partition("-")[0] == fingerprint(cell.cell_type, cell.source)


def _role_metadata(cell: Cell) -> dict:
    """What nbgrader, our grader and our tests read. Ours stands beside nbgrader's, which is strict.

    A warm-up's answer is known to nbgrader too (else it refuses the region), without points.
    """
    if not cell.role:
        return {}
    if not cell.graded:
        metadata = {"course": {"warm-up": cell.exercise}}
        if cell.role == "answer":
            metadata["nbgrader"] = _nbgrader(f"warm_up_{cell.exercise}", solution=True)
        return metadata
    if cell.role == "answer":
        return {
            "course": {"answer": cell.exercise},
            "nbgrader": _nbgrader(cell.exercise, solution=True),
        }
    points = exercises.EXERCISES[cell.exercise].points
    check = {**_nbgrader(f"check_{cell.exercise}", solution=False), "points": points}
    return {"course": {"check": cell.exercise}, "nbgrader": check}


def _nbgrader(grade_id: str, solution: bool) -> dict:
    return {
        "schema_version": 3,
        "grade": not solution,
        "solution": solution,
        "locked": not solution,
        "task": False,
        "grade_id": grade_id,
    }


def digest(notebook: NotebookNode) -> str:
    """One short word for all that a student edition holds."""
    return hashlib.sha256(to_bytes(notebook)).hexdigest()[:16]


def to_bytes(notebook: NotebookNode) -> bytes:
    """The notebook as it stands in its file: sorted JSON, LF, a newline at the end."""
    return (nbformat.writes(notebook, version=nbformat.NO_CONVERT) + "\n").encode()

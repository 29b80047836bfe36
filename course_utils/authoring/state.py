"""The notebooks on disk: who has worked in them, and whether they are what the source says."""

from __future__ import annotations

import os
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from .editions import is_unchanged


class Unreadable(Exception):
    """A file that is no notebook."""


def read(path: Path) -> NotebookNode:
    """A notebook from disk, as it is. Raises Unreadable."""
    try:
        notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
        # Touched here, so that a file of another shape is told now and not by an AttributeError later.
        assert all(
            isinstance(cell.source, str) and cell.metadata is not None for cell in notebook.cells
        )
    except Exception:
        raise Unreadable(path) from None
    return notebook


def is_worked_in(notebook: NotebookNode) -> bool:
    """Whether it holds something a person wrote: a changed cell, or a new one that is not empty."""
    return any(cell.source.strip() and not is_unchanged(cell) for cell in notebook.cells)


def is_lived_in(notebook: NotebookNode) -> bool:
    """Whether a learner has been here: cells run, answers given, cells added.

    Such a notebook is compared by the digest of its source alone: what a learner does to the
    rest of it is the learner's. One that nobody ran has no excuse for differing.
    """
    extra = any(cell.source.strip() and not _was_generated(cell) for cell in notebook.cells)
    run = any(cell.get("outputs") or cell.get("execution_count") for cell in notebook.cells)
    answered = any("answer" in _course(cell) and not is_unchanged(cell) for cell in notebook.cells)
    return run or extra or answered


def _was_generated(cell: NotebookNode) -> bool:
    stem = cell.get("id", "").partition("-")[0]
    return len(stem) == 12 and set(stem) <= set("0123456789abcdef")


def _course(node: NotebookNode) -> dict:
    found = node.metadata.get("course", {})
    return found if isinstance(found, dict) else {}


def stale_student(path: Path, wanted: NotebookNode) -> str:
    """Why a student edition is stale, or '' when it is not."""
    if not path.exists():
        return "it is missing"
    try:
        there = read(path)
    except Unreadable:
        return "it cannot be read as a notebook"
    if _course(there).get("source") != wanted.metadata.course.source:
        return "its source has changed since"
    if not is_lived_in(there) and _cells(there) != _cells(wanted):
        return "it was changed by hand; change its source"
    return ""


def stale_solved(path: Path, wanted: NotebookNode) -> str:
    """Why a solved edition is stale, or '' when it is not. Its outputs are held by nbval."""
    if not path.exists():
        return "it is missing"
    try:
        there = read(path)
    except Unreadable:
        return "it cannot be read as a notebook"
    if _cells(there) != _cells(wanted) or there.metadata != wanted.metadata:
        return "its source has changed since"
    if any(cell.cell_type == "code" and not cell.execution_count for cell in there.cells):
        return "it was not run"
    return ""


def _cells(notebook: NotebookNode) -> list[tuple]:
    """All of a notebook's cells but what running and looking at them adds."""
    seen_only = ("trusted", "collapsed", "scrolled", "execution", "ExecuteTime")
    return [
        (
            cell.cell_type,
            cell.get("id"),
            cell.source,
            {k: v for k, v in cell.metadata.items() if k not in seen_only},
        )
        for cell in notebook.cells
    ]


def orphans(folder: Path, names: set[str]) -> list[Path]:
    """Notebooks that the build wrote once, and whose source is gone. A learner's own are none."""
    solved = [
        path for path in sorted((folder / "solutions").glob("*.ipynb")) if path.stem not in names
    ]
    student = []
    for path in sorted(folder.glob("*.ipynb")):
        try:
            if path.stem not in names and _course(read(path)).get("notebook") == path.stem:
                student.append(path)
        except Unreadable:
            continue
    return student + solved


def write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    finally:
        half.unlink(missing_ok=True)

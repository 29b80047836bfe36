"""`course-utils build`: every source to its two notebooks, or a word on why not."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import state
from .editions import solved_edition, student_edition, to_bytes
from .execution import CellRaised, execute
from .roles import match_exercises
from .source import Source, SourceError, _near, read_source


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="only these notebooks, e.g. 01_relu"
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; name each stale file, and fail if any is",
    )
    parser.add_argument(
        "--run",
        action="store_true",
        help="run solved editions again, though their source is the same",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="as --run, and overwrite notebooks someone has worked in",
    )
    parser.add_argument(
        "--notebooks",
        type=Path,
        metavar="DIR",
        help="the folder that holds source/ (found by default)",
    )


def run(args: argparse.Namespace) -> int:
    """0 when all is well, 1 when something was said on stderr."""
    try:
        folder = args.notebooks or find_notebooks(Path.cwd())
        paths = chosen(folder, args.names)
    except LookupError as error:
        return complain(error.args[0])
    outcomes = [_one(folder, path, args) for path in paths]
    if args.check and not args.names:
        outcomes += [complain(f"{_near(path)} has no source.") for path in _orphans(folder)]
    if args.check and not any(outcomes):
        print(f"{len(paths)} sources: both editions of each are up to date.")
    return int(any(outcomes))


def complain(sentence: str) -> int:
    print(sentence, file=sys.stderr, flush=True)
    return 1


def find_notebooks(start: Path) -> Path:
    """The course's folder of notebooks: `notebooks` here or in a folder above."""
    for folder in (start, *start.parents):
        if (folder / "notebooks" / "source").is_dir():
            return folder / "notebooks"
    raise LookupError(
        "there is no folder notebooks/source here or above: run this in the course, or name it: --notebooks DIR"
    )


def chosen(folder: Path, names: list[str]) -> list[Path]:
    """Sources by name, all of them by default."""
    there = {path.stem: path for path in sorted((folder / "source").glob("*.md"))}
    if not there:
        raise LookupError(f"{_near(folder / 'source')} holds no sources (*.md).")
    for name in names:
        if Path(name).stem not in there:
            raise LookupError(
                f"no source is called {Path(name).stem!r}: there are {', '.join(there)}."
            )
    return [there[Path(name).stem] for name in names] or list(there.values())


def _orphans(folder: Path) -> list[Path]:
    return state.orphans(folder, {path.stem for path in (folder / "source").glob("*.md")})


def _one(folder: Path, path: Path, args: argparse.Namespace) -> int:
    try:
        source = read_source(path)
        match_exercises(source)
        return _check(folder, source) if args.check else _build(folder, source, args)
    except SourceError as error:
        return complain(str(error))


def _places(folder: Path, source: Source) -> tuple[Path, Path]:
    return folder / f"{source.name}.ipynb", folder / "solutions" / f"{source.name}.ipynb"


def _check(folder: Path, source: Source) -> int:
    student, solved = _places(folder, source)
    reasons = {
        student: state.stale_student(student, student_edition(source)),
        solved: state.stale_solved(solved, solved_edition(source)),
    }
    stale = [(place, why) for place, why in reasons.items() if why]
    for place, why in stale:
        complain(f"{_near(place)} is stale: {why}. Run `course-utils build {source.name}`.")
    return int(bool(stale))


def _build(folder: Path, source: Source, args: argparse.Namespace) -> int:
    """The solved edition first: where a cell of it raises, nothing is written."""
    student, solved = _places(folder, source)
    _build_solved(solved, source, again=args.run or args.force)
    kept = "" if args.force else _reason_to_keep(student)
    if kept:
        return complain(f"{_near(student)} was left as it is, since {kept}; --force overwrites it.")
    content = to_bytes(student_edition(source))
    if not student.exists() or student.read_bytes() != content:
        state.write(student, content)
        print(f"{_near(student)} written.", flush=True)
    return 0


def _build_solved(place: Path, source: Source, again: bool) -> None:
    notebook = solved_edition(source)
    if not again and not state.stale_solved(place, notebook):
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    try:
        execute(notebook, place.parent)
    except CellRaised as raised:
        cell = source.cells[raised.index]
        raise source.error(cell.line + raised.line - 1, f"this cell fails: {raised}.") from None
    state.write(place, to_bytes(notebook))
    print(f"{_near(place)} written.", flush=True)


def _reason_to_keep(path: Path) -> str:
    """Why a student edition must not be overwritten, or ''."""
    if not path.exists():
        return ""
    try:
        return "someone has worked in it" if state.is_worked_in(state.read(path)) else ""
    except state.Unreadable:
        return "it cannot be read as a notebook"

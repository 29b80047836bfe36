"""A source held against the registry of exercises: who answers what, and who is checked."""

from __future__ import annotations

import ast

from .. import exercises
from .source import WARM_UP, Cell, Source, blanked


def match_exercises(source: Source) -> None:
    """Give every answer cell its exercise, and hold the source against the registry.

    Raises SourceError for the first thing that does not fit.
    """
    answers: dict[str, Cell] = {}
    checks: dict[str, Cell] = {}
    for cell in source.cells:
        if cell.role == "answer":
            cell.exercise = _answered(source, cell)
            _hold_stub(source, cell)
            _once(source, cell, answers, "answered")
        elif cell.role == "check":
            _hold_check(source, cell, answers)
            _once(source, cell, checks, "checked")
    for name, cell in answers.items():
        if name not in checks:
            raise source.error(
                cell, f"{name!r} is answered and never checked: add a cell `check({name})` below."
            )
    _all_there(source, answers)


def _answered(source: Source, cell: Cell) -> str:
    """The exercise that an answer cell binds at its top level."""
    try:
        tree = ast.parse(cell.text)
    except SyntaxError as error:
        raise source.error(
            cell.line + (error.lineno or 1) - 1, f"{error.msg} in an answer cell."
        ) from None
    names = _bound(tree)
    known = [name for name in names if name in exercises.EXERCISES]
    if len(known) != 1:
        raise source.error(cell, _not_one(names, known))
    _hold_notebook(source, cell, known[0])
    return known[0]


def _bound(tree: ast.Module) -> list[str]:
    """Names that a cell binds at its top level, by a def or an assignment."""
    names = []
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.append(node.name)
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.append(node.target.id)
    return names


def _not_one(names: list[str], known: list[str]) -> str:
    if known:
        return f"one cell answers one exercise, and this one answers {' and '.join(known)}."
    if not names:
        return "this answer cell defines no name: an answer is a function called like its exercise."
    near = exercises.nearest(names[-1])
    hint = f"; did you mean {near!r}?" if near else ": add it to course_utils/exercises."
    return f"no exercise is called {names[-1]!r}{hint}"


def _hold_notebook(source: Source, cell: Cell, name: str) -> None:
    """An exercise belongs to this notebook, or is a warm-up from an earlier one."""
    home = exercises.EXERCISES[name].notebook
    if WARM_UP in cell.tags:
        order = exercises.NOTEBOOKS
        if home == source.name or (
            source.name in order and order.index(home) > order.index(source.name)
        ):
            raise source.error(
                cell, f"a warm-up repeats an earlier notebook, and {name!r} belongs to {home}."
            )
    elif home != source.name:
        raise source.error(
            cell, f"{name!r} is an exercise of {home}: tag its cells `{WARM_UP}` here."
        )


def _hold_stub(source: Source, cell: Cell) -> None:
    """What the learner gets defines the function, with the parameters of the exercise."""
    wanted = exercises.EXERCISES[cell.exercise].parameters
    for node in ast.parse(blanked(source, cell)).body:
        if isinstance(node, ast.FunctionDef) and node.name == cell.exercise:
            given = tuple(arg.arg for arg in (*node.args.posonlyargs, *node.args.args))
            if given == wanted:
                return
            raise source.error(
                cell.line + node.lineno - 1,
                f"the stub is {cell.exercise}({', '.join(given)}), and the exercise {cell.exercise}({', '.join(wanted)}).",
            )
    raise source.error(
        cell,
        f"blanked, this cell no longer defines {cell.exercise}: keep its `def` line outside the answer region.",
    )


def _hold_check(source: Source, cell: Cell, answers: dict[str, Cell]) -> None:
    name = cell.exercise
    if name not in exercises.EXERCISES:
        near = exercises.nearest(name)
        raise source.error(
            cell, f"no exercise is called {name!r}{f'; did you mean {near!r}?' if near else '.'}"
        )
    _hold_notebook(source, cell, name)
    if name not in answers:
        raise source.error(cell, f"{name!r} is checked here and not answered in any cell above.")


def _once(source: Source, cell: Cell, seen: dict[str, Cell], what: str) -> None:
    if cell.exercise in seen:
        first = seen[cell.exercise].line
        raise source.error(
            cell, f"{cell.exercise!r} is {what} twice: line {first} does it already."
        )
    seen[cell.exercise] = cell


def _all_there(source: Source, answers: dict[str, Cell]) -> None:
    """Every exercise of this notebook is asked, and derived under a heading that exists."""
    headings = source.headings()
    for name, exercise in exercises.EXERCISES.items():
        if exercise.notebook == source.name and name not in answers:
            raise source.error(
                1, f"the exercise {name!r} belongs to this notebook and is not asked in it."
            )
        if exercise.notebook == source.name and exercise.section not in headings:
            raise source.error(
                answers[name],
                f"{name!r} is derived in “{exercise.section}”, and no heading reads so.",
            )

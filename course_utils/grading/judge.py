"""One submission judged: its answers asked across the wall, the verdicts made here.

Nothing of the submission is run, imported, unpickled or evaluated in this process.
"""

from __future__ import annotations

import hashlib
import importlib.util
import inspect
import sys
import warnings
from dataclasses import dataclass, fields, replace

import numpy as np

from .. import classroom, exercises
from ..diagnosis import examine
from ..diagnosis.verdicts import not_started
from ..exercises.model import Exercise
from ..report import MISSING, NOT_GRADABLE, WRONG, Report, Table
from ..values import Ask, Failure, Outcome
from . import answers, reader
from .answers import Found
from .channel import Lost
from .options import Options
from .sandbox import CannotStart
from .session import INERT, Session, Spent

SIBLING_SECONDS = 2.0
OPEN = (
    "Sandbox",
    "this was graded without a sandbox: the submission's code could reach files and network.",
)
TROUBLE = "trouble"  # the kind of a record that says nothing of the answer: graded again next time


@dataclass(frozen=True)
class Record:
    """One learner, one exercise: the verdict and what it rests on. Plain data.

    points: None where the answer is not gradable. content: hash of the notebook's bytes.
    """

    learner: str
    notebook: str
    exercise: str
    status: str
    points: float | None
    out_of: int
    kind: str = ""
    mistake: str | None = None
    message: str = ""
    seed: int = 0
    lines: tuple[tuple[str, str], ...] = ()
    table: tuple | None = None
    section: str = ""
    file: str = ""
    content: str = ""
    version: str = ""

    def report(self) -> Report:
        """The verdict, as a notebook shows it."""
        names = {f.name for f in fields(Report)} - {"points", "table", "lines"}
        table = (
            Table(tuple(self.table[0]), tuple(map(tuple, self.table[1]))) if self.table else None
        )
        return Report(
            points=self.points or 0.0,
            table=table,
            lines=tuple(map(tuple, self.lines)),
            **{name: getattr(self, name) for name in names},
        )


def record_of(report: Report, **more) -> Record:
    """A verdict as a record."""
    points = None if report.status == NOT_GRADABLE else round(float(report.points), 4)
    table = (report.table.header, report.table.rows) if report.table else None
    shown = {n: getattr(report, n) for n in ("exercise", "status", "out_of", "kind", "mistake")}
    shown |= {"lines": report.lines, "message": report.message, "section": report.section}
    return Record(points=points, table=table, **shown, **more)


def grade_submission(
    path: str,
    names: list[str] | None = None,
    *,
    learner: str = "",
    notebook: str = "",
    notes: tuple[str, ...] = (),
    options: Options | None = None,
) -> list[Record]:
    """Grade one notebook: a record for each exercise named (by default, all of `notebook`).

    Never raises for anything that is in the file. `notes` are added to each verdict.
    """
    options = options or Options()
    load_private(options.private)
    if names is None:
        names = [e.name for e in exercises.EXERCISES.values() if e.notebook == notebook]
    try:
        data = reader.read_bytes(path)
        content = hashlib.sha256(data).hexdigest()
    except reader.Unreadable as error:
        data, content = None, str(error)
    try:
        with reader.bounded_memory():
            found = reader.parse(data) if data is not None else None
        del data  # it may be large, and answers take their time
        notes = (*notes, *(found.notes if found else ()))
        reports = _grade(found, names, options) if found else _all(names, content)
    except reader.Unreadable as error:
        reports = _all(names, str(error))
    except MemoryError:
        reports = _all(names, "Reading it took more memory than a notebook may. Clear its outputs.")
    more = {"learner": learner, "notebook": notebook, "seed": options.seed, "file": str(path)}
    reports = [_noted(report, notes, options) for report in reports]
    return [record_of(report, content=content, **more) for report in reports]


def _all(names: list[str], why: str) -> list[Report]:
    return [not_gradable(exercises.EXERCISES[name], why) for name in names]


def load_private(path: str) -> None:
    """Register the exercises of an instructor's own file, once in a process."""
    name = f"private_exercises_{hashlib.sha256(path.encode()).hexdigest()[:12]}"
    if not path or name in sys.modules:
        return
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    exercises.register(module.EXERCISES, getattr(module, "GRADIENTS", ()))
    sys.modules[name] = module


def not_gradable(exercise: Exercise, why: str, kind: str = "unreadable") -> Report:
    """A verdict that gives no points and takes none: somebody has to look."""
    return Report(
        exercise.name,
        NOT_GRADABLE,
        out_of=exercise.points,
        kind=kind,
        lines=(("Why", why), ("Points", "none given and none taken: ask your instructor.")),
        section=exercise.section,
    )


def missing(exercise: Exercise, why: str) -> Report:
    """A verdict on an answer that is not there."""
    return Report(
        exercise.name,
        MISSING,
        out_of=exercise.points,
        kind="missing",
        lines=(("What happened", why),),
        section=exercise.section,
    )


def _noted(report: Report, notes: tuple[str, ...], options: Options) -> Report:
    lines = [("Note", note) for note in notes] + ([] if options.boxed else [OPEN])
    return replace(report, lines=(*report.lines, *lines)) if lines else report


def _grade(notebook: reader.Notebook, names: list[str], options: Options) -> list[Report]:
    asked = {exercises.EXERCISES[name].notebook for name in names}
    places = answers.find(
        notebook, [e.name for e in exercises.EXERCISES.values() if e.notebook in asked]
    )
    steps = answers.plan(notebook, places)
    with Session(steps, options) as session:
        return [_verdict(exercises.EXERCISES[name], places, session, options) for name in names]


def _verdict(exercise: Exercise, places: dict[str, Found], session: Session, options) -> Report:
    found = places[exercise.name]
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            report = _judge(exercise, found, places, session, options)
    except Spent:
        words = (
            f"The notebook used up the {options.limits.total:.0f} seconds that all of it may take "
            "before this answer was asked."
        )
        report = not_gradable(exercise, words, "limit")
    except CannotStart as error:
        report = not_gradable(exercise, f"The sandbox did not start: {error}.", TROUBLE)
    except Exception as error:  # one bad submission must not take the others with it
        what = f"{type(error).__name__}: {error}"[:300]
        report = not_gradable(
            exercise, f"The grader itself failed on this answer ({what}).", TROUBLE
        )
    finally:
        session.done()
        session.then = False
    return _noted(report, found.notes, Options())


def _judge(exercise: Exercise, found: Found, places, session: Session, options) -> Report:
    if found.failure is not None and found.failure.name == answers.TOO_LONG:
        return not_gradable(exercise, f"Cell {found.cell}: {found.failure.text}.")
    if found.failure is not None:
        return examine(exercise, failing(found.failure), options.seed)
    if found.cell is None:
        return missing(exercise, found.why)
    if found.blank:
        return not_started(exercise)
    try:
        bound, parameters = session.about(exercise.name)
    except Lost as lost:
        if lost.kind == "time":
            return examine(exercise, failing(Failure("time")), options.seed)
        bound, parameters = True, None  # asked again below, where it becomes a verdict
    if not bound and found.why:
        return missing(exercise, found.why)
    if not bound:
        return _never_bound(exercise, found, session, options)
    trouble = _signature(exercise, parameters)
    if trouble is not None:
        return trouble
    moved = session.moved()
    report = _with_reasons(_examined(exercise, places, session, options), session)
    if not moved or report.status != WRONG or report.kind == "limit":
        return report
    session.done()
    session.then = True
    again = _with_reasons(_examined(exercise, places, session, options), session)
    if again.kind == "limit":
        return report
    names = ", ".join(f"`{name}`" for name in moved)
    words = f"it counted as it was after its own cell: cells further down change {names}."
    return replace(again, lines=(*again.lines, ("Note", words)))


def _examined(exercise: Exercise, places, session: Session, options) -> Report:
    siblings = _siblings(exercise, places, session)
    return examine(exercise, session.ask(exercise.name), options.seed, siblings)


def failing(failure: Failure) -> Ask:
    """An answer of which nothing is known but how it failed."""
    return lambda calls: [Outcome(failure=failure)]


def _never_bound(exercise: Exercise, found: Found, session: Session, options) -> Report:
    """The cell was run and left no such name behind: it stopped before it came to that."""
    lost, failure = session.deaths.get(found.cell), session.errors.get(found.cell)
    if lost is not None:
        failure = Failure(lost.kind, lost.name, lost.text)
    if failure is None:
        failure = Failure("error", "NameError", f"name '{exercise.name}' is not defined")
    report = examine(exercise, failing(failure), options.seed)
    words = f"cell {found.cell} stopped before `{exercise.name}` was defined."
    return replace(report, lines=(*report.lines, ("Note", words)))


def _signature(exercise: Exercise, parameters) -> Report | None:
    """The same sentence as in a notebook on a wrong number or order of parameters."""
    try:
        kinds = list(inspect._ParameterKind)
        shown = [
            inspect.Parameter(
                name[:80], kinds[kind], default=None if default else inspect.Parameter.empty
            )
            for name, kind, default in list(parameters)[:50]
        ]
        stand_in = failing(Failure("lost"))
        stand_in.__signature__ = inspect.Signature(shown)
    except (TypeError, ValueError, IndexError):  # it tells none, or none that can be
        return None
    return classroom._signature_trouble(exercise, stand_in)


def _siblings(exercise: Exercise, places: dict[str, Found], session: Session) -> dict[str, Ask]:
    """The submission's other answers to the same gradient."""
    gradient = exercises.GRADIENTS.get(exercise.gradient)
    if gradient is None:
        return {}
    names = {gradient.entry, gradient.jacobian, gradient.condensed} - {exercise.name}
    there = [n for n in sorted(names) if n in places and places[n].cell and not places[n].blank]
    return {name: session.ask(name, SIBLING_SECONDS) for name in there}


def _with_reasons(report: Report, session: Session) -> Report:
    """What the learner could not see: what stopped in other cells, what is not there while grading."""
    if report.status != WRONG:
        return report
    notes = list(dict.fromkeys(session.remarks))
    if "is not defined" in report.message:
        for cell, failure in list(session.errors.items())[:3]:
            notes.append(f"cell {cell} stopped with {failure.name}: {failure.text[:100]}.")
    lines = report.lines
    if INERT in notes:  # then all that was said of it is beside the point
        notes.remove(INERT)
        lines = (("What happened", INERT), lines[-1])
    return replace(report, lines=(*lines, *(("Note", note) for note in notes)))

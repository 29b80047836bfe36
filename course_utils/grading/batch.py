"""A folder of submissions graded: what still has to be, by as many processes as asked for."""

from __future__ import annotations

import contextlib
import hashlib
import os
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from .. import exercises, values
from . import feedback, gradebook, reader
from .channel import compiled
from .collect import Collected, Submission, collect, names_of
from .crew import Crew, Task
from .journal import COMPILED, Journal, Stop
from .judge import (
    TROUBLE,
    Record,
    load_private,
    missing,
    not_gradable,
    record_of,
)
from .options import Options
from .progress import Progress


@dataclass(frozen=True)
class Choice:
    """What to grade; an empty tuple is everything. Naming learners or exercises grades them anew."""

    notebooks: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()
    exercises: tuple[str, ...] = ()

    @property
    def anew(self) -> bool:
        """Whether what is graded already is graded again."""
        return bool(self.learners or self.exercises)


@dataclass
class Result:
    """What a run did. results: the folder; graded, kept: numbers of verdicts."""

    results: Path
    seed: int
    learners: int = 0
    graded: int = 0
    kept: int = 0
    to_look_at: int = 0
    warnings: list[str] = field(default_factory=list)


def grade_folder(
    submissions: str | os.PathLike,
    results: str | os.PathLike,
    *,
    executor: Executor | None = None,
    jobs: int | None = None,
    choice: Choice | None = None,
    seed: int | None = None,
    options: Options | None = None,
    stream=None,
) -> Result:
    """Grade a folder of learners' folders (or one notebook) and write the gradebook.

    executor: any concurrent.futures.Executor; by default `jobs` processes (one for each core).
    seed: of the random cases; by default the last run's in this folder, or a fresh one.
    stream: where progress is told (by default standard error).
    Raises Stop, whose message is a sentence, when it cannot go on.
    """
    # A cluster's workers have another working directory.
    root, results = Path(os.path.abspath(submissions)), Path(results)
    choice, options = choice or Choice(), options or Options()
    load_private(options.private)
    _hold(choice)
    if not root.exists():
        raise Stop(f"{root} is not there.")
    hidden = (str(root.resolve()), str(results.resolve()))
    with Journal(results) as journal:
        options = replace(options, seed=journal.begin(seed), hidden=hidden)
        with Crew(executor, jobs, options) as crew:
            found = _collect(root, results, choice, crew)
            result = Result(results, options.seed, len(found.learners), warnings=[*found.warnings])
            tasks = _tasks(found, choice, journal, seed, options, result)
            apart = compiled(options, results.resolve() / COMPILED)
            with apart if tasks else contextlib.nullcontext("") as cache:
                _grade(tasks, crew, journal, replace(options, cache=cache), result, stream)
        _write(journal, found, root.is_dir(), options, result)
    return result


def _hold(choice: Choice) -> None:
    """Raise Stop for a name that is none."""
    known = {e.notebook for e in exercises.EXERCISES.values()}
    for name in choice.notebooks:
        if name not in known:
            raise Stop(f"no notebook is called {name!r}; there are {', '.join(sorted(known))}.")
    for name in choice.exercises:
        if name not in exercises.EXERCISES:
            near = exercises.nearest(name)
            hint = f"; did you mean {near!r}?" if near else "."
            raise Stop(f"no exercise is called {name!r}{hint}")
        home = exercises.EXERCISES[name].notebook
        if choice.notebooks and home not in choice.notebooks:
            raise Stop(f"the exercise {name!r} belongs to {home}, which is not to be graded.")


def _collect(root: Path, results: Path, choice: Choice, crew: Crew) -> Collected:
    wanted = choice.notebooks or tuple(
        dict.fromkeys(exercises.EXERCISES[name].notebook for name in choice.exercises)
    )
    try:
        found = collect(root, list(wanted), list(choice.learners), crew.identify, results)
    except OSError as error:
        raise Stop(f"{root} cannot be read: {error.strerror or error}.") from None
    if not found.learners:
        raise Stop(
            f"{root} holds no learner's folder: a folder for each learner is needed, with the "
            "notebooks anywhere below it."
        )
    if not found.notebooks:
        raise Stop(
            f"no notebook of the course was found in {root}; name the one to grade with --notebook."
        )
    return found


# What has to be done


def _tasks(found, choice, journal, seed, options, result) -> list[Task]:
    """What is not graded yet, or no longer holds; what can be told without grading is told here."""
    tasks, told = [], []
    for submission in found.submissions:
        names = [
            name
            for name in names_of(submission.notebook)
            if not choice.exercises or name in choice.exercises
        ]
        keep = () if choice.anew else _holding(submission, names, journal, seed, options)
        result.kept += len(keep)
        names = [name for name in names if name not in keep]
        if submission.path is not None and names:
            tasks.append(Task(submission, tuple(names)))
        elif names:
            told += [_told(submission, name, options) for name in names]
    journal.add(told)
    result.graded += len(told)
    return tasks


def _holding(submission, names, journal, seed, options) -> list[str]:
    """The exercises whose record still holds: same notebook, same exercises, same seed if asked."""
    entries = {
        name: journal.entries.get((submission.learner, submission.notebook, name)) for name in names
    }
    if not any(entries.values()):
        return []
    content = _content(submission)
    return [
        name
        for name, entry in entries.items()
        if entry
        and entry.kind != TROUBLE
        and (entry.content, entry.version) == (content, version(options.boxed, options.private))
        and seed in (None, entry.seed)
    ]


def _content(submission: Submission) -> str:
    """What a record says of the notebook it is about; of what cannot be read, the reason."""
    if submission.path is None:
        return submission.why
    try:
        return hashlib.sha256(reader.read_bytes(submission.path)).hexdigest()
    except reader.Unreadable as error:
        return str(error)


def _told(submission: Submission, name: str, options: Options) -> Record:
    """The record of an answer that is not there."""
    exercise = exercises.EXERCISES[name]
    verdict = missing if submission.gradable else not_gradable
    return record_of(
        verdict(exercise, submission.why),
        learner=submission.learner,
        notebook=submission.notebook,
        seed=options.seed,
        content=submission.why,
        version=version(options.boxed, options.private),
    )


@cache
def version(boxed: bool, private: str) -> str:
    """A word for all that a verdict depends on besides the notebook: the sources of the course."""
    package = Path(values.__file__).parent
    sources = [*package.glob("*.py")]
    for room in ("exercises", "diagnosis", "grading"):
        sources += package.glob(f"{room}/**/*.py")
    digest = hashlib.sha256(b"boxed" if boxed else b"open")
    for path in sorted(sources) + ([Path(private)] if private else []):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


# Doing it


def _grade(tasks, crew, journal, options, result, stream) -> None:
    progress = Progress(len(tasks), stream)
    for task, records in crew.work(tasks, options):
        more = {
            "version": version(options.boxed, options.private),
            "file": task.submission.file,
        }
        journal.add([replace(record, **more) for record in records])
        result.graded += len(records)
        progress.say(task.submission.learner)


# Writing it down


def _write(journal: Journal, found: Collected, folder: bool, options: Options, result) -> None:
    """Everything that is derived from the journal."""
    everyone = set(found.everyone)
    keys = [key for key in journal.entries if not folder or key[0] in everyone]
    keys = gradebook.in_order(keys)
    names = feedback.folder_names(keys)
    overrides = gradebook.read_overrides(journal.folder)
    for learner, exercise in overrides:
        if (learner, exercise) not in {(key[0], key[2]) for key in keys}:
            result.warnings.append(f"overrides.csv sets {exercise!r} of {learner!r}: no such grade")

    def each(records: list[Record]) -> None:
        feedback.write_feedback(journal.folder, records, names)

    numbers = gradebook.write_tables(journal, keys, overrides, each)
    numbers.boxed = options.boxed
    feedback.write_summary(journal.folder, numbers, keys, result.warnings)
    result.to_look_at = len({learner for learner, _, _ in numbers.to_see})
    if journal.damaged:
        result.warnings.append(f"{journal.damaged} lines of the journal were damaged and skipped")

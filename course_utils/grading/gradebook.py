"""The tables that come of a journal: grades.csv, grades.jsonl, and the numbers of the summary."""

from __future__ import annotations

import contextlib
import csv
import json
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from .. import exercises
from ..report import MISSING, NOT_GRADABLE, NOT_STARTED, NOTED, RIGHT, WRONG
from .collect import known_notebooks, names_of
from .journal import Journal, Key, Stop
from .judge import Record

STATUSES = (RIGHT, NOTED, WRONG, NOT_STARTED, MISSING, NOT_GRADABLE)
OVERRIDES = "overrides.csv"
PUBLIC = (
    *("learner", "notebook", "exercise", "status", "points", "out_of"),
    *("kind", "mistake", "message", "seed", "file"),
)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass
class Numbers:
    """What the summary says of a class; counted as the records pass by."""

    exercises: list[str]
    learners: int = 0
    statuses: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    mistakes: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    points: Counter = field(default_factory=Counter)
    examples: dict[tuple[str, str], str] = field(default_factory=dict)
    totals: list[tuple[str, float | None, float]] = field(default_factory=list)
    to_see: list[tuple[str, str, str]] = field(default_factory=list)  # learner, why, exercise
    boxed: bool = True

    def graded(self, name: str) -> int:
        """How many answers to an exercise have points (at least 1, to divide by)."""
        return max(self.statuses[name].total() - self.statuses[name][NOT_GRADABLE], 1)

    def count(self, record: Record) -> None:
        """Take one record in."""
        self.statuses[record.exercise][record.status] += 1
        self.points[record.exercise] += record.points or 0
        if record.status == WRONG:
            mistake = record.mistake or record.kind
            self.mistakes[record.exercise][mistake] += 1
            self.examples.setdefault((record.exercise, mistake), _first_line(record))
        if record.status == NOT_GRADABLE and record.points is None:
            self.to_see.append((record.learner, _first_line(record), record.exercise))


def _first_line(record: Record) -> str:
    return record.lines[0][1][:300] if record.lines else record.message[:300]


def in_order(keys: Iterable[Key]) -> list[Key]:
    """Keys by learner, and then in the order of the course."""
    course = [name for notebook in known_notebooks() for name in names_of(notebook)]
    place = {name: number for number, name in enumerate(course)}
    return sorted(keys, key=lambda key: (key[0], place.get(key[2], len(place)), key[1:]))


def columns(keys: list[Key]) -> list[str]:
    """The exercises that have a column, in the order of the course."""
    return list(dict.fromkeys(key[2] for key in in_order(("", *key[1:]) for key in keys)))


def by_learner(journal: Journal, keys: list[Key], overrides: dict) -> Iterator[list[Record]]:
    """The records of one learner after the other."""
    group: list[Record] = []
    for record in journal.records(in_order(keys)):
        if group and group[0].learner != record.learner:
            yield group
            group = []
        group.append(overridden(record, overrides))
    if group:
        yield group


# Grades set by hand


def read_overrides(folder: Path) -> dict[tuple[str, str], tuple[float, str]]:
    """What overrides.csv in the results folder sets: learner, exercise, points, why."""
    path, found = folder / OVERRIDES, {}
    if not path.exists():
        return {}
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                key = (row["learner"], row["exercise"])
                found[key] = (float(row["points"]), row.get("why") or "")
    except (OSError, UnicodeError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise Stop(
            f"{path} cannot be read ({type(error).__name__}: {error}): it needs the columns "
            "learner, exercise, points, why, and a number in points."
        ) from None
    return found


def overridden(record: Record, overrides: dict) -> Record:
    """The record with the points an instructor set by hand, and said so."""
    points, why = overrides.get((record.learner, record.exercise), (None, ""))
    if points is None:
        return record
    words = f"{plain(points)} points were set by hand{': ' + why if why else ''}."
    line = ("Instructor", words)
    return replace(
        record,
        points=points,
        lines=(*record.lines, line),
        message=f"{record.message}\n{line[0]}: {words}",
    )


# Files


@contextlib.contextmanager
def whole_file(path: Path):
    """A text file that appears whole or not at all. Raises Stop."""
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "w", encoding="utf-8", newline="") as file:
            yield file
        os.replace(part, path)
    except OSError as error:
        raise Stop(
            f"{path} cannot be written ({error.strerror}). The journal is kept: mend that, and run "
            "the same command again."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def write_tables(journal: Journal, keys: list[Key], overrides: dict, each) -> Numbers:
    """grades.csv and grades.jsonl; `each(records of a learner)` is called on the way."""
    names = columns(keys)
    numbers = Numbers(names)
    with (
        whole_file(journal.folder / "grades.csv") as table,
        whole_file(journal.folder / "grades.jsonl") as lines,
    ):
        writer = csv.writer(table)
        writer.writerow(["learner", *names, "total", "out_of"])
        for records in by_learner(journal, keys, overrides):
            for record in records:
                numbers.count(record)
                shown = {name: getattr(record, name) for name in PUBLIC}
                lines.write(json.dumps(shown, ensure_ascii=False) + "\n")
            total, out_of = _total(records)
            numbers.totals.append((records[0].learner, total, out_of))
            numbers.learners += 1
            writer.writerow(_row(records, names, total, out_of))
            each(records)
    return numbers


def _total(records: list[Record]) -> tuple[float | None, float]:
    """Points and what they are out of; no total where an answer still has to be looked at."""
    out_of = sum(record.out_of for record in records)
    if any(record.points is None for record in records):
        return None, out_of
    return sum(record.points for record in records), out_of


def _row(records: list[Record], names: list[str], total: float | None, out_of: float) -> list[str]:
    points = {record.exercise: plain(record.points) for record in records}
    cells = [points.get(name, "") for name in names]
    return [defused(records[0].learner), *cells, plain(total), plain(out_of)]


def plain(points: float | None) -> str:
    """A number of points; nothing where there is none."""
    return "" if points is None else f"{points:.2f}".rstrip("0").rstrip(".")


def defused(name: str) -> str:
    """A name that no spreadsheet takes for a formula."""
    return f"'{name}" if name.startswith(FORMULA) else name


def in_words(numbers: Numbers, exercise: str, mistake: str) -> str:
    """The sentence that names a mistake; where the course has none, what one learner was told."""
    known = exercises.EXERCISES.get(exercise)
    says = {item.key: item.says for item in known.mistakes} if known else {}
    return says.get(mistake) or f"For example: {numbers.examples[exercise, mistake]}"

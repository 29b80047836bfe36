"""Pages to read: feedback for each learner, and the class at a glance for the instructor.

Each page is one file that needs no network. Everything a submission can influence is escaped.
"""

from __future__ import annotations

import hashlib
import re
import statistics
import unicodedata
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from ..report import MISSING, NOT_GRADABLE, NOT_STARTED, NOTED, RIGHT, WRONG, to_html
from .gradebook import STATUSES, Numbers, in_words, plain, whole_file
from .journal import Key
from .judge import Record

RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
BINS = 10
# What fills the bar of a status: nothing is told by colour alone.
FILLS = {
    RIGHT: "solid",
    NOTED: "dotted",
    WRONG: "striped",
    NOT_STARTED: "hollow",
    MISSING: "lined",
    NOT_GRADABLE: "crossed",
}


@cache
def pages() -> Environment:
    """The templates beside this file."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(plain=plain, code=code)
    return environment


def code(text: str) -> Markup:
    """Escaped text in which `this` is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


# One learner, one notebook


def write_feedback(folder: Path, records: list[Record], names: dict[str, str]) -> None:
    """feedback/<learner>/<notebook>.html for the records of one learner."""
    template = pages().get_template("feedback.html")
    for notebook, group in groupby(records, key=lambda record: record.notebook):
        mine = list(group)
        verdicts = [Markup(to_html(record.report(), links=False)) for record in mine]
        points = [record.points for record in mine]
        text = template.render(
            learner=mine[0].learner,
            notebook=notebook,
            file=mine[0].file,
            verdicts=list(zip(mine, verdicts, strict=True)),
            total=None if None in points else sum(points),
            out_of=sum(record.out_of for record in mine),
        )
        with whole_file(folder / page_of(mine[0].learner, notebook, names)) as file:
            file.write(text)


def page_of(learner: str, notebook: str, names: dict[str, str]) -> str:
    """Where a page is, below the results folder."""
    return f"feedback/{names[learner]}/{safe(notebook)}.html"


def folder_names(keys: list[Key]) -> dict[str, str]:
    """A folder for each learner: safe on every system, and no two the same on any."""
    names: dict[str, str] = {}
    taken = set()
    for learner in sorted({key[0] for key in keys}):
        name = safe(learner)
        same = unicodedata.normalize("NFKC", name).casefold()
        if name != learner or same in taken:
            name = f"{name}-{hashlib.sha256(learner.encode()).hexdigest()[:8]}"
            same = unicodedata.normalize("NFKC", name).casefold()
        taken.add(same)
        names[learner] = name
    return names


def safe(name: str) -> str:
    """A name without anything that a file system or a browser could take for something else."""
    name = re.sub(r"[^\w.\- ]", "_", name)[:80].strip(". ")
    return f"_{name}" if not name or RESERVED.fullmatch(name) else name


# The class


@dataclass(frozen=True)
class Bar:
    """A rectangle of a picture: where it begins and how far it goes, in per cent, and its words."""

    start: float
    length: float
    fill: str
    words: str


def write_summary(folder: Path, numbers: Numbers, keys: list[Key], warnings=()) -> None:
    """summary.html: scores, exercises, mistakes, and who has to be looked at."""
    names = folder_names(keys)
    scores = [total for _, total, _ in numbers.totals if total is not None]
    out_of = max((out for _, _, out in numbers.totals), default=0)
    text = (
        pages()
        .get_template("summary.html")
        .render(
            numbers=numbers,
            warnings=warnings,
            statuses=STATUSES,
            fills=FILLS,
            out_of=out_of,
            mean=statistics.fmean(scores) if scores else None,
            median=statistics.median(scores) if scores else None,
            histogram=histogram(scores, out_of),
            histogram_words=histogram_words(scores, out_of),
            bars={name: status_bars(numbers, name) for name in numbers.exercises},
            right={name: _right(numbers, name) for name in numbers.exercises},
            mistakes=mistakes(numbers),
            to_see=to_see(numbers),
            pages=pages_of(keys, names),
        )
    )
    with whole_file(folder / "summary.html") as file:
        file.write(text)


def pages_of(keys: list[Key], names: dict[str, str]) -> dict[str, list[tuple[str, str]]]:
    """The feedback of each learner: (notebook, where its page is)."""
    found: dict[str, list[tuple[str, str]]] = {}
    for learner, notebook in dict.fromkeys(key[:2] for key in keys):
        found.setdefault(learner, []).append((notebook, page_of(learner, notebook, names)))
    return found


def to_see(numbers: Numbers) -> list[tuple[str, str, list[str]]]:
    """(learner, why, exercises): one line for all that has the same reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for learner, why, exercise in numbers.to_see:
        found.setdefault((learner, why), []).append(exercise)
    return [(*key, names) for key, names in found.items()]


def histogram(scores: list[float], out_of: float) -> list[tuple[str, int]]:
    """How many learners have how much of the points, in steps of a tenth."""
    counts = [0] * BINS
    for score in scores:
        counts[min(int(BINS * score / out_of), BINS - 1) if out_of else 0] += 1
    step = 100 // BINS
    return [(f"{step * i}-{step * (i + 1)} %", count) for i, count in enumerate(counts)]


def histogram_words(scores: list[float], out_of: float) -> str:
    """What the picture shows, in a sentence."""
    if not scores:
        return "No learner has a total yet."
    full = sum(score >= out_of for score in scores)
    none = sum(score == 0 for score in scores)
    return (
        f"Of {len(scores)} learners with a total, {full} have all {plain(out_of)} points and {none} "
        f"have none; half of them have {plain(statistics.median(scores))} or more."
    )


def status_bars(numbers: Numbers, name: str) -> list[Bar]:
    """One exercise as a bar in parts: right, right with a note, wrong, not started, missing, ..."""
    counts, bars, at = numbers.statuses[name], [], 0.0
    for status in STATUSES:
        share = 100 * counts[status] / max(counts.total(), 1)
        if share:
            bars.append(Bar(at, share, FILLS[status], f"{counts[status]} {status}"))
        at += share
    return bars


def _right(numbers: Numbers, name: str) -> int:
    return numbers.statuses[name][RIGHT] + numbers.statuses[name][NOTED]


def mistakes(numbers: Numbers) -> list[tuple[str, str, str, int]]:
    """(exercise, key, sentence, how many learners), the most frequent first."""
    found = [
        (exercise, key, in_words(numbers, exercise, key), count)
        for exercise, counter in numbers.mistakes.items()
        for key, count in counter.items()
    ]
    return sorted(found, key=lambda item: (-item[3], item[0], item[1]))

"""How a verdict reads: words first, HTML second."""

from __future__ import annotations

import html
import os
import re
from dataclasses import dataclass

NOT_STARTED, WRONG, RIGHT, NOTED = "not started", "wrong", "right", "right with a note"
# For hand-in grading only: no such answer, and an answer that could not be judged.
MISSING, NOT_GRADABLE = "missing", "not gradable"

HEADLINES = {
    NOT_STARTED: "Not started",
    WRONG: "Wrong",
    RIGHT: "Right",
    NOTED: "Right, with a note",
    MISSING: "Missing",
    NOT_GRADABLE: "Not gradable",
}


@dataclass(frozen=True)
class Table:
    """A small table: a header, and rows of text."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Report:
    """A verdict on one answer.

    status: 'not started', 'wrong', 'right', 'right with a note' (grading adds 'missing' and
        'not gradable').
    kind: finer: 'mistake', 'error', 'limit', 'type', 'shape', 'values', 'state', ... or ''.
    mistake: the key of the mistake that was named, or None.
    points, out_of: what it is worth, and what it could be.
    lines: (label, sentence) pairs, e.g. ("What happened", "Your result is ..."). No markup.
    table: the worst entries, where entries differ.
    section: the heading in the notebook where the step is derived.
    """

    exercise: str
    status: str
    points: float = 0.0
    out_of: int = 0
    kind: str = ""
    mistake: str | None = None
    lines: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    section: str = ""

    @property
    def message(self) -> str:
        """The words of the verdict, without the table."""
        return "\n".join(f"{label}: {text}" if label else text for label, text in self.lines)

    @property
    def headline(self) -> str:
        """The first line: the word, what it is about, the points."""
        word = HEADLINES[self.status]
        if not self.out_of:
            return f"{word}: {self.exercise}" if self.exercise else word
        return f"{word}: {self.exercise} ({_points(self.points)} of {_points(self.out_of)} points)"

    def __str__(self) -> str:
        parts = [self.headline, *(f"  {line}" for line in self.message.splitlines())]
        if self.table:
            parts += ["", *(f"  {line}" for line in _plain_table(self.table))]
        return "\n".join(parts)

    def __repr__(self) -> str:
        # nbgrader reads the points of a check cell from its text; see docs/grading.md.
        return _points(self.points) if "NBGRADER_EXECUTION" in os.environ else str(self)

    def _repr_html_(self) -> str:
        return to_html(self)


def _points(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")


def _plain_table(table: Table) -> list[str]:
    rows = [table.header, *table.rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(table.header))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


def anchor(heading: str) -> str:
    """The fragment under which JupyterLab and nbconvert reach a heading."""
    return heading.strip().replace(" ", "-")


# The word comes first and the bar on the left has a shape of its own for each verdict:
# nothing is told by colour alone. Colours follow JupyterLab's theme, and have a fallback.
_BARS = {RIGHT: "solid #1a7f5a", NOTED: "double #1a7f5a", WRONG: "dashed #b3470b"}


def to_html(report: Report, links: bool = True) -> str:
    """The verdict as a self-contained piece of HTML. Everything in it is escaped.

    links: whether to link to the section in the same page (in a notebook, yes).
    """
    bar = _BARS.get(report.status, "dotted #6b7280")
    parts = [
        f'<section class="cg-verdict" aria-label="{html.escape(report.headline, quote=True)}" '
        f'style="border-left:6px {bar};padding:0.4em 0 0.4em 0.9em;margin:0.3em 0;max-width:48em">',
        f'<p style="margin:0 0 0.3em"><strong>{html.escape(report.headline)}</strong></p>',
    ]
    for label, text in report.lines:
        start = f"<strong>{html.escape(label)}:</strong> " if label else ""
        parts.append(f'<p style="margin:0.2em 0">{start}{_words(text, report.section, links)}</p>')
    if report.table:
        parts.append(_html_table(report.table))
    return "\n".join([*parts, "</section>"])


def _words(text: str, section: str, links: bool) -> str:
    """Escaped text; the quoted section becomes a link, and `code` becomes code."""
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"`([^`]+)`", r"<code>\1</code>", escaped)
    quoted = f"“{html.escape(section, quote=False)}”"
    if links and section and quoted in escaped:
        href = html.escape("#" + anchor(section), quote=True)
        escaped = escaped.replace(quoted, f'<a href="{href}">{quoted}</a>', 1)
    return escaped


def _html_table(table: Table) -> str:
    cell = 'style="text-align:left;padding:0.1em 1em 0.1em 0;font-family:monospace"'
    head = "".join(f'<th scope="col" {cell}>{html.escape(name)}</th>' for name in table.header)
    body = "".join(
        "<tr>" + "".join(f"<td {cell}>{html.escape(text)}</td>" for text in row) + "</tr>"
        for row in table.rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"

"""One source of a notebook: MyST Markdown in, cells with their line numbers and roles out.

A code cell has a role when it holds an answer (a region between `### BEGIN SOLUTION` and
`### END SOLUTION`) or a check (the single line `check(name)`). Two tags change that:

- `warm-up` on both, for an exercise of an earlier notebook that is asked again, for no points;
- `demo`, for a cell that shows a verdict: it is left as it is.
"""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
WARM_UP, DEMO = "warm-up", "demo"


class SourceError(Exception):
    """What is wrong with a source, and in which line: one sentence."""

    def __init__(self, path: Path, line: int, sentence: str):
        super().__init__(f"{_near(path)}:{line}: {sentence}")


@dataclass
class Cell:
    """One cell of a source. `line` is that of its first line of text, counted from 1.

    role: 'answer', 'check', or '' for all others; exercise: the name it is about.
    """

    kind: str
    text: str
    line: int
    metadata: dict = field(default_factory=dict)
    role: str = ""
    exercise: str = ""

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(self.metadata.get("tags", ()))

    @property
    def graded(self) -> bool:
        """Whether it is an answer or a check that counts in this notebook."""
        return bool(self.role) and WARM_UP not in self.tags


@dataclass
class Source:
    """A source that was read; `name` is that of its notebooks."""

    path: Path
    cells: list[Cell]

    @property
    def name(self) -> str:
        return self.path.stem

    def error(self, cell: Cell | int, sentence: str) -> SourceError:
        return SourceError(self.path, cell if isinstance(cell, int) else cell.line, sentence)

    def headings(self) -> set[str]:
        """The text of every heading, those inside code fences left out."""
        found = set()
        for cell in self.cells:
            if cell.kind == "markdown":
                outside = re.sub(r"^(```+|~~~+).*?^\1", "", cell.text, flags=re.M | re.S)
                found.update(re.findall(r"^#{1,6}\s+(.+?)\s*#*\s*$", outside, flags=re.M))
        return found


def read_source(path: Path) -> Source:
    """Read a source and give each cell its role. Raises SourceError."""
    source = Source(path, _cells(path))
    if not source.cells:
        raise source.error(1, "the source is empty.")
    for cell in source.cells:
        _look_for_slips(source, cell)
        if cell.kind == "code" and DEMO not in cell.tags:
            _give_role(source, cell)
    return source


def _cells(path: Path) -> list[Cell]:
    from jupytext.myst import MystMetadataParsingError, myst_to_notebook

    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SourceError(path, 1, f"the file is not UTF-8 text ({error.reason}).") from None
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r":tags:(?!\s*\[)", line):
            raise SourceError(path, number, "the tags of a cell are a list: `:tags: [one, two]`.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            notebook = myst_to_notebook(text, add_source_map=True)
    except (MystMetadataParsingError, UserWarning, ValueError) as error:
        number = re.search(r"at line (\d+)", str(error))
        words = " ".join(str(error).split())
        raise SourceError(
            path, int(number[1]) if number else 1, f"jupytext says: {words}"
        ) from None
    lines = text.splitlines()
    return [
        Cell(
            cell.cell_type, cell.source, _first_line(lines, cell.source, start), dict(cell.metadata)
        )
        for cell, start in zip(notebook.cells, notebook.metadata.source_map, strict=True)
    ]


def _first_line(lines: list[str], text: str, start: int) -> int:
    """Number of the line where `text` begins, at or after `start`: options and blanks skipped."""
    wanted = text.splitlines() or [""]
    for index in range(start, len(lines) - len(wanted) + 1):
        if lines[index : index + len(wanted)] == wanted:
            return index + 1
    return start + 1


def _look_for_slips(source: Source, cell: Cell) -> None:
    """Fences that Markdown reads without complaint, and not as they were meant."""
    for offset, line in enumerate(cell.text.splitlines()):
        if re.match(r"\s*```+\s*\{(code|raw)-cell\}", line):
            if cell.kind == "code":
                raise source.error(
                    cell, "this code cell is never closed: add a line of ``` after it."
                )
            raise source.error(
                cell.line + offset,
                "this code cell would be text: begin its ``` at the margin, outside any list.",
            )


def _give_role(source: Source, cell: Cell) -> None:
    """Set `role` and `exercise` of a code cell that answers or checks."""
    if any(line.strip() in (BEGIN, END) for line in cell.text.splitlines()):
        blanked(source, cell)  # raises where a region is not closed
        cell.role = "answer"  # whose answer it is, the registry says: see roles.py
        return
    try:
        tree = ast.parse(cell.text)
    except SyntaxError:
        return  # a magic, or a mistake that running it will name
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _is_check(node.func)]
    if not calls:
        return
    name = _checked_name(tree)
    if name is None:
        raise source.error(
            cell.line + calls[0].lineno - 1,
            f"a check cell holds the single line `check(name)`; tag the cell `{DEMO}` if it only shows a verdict.",
        )
    cell.role, cell.exercise = "check", name


def _is_check(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "check"


def _checked_name(tree: ast.Module) -> str | None:
    match tree.body:
        case [ast.Expr(ast.Call(func=ast.Name("check"), args=[ast.Name(name)], keywords=[]))]:
            return name
    return None


def blanked(source: Source, cell: Cell) -> str:
    """The text of an answer cell as a learner gets it. Raises SourceError."""
    lines, opened = [], None
    for offset, line in enumerate(cell.text.splitlines()):
        number, word = cell.line + offset, line.strip()
        if word == BEGIN:
            if opened:
                raise source.error(
                    number, f"`{BEGIN}` stands inside the region opened in line {opened}."
                )
            opened = number
            indent = line[: len(line) - len(line.lstrip())]
            lines += [f"{indent}# YOUR CODE HERE", f"{indent}raise NotImplementedError()"]
        elif word == END:
            if not opened:
                raise source.error(number, f"`{END}` closes a region that was never opened.")
            opened = None
        elif not opened:
            lines.append(line)
    if opened:
        raise source.error(opened, f"the answer region is never closed: add `{END}` below it.")
    return "\n".join(lines)


def _near(path: Path) -> str:
    """A path as a person would type it from here."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.as_posix()

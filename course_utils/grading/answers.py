"""Which cell of a notebook answers which exercise, decided by the syntax trees alone."""

from __future__ import annotations

import ast
import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .. import values
from ..values import Failure
from .reader import Cell, Notebook


@dataclass(frozen=True)
class Found:
    """Where the answer to an exercise is.

    cell: number of the cell that counts, if there is one. blank: it still raises
    NotImplementedError. failure: Python cannot read it. why: what to say where there is no answer
    (or where a cell that only speaks of it turns out to define none).
    """

    cell: int | None = None
    blank: bool = False
    failure: Failure | None = None
    why: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """What is run of one cell: 'all' of it or 'definitions', without the statements in `skip`.

    answers: exercises whose answer is what their name holds after this cell.
    """

    number: int
    source: str
    run: str
    answers: tuple[str, ...] = ()
    skip: tuple[int, ...] = ()


def find(notebook: Notebook, names: list[str]) -> dict[str, Found]:
    """The answer to each exercise named."""
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    binds = {cell.number: bound(cell.tree) for cell in code if cell.tree is not None}
    return {name: _find(name, notebook, code, binds) for name in names}


def _find(name: str, notebook: Notebook, code: list[Cell], binds: dict) -> Found:
    mine = [cell for cell in code if name in binds.get(cell.number, ())]
    full = [c for c in mine if not binds[c.number][name] and not is_ours(c)]
    broken = [cell for cell in code if cell.error and _mentions(name, cell.source)]
    if full:
        return Found(full[-1].number, notes=_other_cells(name, full, broken))
    if broken:
        return Found(broken[-1].number, failure=_syntax(broken[-1]))
    elsewhere = [c for c in notebook.cells if c.kind == "text" and _mentions(name, c.source)]
    notes = tuple(_in_text(name, cell) for cell in elsewhere[-1:])
    blanks = [cell.number for cell in mine if binds[cell.number][name]]
    word = re.compile(rf"\b{name}\b")  # exec("def ..."), globals()[...] = ...
    hints = [c.number for c in code if c.tree is not None and not is_ours(c)]
    hints = [n for n in hints if word.search(notebook.cells[n - 1].source)]
    if blanks and hints[-1:] <= blanks[-1:]:
        return Found(blanks[-1], blank=True, notes=notes)
    if blanks:  # a cell below speaks of it: what the name holds then is asked
        return Found(hints[-1], notes=notes)
    why = f"No code cell of this notebook defines `{name}`."
    claimed = [cell for cell in code if name in cell.claims and cell.source.strip()]
    if claimed:
        why = _renamed(name, claimed[-1], binds)
    return Found(hints[-1] if hints else None, why=why, notes=notes)


def _other_cells(name: str, full: list[Cell], broken: list[Cell]) -> tuple[str, ...]:
    notes = []
    if len(full) > 1:
        cells = " and ".join(str(cell.number) for cell in full)
        notes.append(f"`{name}` is defined in cells {cells}; the last one counted.")
    if broken:
        message, line = broken[-1].error
        notes.append(
            f"Cell {broken[-1].number} defines `{name}` too, but Python cannot read it "
            f"({message}, line {line}); cell {full[-1].number} counted."
        )
    return tuple(notes)


def _in_text(name: str, cell: Cell) -> str:
    return (
        f"Cell {cell.number} holds a `{name}`, but it is a text cell: only code cells are run. "
        "Change its type to Code."
    )


def _renamed(name: str, cell: Cell, binds: dict) -> str:
    others = [other for other in binds.get(cell.number, ()) if not other.startswith("_")]
    given = f"it defines `{others[-1]}`" if others else "it defines no function of that name"
    return f"Cell {cell.number} is the place of `{name}`, but {given}. A function keeps its name."


def _mentions(name: str, text: str) -> bool:
    """Whether a text would define the name, were it code."""
    return re.search(rf"^[ \t>]*(?:def\s+{name}\b|{name}\s*=[^=])", text, re.MULTILINE) is not None


def _syntax(cell: Cell) -> Failure:
    message, line = cell.error
    name, _, text = message.partition(": ")
    lines = cell.source.split("\n")
    source = lines[line - 1].strip()[:200] if 0 < line <= len(lines) else ""
    return Failure("error", name, text or message, line, source)


# What a cell binds


def bound(tree: ast.Module) -> dict[str, bool]:
    """Names bound in the notebook's own scope, in order; True where only blank answers bind it."""
    found: dict[str, bool] = {}
    todo: list[ast.AST] = list(reversed(tree.body))
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found[node.name] = _is_blank(node) and found.get(node.name, True)
        elif isinstance(node, ast.ClassDef):
            found[node.name] = False
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(a.asname or a.name.partition(".")[0]): False for a in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found[node.id] = False
        elif not isinstance(node, APART):
            todo.extend(reversed(list(ast.iter_child_nodes(node))))
    return found


# What is inside these is not bound in the notebook's scope (:= aside, which no answer uses).
APART = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Call)
TOO_LONG = "TooLong"


def _is_blank(function: ast.FunctionDef) -> bool:
    """Whether nothing stands before `raise NotImplementedError`."""
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    if not body or not isinstance(body[0], ast.Raise):
        return False
    raised = body[0].exc.func if isinstance(body[0].exc, ast.Call) else body[0].exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


# What is run


def plan(notebook: Notebook, found: dict[str, Found]) -> list[Step]:
    """The cells to run, in order. Cells of the course's own that only show things cost nothing."""
    steps = []
    for cell in notebook.cells:
        if cell.tree is None or not cell.tree.body:
            continue
        here = tuple(name for name, place in found.items() if place.cell == cell.number)
        body = enumerate(cell.tree.body)
        skip = tuple(i for i, node in body if _is_outdone(node, cell.number, found))
        run = "definitions" if is_ours(cell) else "all"
        steps.append(Step(cell.number, cell.source, run, here, skip))
    return steps


def _is_outdone(node: ast.stmt, cell: int, found: dict[str, Found]) -> bool:
    """Whether this is a blank answer, and a full one stands above: it must not hide that."""
    if not isinstance(node, ast.FunctionDef) or not _is_blank(node) or node.name not in found:
        return False
    place = found[node.name]
    return place.cell is not None and not place.blank and place.cell <= cell


def is_ours(cell: Cell) -> bool:
    """Whether a cell is one of the course's own, and nobody has changed it."""
    return _key(cell.source) in own_cells()


def _key(source: str) -> str:
    lines = (line.rstrip() for line in source.strip().split("\n"))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


@cache
def own_cells(folder: Path = Path(values.__file__).parent.parent / "notebooks") -> frozenset[str]:
    """Keys of the code cells of the student editions, where they are installed.

    The build gives a cell an id that begins with the hash of its text. Only such cells count: the
    notebooks of this folder may hold somebody's answers.
    """
    keys = set()
    for path in sorted(folder.glob("*.ipynb")):
        try:
            cells = json.loads(path.read_bytes())["cells"]
            for cell in cells:
                source = "".join(cell["source"])
                fresh = hashlib.sha256(f"code\n{source}".encode()).hexdigest()[:12]
                if cell["cell_type"] == "code" and cell.get("id", "").startswith(fresh):
                    keys.add(_key(source))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue  # not a notebook of the build: then all of its cells are run
    return frozenset(keys)

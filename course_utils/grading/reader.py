"""A submitted notebook, read and never run: tolerant of what is broken, strict about how much.

Outputs, kernel, metadata and format version do not matter; what matters is the text of the cells.
"""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import stat
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

MIB = 2**20
MAX_FILE = 128 * MIB
MAX_MEMORY = 1536 * MIB  # of JSON or a syntax tree, which can be 800 times larger than its text
MAX_CELLS = 5_000
MAX_CELL = 128 * 1024
MAX_CODE = 2 * MIB


class Unreadable(Exception):
    """A file that is no notebook. The message is a sentence for the learner."""


@dataclass(frozen=True)
class Cell:
    """One cell. number: from the top, text cells included. claims: ids in its metadata.

    tree: of a code cell that Python can read; error: the (message, line) where it cannot.
    """

    number: int
    kind: str
    source: str
    claims: tuple[str, ...] = ()
    tree: ast.Module | None = None
    error: tuple[str, int] | None = None


@dataclass(frozen=True)
class Notebook:
    """The cells, and what had to be said about the file."""

    cells: tuple[Cell, ...]
    notes: tuple[str, ...] = ()


def read(path: str | os.PathLike) -> Notebook:
    """A notebook from its file. Raises Unreadable."""
    data = read_bytes(path)
    with bounded_memory():
        return parse(data)


def read_bytes(path: str | os.PathLike) -> bytes:
    """The bytes of a regular file: no link, no pipe, no device, not too large. Raises Unreadable."""
    try:
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            raise Unreadable(f"It is {_what(found.st_mode)}, not a file. Hand in the file itself.")
        if found.st_size > MAX_FILE:
            raise Unreadable(_too_large(found.st_size))
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        with open(os.open(path, flags | getattr(os, "O_BINARY", 0)), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unreadable("It is not a file. Hand in the file itself.")
            data = file.read(MAX_FILE + 1)
    except OSError as error:
        raise Unreadable(f"The file could not be opened: {error.strerror or error}.") from None
    if len(data) > MAX_FILE:
        raise Unreadable(_too_large(len(data)))
    return data


def _what(mode: int) -> str:
    kinds = {stat.S_ISLNK: "a symbolic link", stat.S_ISDIR: "a folder", stat.S_ISFIFO: "a pipe"}
    return next((words for test, words in kinds.items() if test(mode)), "a device or a socket")


def _too_large(size: int) -> str:
    return (
        f"The file holds {size // MIB} MB, and at most {MAX_FILE // MIB} MB are read. "
        "Clear all outputs in it and hand it in again."
    )


@contextlib.contextmanager
def bounded_memory(most: int = MAX_MEMORY) -> Iterator[None]:
    """MemoryError in the block, rather than a machine without memory (where the system can)."""
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    bound = psutil.Process().memory_info().vms + most
    alone = threading.current_thread() is threading.main_thread()
    if not alone or (soft != resource.RLIM_INFINITY and soft < bound):
        yield
        return
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (bound, hard))
    try:
        yield
    finally:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def parse(data: bytes) -> Notebook:
    """A notebook from its bytes. Raises Unreadable."""
    if not data.strip(b" \t\r\n\0"):
        raise Unreadable("The file is empty.")
    text, notes = _decode(data)
    try:
        found = json.loads(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unreadable(_not_json(error, text)) from None
    raw = _raw_cells(found)
    if len(raw) > MAX_CELLS:
        raise Unreadable(f"It has {len(raw):,} cells, and at most {MAX_CELLS:,} are read.")
    cells, room = [], MAX_CODE
    for number, item in enumerate(raw, 1):
        cell = _cell(number, item, room)
        room -= len(cell.source) if cell.kind == "code" else 0
        cells.append(cell)
    return Notebook(tuple(cells), notes)


def _decode(data: bytes) -> tuple[str, tuple[str, ...]]:
    with contextlib.suppress(UnicodeError):  # UTF-8, 16 or 32, with a mark in front or without
        return data.decode(json.detect_encoding(data)), ()
    words = "The file is not in UTF-8; it was read as Windows-1252. Check its special characters."
    return data.decode("cp1252", "replace"), (words,)


def _not_json(error: Exception, text: str) -> str:
    if isinstance(error, (RecursionError, MemoryError)):
        return (
            "It is not a notebook: what it holds is nested too deep, or far too much, to be read."
        )
    if text.lstrip()[:1] not in "{[":
        return "It is not a notebook: it does not begin with a brace. Another file may have been renamed."
    where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
    return (
        f"It is not a whole notebook: its text breaks off or is damaged{where}. "
        "Open it in Jupyter, save it and hand it in again."
    )


def _raw_cells(found) -> list:
    """The cells of any nbformat: since 4 in one list, before in worksheets."""
    if isinstance(found, dict):
        sheets = found.get("worksheets")
        if isinstance(found.get("cells"), list):
            return found["cells"]
        if isinstance(sheets, list):
            lists = [sheet.get("cells") for sheet in sheets if isinstance(sheet, dict)]
            return [cell for cells in lists if isinstance(cells, list) for cell in cells]
    raise Unreadable("It is not a notebook: it has no list of cells.")


def _cell(number: int, item, room: int) -> Cell:
    item = item if isinstance(item, dict) else {}
    source = item.get("source", item.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    source = clean(source if isinstance(source, str) else "")
    kind = item.get("cell_type")
    if kind not in ("code", "markdown", "raw", "heading"):
        kind = "code" if "outputs" in item or "input" in item else "markdown"
    claims = _claims(item.get("metadata"))
    if kind != "code":
        return Cell(number, "text", source[:MAX_CELL], claims)
    if len(source) > min(MAX_CELL, room):
        words = f"TooLong: it has {len(source):,} characters, and at most {MAX_CELL:,} are read"
        return Cell(number, kind, source[:MAX_CELL], claims, error=(words, 1))
    return _code_cell(number, source, claims)


def clean(text: str) -> str:
    """Text as Python and a file can take it: \\n at line ends, no NUL, no lone surrogate."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").lstrip("\ufeff")
    return text.encode("utf-8", "replace").decode("utf-8")


def _claims(metadata) -> tuple[str, ...]:
    """The exercise a cell says it answers: our metadata, or nbgrader's."""
    found = []
    if isinstance(metadata, dict):
        for room, key in (("course", "answer"), ("nbgrader", "grade_id")):
            inner = metadata.get(room)
            if isinstance(inner, dict) and isinstance(inner.get(key), str):
                found.append(inner[key])
    return tuple(dict.fromkeys(found))


# Code, as a notebook takes it


def _code_cell(number: int, source: str, claims: tuple[str, ...]) -> Cell:
    tree, error = _tree(source)
    if tree is None:
        plain = without_magics(source)
        if plain != source:
            tree, error = _tree(plain)
            source = plain
    return Cell(number, "code", source, claims, tree, error)


def _tree(source: str) -> tuple[ast.Module | None, tuple[str, int] | None]:
    try:
        with warnings.catch_warnings():  # "\d" in a learner's string is no concern of ours
            warnings.simplefilter("ignore")
            return ast.parse(source), None
    except SyntaxError as error:
        return None, (f"{type(error).__name__}: {error.msg}", error.lineno or 1)
    except (ValueError, RecursionError, MemoryError) as error:
        return None, (f"{type(error).__name__}: Python cannot read this cell", 1)


# Cell magics whose body is Python that runs in the notebook itself.
RUNNING = ("time", "capture", "prun", "memit", "mprun", "snakeviz", "matplotlib")
MAGIC = re.compile(r"^(\s*)(?:([\w.,\t ]+=)\s*)?[%!](?!=).*$")
SHELL = re.compile(r"^(\s*)(?:pip3?|conda|mamba)\s+(?:install|uninstall|list|show)\b.*$")
HELP = re.compile(r"^(\s*)(?:\?{1,2}\s*[\w.*]+|[\w.*]+\s*\?{1,2})\s*$")


def without_magics(source: str) -> str:
    """The cell with IPython's own syntax taken out and every line where it was."""
    lines = source.split("\n")
    first = next((i for i, line in enumerate(lines) if line.strip()), 0)
    if lines[first].startswith("%%"):
        name = lines[first][2:].split(None, 1)[0] if lines[first][2:].strip() else ""
        if name not in RUNNING:
            return ""
        lines[first] = ""
    lines = _dedented(lines)
    going_on = False
    for index, line in enumerate(lines):
        if going_on:
            lines[index], going_on = "", line.endswith("\\")
        elif found := MAGIC.match(line):
            target = found[2]
            lines[index] = f"{found[1]}{target} None" if target else f"{found[1]}pass"
            going_on = line.endswith("\\")
        elif found := SHELL.match(line) or HELP.match(line):
            lines[index] = f"{found[1]}pass"
    return "\n".join(lines)


def _dedented(lines: list[str]) -> list[str]:
    """Without the prompts of a pasted session, and without an indent of the whole cell."""
    full = [line for line in lines if line.strip()]
    if full and all(line.startswith((">>>", "...")) for line in full):
        lines = [line[4:] for line in lines]
        full = [line for line in lines if line.strip()]
    indent = re.match(r"[ \t]*", full[0])[0] if full else ""
    if indent and all(line.startswith(indent) for line in full):
        lines = [line.removeprefix(indent) for line in lines]
    return lines


def find_names(path: str | os.PathLike, names: list[str]) -> list[str]:
    """Which of these names the code of a notebook binds, by its text; [] where it is unreadable."""
    with contextlib.suppress(Unreadable):
        text = "\n".join(c.source for c in read(path).cells if c.kind == "code")
        pattern = re.compile(r"^[ \t]*(?:(?:async\s+)?def\s+|class\s+)?(\w+)\s*(?:[(:=,])", re.M)
        bound = set(pattern.findall(text))
        return [name for name in names if name in bound]
    return []

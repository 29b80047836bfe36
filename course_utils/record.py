"""The learner's own record: one small file in the user's data directory.

It never fails a check: what cannot be read is set aside, what cannot be written is left out,
and `trouble` says so in one sentence.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

FILE = "progress.json"
VERSION = 1
LOCK_SECONDS = 2.0  # a write takes a millisecond; an older lock was left behind by a crash

_trouble = ""
_waiting: dict[Path, dict[str, Entry]] = {}


@dataclass
class Entry:
    """What is remembered of one exercise. points: the best so far; tries: answers not blank."""

    status: str = "not started"
    points: float = 0.0
    tries: int = 0
    hints: int = 0
    revealed: bool = False


def folder() -> Path:
    """Where the record lives: COURSE_UTILS_DATA where that is set, else the user's data folder."""
    if os.environ.get("COURSE_UTILS_DATA"):
        return Path(os.environ["COURSE_UTILS_DATA"])
    from platformdirs import user_data_path  # not needed to import the package

    return user_data_path("condensed-gradients", appauthor=False)


def trouble() -> str:
    """What went wrong with the file since this was last asked, as a sentence, or ''."""
    global _trouble
    said, _trouble = _trouble, ""
    return said


def read() -> dict[str, Entry]:
    """Every remembered exercise by name. A damaged file is set aside and said so."""
    try:
        return _load() | _unsaved()
    except OSError as error:
        _say(f"Your progress could not be read ({error.strerror}); checks work without it.")
    return dict(_unsaved())


def _load(to_write: bool = False) -> dict[str, Entry]:
    """What is on the disk. Raises OSError where that cannot be known, or is not ours to write over."""
    path = folder() / FILE
    newer = False
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        newer = stored.get("version", VERSION) > VERSION
        if not (newer and to_write):
            return _parse(stored)
    except FileNotFoundError:
        return {}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        if not newer:
            _set_aside(path)
            return {}
    raise OSError(errno.EPERM, "a newer version of the course wrote it, and it stays as it is")


def update(name: str, change) -> Entry:
    """Change one entry: `change(entry)` alters it in place. Read, changed and written under a lock."""
    entry = None
    try:
        with _lock():
            entries = _load(to_write=True) | _unsaved()
            entry = entries.setdefault(name, Entry())
            change(entry)
            _write(entries)
            _unsaved().clear()
    except OSError as error:
        if entry is None:
            entry = _unsaved().get(name, Entry())
            change(entry)
        _unsaved()[name] = entry
        _say(f"Your progress could not be saved ({error.strerror}); checks work without it.")
    return entry


def reset(name: str | None = None) -> None:
    """Forget one exercise, or all of them."""
    for forgotten in [name] if name else list(_unsaved()):
        _unsaved().pop(forgotten, None)
    try:
        with _lock():
            entries = _load(to_write=True) if name else {}
            entries.pop(name, None)
            _write(entries)
    except OSError as error:
        _say(f"Your progress could not be reset ({error.strerror}).")


def _unsaved() -> dict[str, Entry]:
    """What could not be written to this folder, kept for as long as the notebook runs."""
    return _waiting.setdefault(folder(), {})


def _parse(stored) -> dict[str, Entry]:
    known = {field.name: field.type for field in fields(Entry)}
    kinds = {"str": str, "float": (int, float), "int": int, "bool": bool}
    entries = {}
    for name, values in stored["exercises"].items():
        entry = Entry(**{key: value for key, value in values.items() if key in known})
        fits = all(isinstance(getattr(entry, key), kinds[kind]) for key, kind in known.items())
        if not (fits and entry.points >= 0 and entry.tries >= 0 and entry.hints >= 0):  # no nan
            raise ValueError(name)
        entries[name] = entry
    return entries


def _write(entries: dict[str, Entry]) -> None:
    path = folder() / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    stored = {
        "version": VERSION,
        "exercises": {name: asdict(e) for name, e in sorted(entries.items())},
    }
    draft = path.with_name(f"{FILE}.{os.getpid()}.tmp")
    try:
        draft.write_text(json.dumps(stored, indent=1) + "\n", encoding="utf-8")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _set_aside(path: Path) -> None:
    aside = path.with_name(f"{path.stem}.damaged-{time.strftime('%Y%m%d-%H%M%S')}.json")
    try:
        os.replace(path, aside)
        _say(
            f"Your progress file was damaged. It was set aside as {aside.name}, and a new one begun."
        )
    except OSError as error:
        _say(f"Your progress file is damaged and could not be set aside ({error.strerror}).")


def _say(sentence: str) -> None:
    global _trouble
    _trouble = sentence


@contextlib.contextmanager
def _lock() -> Iterator[None]:
    """One writer at a time, on every system: a file that only one can create."""
    path = folder() / (FILE + ".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    give_up = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except (
            FileExistsError,
            PermissionError,
        ):  # Windows says the latter while it is being removed
            if time.monotonic() > give_up:
                break  # left behind by a crash: go on, and remove it at the end
            time.sleep(0.01)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)

"""The journal of a results folder: what has been graded, one record a line, only ever added to.

Whatever ends a run, the next one reads the journal and goes on. A last line that was cut off is
dropped. Every other file in the folder is derived from this one.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from .judge import Record

FORMAT = 1
NAME = "journal.jsonl"
LOCK = ".lock"
COMPILED = ".compiled"  # bytecode, while a run goes on
DERIVED = ("grades.csv", "grades.jsonl", "summary.html", "feedback")


class Stop(Exception):
    """The run cannot go on. The message is one sentence: what, where, what to do."""


Key = tuple[str, str, str]  # learner, notebook, exercise


@dataclass(frozen=True)
class Entry:
    """Where the latest record of a key begins, and what says whether it still holds."""

    offset: int
    content: str
    version: str
    seed: int
    kind: str


class Journal:
    """A results folder that is ours alone while it is open. A context manager."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.entries: dict[Key, Entry] = {}
        self.seed: int | None = None
        self.damaged = 0

    def __enter__(self) -> Journal:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.lock = open(self.folder / LOCK, "a+b")
        except OSError as error:
            raise Stop(f"{self.folder} cannot be written to: {error.strerror}.") from None
        if not locked(self.lock):
            self.lock.close()
            raise Stop(f"another run is writing to {self.folder}; wait for it, or choose another.")
        try:
            self._open()
        except OSError as error:
            self.lock.close()
            raise Stop(f"{self.folder / NAME} cannot be read: {error.strerror}.") from None
        except Stop:
            self.lock.close()
            raise
        return self

    def __exit__(self, *_) -> None:
        for file in (self.out, self.file, self.lock):
            file.close()

    def _open(self) -> None:
        path = self.folder / NAME
        if not path.exists() and any((self.folder / name).exists() for name in DERIVED):
            raise Stop(
                f"{self.folder} holds grades without a {NAME}: they are not of this version. "
                "Choose another folder, or move them away."
            )
        self.out, self.file = open(path, "ab", buffering=0), open(path, "rb")  # noqa: SIM115
        whole = self._read()
        if whole < self.out.tell():
            self.out.truncate(whole)  # a line that was cut off when a run was killed
            self.file.seek(0)

    def _read(self) -> int:
        """Index the journal; the number of bytes that are whole lines."""
        at = 0
        for line in self.file:
            if not line.endswith(b"\n"):
                break
            self._index(line, at)
            at += len(line)
        return at

    def _index(self, line: bytes, at: int) -> None:
        try:
            item = json.loads(line)
            if at == 0 or "journal" in item:
                self._header(item if isinstance(item, dict) else {})
                return
            key = (item["learner"], item["notebook"], item["exercise"])
            self.entries[key] = Entry(
                at, item["content"], item["version"], item["seed"], item["kind"]
            )
        except (ValueError, KeyError, TypeError):
            if at == 0:
                self._header({})  # raises: this is not ours
            self.damaged += 1

    def _header(self, item: dict) -> None:
        if item.get("journal") != FORMAT:
            raise Stop(
                f"{self.folder / NAME} is not of this version of the course "
                f"(its format is {item.get('journal', 'unknown')}, and {FORMAT} is written here). "
                "Choose another folder, or move it away."
            )
        self.seed = item["seed"]

    def begin(self, seed: int | None) -> int:
        """Note the seed of this run: the one asked for, else the last run's, else a fresh one."""
        chosen = seed if seed is not None else self.seed
        chosen = secrets.randbelow(2**31) if chosen is None else chosen
        if chosen != self.seed:
            self._write(json.dumps({"journal": FORMAT, "seed": chosen}).encode() + b"\n")
            self.seed = chosen
        return chosen

    def add(self, records: list[Record]) -> None:
        """Append records, and see them out of this process before going on."""
        at = self.out.seek(0, os.SEEK_END)
        lines = [json.dumps(asdict(record)).encode() + b"\n" for record in records]
        self._write(b"".join(lines))
        for record, line in zip(records, lines, strict=True):
            key = (record.learner, record.notebook, record.exercise)
            self.entries[key] = Entry(at, record.content, record.version, record.seed, record.kind)
            at += len(line)

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[self.out.write(view) :]
        except OSError as error:
            raise Stop(
                f"{self.folder / NAME} cannot be written to ({error.strerror}). What is graded so "
                "far is kept: make room, and run the same command again."
            ) from None

    def get(self, key: Key) -> Record:
        """The latest record of a key."""
        self.file.seek(self.entries[key].offset)
        return record_from(json.loads(self.file.readline()))

    def records(self, keys: list[Key]) -> Iterator[Record]:
        """The latest records of these keys, one in memory at a time."""
        return (self.get(key) for key in keys)


def record_from(item: dict) -> Record:
    """A record from its line."""
    known = {field.name for field in fields(Record)}
    return Record(**{name: value for name, value in item.items() if name in known})


def locked(file) -> bool:
    """Take the lock on an open file; it goes when this process goes, however it ends."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
            return True
        except OSError:
            return False
    try:
        # A record lock, not flock: a worker process that outlives us must not keep it.
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True

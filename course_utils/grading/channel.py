"""The judge's end of the wire: a process that holds a submission, asked one thing at a time.

Whatever the process does (nothing, too much, lies), each request ends in a reply that has been
checked, or in `Lost` with the reason, before its time is up.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import queue
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import psutil

from . import wire
from .child import BROKEN
from .options import Options
from .sandbox import CannotStart, start

TICK = 0.2  # seconds between two looks at what the processes hold


class Lost(Exception):
    """No reply, and why. kind: as in values.Failure; name: the signal, if one ended it."""

    def __init__(self, kind: str, name: str = "", text: str = ""):
        super().__init__(kind, name, text)
        self.kind, self.name, self.text = kind, name, text


class Channel:
    """One running process. Use as a context manager: at its end nothing of it is left."""

    def __init__(self, options: Options, fill_cache: bool = False):
        self.limits, self.boxed = options.limits, options.boxed
        self.process, self.scratch = start(options, fill_cache)
        self.closed = False
        self.number = 0
        self.looked = 0.0  # when we last looked at what its processes hold
        self.printed = 0  # bytes, during this request
        self.first_words = b""
        self.requests: queue.SimpleQueue = queue.SimpleQueue()
        self.replies: queue.Queue = queue.Queue(maxsize=2)
        loops = (self._write, self._read, self._drain)
        self.threads = [threading.Thread(target=loop, daemon=True) for loop in loops]
        for thread in self.threads:
            thread.start()

    def __enter__(self) -> Channel:
        """Wait until it is ready. Raises CannotStart."""
        try:
            self.forks = self._reply(self.limits.start)[0].get("forks") is True
        except Lost as lost:
            words = self.first_words.decode("utf-8", "replace").strip()[-300:]
            raise CannotStart(words or f"its process ended at once ({lost.text})") from None
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def request(self, header: dict, chunks=(), seconds: float = 1.0) -> tuple[dict, bytes]:
        """Send one request and return its reply. Raises Lost, and then the process is gone."""
        self.printed = 0
        self.number += 1
        self.requests.put(wire.frame({**header, "id": self.number}, list(chunks)))
        for _ in range(3):  # a fork that died unasked leaves one reply too many behind
            reply, body = self._reply(seconds)
            if "ended" in reply or reply.get("id") == self.number:
                return reply, body
        self.close()
        raise Lost("lost", text="its replies do not belong to what was asked")

    def _reply(self, seconds: float) -> tuple[dict, bytes]:
        end = time.monotonic() + seconds
        while True:
            try:
                wait = min(end - time.monotonic(), TICK)
                reply = self.replies.get(timeout=max(wait, 0.001))
            except queue.Empty:
                reply = self._late(end - time.monotonic(), seconds)
            if not isinstance(reply, Lost) and self._holds_too_much():
                reply = Lost("memory", text="all of its processes together held too much")
            if isinstance(reply, Lost):
                raise self._how_it_ended(reply)
            if reply is not None:
                return reply

    def _late(self, left: float, seconds: float) -> Lost | None:
        """Look at a process that has not answered yet."""
        if left <= 0:
            return Lost("time", text=f"no reply within {seconds:.3g} seconds")
        if self.process.poll() is not None and self.replies.empty():
            return Lost("exit", text="its process ended")
        return None

    def _holds_too_much(self) -> bool:
        """Looked at now and then, also while each reply comes at once: others may run beside it."""
        if time.monotonic() - self.looked < TICK:
            return False
        answer = bool(self.looked) and held(self.process.pid, self.limits.together)
        self.looked = time.monotonic()
        return answer

    def _how_it_ended(self, reason: Lost) -> Lost:
        """The reason, made precise by how the process ended; nothing of it is left after this."""
        code = None
        if reason.kind == "exit":
            with contextlib.suppress(subprocess.TimeoutExpired):
                code = self.process.wait(1.0)
        self.close()
        if self.printed > self.limits.output:
            return Lost("output", text=f"more than {self.limits.output:,} bytes were printed")
        if code is None:
            return reason
        return ended(128 - code if code > 128 else code)

    # The three pipes, each in a thread: portable, and none can block another

    def _write(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while (data := self.requests.get()) is not None:
                view = memoryview(data)
                while view:
                    view = view[self.process.stdin.write(view) :]

    def _read(self) -> None:
        source = self.process.stdout.fileno()
        try:
            while (reply := wire.read_frame(lambda size: os.read(source, size))) is not None:
                self._offer(reply)
            last = Lost("exit", text="its process ended")
        except (wire.BadFrame, OSError, MemoryError) as error:
            last = Lost("lost", text=str(error)[:200])
        self._offer(last)

    def _offer(self, reply) -> None:
        while not self.closed:  # more replies than questions wait here, and go no further
            with contextlib.suppress(queue.Full):
                self.replies.put(reply, timeout=TICK)
                return

    def _drain(self) -> None:
        """Count what is printed, keep the first of it, drop the rest."""
        source = self.process.stderr.fileno()
        with contextlib.suppress(OSError):
            while data := os.read(source, 2**16):
                self.printed += len(data)
                if len(self.first_words) < 2_000:
                    self.first_words += data[:2_000]
                if self.printed > self.limits.output:
                    kill(self.process, self.boxed)

    def close(self) -> None:
        """End the process and all that it started; wait until it is gone."""
        if self.closed:
            return
        self.closed = True
        kill(self.process, self.boxed)
        self.process.wait()
        self.requests.put(None)
        for thread in self.threads:
            thread.join(1.0)
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            with contextlib.suppress(OSError):
                pipe.close()
        if self.scratch:
            shutil.rmtree(self.scratch, ignore_errors=True)


@contextlib.contextmanager
def compiled(options: Options, folder: Path) -> Iterator[str]:
    """`folder` with the bytecode of all that a child imports; '' where it would be no gain.

    With PYTHONDONTWRITEBYTECODE set there may be none beside NumPy; the sandbox cannot write any,
    and to compile NumPy takes longer than all the rest. Nobody's code is run in that child.
    """
    shutil.rmtree(folder, ignore_errors=True)  # of a run that was killed
    needed = options.boxed and not os.path.exists(importlib.util.cache_from_source(np.__file__))
    try:
        yield str(folder) if needed and _filled(options, folder) else ""
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _filled(options: Options, folder: Path) -> bool:
    try:
        folder.mkdir()
        folder.chmod(0o777)
        with Channel(replace(options, cache=str(folder)), fill_cache=True):
            return True
    except (OSError, CannotStart):
        return False


def ended(code: int) -> Lost:
    """What an exit code says: negative for a signal, as subprocess has it."""
    if code == BROKEN:
        return Lost("lost", text="what it changed in Python itself keeps results from coming back")
    if code >= 0:
        return Lost("exit", text=f"it ended the process itself (exit code {code})")
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return Lost("time" if name == "SIGXCPU" else "crash", name, f"Python was ended by {name}")


def held(pid: int, most: int) -> bool:
    """Whether a process and all its descendants hold more than `most` bytes of memory."""
    family = []
    with contextlib.suppress(psutil.Error):
        family = [psutil.Process(pid)]
        family += family[0].children(recursive=True)
    return _sum(family, _resident) > most and _sum(family, _share) > most


def _sum(family: list, measure) -> int:
    total = 0
    for member in family:
        with contextlib.suppress(psutil.Error):
            total += measure(member)
    return total


def _resident(process) -> int:
    return process.memory_info().rss


def _share(process) -> int:
    """What is shared with other processes (after a fork, nearly all) in equal parts: slow to tell."""
    found = process.memory_full_info()
    return getattr(found, "pss", found.uss)


def kill(process: subprocess.Popen, boxed: bool) -> None:
    """End a process. The sandbox takes all that runs in it along; without, we look for it."""
    family = []
    if not boxed:
        with contextlib.suppress(psutil.Error):
            family = psutil.Process(process.pid).children(recursive=True)
    with contextlib.suppress(OSError):
        process.kill()
    for member in family:
        with contextlib.suppress(psutil.Error):
            member.kill()

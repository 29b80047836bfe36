"""How far a run is: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import contextlib
import sys
import time

LINE_EVERY = 5.0  # seconds between two lines of a log


class Progress:
    """Counts submissions. `say(learner)` after each."""

    def __init__(self, total: int, stream=None, clock=time.monotonic):
        self.total, self.done = total, 0
        self.stream = stream or sys.stderr
        self.clock = clock
        self.began = self.last = clock()
        self.bar = getattr(self.stream, "isatty", lambda: False)()

    def say(self, learner: str) -> None:
        """One more submission is graded."""
        self.done += 1
        now = self.clock()
        last = self.done == self.total
        if self.bar:
            self._write(f"\r\x1b[K{self._bar()} {self.line(learner)[:60]}" + ("\n" if last else ""))
        elif last or now - self.last >= LINE_EVERY:
            self.last = now
            self._write(self.line(learner) + "\n")

    def line(self, learner: str) -> str:
        """'12 of 40 graded, 3.1 a second, 0:09 left: ann'"""
        rate = self.done / max(self.clock() - self.began, 1e-6)
        left = round((self.total - self.done) / rate)
        name = "".join(c if c.isprintable() else "?" for c in learner)[:30]
        clock = f"{left // 60}:{left % 60:02}"
        return f"{self.done} of {self.total} graded, {rate:.1f} a second, {clock} left: {name}"

    def _bar(self) -> str:
        full = 20 * self.done // max(self.total, 1)
        return f"[{'#' * full}{'.' * (20 - full)}]"

    def _write(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # a closed terminal ends nothing
            self.stream.write(text)
            self.stream.flush()

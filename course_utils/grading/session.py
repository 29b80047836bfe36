"""One submission at work: its cells replayed in a sandbox, its answers asked from forks of that.

What ends the process costs as little as it can: a cell that does is replayed as definitions only,
an answer that does leaves the other answers alone.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import asdict

from ..values import Ask, Call, Failure, Outcome
from . import wire
from .answers import Step
from .channel import Channel, Lost, ended
from .options import Options

LESS = {"all": "definitions", "definitions": "nothing"}
MAX_DEATHS = 3  # of cells, before only definitions are run
MAX_STARTS = 25
WAIT = 2.0  # seconds for what a cell still defines after its time, and for an answer's parameters
INERT = (
    "What came back is of course_utils, which does nothing while grading: an answer stands on "
    "NumPy and the cells of the notebook."
)


class Spent(Exception):
    """A submission has used up the time for all of it."""


class Session:
    """The process that holds a submission, started when it is first needed. A context manager."""

    def __init__(self, steps: list[Step], options: Options):
        self.steps, self.options, self.limits = steps, options, options.limits
        self.run = {step.number: step.run for step in steps}
        self.errors: dict[int, Failure] = {}  # by cell
        self.remarks: list[str] = []  # on the exercise that is being asked
        self.deaths: dict[int, Lost] = {}
        self.starts = 0
        self.end: float | None = None  # when the time for all of it is up
        self.channel: Channel | None = None
        self.opened: dict | None = None  # what the fork that is open said of its answer
        self.then = False  # whether to ask with the helpers as the answer's cell left them

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_) -> None:
        self._drop()

    def _drop(self) -> None:
        if self.channel is not None:
            self.channel.close()
        self.channel = self.opened = None

    # The cells

    def _ready(self) -> Channel:
        """The channel to a process in which all cells have been run. Raises Spent."""
        self.end = self.end or time.monotonic() + self.limits.total
        while time.monotonic() < self.end:
            if self.channel is not None:
                return self.channel
            self.starts += 1
            if self.starts > MAX_STARTS:
                raise Lost("lost", text="it ended its process again and again")
            channel = Channel(self.options)
            try:
                channel.__enter__()
                if self._replay(channel):
                    self.channel, channel = channel, None
            finally:
                if channel is not None:
                    channel.close()
        raise Spent

    def _replay(self, channel: Channel) -> bool:
        """Run the cells; False where one of them ended the process, and less of it is run next."""
        left = self.limits.cells
        for step in self.steps:
            run = self.run[step.number]
            if left <= 0 and run == "all":
                run = "definitions"
            seconds = min(self.limits.cell, max(left, 1.0))
            began = time.monotonic()
            try:
                if run != "nothing":
                    self._cell(channel, step, run, seconds)
            except Lost as lost:
                self._run_less(step, lost)
                return False
            left -= time.monotonic() - began
        return True

    def _cell(self, channel: Channel, step: Step, run: str, seconds: float) -> None:
        header = {**asdict(step), "do": "cell", "run": run, "seconds": seconds}
        patience = seconds + self.limits.patience * WAIT + self.limits.grace
        reply, _ = channel.request(header, seconds=patience)
        if reply.get("failure") and run == "all":  # parts of a cell may well miss the rest of it
            try:
                self.errors[step.number] = wire.unpack_failure(reply["failure"])
            except wire.BadFrame as error:
                raise Lost("lost", text=str(error)) from None

    def _run_less(self, step: Step, lost: Lost) -> None:
        self.deaths[step.number] = lost
        self.run[step.number] = LESS[self.run[step.number]]
        if len(self.deaths) == MAX_DEATHS:
            self.run = {n: LESS[run] if run == "all" else run for n, run in self.run.items()}

    # The answers

    def ask(self, name: str, seconds: float | None = None) -> Ask:
        """The answer of that name, as `values.Ask`, with so many seconds for all that is asked."""
        left = seconds or self.limits.answer
        last: Failure | None = None

        def ask(calls: Sequence[Call]) -> list[Outcome]:
            nonlocal left, last
            if last is not None:
                return [Outcome(failure=last)]
            try:
                self._open(name)
                began = time.monotonic()
                outcomes = self._ask(name, calls, max(left, 0.01))
                left -= time.monotonic() - began
            except Lost as lost:
                last = Failure(lost.kind, lost.name, lost.text)
                if lost.text:
                    self.remarks.append(f"{lost.text}.")
                return [Outcome(failure=last)]
            if any(outcome.value and outcome.value.type_name == "Inert" for outcome in outcomes):
                self.remarks.append(INERT)
            if outcomes[-1].failure and outcomes[-1].failure.kind == "time":
                last = outcomes[-1].failure
            return outcomes

        return ask

    def about(self, name: str) -> tuple[bool, list | None]:
        """Whether the name is bound after all cells, and its parameters as it tells them."""
        reply = self._open(name)
        return reply.get("bound") is True, reply.get("parameters")

    def moved(self) -> list[str]:
        """Names the answer may use that a cell further down gave another meaning."""
        names = (self.opened or {}).get("moved")
        names = [n for n in names if isinstance(n, str)] if isinstance(names, list) else []
        return [n for n in names if n.isidentifier() and len(n) < 80][:5]

    def done(self) -> None:
        """The exercise is over: its fork ends, and what that changed is gone."""
        self.remarks.clear()
        if self.opened is None or self.channel is None:
            return
        if not self.channel.forks:
            self._drop()
            return
        with contextlib.suppress(Lost):
            self._request({"do": "close"}, (), self.limits.grace)
            self._drop()  # it replied instead of ending: not what was agreed

    def _open(self, name: str) -> dict:
        """The fork that answers this exercise. What it says is of the first name asked for."""
        if self.opened is None:
            self._ready()
            seconds = self.limits.answer + self.limits.patience * WAIT
            header = {"do": "open", "name": name, "then": self.then}
            self.opened = self._request(header, (), seconds)[0]
        return self.opened

    def _ask(self, name: str, calls: Sequence[Call], seconds: float) -> list[Outcome]:
        packed, packer = wire.pack_calls(calls)
        header = {"do": "ask", "name": name, "calls": packed, "seconds": seconds}
        patience = self.limits.patience * seconds + self.limits.grace
        reply, body = self._request(header, packer.chunks, patience)
        try:
            return wire.unpack_outcomes(reply.get("outcomes"), body, len(calls), packer.arrays)
        except wire.BadFrame as error:
            self._drop()
            raise Lost("lost", text=f"what came back was {error}") from None

    def _request(self, header: dict, chunks, seconds: float) -> tuple[dict, bytes]:
        try:
            reply, body = self.channel.request(header, chunks, seconds)
        except Lost:
            self._drop()
            raise
        if "ended" in reply:
            self.opened = None
            raise ended(_exit_code(reply["ended"]))
        return reply, body


def _exit_code(status) -> int:
    try:
        return os.waitstatus_to_exitcode(wire.whole(status, 0, 0xFFFF))
    except (wire.BadFrame, ValueError):
        return 1

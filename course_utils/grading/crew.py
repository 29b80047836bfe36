"""The processes that grade. One that dies is replaced, and what killed it is found out."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

from .. import exercises
from . import reader
from .collect import Submission, by_content
from .journal import Stop
from .judge import TROUBLE, Record, grade_submission, load_private, not_gradable, record_of
from .options import Options

AHEAD = 4  # submissions handed out for each process, so that none waits
AHEAD_OF_A_CLUSTER = 256


@dataclass(frozen=True)
class Task:
    """One submission, and the exercises of it that have to be graded."""

    submission: Submission
    names: tuple[str, ...]


def grade_task(task: Task, options: Options) -> list[Record]:
    """What a process of the crew does with one submission."""
    submission = task.submission
    return grade_submission(
        str(submission.path),
        list(task.names),
        learner=submission.learner,
        notebook=submission.notebook,
        notes=submission.notes,
        options=options,
    )


class Crew:
    """Processes that grade. One that dies is replaced, and what killed it is found out."""

    def __init__(self, executor: Executor | None, jobs: int | None, options: Options):
        self.given, self.options = executor, options
        self.jobs = jobs or cores()
        self.ahead = AHEAD * self.jobs if executor is None else AHEAD_OF_A_CLUSTER
        self.executor = executor
        self.others = set(multiprocessing.active_children())

    def __enter__(self) -> Crew:
        return self

    def __exit__(self, kind, *_) -> None:
        if self.given is None and self.executor is not None:
            if kind is not None:  # stopped in the middle: their sandboxes end with them
                for process in set(multiprocessing.active_children()) - self.others:
                    process.terminate()
            self.executor.shutdown(wait=kind is None, cancel_futures=True)

    def _submit(self, function, *args):
        if self.executor is None:
            self.executor = ProcessPoolExecutor(
                self.jobs, initializer=_begin_work, initargs=(self.options.private,)
            )
        return self.executor.submit(function, *args)

    def identify(self, path: Path) -> str | None:
        """Which notebook a file is, by what it binds; read elsewhere, since reading can fail."""
        try:
            return by_content(
                self._submit(reader.find_names, path, list(exercises.EXERCISES)).result()
            )
        except BrokenExecutor:
            self._renew()
            return None

    def work(self, tasks: list[Task], options: Options) -> Iterator[tuple[Task, list[Record]]]:
        """Grade each task, in whatever order they are finished."""
        todo, alone = deque(tasks), deque()
        while todo or alone:
            # After a process died, those it may have died of are tried one by one.
            suspect = deque([alone.popleft()]) if alone else None
            batch = suspect if suspect is not None else todo
            ahead = 1 if suspect is not None else self.ahead
            for task, records in self._batch(batch, options, ahead):
                if records is None and suspect is None:
                    alone.append(task)
                else:
                    yield task, _lost(task, options) if records is None else records

    def _batch(self, todo: deque, options, ahead) -> Iterator[tuple[Task, list[Record] | None]]:
        """Results as they come; None for each that was under way when a process died."""
        running: dict = {}
        while todo or running:
            broken = False
            try:
                while todo and len(running) < ahead:
                    running[self._submit(grade_task, todo[0], options)] = todo[0]
                    todo.popleft()
            except BrokenExecutor:
                broken = True
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                task = running.pop(future)
                try:
                    yield task, future.result()
                except BrokenExecutor:
                    broken = True
                    yield task, None
                except Exception as error:  # a cluster lost its workers, one after the other
                    yield task, _lost(task, options, f" ({type(error).__name__})")
            if broken:
                yield from ((task, None) for task in running.values())
                self._renew()
                return

    def _renew(self) -> None:
        if self.given is not None:
            raise Stop("the executor broke down: one of its processes was ended from outside.")
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = None


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _lost(task: Task, options: Options, how: str = "") -> list[Record]:
    """Verdicts for a submission at which the grader's own process was ended."""
    submission = task.submission
    words = f"The grader's own process was ended while it worked on this notebook{how}."
    return [
        record_of(
            not_gradable(exercises.EXERCISES[name], words, TROUBLE),
            learner=submission.learner,
            notebook=submission.notebook,
            seed=options.seed,
        )
        for name in task.names
    ]


def _begin_work(private: str) -> None:
    """In each process of the crew: Ctrl-C is its parent's to hear, and it ends with its parent."""
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    load_private(private)
    if os.name == "posix":
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)

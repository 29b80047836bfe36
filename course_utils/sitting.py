"""A learner's function run here, in this process: its time, its output and its exit() held in.

This protects a notebook from an accident, not from an attack; hand-in grading uses a sandbox.
"""

from __future__ import annotations

import builtins
import contextlib
import ctypes
import io
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence

from .values import Ask, Call, Failure, Outcome, TimeUp, own_line, run_calls

SECONDS = 5.0  # for the calls of one case; they take a millisecond when nothing is wrong
KEPT_OUTPUT = 2_000


class Kept(io.TextIOBase):
    """Where print goes during a check: the start is kept, the rest is dropped."""

    def __init__(self):
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text[: KEPT_OUTPUT - len(self.text)]
        return len(text)


def ask_here(function: Callable, printed: Kept | None = None, seconds: float = SECONDS) -> Ask:
    """An answer that runs in this process, as `values.Ask`. What it prints goes to `printed`."""
    printed = printed or Kept()

    def ask(calls: Sequence[Call]) -> list[Outcome]:
        try:
            with (
                contextlib.redirect_stdout(printed),
                contextlib.redirect_stderr(Kept()),
                _no_exit(function),
                _deadline(seconds),
            ):
                return run_calls(function, calls)
        except TimeUp as error:
            line, source = own_line(error, function)
            return [Outcome(failure=Failure("time", "TimeUp", "", line, source))]

    return ask


@contextlib.contextmanager
def _no_exit(function: Callable) -> Iterator[None]:
    """IPython's exit() shuts the kernel down, and input() waits: during a check both raise instead."""

    def leave(*_):
        raise SystemExit

    def nobody(*_):
        raise EOFError("input() was called, and nobody answers during a check")

    instead = {"exit": leave, "quit": leave, "input": nobody}
    places = [vars(builtins), getattr(function, "__globals__", {})]
    before = [(place, name, place[name]) for place in places for name in instead if name in place]
    for place, name, _ in before:
        place[name] = instead[name]
    try:
        yield
    finally:
        for place, name, value in before:
            place[name] = value


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[None]:
    """Raise TimeUp in the block when its time is up, again and again until it is left."""
    main = threading.current_thread() is threading.main_thread()
    use_alarm = main and hasattr(signal, "setitimer")
    with _alarm(seconds) if use_alarm else _async_exception(seconds):
        yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    trace = sys.gettrace()
    rings = 0

    def ring(_, frame):
        nonlocal rings
        rings += 1
        if rings > 1:  # a bare `except:` swallowed the first: from here on every line raises
            sys.settrace(_raise_everywhere)
            while frame is not None and frame.f_code is not _alarm.__wrapped__.__code__:
                frame.f_trace = _raise_everywhere
                frame = frame.f_back
        raise TimeUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.1)
    try:
        yield
    finally:
        sys.settrace(trace)
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _raise_everywhere(frame, event, arg):
    # Only in lines that are not the package's own: the way out must stay open.
    if frame.f_globals.get("__package__") != __package__ and event != "return":
        raise TimeUp
    return _raise_everywhere


@contextlib.contextmanager
def _async_exception(seconds: float) -> Iterator[None]:
    """For systems without an alarm, and for other threads. Cannot interrupt a sleeping call."""
    thread = ctypes.c_ulong(threading.get_ident())
    done, lock = threading.Event(), threading.Lock()

    def watch():
        wait = seconds
        while not done.wait(wait):
            with lock:
                if not done.is_set():
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, ctypes.py_object(TimeUp))
            wait = 0.1

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        with lock:
            done.set()
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, None)

"""`course-utils grade`."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from . import sandbox
from .batch import Choice, Result, grade_folder
from .journal import Stop
from .options import Options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command line."""
    more = {"nargs": "+", "action": "extend", "default": [], "metavar": "NAME"}
    parser.add_argument(
        "submissions", help="a folder with a folder for each learner, or a notebook"
    )
    parser.add_argument("--out", required=True, metavar="RESULTS", help="folder for the gradebook")
    parser.add_argument("--jobs", type=_count, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--notebook", **more, help="grade these notebooks, e.g. 01_relu")
    parser.add_argument("--learner", **more, help="grade these learners, and anew")
    parser.add_argument("--exercise", **more, help="grade these exercises, and anew")
    parser.add_argument(
        "--seed", type=_seed, metavar="S", help="of the random cases, to repeat a run"
    )
    parser.add_argument("--exercises", metavar="FILE.py", help="a file with exercises of your own")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="grade on a Dask cluster")
    parser.add_argument(
        "--no-sandbox", action="store_true", help="run the submissions' code unprotected"
    )


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _seed(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**63:
        raise argparse.ArgumentTypeError("a whole number, 0 or more")
    return number


def run(args: argparse.Namespace) -> int:
    """Grade, and say in a line or two what came of it."""
    try:
        result = _run(args)
    except Stop as stop:
        print(f"course-utils grade: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "\ncourse-utils grade: stopped. What is graded is kept; the same command goes on.",
            file=sys.stderr,
        )
        return 130
    for warning in result.warnings:
        print(f"course-utils grade: {warning}", file=sys.stderr)
    print(_told(result))
    return 0


def _run(args: argparse.Namespace) -> Result:
    private = ""
    if args.exercises:
        private = str(Path(args.exercises).resolve())
        if not Path(private).is_file():
            raise Stop(f"{args.exercises} is not there: a Python file with EXERCISES is meant.")
    if not args.no_sandbox and not args.scheduler and sandbox.why_not():
        raise Stop(f"not started: {sandbox.why_not()}.")
    notebooks = tuple(name.removesuffix(".ipynb") for name in args.notebook)
    choice = Choice(notebooks, tuple(args.learner), tuple(args.exercise))
    options = Options(boxed=not args.no_sandbox, private=private)
    with _executor(args.scheduler) as executor:
        return grade_folder(
            args.submissions,
            args.out,
            executor=executor,
            jobs=args.jobs,
            choice=choice,
            seed=args.seed,
            options=options,
        )


@contextlib.contextmanager
def _executor(scheduler: str | None):
    """The executor of a Dask cluster, or None for processes on this machine."""
    if not scheduler:
        yield None
        return
    try:
        from distributed import Client
    except ImportError:
        raise Stop(
            'a cluster needs dask.distributed: `pip install "condensed-gradients[dask]"` here and '
            "on the workers."
        ) from None
    try:
        client = Client(scheduler, timeout=20)
    except (OSError, ValueError, TimeoutError) as error:
        raise Stop(f"the scheduler {scheduler} cannot be reached ({error}).") from None
    with client:
        yield client.get_executor()


def _told(result: Result) -> str:
    kept = f", {result.kept} kept from before" if result.kept else ""
    look = (
        f" To look at yourself: {_many(result.to_look_at, 'learner')}, named there."
        if result.to_look_at
        else ""
    )
    return (
        f"{_many(result.learners, 'learner')}: {_many(result.graded, 'verdict')} made{kept} (seed {result.seed}). "
        f"Begin with {result.results / 'summary.html'}.{look}"
    )


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"

"""The learner's front door: check, hint, reveal, swap, progress."""

from __future__ import annotations

import html
import inspect
import os
import sys
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from . import record
from .diagnosis import examine
from .exercises import EXERCISES, GRADIENTS, NOTEBOOKS, Exercise, nearest
from .report import NOT_GRADABLE, NOT_STARTED, NOTED, RIGHT, WRONG, Report
from .sitting import Kept, ask_here
from .swapping import Swap, hold_together
from .values import plain_text

_here = threading.local()  # whether this thread is checking an answer
SEED = 2012  # of the notebooks' cases: fixed, so that a check repeats itself


def check(function=None, name: str | None = None, *, record: bool = True) -> Report:
    """Is this answer right? Show the verdict, and remember it.

    function: the function that you wrote, without brackets. Its name says which exercise it is.
    name: the exercise, where the function is called something else.
    record: False for a demonstration that is not to be remembered.
    """
    exercise = _exercise(function, name, sys._getframe(1).f_globals)
    if isinstance(exercise, Report):
        return exercise
    printed = Kept()
    report = _signature_trouble(exercise, function) or _examined(
        exercise, function, printed, _siblings(exercise, function)
    )
    if printed.text:
        print(f"Your function printed:\n{plain_text(printed.text).rstrip()}")
    if record:
        _remember(exercise, report)
    return report


def _examined(exercise: Exercise, function, printed: Kept, siblings: dict) -> Report:
    """`examine`, whatever the notebook has done to warnings, and never with a traceback."""
    if getattr(_here, "checking", False):
        raise RuntimeError("a check is called inside the answer: take it out of the indentation")
    _here.checking = True
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            return examine(exercise, ask_here(function, printed), SEED, siblings)
    except Exception as error:
        words = (
            f"The check itself stumbled ({type(error).__name__}), so nothing is said about your answer. Was "
            "something in NumPy replaced, as in `np.abs = ...`? Restart the kernel and check again."
        )
        return Report(exercise.name, NOT_GRADABLE, out_of=exercise.points, lines=(("", words),))
    finally:
        _here.checking = False


def _exercise(function, name: str | None, namespace: dict) -> Exercise | Report:
    """The exercise that a function answers, or a report that says why there is none."""
    if function is None:
        return _refusal(
            "call",
            "`check` takes a function, by its name: `check(relu_backward)`. If that is what stands there, "
            "its cell gave it the value None.",
        )
    if isinstance(function, str):
        return _refusal(
            "call", f"`check` takes the function itself: write check({function}), without quotes."
        )
    if not callable(function):
        return _refusal(
            "call",
            f"`check` takes a function, and this is {_a(type(function).__name__)}. Write the function's "
            "name without brackets behind it: `check(relu_backward)`.",
        )
    if inspect.isclass(function):
        return _refusal("call", "That is a class. An exercise is answered by a function: `def`.")
    if name is not None and not isinstance(name, str):
        return _refusal(
            "call", "`check` takes one function. Call it once for each: `check(relu_backward)`."
        )
    found = name or _name_of(function, namespace)
    if found in EXERCISES:
        return EXERCISES[found]
    near = nearest(found)
    wish = (
        f" Did you mean `{near}`?"
        if near
        else " An exercise's function keeps the name it was given."
    )
    return _refusal("name", f"No exercise is called `{found}`.{wish}")


def _a(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def _name_of(function, namespace: dict) -> str:
    """The function's own name; for a lambda or another object, the name it has in the notebook."""
    own = getattr(function, "__name__", "")
    if own in EXERCISES:
        return own
    bound = [key for key, value in list(namespace.items()) if value is function]
    return next(
        (key for key in bound if key in EXERCISES), (bound or [own or type(function).__name__])[0]
    )


def _refusal(kind: str, sentence: str) -> Report:
    return Report("", WRONG, kind=kind, lines=(("", sentence),))


def _signature_trouble(exercise: Exercise, function: Callable) -> Report | None:
    """A wrong number or order of parameters, before anything is run."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a ufunc and some built-ins have none to show
        return None
    if inspect.iscoroutinefunction(function):
        return _refusal("call", "Without `async`: an answer is an ordinary function, `def`.")
    wanted = exercise.parameters
    names = tuple(signature.parameters)
    try:
        signature.bind(*wanted)
        in_order = len(names) != len(wanted) or set(names) != set(wanted) or names == wanted
        problem = "" if in_order else "The parameters are there, in another order."
    except TypeError:
        problem = f"Your function takes {len(names)} parameter{'s' * (len(names) != 1)}."
    if not problem:
        return None
    return Report(
        exercise.name,
        WRONG,
        out_of=exercise.points,
        kind="signature",
        lines=(
            ("What happened", f"{problem} It reads `{exercise.name}({', '.join(names)})`."),
            (
                "Expected",
                f"`{exercise.name}({', '.join(wanted)})`: arguments are handed over in this order.",
            ),
        ),
        section=exercise.section,
    )


def _siblings(exercise: Exercise, function: Callable) -> dict:
    """The learner's other faces of the same gradient, as the notebook holds them now."""
    if exercise.gradient not in GRADIENTS:
        return {}
    gradient = GRADIENTS[exercise.gradient]
    namespace = getattr(function, "__globals__", {})
    names = {gradient.entry, gradient.jacobian, gradient.condensed} - {exercise.name}
    return {
        n: ask_here(namespace[n], seconds=1.0) for n in sorted(names) if callable(namespace.get(n))
    }


def _remember(exercise: Exercise, report: Report) -> None:
    if report.status in (NOT_STARTED, NOT_GRADABLE) or "NBGRADER_EXECUTION" in os.environ:
        return  # a blank answer is nothing to remember, and nbgrader's runs are not the learner's

    def change(entry: record.Entry) -> None:
        entry.tries += 1
        if report.points >= entry.points or entry.status == NOT_STARTED:
            entry.points = max(entry.points, report.points)
            entry.status = report.status if entry.status not in (RIGHT, NOTED) else entry.status
            if report.status in (RIGHT, NOTED):
                entry.status = report.status

    record.update(exercise.name, change)
    _say_trouble()


def _say_trouble() -> None:
    sentence = record.trouble()
    if sentence:
        print(sentence)


@dataclass(frozen=True)
class Note:
    """Words for the learner: a title and paragraphs; `code` is shown as code."""

    title: str
    paragraphs: tuple[str, ...] = ()
    code: str = ""

    def __repr__(self) -> str:
        parts = [self.title, *(f"  {paragraph}" for paragraph in self.paragraphs)]
        return "\n".join([*parts, *(f"    {line}" for line in self.code.splitlines())])

    def _repr_html_(self) -> str:
        parts = [f"<p><strong>{html.escape(self.title)}</strong></p>"]
        parts += [f"<p>{html.escape(paragraph)}</p>" for paragraph in self.paragraphs]
        if self.code:
            parts.append(f"<pre><code>{html.escape(self.code)}</code></pre>")
        return f'<section style="max-width:48em">{"".join(parts)}</section>'


def _asked(name) -> Exercise | Note:
    """The exercise that is meant by a name or a function."""
    name = name if isinstance(name, str) else getattr(name, "__name__", str(name))
    if name in EXERCISES:
        return EXERCISES[name]
    if name in ("", "None"):
        return Note('Name the exercise, in quotes: hint("relu_backward").')
    near = nearest(name)
    return Note(f"No exercise is called {name!r}." + (f" Did you mean {near!r}?" if near else ""))


def hint(name="", *_) -> Note:
    """The next hint for an exercise, each stronger than the one before."""
    exercise = _asked(name)
    if isinstance(exercise, Note):
        return exercise

    def change(entry: record.Entry) -> None:
        entry.hints = min(entry.hints + 1, len(exercise.hints))

    number = max(record.update(exercise.name, change).hints, 1)
    _say_trouble()
    last = number == len(exercise.hints)
    more = (
        f' That was the last one; after an attempt, reveal("{exercise.name}") shows the answer.'
        if last
        else ""
    )
    return Note(
        f"Hint {number} of {len(exercise.hints)} for {exercise.name}",
        (exercise.hints[number - 1] + more,),
    )


def reveal(name="", *_) -> Note:
    """The answer and its derivation, once you have tried; the record remembers that you looked."""
    exercise = _asked(name)
    if isinstance(exercise, Note):
        return exercise
    if record.read().get(exercise.name, record.Entry()).tries == 0:
        _say_trouble()
        return Note(
            f"Not yet: {exercise.name} has no attempt so far.",
            (
                f'Write any answer that is not blank and check it once. hint("{exercise.name}") helps you to start.',
            ),
        )

    def change(entry: record.Entry) -> None:
        entry.revealed = True

    record.update(exercise.name, change)
    _say_trouble()
    return Note(
        f"One right answer to {exercise.name}",
        (exercise.derivation,),
        inspect.getsource(exercise.reference),
    )


def progress(reset: bool | str | None = None) -> Note:
    """The whole course at a glance. reset: True forgets everything, a name forgets one exercise."""
    if reset is True:
        record.reset()
    elif reset:
        exercise = _asked(reset)
        if isinstance(exercise, Note):
            return exercise
        record.reset(exercise.name)
    entries = record.read()
    _say_trouble()
    rows, done, points = [], 0, 0.0
    for notebook in NOTEBOOKS:
        mine = [exercise for exercise in EXERCISES.values() if exercise.notebook == notebook]
        rows += [notebook] if mine else []
        for exercise in mine:
            entry = entries.get(exercise.name, record.Entry())
            points += entry.points
            done += entry.status in (RIGHT, NOTED)
            rows.append(_progress_row(exercise, entry))
    out_of = sum(exercise.points for exercise in EXERCISES.values())
    return Note(
        f"Your progress: {done} of {len(EXERCISES)} exercises, {points:g} of {out_of} points",
        (),
        "\n".join(rows),
    )


def _progress_row(exercise: Exercise, entry: record.Entry) -> str:
    words = [f"{entry.status:<17}", f"{entry.points:g}/{exercise.points}"]
    words += [f"tries {entry.tries}"] if entry.tries else []
    words += [f"hints {entry.hints}"] if entry.hints else []
    words += ["answer seen"] if entry.revealed else []
    return f"  {exercise.name:<32} {'  '.join(words)}"


def swap(*functions) -> Swap | Note:
    """Hold the faces of one gradient against each other: rule, full array, condensed map.

    functions: your entry rule, your Jacobian and your condensed map, in any order. What is not
    solved yet is replaced by the course's, and that is said.
    """
    namespace = sys._getframe(1).f_globals
    found = {}
    for function in functions:
        exercise = _exercise(function, None, namespace)
        if isinstance(exercise, Report):
            return Note(exercise.message.replace("`check`", "`swap`").replace("check(", "swap("))
        found[exercise.name] = (exercise, function)
    keys = {exercise.gradient for exercise, _ in found.values()}
    if len(keys) != 1 or not keys <= set(GRADIENTS):
        return Note(
            "swap takes the faces of one gradient: an entry rule, its Jacobian and its condensed map, "
            f"such as swap(relu_entry, relu_jacobian, relu_backward). This was swap({', '.join(found)})."
        )
    return hold_together(GRADIENTS[keys.pop()], {name: f for name, (_, f) in found.items()})


def yours_or_ours(function):
    """Your function where it is right, else the course's, so that the story can go on."""
    exercise = _exercise(function, None, sys._getframe(1).f_globals)
    if isinstance(exercise, Report):
        raise TypeError(exercise.message.replace("check", "yours_or_ours"))
    if _signature_trouble(exercise, function) is None:
        report = _examined(exercise, function, Kept(), {})
        if report.kind == "form":  # the cells below expect arrays, not lists of them
            print(f"Here: the course's {exercise.name}; yours is right, in another form.")
            return exercise.reference
        if report.status in (RIGHT, NOTED):
            print(f"Here: your {exercise.name}.")
            return function
        if report.status == WRONG:
            print(f"Here: the course's {exercise.name}, since yours is not right yet.")
            return exercise.reference
    print(f"Here: the course's {exercise.name}, until yours is there.")
    return exercise.reference


__all__ = ["check", "hint", "progress", "reveal", "swap", "yours_or_ours"]

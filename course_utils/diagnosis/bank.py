"""Known mistakes: whether an answer is one of them in every case."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..exercises.model import Case, Exercise, Mistake
from .patterns import Part, constant_factor
from .results import arrays, kinks, plain, within
from .trials import Trial, close, errors, fresh, tolerance, truth

RULED_OUT = 1e-6  # of the entry itself: what is off by more is no rounding


def known_mistake(exercise: Exercise, trials: list[Trial]) -> tuple[Mistake, str] | None:
    """The mistake that the answer is, and the name of the part it is in ('' for the whole).

    Where two have the same values and one of them is of true and false, as the answer is, it wins.
    """
    matches = ((mistake, _matches(exercise, mistake, trials)) for mistake in exercise.mistakes)
    found = [(mistake, part) for mistake, part in matches if part is not None]
    if len(found) > 1:
        found.sort(
            key=lambda match: _is_boolean(exercise, match[0], trials) != _boolean(trials[0].got)
        )
    return found[0] if found else None


def known_in_part(
    exercise: Exercise, trials: list[Trial], position: int
) -> tuple[Mistake, list[str]] | None:
    """The mistake that one part of a tuple is, and the names of the parts it does not explain.

    Of several, the one that explains most and alters least.
    """
    if any(trial.failure for trial in trials):
        return None
    numbers = range(len(exercise.parts))
    troubled = [
        n
        for n in numbers
        if not all(within(*arrays(t)[n], kinks(t)[n], exercise.rtol) for t in trials)
    ]
    found = []
    for mistake in exercise.mistakes:
        values = [mistaken(exercise, mistake, trial.case)[0] for trial in trials]
        if not all(isinstance(v, tuple) and len(v) == len(exercise.parts) for v in values):
            continue

        def explained(part, values=values, free=mistake.free):
            return all(
                _agree(*arrays(trial)[part], value[part], kinks(trial)[part], exercise, free)
                for trial, value in zip(trials, values, strict=True)
            )

        if explained(position) and not _reordered(values[0], trials[0].expected, exercise.rtol):
            altered = sum(
                any(
                    not close(v[n], t.expected[n], 1e-9)
                    for v, t in zip(values, trials, strict=True)
                )
                for n in numbers
            )
            others = [exercise.parts[n] for n in troubled if not explained(n)]
            found.append((len(others), altered, mistake, others))
    return min(found, key=lambda match: match[:2])[2:] if found else None


def _reordered(values: tuple, expected: tuple, rtol: float) -> bool:
    """Whether every part is a right one: then the mistake is an order, and speaks of all of them."""
    return all(any(close(value, true, rtol) for true in expected) for value in values)


def known_for_word(exercise: Exercise, alike: list[Trial], rest: list[Trial]) -> Mistake | None:
    """The mistake that the answer is in some cases, and that says nothing of the rest."""
    for mistake in exercise.mistakes if alike and rest else ():
        others = [mistaken(exercise, mistake, trial.case)[0] for trial in rest]
        silent = all(
            value is not None and close(value, trial.expected, exercise.rtol)
            for value, trial in zip(others, rest, strict=True)
        )
        if silent and _matches(exercise, mistake, alike) is not None:
            return replace(mistake, same_as=())
    return None


def _boolean(value) -> bool:
    data = plain(value)
    return isinstance(data, np.ndarray) and data.dtype == bool


def _is_boolean(exercise: Exercise, mistake: Mistake, trials: list[Trial]) -> bool:
    value, _ = mistaken(exercise, mistake, trials[0].case)
    return isinstance(value, np.ndarray) and value.dtype == bool


def _matches(exercise: Exercise, mistake: Mistake, trials: list[Trial]) -> str | None:
    if exercise.grid is not None and any(_ruled_out(mistake, trial) for trial in trials[:2]):
        return None
    parts, unlike_texts = [], False
    for trial in trials:
        value, error = mistaken(exercise, mistake, trial.case)
        if error is None and trial.failure is None:
            part = _same_in_case(exercise, trial, value, mistake.free)
            if part is None:
                return None
            parts.append(part)
        elif error is None or trial.failure is None or type(error).__name__ != trial.failure.name:
            return None
        else:
            unlike_texts = unlike_texts or str(error) != trial.failure.text
    if not parts and unlike_texts:  # both only raise, and each says something else
        return None
    return next((part for part in parts if part), "")


def _ruled_out(mistake: Mistake, trial: Trial) -> bool:
    """Whether one entry of a rule tells that it is another mistake: most need no further look."""
    index = trial.at or _worst_entry(trial)
    if index is None or mistake.free:
        return False
    try:
        with np.errstate(all="ignore"):
            value = np.asarray(mistake.function(*fresh(trial.case.args), *index))
    except Exception:
        return trial.failure is None
    if trial.failure or value.size != 1:
        return True
    return not close(trial.got.data[index].reshape(value.shape), value, RULED_OUT)


def _worst_entry(trial: Trial) -> tuple[int, ...] | None:
    """The index of the entry that is most wrong, away from kinks; None where there is none."""
    data = plain(trial.got)
    if not isinstance(data, np.ndarray) or data.shape != np.shape(trial.expected):
        return None
    gaps = np.where(errors(trial.highest, trial.expected) > 0, 0.0, errors(data, trial.expected))
    index = np.unravel_index(int(np.argmax(gaps)), gaps.shape)
    return tuple(map(int, index)) if gaps[index] > 0 else None


def mistaken(exercise: Exercise, mistake: Mistake, case: Case):
    """(what the mistake gives on a case, None), or (None, what it raises)."""
    try:
        with np.errstate(all="ignore"):
            return truth(mistake.function, exercise, case), None
    except Exception as error:  # a mistake may raise, as the learner's would
        return None, error


def _same_in_case(exercise: Exercise, trial: Trial, value, free: bool) -> str | None:
    """'' or a part's name where the answer has the mistake's values in one case, else None."""
    pairs = arrays(trial)
    if not isinstance(trial.expected, tuple):
        got = plain(trial.got)
        if got is None or isinstance(value, tuple):
            return None
        return "" if _agree(got, trial.expected, value, kinks(trial)[0], exercise, free) else None
    if not pairs or not isinstance(value, tuple) or len(value) != len(pairs):
        return None
    found = ""
    whole = _reordered(value, trial.expected, exercise.rtol)
    for name, (got, low), high, wrong in zip(
        exercise.parts, pairs, kinks(trial), value, strict=True
    ):
        right = within(got, low, high, exercise.rtol)
        if right and not whole:
            continue  # this part is right, whatever the mistake would do to it
        if not _agree(got, low, wrong, high, exercise, free):
            return None
        found = found or ("" if right else name)
    return found


def _agree(got, low, mistaken_value, high, exercise: Exercise, free: bool) -> bool:
    """Whether two results agree, entries at a kink left out: any convention may be taken there.

    free: what the mistake adds to the right result may have any size.
    """
    if isinstance(got, str) or isinstance(mistaken_value, str):
        return close(got, mistaken_value, 0)
    got, mistaken_value, low, high = map(np.asarray, (got, mistaken_value, low, high))
    if got.shape != mistaken_value.shape or got.dtype.kind not in "biufc":
        return False
    if got.shape == low.shape:
        smooth = errors(high, low) == 0
        got, mistaken_value, low = got[smooth], mistaken_value[smooth], low[smooth]
        added = mistaken_value - low if free else np.zeros(0)
        if np.any(added):
            mistaken_value = low + np.vdot(added, got - low) / np.vdot(added, added) * added
    room = tolerance(mistaken_value, exercise.rtol)
    if room < exercise.rtol * 1e-13 * np.max(np.abs(low), initial=0.0):
        room = tolerance(low, exercise.rtol)  # the mistake gives nothing but rounding around 0
    return bool(np.all(errors(got, mistaken_value) <= room))


def mistake_and_more(exercise: Exercise, trials, parts: list[Part], position: int):
    """A known mistake with a factor or a transpose on top of it: (key, sentence), or None."""
    for mistake in exercise.mistakes:
        altered = _measured_by(exercise, mistake, trials[:1], parts, position)
        if not altered or not _related(altered, exercise.rtol):
            continue  # most are ruled out by the first case
        altered = _measured_by(exercise, mistake, trials, parts, position)
        if not altered:
            continue
        words = _on_top(altered, exercise.rtol)
        if words:
            return mistake.key, f"{mistake.says} On top of that {words}."
        factor = constant_factor(altered, exercise.rtol)
        if factor and "from case to case" in factor[1]:
            continue
        if factor and all(part.expected.size > 1 for part in altered):
            more = factor[1].replace("Your result is the right one", "On top of that it is")
            return mistake.key, f"{mistake.says} {more}"
    return None


def _measured_by(exercise: Exercise, mistake: Mistake, trials, parts: list[Part], position: int):
    """The parts with the mistake's values in place of the true ones; empty where it has none."""
    altered = []
    for trial, part in zip(trials, parts, strict=False):
        value = mistaken(exercise, mistake, trial.case)[0]
        value = value[position] if isinstance(value, tuple) else value
        if not isinstance(value, np.ndarray):
            return []
        altered.append(replace(part, expected=value.astype(float)))
    return altered


def _related(altered: list[Part], rtol: float) -> bool:
    return constant_factor(altered, rtol) is not None or _on_top(altered, rtol) != ""


_ON_TOP = (
    ("it is transposed", lambda a: a.T),
    ("it is flattened", np.ravel),
    ("an axis of length 1 was added", lambda a: a[None]),
    ("an axis of length 1 was added", lambda a: a[..., None]),
    ("it is summed over its first axis", lambda a: a.sum(0)),
    ("it is summed over its last axis", lambda a: a.sum(-1)),
    ("it is averaged over its first axis", lambda a: a.mean(0)),
    ("it is averaged over its last axis", lambda a: a.mean(-1)),
    ("it was cut to whole numbers", np.trunc),
    ("it lost its signs", np.abs),
    ("its negative entries were set to 0", lambda a: np.maximum(a, 0)),
)


def _on_top(altered: list[Part], rtol: float) -> str:
    """What was done to a mistake's values besides, or ''."""
    for words, change in _ON_TOP:
        if all(p.expected.ndim and _changed(p, change(p.expected), rtol) for p in altered):
            return words
    return ""


def _changed(part: Part, changed: np.ndarray, rtol: float) -> bool:
    return part.got.shape == changed.shape and close(part.got, changed, rtol)

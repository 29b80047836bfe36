"""What a right answer is told besides: its form, and the convention it takes at a kink."""

from __future__ import annotations

import numpy as np

from ..exercises.model import Exercise
from .results import arrays, kinks, plain
from .trials import Trial, errors, tolerance

_FORMS = {
    "list": "a nested list. The values are right; `np.array(...)` makes an array of it",
    "tuple": "a tuple. The values are right; `np.array(...)` makes an array of it",
    "matrix": "a numpy.matrix. The values are right, but its `*` is a matrix product and it is always 2-D; use an array",
    "masked array": "a masked array. The values are right; a plain array is what the next layer expects",
    "array-like": "something that NumPy can turn into an array. The values are right; return the array itself",
    "object array": "an array of Python objects. The values are right, but every operation on it is slow",
    "one-entry array": "an array that holds one number. An entry is the number itself",
    "bool": "true or false. As a number it is right; return a number",
}


_SINGLE = (
    "Your numbers went through float32, which keeps about seven digits. Here we work in float64."
)


def form_note(exercise: Exercise, trials: list[Trial]) -> tuple[str, str] | None:
    trial = next((t for t in trials if isinstance(t.expected, (np.ndarray, tuple))), trials[0])
    value = trial.got
    if isinstance(trial.expected, tuple):
        if value.form != "tuple":
            kind = "one array that holds them all"
            if value.form == "list":
                kind = "a list of arrays" if value.type_name == "list" else f"a {value.type_name}"
            return "form", f"You returned {kind}. The values are right; a tuple was asked for."
        return ("form", _SINGLE) if _single(exercise, trials) else None
    if isinstance(trial.expected, str):
        return None  # a word has one form
    entry = exercise.grid is not None
    sequence_asked = trial.expected.ndim == 1 and trial.expected.dtype.kind in "iu"  # a shape
    asked = (sequence_asked and value.form in ("tuple", "list")) or (
        value.form == "bool" and trial.expected.dtype == bool
    )
    if value.form == "list" and value.type_name != "list":
        return "form", f"You returned a {value.type_name}. The values are right; return an array."
    if value.form in _FORMS and not asked:
        return "form", f"You returned {_FORMS[value.form]}."
    kinds = {plain(t.got).dtype for t in trials if plain(t.got) is not None}
    if _single(exercise, trials):
        return "form", _SINGLE
    if not entry and np.dtype(bool) in kinds and trial.expected.dtype.kind == "f":
        return (
            "form",
            "You returned booleans. As 0 and 1 they are right; adding two of them would not be. Make them numbers.",
        )
    if any(k.kind == "c" for k in kinds):
        return (
            "form",
            "You returned complex numbers whose imaginary parts are 0. Real numbers are meant.",
        )
    return None


def _single(exercise: Exercise, trials: list[Trial]) -> bool:
    """Whether some result is of a shorter float, or is right only because those are given room."""
    short = any(
        np.asarray(got).dtype in (np.float32, np.float16) for t in trials for got, _ in arrays(t)
    )
    return short or (exercise.grid is None and _lost_digits(exercise, trials))


def _lost_digits(exercise: Exercise, trials: list[Trial]) -> bool:
    """Whether some result is right only because float32 is given more room."""
    for trial in trials:
        for (got, low), high in zip(arrays(trial), kinks(trial), strict=True):
            if isinstance(low, str):
                continue
            same = np.asarray(low) == np.asarray(high)
            got, low = np.broadcast_to(got, same.shape)[same], np.asarray(low)[same]
            if low.size and (errors(got, low) > tolerance(low, exercise.rtol)).any():
                return True
    return False


def kink_note(exercise: Exercise, trials: list[Trial]) -> tuple[str, str] | None:
    """Which value an answer takes at exactly 0, where it is not the course's."""
    if exercise.at_zero is None:
        return None
    chosen = []
    for trial in trials:
        for (got, low), high in zip(arrays(trial), kinks(trial), strict=True):
            kink = errors(np.asarray(high), np.asarray(low)) > 0
            chosen.extend(((np.asarray(got) - low)[kink] / (np.asarray(high) - low)[kink]).tolist())
    if not chosen or max(map(abs, chosen)) < 1e-6:
        return None
    if max(chosen) - min(chosen) > 1e-6:
        return "convention", (
            "At exactly 0 your derivative is not the same everywhere. Each value between 0 and 1 is "
            "a subgradient, so this is right; one convention is easier to reason about."
        )
    frameworks = {1.0: "as `x >= 0` does", 0.5: "as a central difference does"}
    like = frameworks.get(round(chosen[0], 6), "")
    return "convention", (
        f"At exactly 0 you take {chosen[0]:.3g} for the derivative{', ' + like if like else ''}. Every value from 0 to 1 "
        "is a subgradient there; this course, like torch.relu and jax.nn.relu, takes 0."
    )

"""An answer tried on the cases of its exercise: what was asked, what came back, what is true."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

import numpy as np

from ..exercises.model import Case, Exercise
from ..values import Ask, Call, Failure, Value


@dataclass(frozen=True)
class Trial:
    """One case tried.

    named: the arguments by parameter name. expected: the true result (a tuple for `parts`).
    highest: the same with relu'(0) = 1 where there is a kink, else `expected` itself.
    got: the answer's result as a Value (an entry rule's results assembled to one array).
    failure: why there is none; `at` is the index at which an entry rule failed.
    changed: names of the arguments that the call changed in place.
    """

    case: Case
    named: dict
    expected: object
    highest: object
    got: Value | None = None
    failure: Failure | None = None
    at: tuple[int, ...] = ()
    changed: tuple[str, ...] = ()


def try_case(exercise: Exercise, case: Case, ask: Ask) -> Trial:
    """Ask the answer what it gives on one case."""
    indices = index_grid(exercise, case)
    calls = [Call((*case.args, *index), case.then) for index in indices]
    outcomes = ask(calls)
    named = dict(zip(exercise.parameters, case.args, strict=False))
    expected = truth(exercise.reference, exercise, case)
    kink = exercise.at_zero
    highest = truth(kink, exercise, case, at_zero=1.0) if kink else expected
    tried = Trial(case, named, expected, highest, changed=_changed(exercise, calls, outcomes))
    if len(outcomes) < len(calls) or outcomes[-1].failure:
        failure = outcomes[-1].failure if outcomes and outcomes[-1].failure else Failure("lost")
        return replace(tried, failure=failure, at=indices[max(len(outcomes) - 1, 0)])
    values = [outcome.value for outcome in outcomes]
    got = values[0] if exercise.grid is None else _assemble(exercise, case, values)
    return replace(tried, got=got)


def index_grid(exercise: Exercise, case: Case) -> list[tuple[int, ...]]:
    """Every index an entry rule is asked for; one empty index for all other exercises."""
    if exercise.grid is None:
        return [()]
    return list(itertools.product(*map(range, exercise.grid(*case.args))))


def truth(function, exercise: Exercise, case: Case, **more):
    """What `function` (the reference, or a mistake) gives on a case, entry rules assembled."""
    args = fresh(case.args)
    if exercise.grid is not None:
        shape = exercise.grid(*case.args)
        entries = [function(*args, *index, **more) for index in index_grid(exercise, case)]
        return np.array(entries, dtype=float).reshape(shape)
    result = function(*args, **more)
    if case.then is not None:
        result = result(*fresh(case.then))
    if isinstance(result, tuple) and exercise.parts:
        return tuple(np.asarray(part) for part in result)
    return result if isinstance(result, str) else np.asarray(result)


def fresh(args: tuple) -> tuple:
    """Arguments that the callee may change."""
    return tuple(arg.copy() if isinstance(arg, np.ndarray) else arg for arg in args)


def _assemble(exercise: Exercise, case: Case, values: list[Value]) -> Value:
    """The entries of a rule as one array; the first value that is not one number, as it is."""
    for value in values:
        if not isinstance(value.data, np.ndarray) or value.data.size != 1:
            return value
    forms = {value.form for value in values}
    form = "array" if forms <= {"number", "bool"} else "one-entry array"
    array = np.array([value.data.reshape(())[()] for value in values])
    return Value(form, array.reshape(exercise.grid(*case.args)), values[0].type_name)


def _changed(exercise: Exercise, calls, outcomes) -> tuple[str, ...]:
    """Names of the array arguments that differ after the call from what was handed in."""
    arrays = [n for n, arg in enumerate(calls[0].args) if isinstance(arg, np.ndarray)]
    found = []
    for n in arrays:  # the same objects in all calls of a case
        before = calls[0].args[n]
        after = (outcome.inputs[n] for outcome in outcomes if n < len(outcome.inputs))
        content = before.tobytes()
        if not all(_same(before, content, array) for array in after):
            found.append(exercise.parameters[n])
    return tuple(found)


def _same(before: np.ndarray, content: bytes, after) -> bool:
    after = np.asarray(after)
    if before.shape != after.shape:
        return False
    return after.tobytes() == content or np.array_equal(before, after, equal_nan=True)


def close(a, b, rtol: float) -> bool:
    """Whether two results agree: same shape, and no entry off by more than rtol of the largest."""
    if isinstance(a, str) or isinstance(b, str):
        return isinstance(a, str) and isinstance(b, str) and a.strip().lower() == b.strip().lower()
    if isinstance(a, tuple) or isinstance(b, tuple):
        return (
            isinstance(a, tuple)
            and isinstance(b, tuple)
            and len(a) == len(b)
            and all(close(x, y, rtol) for x, y in zip(a, b, strict=True))
        )
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        return False
    return bool(np.all(errors(a, b) <= tolerance(b, rtol)))


def errors(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """|a - b| entry by entry; infinite where `a` is not finite and differs from b."""
    with np.errstate(all="ignore"):
        a, b = np.asarray(a), np.asarray(b)
        a = a.astype(complex if a.dtype.kind == "c" else float)
        gap = np.abs(a - b.astype(a.dtype))
    gap = np.where((a == b) | (np.isnan(a) & np.isnan(b)), 0.0, gap)
    return np.where(np.isnan(gap), np.inf, gap)


def tolerance(expected: np.ndarray, rtol: float) -> float:
    """The absolute error allowed: rtol of the largest entry (of 1, where all are zero)."""
    finite = np.abs(expected[np.isfinite(expected)]) if np.size(expected) else np.zeros(0)
    return rtol * (float(finite.max(initial=0.0)) or 1.0)

"""An answer held against its exercise: right, or what is wrong and which mistake it is.

`examine` serves the notebook and the folder alike. It never runs an answer itself: it asks for
the results of calls through `ask`, wherever the answer lives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import compare, patterns, troubles
from .exercises.model import Case, Exercise
from .report import NOT_STARTED, NOTED, RIGHT, WRONG, Report, Table
from .trials import Trial, close, errors, index_grid, tolerance, truth, try_case
from .values import Ask, Call, Value

FATAL = ("time", "memory", "crash", "output", "exit", "lost", "size")
LIMITS = {
    "time": "It did not finish in time: a loop that never ends, or one far longer than these small arrays need.",
    "memory": "It asked for more memory than these small arrays could ever need.",
    "crash": "It brought Python down.",
    "output": "It printed more than can be read.",
    "exit": "It called exit() or was interrupted. A function ends with `return`.",
    "size": "It returned something far larger than these small arrays can give.",
    "lost": "No result came back.",
}


def examine(
    exercise: Exercise, ask: Ask, seed: int = 0, siblings: dict[str, Ask] | None = None
) -> Report:
    """Judge one answer.

    ask: the calls of one case -> their outcomes (see values.Ask).
    seed: of the random cases; the notebook's are fixed, hand-in grading takes fresh ones.
    siblings: the learner's other faces of the same gradient, by exercise name.
    """
    cases = exercise.cases(np.random.default_rng(seed))
    if exercise.score:
        return _examine_data(exercise, cases, ask)
    trials = []
    for case in cases:
        trials.append(try_case(exercise, case, ask))
        if trials[-1].failure and trials[-1].failure.kind in (*FATAL, "not started"):
            break
    report = _judge(exercise, trials, ask)
    if report.status == WRONG and siblings and report.kind != "limit":
        report = compare.locate(exercise, report, ask, siblings)
    return report


def _judge(exercise: Exercise, trials: list[Trial], ask: Ask) -> Report:
    last = trials[-1]
    if last.failure and last.failure.kind == "not started":
        return not_started(exercise)
    if last.failure and last.failure.kind in FATAL:
        return _limit(exercise, last)
    wrong = [trial for trial in trials if not is_right(exercise, trial)]
    changed = next((trial for trial in trials if trial.changed), None)
    if changed:
        return _changed_input(exercise, changed)
    if wrong:
        return _wrong(exercise, trials, wrong, ask)
    unsteady = _unsteady(exercise, trials[0], ask)
    return unsteady or _right(exercise, trials)


# Right, or not


def arrays(trial: Trial) -> tuple:
    """The result beside the truth, brought to the same kind: a list of (part, got, expected)."""
    if isinstance(trial.expected, tuple):
        got = _parts(trial.got, len(trial.expected))
        return tuple(zip(got, trial.expected, strict=True)) if got else ()
    return ((plain(trial.got), trial.expected),)


def plain(value: Value | None):
    """A Value as an ndarray or a str, or None where it is neither."""
    if value is None or value.data is None or isinstance(value.data, (np.ndarray, str)):
        return value.data if value else None
    items = [plain(item) for item in value.data]
    if (
        any(not isinstance(item, np.ndarray) for item in items)
        or len({i.shape for i in items}) != 1
    ):
        return None
    return np.array(items)


def _parts(value: Value | None, count: int) -> list | None:
    """The parts of a tuple, or None where it is not a tuple of that many."""
    if value is None or value.form not in ("tuple", "list") or len(value.data) != count:
        return None
    if isinstance(value.data, np.ndarray):
        return list(value.data)
    parts = [plain(item) for item in value.data]
    return None if any(part is None for part in parts) else parts


def is_right(exercise: Exercise, trial: Trial) -> bool:
    """Whether the values are right; at a kink, any subgradient in [0, 1] is."""
    pairs = arrays(trial)
    if trial.failure or not pairs or any(got is None for got, _ in pairs):
        return False
    if any(isinstance(expected, str) for _, expected in pairs):
        return all(close(got, expected, 0) for got, expected in pairs)
    highs = _kinks(exercise, trial)
    return all(
        _within(got, low, high, exercise.rtol)
        for (got, low), high in zip(pairs, highs, strict=True)
    )


def _kinks(exercise: Exercise, trial: Trial) -> tuple:
    """The truth with relu'(0) = 1, part by part (the truth itself where there is no kink)."""
    if exercise.at_zero is None:
        high = trial.expected
    else:
        high = truth(exercise.at_zero, exercise, trial.case, at_zero=1.0)
    return high if isinstance(high, tuple) else (high,)


def _within(got, low, high, rtol: float) -> bool:
    got, low, high = np.asarray(got), np.asarray(low), np.asarray(high)
    if got.shape != low.shape or got.dtype.kind not in "biuf":
        return bool(got.dtype.kind == "c" and not np.any(got.imag)) and _within(
            got.real, low, high, rtol
        )
    if _is_single(got):
        rtol = max(rtol, 1e-6)  # float32 keeps 24 bits: rounding of about 6e-8, times a short sum
    room = tolerance(low, rtol)
    inside = (np.minimum(low, high) - room <= got) & (got <= np.maximum(low, high) + room)
    return bool(np.isfinite(got).all() and inside.all())


def _is_single(got: np.ndarray) -> bool:
    return got.dtype in (np.float32, np.float16) or (
        got.dtype == np.float64 and got.size > 0 and np.array_equal(got, got.astype(np.float32))
    )


def _right(exercise: Exercise, trials: list[Trial]) -> Report:
    notes = [note for note in (_form_note(exercise, trials), _kink_note(exercise, trials)) if note]
    full = {"points": exercise.points, "out_of": exercise.points, "section": exercise.section}
    if not notes:
        count = len(trials)
        lines = (("", f"Every entry agrees in all {count} cases." if count > 1 else "It agrees."),)
        return Report(exercise.name, RIGHT, lines=lines, **full)
    kinds = [kind for kind, _ in notes]
    lines = tuple(("Note", words) for _, words in notes)
    return Report(exercise.name, NOTED, kind=kinds[0], lines=lines, **full)


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


def _form_note(exercise: Exercise, trials: list[Trial]) -> tuple[str, str] | None:
    trial = next((t for t in trials if isinstance(t.expected, (np.ndarray, tuple))), trials[0])
    value = trial.got
    if isinstance(trial.expected, tuple):
        if value.form == "list":
            return (
                "form",
                "You returned a list of arrays. The values are right; a tuple is what was asked for.",
            )
        return None
    entry = exercise.grid is not None
    sequence_asked = trial.expected.ndim == 1 and trial.expected.dtype.kind in "iu"  # a shape
    if value.form in _FORMS and not (sequence_asked and value.form in ("tuple", "list")):
        if not (value.form == "bool" and trial.expected.dtype == bool):
            return "form", f"You returned {_FORMS[value.form]}."
    kinds = {plain(t.got).dtype for t in trials if plain(t.got) is not None}
    if any(k in (np.float32, np.float16) for k in kinds) or (
        not entry and _lost_digits(exercise, trials)
    ):
        return (
            "form",
            "Your numbers went through float32, which keeps about seven digits. Here we work in float64.",
        )
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


def _lost_digits(exercise: Exercise, trials: list[Trial]) -> bool:
    """Whether some result is right only because float32 is given more room."""
    for trial in trials:
        for (got, low), high in zip(arrays(trial), _kinks(exercise, trial), strict=True):
            if isinstance(low, str):
                continue
            same = np.asarray(low) == np.asarray(high)
            got, low = np.broadcast_to(got, same.shape)[same], np.asarray(low)[same]
            if low.size and (errors(got, low) > tolerance(low, exercise.rtol)).any():
                return True
    return False


def _kink_note(exercise: Exercise, trials: list[Trial]) -> tuple[str, str] | None:
    """Which value an answer takes at exactly 0, where it is not the course's."""
    if exercise.at_zero is None:
        return None
    chosen = []
    for trial in trials:
        for (got, low), high in zip(arrays(trial), _kinks(exercise, trial), strict=True):
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


def _unsteady(exercise: Exercise, first: Trial, ask: Ask) -> Report | None:
    """The same question once more: an answer that keeps state gives another result."""
    again = try_case(exercise, first.case, ask)
    if again.got is not None and all(
        close(now, before, 1e-12)
        for (now, _), (before, _) in zip(arrays(again), arrays(first), strict=True)
    ):
        return None
    if again.failure and again.failure.kind in FATAL:
        return _limit(exercise, again)
    return _report(
        exercise,
        "state",
        "The same arguments gave two different results: your function keeps something from one call to "
        "the next, or draws random numbers.",
        check="Call it twice with the same arrays and compare the two results.",
    )


# Not started, limits, exceptions, types


def not_started(exercise: Exercise) -> Report:
    """The report on a blank answer."""
    return Report(
        exercise.name,
        NOT_STARTED,
        out_of=exercise.points,
        lines=(
            (
                "",
                f"Replace `raise NotImplementedError()` in `{exercise.name}` with your answer, and run both cells again.",
            ),
        ),
        section=exercise.section,
    )


def _report(exercise: Exercise, kind: str, happened: str, **more) -> Report:
    """A wrong verdict. more: expected, check, look, mistake, table, points."""
    labels = (("Expected", "expected"), ("Check by hand", "check"), ("Look again", "look"))
    lines = [("What happened", happened)]
    lines += [(label, more[key]) for label, key in labels if more.get(key)]
    lines.append(
        ("Next", f'it is derived in “{exercise.section}”; `hint("{exercise.name}")` helps.')
    )
    return Report(
        exercise.name,
        WRONG,
        points=more.get("points", 0.0),
        out_of=exercise.points,
        kind=kind,
        mistake=more.get("mistake"),
        lines=tuple(lines),
        table=more.get("table"),
        section=exercise.section,
    )


def _limit(exercise: Exercise, trial: Trial) -> Report:
    failure = trial.failure
    line = f" (line {failure.line}: `{failure.source[:80]}`)" if failure.source else ""
    return _report(
        exercise,
        "limit",
        LIMITS[failure.kind] + line,
        check=f"Call `{exercise.name}` yourself on {trial.case.what}, with a print in its loop.",
    )


def _changed_input(exercise: Exercise, trial: Trial) -> Report:
    name = trial.changed[0]
    return _report(
        exercise,
        "input",
        f"Your function changed {name} itself, in place. Whoever handed it in still needs the old values: "
        f"an array in Python is not copied when it is passed.",
        check=f"Print {name} before and after the call.",
        look="assignments like `A[...] = ` and `A *= `, and `out=`; build a new array, or copy first.",
        mistake="changes its input in place",
    )


def _raised(exercise: Exercise, trials: list[Trial], wrong: list[Trial]) -> Report:
    trial = next(t for t in wrong if t.failure)
    failure = trial.failure
    if failure.name == "no function":
        return _report(
            exercise,
            "type",
            f"A function was expected as the result, and a {failure.text} came back. "
            "Define a function inside and return it, without calling it.",
            check=f"`callable({exercise.name}(...))` should be True.",
        )
    meaning = troubles.explain(failure, trial.named, exercise.dims)
    place = (
        f"Line {failure.line}, `{failure.source[:70]}`, raised" if failure.source else "It raised"
    )
    at = f" at index {trial.at}" if trial.at else ""
    text = failure.text if len(failure.text) <= 140 else failure.text[:140] + "…"
    only = _only_for(trials, wrong)
    return _report(
        exercise,
        "error",
        f"{place} {failure.name}: {text.rstrip('.')}{at}.",
        expected=meaning,
        check=only or f"Call it yourself on {trial.case.what} and print the shapes.",
    )


def _type(exercise: Exercise, trial: Trial) -> Report | None:
    """Nothing returned, or something that is no array."""
    value = trial.got
    if value.form == "none":
        return _report(
            exercise,
            "none",
            "Your function returned nothing (None): it computed, and then there is no `return`, or "
            "one branch has none.",
            check=f"`print({exercise.name}(...))` shows None.",
        )
    if isinstance(trial.expected, tuple):
        if _parts(value, len(trial.expected)) is None:
            wanted = ", ".join(exercise.parts)
            return _report(
                exercise,
                "type",
                f"You returned {_described(value)}; {len(trial.expected)} arrays were asked for, in this order: {wanted}.",
                check="Count what stands behind `return`.",
            )
        return None
    if isinstance(trial.expected, str):
        if value.form != "text":
            return _report(
                exercise,
                "type",
                f"You returned {_described(value)}; a word in quotes was asked for.",
                check="Print the type of your result.",
            )
        return None
    if isinstance(plain(value), np.ndarray) and not (
        exercise.grid and plain(value).shape != trial.expected.shape
    ):
        return None
    wanted = (
        "one number for one entry"
        if exercise.grid
        else "an array of numbers"
        if trial.expected.ndim
        else "a number"
    )
    return _report(
        exercise,
        "type",
        f"You returned {_described(value)}; {wanted} was asked for.",
        check="Print the type and the shape of what you return.",
    )


def _described(value: Value) -> str:
    if value.form in ("tuple", "list") and isinstance(value.data, tuple):
        return f"a {value.form} of {len(value.data)}, not of equal shapes"
    if isinstance(value.data, np.ndarray) and value.data.ndim:
        return f"an array of shape {value.data.shape}"
    if value.form == "function":
        return "a function (is a pair of round brackets missing?)"
    article = "an" if value.type_name[:1].lower() in "aeiou" else "a"
    return f"{article} {value.type_name}"


# Wrong values


def _wrong(exercise: Exercise, trials: list[Trial], wrong: list[Trial], ask: Ask) -> Report:
    named = _known_mistake(exercise, trials, wrong)
    if named:
        return named
    failed = next((trial for trial in wrong if trial.failure), None)
    if failed:
        return _raised(exercise, trials, wrong)
    for trial in wrong:
        report = _type(exercise, trial)
        if report:
            return report
    if isinstance(wrong[0].expected, str) or (
        wrong[0].expected is not None
        and np.ndim(wrong[0].expected) == 0
        and not isinstance(wrong[0].expected, tuple)
    ):
        return _single_value(exercise, wrong)
    return _wrong_arrays(exercise, trials, wrong, ask)


def _known_mistake(exercise: Exercise, trials: list[Trial], wrong: list[Trial]) -> Report | None:
    for mistake in exercise.mistakes:
        part = _matches(exercise, mistake, trials)
        if part is None:
            continue
        twins = [m for m in exercise.mistakes if m.key in mistake.same_as]
        also = "".join(
            f" Or, which is the same algebra: {t.says[0].lower()}{t.says[1:]}" for t in twins
        )
        trial = next((t for t in wrong if not t.failure), wrong[0])
        prefix = f"In {part}: " if part else ""
        return _report(
            exercise,
            "mistake",
            prefix + mistake.says + also,
            check=_by_hand(exercise, trial),
            look=mistake.look,
            mistake=mistake.key,
        )
    return None


def _matches(exercise: Exercise, mistake, trials: list[Trial]) -> str | None:
    """Whether an answer is this mistake in every case: '' or the wrong part's name, else None."""
    wrong_part = None
    for trial in trials:
        value, error = _mistaken(exercise, mistake, trial.case)
        if error or trial.failure:
            if not (error and trial.failure and type(error).__name__ == trial.failure.name):
                return None
            if str(error) != trial.failure.text:
                return None
            continue
        part = _same_mistake(exercise, trial, value)
        if part is None:
            return None
        wrong_part = part if not wrong_part else wrong_part
    return wrong_part if wrong_part is not None else ""


def _mistaken(exercise: Exercise, mistake, case: Case):
    try:
        with np.errstate(all="ignore"):
            return truth(mistake.function, exercise, case), None
    except Exception as error:  # a mistake may raise, as the learner's would
        return None, error


def _same_mistake(exercise: Exercise, trial: Trial, value) -> str | None:
    """'' (or a part's name) where the answer has the mistake's values in one case, else None.

    Entries at a kink are left out: a mistake may be made with any convention there.
    """
    pairs = arrays(trial)
    values = value if isinstance(value, tuple) else (value,)
    if not pairs or len(values) != len(pairs):
        alike = isinstance(trial.expected, np.ndarray) and close(
            plain(trial.got), value, exercise.rtol
        )
        return "" if alike else None
    highs = _kinks(exercise, trial)
    part_names = exercise.parts if isinstance(trial.expected, tuple) else ("",)
    found = None
    for name, (got, low), high, mistaken in zip(part_names, pairs, highs, values, strict=True):
        if got is None or isinstance(got, str) or isinstance(low, str):
            if not close(got, mistaken, 0) if isinstance(got, str) else True:
                return None
            found = ""
            continue
        if _within(got, low, high, exercise.rtol) and not close(mistaken, low, exercise.rtol):
            if len(pairs) == 1:
                return None
            continue  # this part is right; the mistake would have been seen elsewhere
        if not _agree_off_kinks(got, mistaken, low, high, exercise.rtol):
            return None
        if not _within(got, low, high, exercise.rtol):
            found = found or name
    return found if found is not None else (None if len(pairs) > 1 else "")


def _agree_off_kinks(got, mistaken, low, high, rtol: float) -> bool:
    got, mistaken, low, high = map(np.asarray, (got, mistaken, low, high))
    if got.shape != mistaken.shape:
        return False
    if got.shape == low.shape and got.dtype.kind in "biuf":
        smooth = errors(high, low) == 0
        got, mistaken = got[smooth], mistaken[smooth]
    return close(got, mistaken, rtol) if got.size else True


def _by_hand(exercise: Exercise, trial: Trial) -> str:
    """One entry that can be verified: the worst one, with its indices, or the shape."""
    for name, got, expected in _named_parts(exercise, trial):
        if isinstance(expected, str) or got is None:
            continue
        label = name or "the result"
        if np.shape(got) != expected.shape:
            return f"on {trial.case.what} {label} should have shape {expected.shape}; yours has {np.shape(got)}."
        gaps = errors(got, expected)
        if (gaps > tolerance(expected, exercise.rtol)).any():
            index = np.unravel_index(np.argmax(gaps), gaps.shape)
            where = f"entry {tuple(map(int, index))} of {label}" if index else label
            return f"on {trial.case.what}, {where} is {_number(expected[index])}; yours is {_number(got[index])}."
    return f"call it on {trial.case.what}: it raises {trial.failure.name}." if trial.failure else ""


def _named_parts(exercise: Exercise, trial: Trial) -> list[tuple]:
    names = exercise.parts if isinstance(trial.expected, tuple) else ("",)
    return [
        (name, got, expected) for name, (got, expected) in zip(names, arrays(trial), strict=False)
    ]


def _number(value) -> str:
    value = np.asarray(value)[()]
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    return f"{value + 0.0:.4g}"  # adding 0.0 turns -0.0 into 0.0


def _single_value(exercise: Exercise, wrong: list[Trial]) -> Report:
    """A word or one number that is wrong."""
    trial = wrong[0]
    got = plain(trial.got)
    if isinstance(trial.expected, str):
        return _report(
            exercise,
            "values",
            f"You answered “{str(got)[:40]}”; that is not it.",
            check=f"Try {trial.case.what} once more with a pencil.",
        )
    parts = [
        patterns.Part(t.expected, plain(t.got), {**t.named, "__dims__": exercise.dims})
        for t in wrong
    ]
    shaped = all(p.got.shape == () for p in parts)
    relation = patterns.constant_factor(parts, exercise.rtol) if shaped else None
    happened = (
        relation[1] if relation else f"For {trial.case.what} your number is not the right one."
    )
    seen = f"{_number(got)}" if shaped else f"an array of shape {got.shape}"
    return _report(
        exercise,
        "factor" if relation else "values" if shaped else "shape",
        happened,
        mistake=relation[0] if relation else None,
        check=f"for {trial.case.what} the value is {_number(trial.expected)}; yours is {seen}.",
    )


def _wrong_arrays(exercise: Exercise, trials: list[Trial], wrong: list[Trial], ask: Ask) -> Report:
    position = _first_wrong_part(exercise, wrong)
    name = exercise.parts[position] if exercise.parts else ""
    prefix = f"In {name}: " if name else ""
    parts = [_part(exercise, trial, position) for trial in trials]
    if any(part.got is None for part in parts):
        return (
            _raised(exercise, trials, wrong)
            if any(t.failure for t in wrong)
            else _type(exercise, wrong[0])
        )
    check = _by_hand(exercise, wrong[0])
    found = None
    if _wrong_throughout(exercise, trials, wrong):
        found = patterns.find(parts, exercise.rtol, _caller(exercise, position))
        found = found or _mistake_and_more(exercise, trials, parts, position)
    if found:
        kind = "shape" if parts[0].got.shape != parts[0].expected.shape else "values"
        return _report(exercise, kind, prefix + found[1], check=check, mistake=found[0])
    shape = next(
        (p for p, t in zip(parts, trials, strict=True) if p.got.shape != p.expected.shape), None
    )
    if shape is not None:
        return _shape(exercise, trials, wrong, shape, prefix, check)
    bad = next((p for p in parts if not np.isfinite(p.got).all()), None)
    if bad is not None:
        return _not_finite(exercise, bad, prefix)
    return _entries(exercise, trials, wrong, position, prefix, ask)


def _first_wrong_part(exercise: Exercise, wrong: list[Trial]) -> int:
    for trial in wrong:
        highs = _kinks(exercise, trial)
        for number, ((got, low), high) in enumerate(zip(arrays(trial), highs, strict=False)):
            if got is None or not _within(got, low, high, exercise.rtol):
                return number
    return 0


def _part(exercise: Exercise, trial: Trial, position: int) -> patterns.Part:
    pairs = arrays(trial)
    got, expected = pairs[position] if pairs else (None, None)
    named = {**trial.named, "__dims__": exercise.dims}
    if got is not None and got.dtype.kind == "c" and not np.any(got.imag):
        got = got.real
    return patterns.Part(expected, got, named)


def _wrong_throughout(exercise: Exercise, trials: list[Trial], wrong: list[Trial]) -> bool:
    """Whether every general case is wrong; one with special sizes may be right by chance."""
    right = [trial for trial in trials if not any(trial is w for w in wrong)]
    return not any(trial.case.trait == "" for trial in right)


def _caller(exercise: Exercise, position: int):
    """The right method as a function of named arguments, for patterns that alter one of them."""

    def call(named: dict, part: patterns.Part) -> np.ndarray:
        args = tuple(named[name] for name in exercise.parameters if name in part.named)
        result = truth(exercise.reference, exercise, Case("", args))
        return result[position] if isinstance(result, tuple) else result

    return None if any(p in exercise.parameters for p in ("f", "f_outer", "tape")) else call


def _mistake_and_more(exercise: Exercise, trials, parts, position: int) -> tuple[str, str] | None:
    """A known mistake, and then a factor or a transpose on top of it."""
    for mistake in exercise.mistakes:
        values = [_mistaken(exercise, mistake, trial.case)[0] for trial in trials]
        if any(value is None for value in values):
            continue
        values = [v[position] if isinstance(v, tuple) else v for v in values]
        altered = [
            replace(part, expected=np.asarray(v, float))
            for part, v in zip(parts, values, strict=True)
        ]
        found = patterns.constant_factor(altered, exercise.rtol)
        if not found and all(close(p.got, p.expected.T, exercise.rtol) for p in altered):
            found = ("transposed", "transposed")
        if found:
            more = found[1].replace("Your result is the right one", "On top of that it is")
            more = "On top of that it is transposed." if found[0] == "transposed" else more
            return mistake.key, f"{mistake.says} {more}"
    return None


def _shape(
    exercise: Exercise, trials, wrong, part: patterns.Part, prefix: str, check: str
) -> Report:
    sizes = patterns.letters_of(part.named, exercise.dims)
    got, wanted = part.got.shape, part.expected.shape
    letters = patterns.in_letters(got, sizes)
    shown = f"{got}" + (f", that is {letters}" if letters != str(got) else "")
    expected_letters = exercise.dims.get("")
    right = f"{wanted}" + (
        f", that is ({', '.join(expected_letters)})"
        if expected_letters and len(expected_letters) == len(wanted)
        else ""
    )
    return _report(
        exercise,
        "shape",
        f"{prefix}Your result has shape {shown}; {right} was expected. {_what_shape(got, wanted, part)}".strip(),
        check=_only_for(trials, wrong)
        or "Print the shape of each factor just before the `return`.",
    )


def _what_shape(got: tuple, wanted: tuple, part: patterns.Part) -> str:
    if got == ():
        return "A single number came back: everything was summed."
    if got == wanted[::-1]:
        return "The axes are in reverse order; the numbers differ too."
    if sorted(got) == sorted(wanted):
        return "The axes are there, in another order, and the numbers differ too."
    if tuple(n for n in got if n != 1) == tuple(n for n in wanted if n != 1):
        return "They differ by an axis of size 1."
    if len(got) > len(wanted):
        return f"It has {len(got) - len(wanted)} axis too many: was a sum left out?"
    if len(got) < len(wanted):
        return f"It has {len(wanted) - len(got)} axis too few: was one summed that should stay?"
    owner = next(
        (n for n, a in part.named.items() if isinstance(a, np.ndarray) and a.shape == got), None
    )
    return f"That is the shape of {owner}." if owner else ""


def _not_finite(exercise: Exercise, part: patterns.Part, prefix: str) -> Report:
    index = tuple(map(int, np.argwhere(~np.isfinite(part.got))[0]))
    return _report(
        exercise,
        "not finite",
        f"{prefix}Entry {index} of your result is {part.got[index]}: something was divided by 0, or grew "
        "beyond what a float can hold.",
        check=f"entry {index} should be {_number(part.expected[index])}. What stands in the arguments there?",
    )


def _only_for(trials: list[Trial], wrong: list[Trial]) -> str:
    """A sentence where it fails in some cases only."""
    if len(wrong) == len(trials):
        return ""
    places = ", ".join(trial.case.what for trial in wrong)
    return (
        f"This happens only on {places}; the other {len(trials) - len(wrong)} cases do not show it."
    )


def _entries(exercise, trials, wrong, position: int, prefix: str, ask: Ask) -> Report:
    parts = [_part(exercise, trial, position) for trial in wrong]
    indices = compare.index_names(exercise, parts[0].expected.ndim)
    clause = patterns.where_wrong(parts, indices, exercise.rtol)
    only = _only_for(trials, wrong)
    facts = [f"{_count(parts[0], exercise.rtol)} on {wrong[0].case.what}"]
    if clause and clause != "every entry is wrong":
        facts.append(clause)
    probe = compare.probe(exercise, trials[0].case, ask) if not only else ""
    happened = prefix + "; ".join(facts) + ". " + (probe or only)
    return _report(
        exercise,
        "values" if not only else "some cases",
        happened.strip(),
        check=compare.walk(exercise, wrong[0], parts[0]) or _by_hand(exercise, wrong[0]),
        table=_table(parts[0], indices, exercise.rtol),
    )


def _count(part: patterns.Part, rtol: float) -> str:
    mask = patterns.wrong_entries(part, rtol)
    return f"{int(mask.sum())} of {mask.size} entries are wrong"


def _table(part: patterns.Part, names: tuple[str, ...], rtol: float) -> Table:
    """The three worst entries."""
    gaps = errors(part.got, part.expected)
    order = np.argsort(-gaps, axis=None, kind="stable")[:3]
    rows = []
    for flat in order:
        index = np.unravel_index(flat, gaps.shape)
        if gaps[index] > tolerance(part.expected, rtol):
            place = ", ".join(str(int(i)) for i in index)
            rows.append((f"[{place}]", _number(part.got[index]), _number(part.expected[index])))
    return Table((f"entry [{', '.join(names)}]", "yours", "true"), tuple(rows))


# Exercises that ask for data


def _examine_data(exercise: Exercise, cases: list[Case], ask: Ask) -> Report:
    """The learner returns data; it is scored by what it tells apart, in the worst of the cases."""
    scores = []
    for case in cases:
        outcome = (ask([Call(case.args)]) or [None])[0]
        failure = outcome.failure if outcome else None
        trial = Trial(
            case, dict(zip(exercise.parameters, case.args, strict=False)), None, None, failure
        )
        if failure and failure.kind == "not started":
            return not_started(exercise)
        if outcome is None or (failure and failure.kind in FATAL):
            return _limit(exercise, trial)
        if failure:
            return _raised(exercise, [trial], [trial])
        if outcome.value.form == "none":
            return _type(exercise, Trial(case, {}, None, outcome.value))
        scores.append(exercise.score(outcome.value, case))
    worst = min(scores, key=lambda score: score.share)
    if worst.share >= 1:
        full = {"points": exercise.points, "out_of": exercise.points, "section": exercise.section}
        return Report(exercise.name, RIGHT, lines=(("", worst.seen),), **full)
    points = round(worst.share * exercise.points, 2)
    return _report(
        exercise, "data", worst.seen, check=worst.missed, mistake=worst.mistake, points=points
    )


__all__ = ["arrays", "examine", "index_grid", "is_right", "not_started", "plain"]

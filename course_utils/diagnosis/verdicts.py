"""The reports on what can be wrong, each in its words."""

from __future__ import annotations

import itertools

import numpy as np

from ..exercises.model import Exercise, Mistake
from ..report import NOT_STARTED, WRONG, Report
from ..values import Value
from . import troubles
from .results import arrays, parts_of, plain
from .trials import Trial, close, errors, tolerance

LIMITS = {
    "time": "It did not finish in time: a loop that never ends, or one far longer than these small arrays need.",
    "memory": "It asked for more memory than these small arrays could ever need.",
    "crash": "It brought Python down.",
    "output": "It printed more than can be read.",
    "exit": "It called exit() or was interrupted. A function ends with `return`.",
    "size": "It returned something far larger than these small arrays can give.",
    "lost": "No result came back.",
}
FATAL = tuple(LIMITS)
IN_PLACE = "changes its input in place"


def wrong(exercise: Exercise, kind: str, happened: str, **more) -> Report:
    """A wrong verdict. more: meaning, check, look (sentences), mistake, table, points."""
    labels = (("That means", "meaning"), ("Check by hand", "check"), ("Look again", "look"))
    lines = [("What happened", happened)]
    lines += [(label, more[key]) for label, key in labels if more.get(key)]
    lines.append(("Next", f'see “{exercise.section}”, or `hint("{exercise.name}")`.'))
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


def not_started(exercise: Exercise) -> Report:
    """The report on a blank answer."""
    words = f"Replace `raise NotImplementedError()` in `{exercise.name}` with your answer, and run both cells again."
    return Report(
        exercise.name,
        NOT_STARTED,
        out_of=exercise.points,
        lines=(("", words),),
        section=exercise.section,
    )


def unlike(exercise: Exercise, trial: Trial) -> Report:
    """Not the right result, and nothing more is known."""
    return wrong(
        exercise,
        "values",
        f"Your result is not the right one on {trial.case.what}.",
        check=f"call `{exercise.name}` yourself on small arrays of whole numbers, and work one entry out.",
    )


def other_order(exercise: Exercise, order: list[str], trial: Trial) -> Report:
    """Every part is right and stands where another belongs."""
    return wrong(
        exercise,
        "mistake",
        f"All parts are right and stand in another order: yours is {', '.join(order)}.",
        check=by_hand(exercise, trial),
        look=f"The order asked for is {', '.join(exercise.parts)}.",
        mistake="order of the parts",
    )


def limit(exercise: Exercise, trial: Trial) -> Report:
    """Time, memory, output or the process itself ran out."""
    failure = trial.failure
    line = f" Line {failure.line}: `{failure.source[:80]}`." if failure.source else ""
    return wrong(
        exercise,
        "limit",
        LIMITS[failure.kind] + line,
        check=f"call `{exercise.name}` yourself on {trial.case.what}, with a print in its loop.",
        mistake=f"limit: {failure.kind}",
    )


def changed_input(exercise: Exercise, trial: Trial) -> Report:
    """An argument was overwritten."""
    name = trial.changed[0]
    return wrong(
        exercise,
        "input",
        f"Your function changed {name} itself, in place. Whoever handed it in still needs the old "
        "values: Python does not copy an array when it is passed.",
        check=f"print {name} before and after the call.",
        look="assignments like `A[...] =` and `A *=`, and `out=`; build a new array, or copy first.",
        mistake=IN_PLACE,
    )


def known(
    exercise: Exercise, mistake: Mistake, part: str, trial: Trial, others=(), prefix: str = ""
) -> Report:
    """The very mistake it is, by name; its twins too, where the algebra cannot tell them apart.

    others: parts that are wrong besides, for another reason.
    """
    twins = [m for m in exercise.mistakes if m.key in mistake.same_as]
    also = "".join(f" Or, the same algebra: {t.says[0].lower()}{t.says[1:]}" for t in twins)
    if others:
        also += f" (Not right either: {', '.join(others)}.)"
    return wrong(
        exercise,
        "mistake",
        (f"In {part}: " if part else prefix) + mistake.says + also,
        check=by_hand(exercise, trial),
        look=mistake.look,
        mistake=mistake.key,
    )


def another_word(exercise: Exercise, trials: list[Trial], trial: Trial) -> Report:
    """A word that is not the right one, or none of those that were asked for."""
    got = str(plain(trial.got))[:40]
    words = sorted({t.expected for t in trials})
    if got.strip().lower() not in words:
        asked = " or ".join(f"“{word}”" for word in words)
        return wrong(
            exercise,
            "values",
            f"You answered “{got}” for {trial.case.what}. The words asked for are {asked}.",
            check="compare the spelling, letter by letter.",
            mistake="another word",
        )
    others = [t.case.what for t in trials if str(plain(t.got)).strip().lower() != t.expected]
    return wrong(
        exercise,
        "values",
        f"You answered “{got}” for {trial.case.what}; that is not it.",
        check=f"{len(others)} of {len(trials)} answers are wrong: {', '.join(others)}. Work the first out with a pencil.",
        mistake="another word",
    )


def raised(exercise: Exercise, trials: list[Trial], wrong_ones: list[Trial]) -> Report:
    """An exception, with the line of the learner's own cell and what it means."""
    trial = next(t for t in wrong_ones if t.failure)
    failure = trial.failure
    if failure.name == "no function":
        return wrong(
            exercise,
            "type",
            f"A function was expected as the result, and {_a(failure.text)} came back. Define a "
            "function inside and return it, without calling it.",
            check=f"`callable({exercise.name}(...))` should be True.",
            mistake="no function returned",
        )
    line = (
        f"Line {failure.line}, `{failure.source[:70]}`, raised" if failure.source else "It raised"
    )
    text = failure.text.replace(", with gufunc signature (n?,k),(k,m?)->(n?,m?)", "")
    text = text.strip().rstrip(".")
    text = text if len(text) <= 140 else text[:140] + "…"
    happened = f"{line} {failure.name}: {text}{_at_index(exercise, trial)}."
    if not failure.source and trial.case.then:
        happened += " The function that you return is called with one argument."
    before = trials[: next(n for n, t in enumerate(trials) if t is trial)]
    meaning = troubles.left_over(failure, trial, before) or troubles.explain(
        failure, trial, exercise
    )
    check = (
        only_for(trials, wrong_ones)
        or f"call it yourself on {trial.case.what}, and print what stands in that line."
    )
    if len(f"{happened} {meaning} {check}".split()) > 70:
        ranks = check.startswith("It is right only where")
        check = check.split(":")[0] + "." if ranks else "print what stands in that line."
    return wrong(exercise, "error", happened, meaning=meaning, check=check, mistake=failure.name)


def _at_index(exercise: Exercise, trial: Trial) -> str:
    names = exercise.parameters[len(trial.case.args) :]
    pairs = ", ".join(f"{name}={value}" for name, value in zip(names, trial.at, strict=False))
    return f", at {pairs}" if pairs else ""


def type_trouble(exercise: Exercise, trial: Trial, only: str = "") -> Report | None:
    """Nothing returned, or something that is not what was asked for. only: in which cases."""
    value, expected = trial.got, trial.expected
    if value.form == "none":
        who = "The function that you returned gave" if trial.case.then else "Your function returned"
        call = f"{exercise.name}(...)" + ("(...)" if trial.case.then else "")
        return wrong(
            exercise,
            "none",
            f"{who} nothing (None): it computed, and then there is no `return`, or one branch has none.",
            check=f"on {trial.case.what}, `print({call})` shows None. {only}".strip(),
            mistake="nothing returned",
        )
    data = plain(value)
    if value.type_name == "generator" and not isinstance(expected, tuple):
        return wrong(
            exercise,
            "type",
            "Your function is a generator: `yield` hands out one piece after the other. `return` gives the whole.",
            check=f"`type({exercise.name}(...))` shows it.",
            mistake="generator",
        )
    if isinstance(expected, tuple):
        fits = parts_of(value, len(expected)) is not None
        wanted = (
            f"{len(expected)} arrays were asked for, in this order: {', '.join(exercise.parts)}"
        )
    elif isinstance(expected, str):
        fits, wanted = value.form == "text", "a word in quotes was asked for"
    elif exercise.grid:
        fits = isinstance(data, np.ndarray) and data.shape == expected.shape
        wanted = "one number for one entry was asked for"
    else:
        fits = isinstance(data, np.ndarray)
        wanted = f"{'an array of numbers' if expected.ndim else 'a number'} was asked for"
    several = _several(value, expected)
    if fits and not several:
        return None
    if trial.case.then and value.form == "function":
        return wrong(
            exercise,
            "type",
            "The function that you returned gives a function, not an array. A map is called with an array in brackets.",
            check=f"`print({exercise.name}(...)(...))` shows what comes out.",
            mistake="type",
        )
    if several:
        wanted = f"{wanted}{several}"
    return wrong(
        exercise,
        "type",
        f"You returned {described(value)}; {wanted}.",
        check="print the type, and the shape, of what you return.",
        mistake="type",
    )


def _several(value: Value, expected) -> str:
    """Whether a tuple came back where one array was asked for: which item of it is the result."""
    if isinstance(expected, (tuple, str)) or not isinstance(value.data, tuple):
        return ""
    items = [plain(item) for item in value.data]
    if np.shape(plain(value)) == expected.shape or not any(
        np.shape(item) == expected.shape for item in items
    ):
        return ""
    right = [n for n, item in enumerate(items) if item is not None and close(item, expected, 1e-9)]
    place = f"; item {right[0]} of yours is the right one" if right else ""
    return f"{place}. Look at the commas behind `return`"


def described(value: Value) -> str:
    """A result in words: 'an array of shape (3, 4)', 'a str', ..."""
    if value.form in ("tuple", "list") and isinstance(value.data, tuple):
        return f"a {value.form} of {len(value.data)} things"
    if isinstance(value.data, np.ndarray) and value.data.ndim:
        return f"an array of shape {value.data.shape}"
    if value.form == "function":
        return "a function (is a pair of round brackets missing?)"
    return _a(value.type_name)


def _a(noun: str) -> str:
    return f"{'an' if noun[:1].lower() in 'aeiou' else 'a'} {noun}"


def by_hand(exercise: Exercise, trial: Trial) -> str:
    """Something that can be verified: the worst entry with its indices, or the shape."""
    if trial.failure:
        return f"call it on {trial.case.what}: it raises {trial.failure.name}."
    names = exercise.parts if isinstance(trial.expected, tuple) else ("",)
    for name, (got, expected) in zip(names, arrays(trial), strict=False):
        if isinstance(expected, str):
            return f"for {trial.case.what} you answered “{str(got)[:40]}”."
        if got is None or isinstance(got, str):
            continue
        label = name or "the result"
        if np.shape(got) != expected.shape:
            return f"on {trial.case.what} {label} should have shape {expected.shape}; yours has {np.shape(got)}."
        gaps = errors(got, expected)
        if (gaps > tolerance(expected, exercise.rtol)).any():
            index = np.unravel_index(np.argmax(gaps), gaps.shape)
            where = (
                f"entry [{', '.join(str(int(i)) for i in index)}] of {label}" if index else label
            )
            return f"on {trial.case.what}, {where} is {both(expected[index], got[index])}."
    return ""


def number(value) -> str:
    """A number as it is shown: a whole one in full, else four digits; no minus before a zero."""
    value = np.asarray(value)[()]
    if isinstance(value, np.bool_):
        return str(bool(value))
    whole = np.isrealobj(value) and float(value).is_integer() and abs(value) < 1e15
    return f"{int(value):,}" if whole else f"{value + 0.0:.4g}"


def both(true, yours) -> str:
    """Two numbers with as many digits as tell them apart."""
    shown = number(true), number(yours)
    if shown[0] == shown[1]:
        shown = f"{true:.10g}", f"{yours:.10g}"
    return f"{shown[0]}; yours is {shown[1]}"


def only_for(trials: list[Trial], wrong_ones: list[Trial]) -> str:
    """A sentence where it fails in some cases only."""
    right = [trial for trial in trials if not any(trial is w for w in wrong_ones)]
    if not right:
        return ""
    ranks = _ranks(right, wrong_ones)
    if ranks:
        return ranks
    if len(wrong_ones) == 1:
        return "It is right in all other cases."
    if len(wrong_ones) <= len(right):
        return f"It happens only on {_listed([t.case for t in wrong_ones])}; elsewhere it is right."
    return f"It is right only on {_listed([t.case for t in right])}."


def _ranks(right: list[Trial], wrong_ones: list[Trial]) -> str:
    """'It is right only where X has 2 axes', where numbers of axes tell right from wrong."""
    shapes = [
        [{**t.named, "the result": t.expected} for t in group] for group in (right, wrong_ones)
    ]
    names = [n for n, v in shapes[0][0].items() if isinstance(v, np.ndarray)]
    for group in [*itertools.combinations(names, 1), *itertools.combinations(names, 2)]:
        counts = [{tuple(np.ndim(v[n]) for n in group) for v in some} for some in shapes]
        if len(counts[0]) == 1 and not counts[0] & counts[1]:
            pairs = zip(group, min(counts[0]), strict=True)
            words = " and ".join(f"{n} has {c} {'axis' if c == 1 else 'axes'}" for n, c in pairs)
            return f"It is right only where {words}: are other numbers of axes allowed for?"
    return ""


def _listed(cases: list) -> str:
    """The first of them, and a second one where that is short."""
    names = [case.what for case in cases]
    shown = names[: 2 if len(" ".join(names[:2]).split()) < 14 else 1]
    rest = len(names) - len(shown)
    return " and on ".join(shown) + (f" and {rest} more" if rest else "")

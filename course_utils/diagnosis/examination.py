"""`examine`: an answer held against its exercise, in the order that design asks for.

It serves the notebook and the folder alike. It never runs an answer itself: it asks for the
results of calls through `ask`, wherever the answer lives.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..exercises.model import Case, Exercise
from ..report import NOTED, RIGHT, WRONG, Report, Table
from ..values import Ask, Call, Value
from . import bank, compare, differences, inference, notes, patterns, rules, sums, verdicts
from .results import arrays, is_right, kinks, plain, within
from .trials import Trial, close, errors, tolerance, truth, try_case


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
        if trials[-1].failure and trials[-1].failure.kind in (*verdicts.FATAL, "not started"):
            break
    report = _judge(exercise, _numbers(trials), ask)
    if report.status == WRONG and report.kind not in ("limit", "error") and siblings:
        report = compare.locate(exercise, report, ask, siblings)
    return report


def _judge(exercise: Exercise, trials: list[Trial], ask: Ask) -> Report:
    last = trials[-1]
    if last.failure and last.failure.kind == "not started":
        return verdicts.not_started(exercise)
    if last.failure and last.failure.kind in verdicts.FATAL:
        return verdicts.limit(exercise, last)
    changed = next((trial for trial in trials if trial.changed), None)
    if changed:
        return verdicts.changed_input(exercise, changed)
    wrong = [trial for trial in trials if not is_right(exercise, trial)]
    if wrong:
        try:
            return _wrong(exercise, trials, wrong, ask)
        except Exception:  # a wrong answer stays one, whatever trips over it while it is explained
            return verdicts.unlike(exercise, wrong[0])
    return _unsteady(exercise, trials[0], ask) or _right(exercise, trials)


def _numbers(trials: list[Trial]) -> list[Trial]:
    """Where one number is asked for in every case, an array that holds one is that number."""
    if any(not isinstance(t.expected, np.ndarray) or t.expected.ndim for t in trials):
        return trials
    return [replace(t, got=_number(t.got)) for t in trials]


def _number(value: Value | None) -> Value | None:
    one = value is not None and isinstance(value.data, np.ndarray) and value.data.size == 1
    if not one or not value.data.ndim:
        return value
    return Value("one-entry array", value.data.reshape(()), value.type_name)


def _right(exercise: Exercise, trials: list[Trial]) -> Report:
    found = [notes.form_note(exercise, trials), notes.kink_note(exercise, trials)]
    found = [note for note in found if note]
    full = {"points": exercise.points, "out_of": exercise.points, "section": exercise.section}
    if found:
        lines = tuple(("Note", words) for _, words in found)
        return Report(exercise.name, NOTED, kind=found[0][0], lines=lines, **full)
    count = len(trials)
    words = f"Every entry agrees in all {count} cases." if count > 1 else "It agrees."
    return Report(exercise.name, RIGHT, lines=(("", words),), **full)


def _unsteady(exercise: Exercise, first: Trial, ask: Ask) -> Report | None:
    """The same question once more: an answer that keeps state gives another result."""
    again = try_case(exercise, first.case, ask)
    again = _numbers([again])[0] if first.got.form == "one-entry array" else again
    if again.failure and again.failure.kind in verdicts.FATAL:
        return verdicts.limit(exercise, again)
    if again.got is not None and all(
        close(now, before, 1e-12)
        for (now, _), (before, _) in zip(arrays(again), arrays(first), strict=False)
    ):
        return None
    return verdicts.wrong(
        exercise,
        "state",
        "The same arguments gave two different results: your function keeps something from one "
        "call to the next, or draws random numbers.",
        check="call it twice with the same arrays and compare the two results.",
        mistake="state kept between calls",
    )


def _wrong(exercise: Exercise, trials: list[Trial], wrong: list[Trial], ask: Ask) -> Report:
    found = bank.known_mistake(exercise, trials)
    if not found and 2 * len(wrong) > len(trials) and any(t.case.trait == "" for t in wrong):
        found = bank.known_mistake(exercise, wrong)  # the same with some cases got right
    if found:
        shown = next((trial for trial in wrong if not trial.failure), wrong[0])
        return verdicts.known(exercise, *found, shown)
    kept = is_right(exercise, trials[0]) and _unsteady(exercise, trials[0], ask)
    if kept:
        return kept
    if any(trial.failure for trial in wrong):
        return verdicts.raised(exercise, trials, wrong)
    for trial in wrong:
        report = verdicts.type_trouble(exercise, trial, verdicts.only_for(trials, wrong))
        if report:
            return report
    expected = wrong[0].expected
    if isinstance(expected, str) or (not isinstance(expected, tuple) and expected.ndim == 0):
        return _single_value(exercise, trials, wrong, ask)
    return _wrong_arrays(exercise, trials, wrong, ask)


def _single_value(exercise: Exercise, trials: list[Trial], wrong: list[Trial], ask: Ask) -> Report:
    """A word or one number that is wrong. Where a word is asked about, by that word."""
    trial = wrong[0]
    got = plain(trial.got)
    word = _word(trial)
    alike = [t for t in trials if word and _word(t) == word]
    prefix = f"For {word!r}: " if word else ""
    known = bank.known_for_word(exercise, alike, [t for t in trials if _word(t) != word])
    if known:
        return verdicts.known(exercise, known, "", trial, prefix=prefix)
    if isinstance(trial.expected, str):
        return verdicts.another_word(exercise, trials, trial)
    every, parts = (
        [
            patterns.Part(t.expected, plain(t.got), t.named, exercise.dims)
            for t in group
            if not word or _word(t) == word
        ]
        for group in (trials, wrong)
    )
    if any(part.got.shape != () for part in parts):
        happened = f"You returned {verdicts.described(trial.got)}; one number was asked for."
        return verdicts.wrong(
            exercise, "shape", happened, check=verdicts.by_hand(exercise, trial), mistake="shape"
        )
    key, sentence = (
        patterns.one_number(every)
        or patterns.find(every, exercise.rtol)
        or patterns.of_numbers(parts)
        or patterns.digits_lost(parts)
        or differences.find(every, exercise.rtol)
        or compare.probe(exercise, trial.case, ask)
        or (None, f"For {trial.case.what} your number is not the right one.")
    )
    check = f"for {trial.case.what} the value is {verdicts.both(trial.expected, got)}."
    return verdicts.wrong(
        exercise, "values", (prefix if key else "") + sentence, mistake=key, check=check
    )


def _word(trial: Trial) -> str:
    """The word among the arguments: which of several questions is asked, or ''."""
    return next((arg for arg in trial.case.args if isinstance(arg, str)), "")


def _wrong_arrays(exercise: Exercise, trials: list[Trial], wrong: list[Trial], ask: Ask) -> Report:
    position = _first_wrong_part(exercise, wrong)
    order = patterns.order_of_parts([arrays(trial) for trial in trials], exercise)
    if order:
        return verdicts.other_order(exercise, order, wrong[0])
    known = bank.known_in_part(exercise, trials, position) if exercise.parts else None
    if known:
        return verdicts.known(exercise, known[0], exercise.parts[position], wrong[0], known[1])
    prefix = f"In {exercise.parts[position]}: " if exercise.parts else ""
    parts = [_part(exercise, trial, position) for trial in trials]
    wrong_parts = [_part(exercise, trial, position) for trial in wrong]
    found = None
    # For an entry rule, rules.index_rule says more than an altered argument, and is quicker.
    call = None if exercise.grid else _caller(exercise, position)
    if not any(trial.case.trait == "" and is_right(exercise, trial) for trial in trials):
        found = (
            patterns.one_array(parts)
            or _relation(exercise, parts, call)
            or bank.mistake_and_more(exercise, trials, parts, position)
            or (sums.find(parts, exercise.rtol) if call else None)
            or differences.find(parts, exercise.rtol)
        )
    found = found or patterns.cut_off(parts) or patterns.digits_lost(wrong_parts)
    misshapen = next((p for p in wrong_parts if p.got.shape != p.expected.shape), None)
    if misshapen and not found and len(wrong) < len(trials):
        found = patterns.find(wrong_parts, exercise.rtol, call)
        found = found and (found[0], _there(trials, wrong, found[1]))
    if found:
        kind = "shape" if misshapen else "values"
        check = verdicts.by_hand(exercise, wrong[0])
        return verdicts.wrong(exercise, kind, prefix + found[1], check=check, mistake=found[0])
    if misshapen:
        return _shape(exercise, trials, wrong, misshapen, prefix)
    bad = next((n for n, p in enumerate(wrong_parts) if not np.isfinite(p.got).all()), None)
    if bad is not None:
        return _not_finite(exercise, wrong_parts[bad], wrong[bad].case.what, prefix)
    return _entries(exercise, trials, wrong, parts, wrong_parts, prefix, ask, call)


def _there(trials: list[Trial], wrong: list[Trial], sentence: str) -> str:
    """What was found in the wrong cases only, said of these."""
    count = f"{len(wrong)} of {len(trials)} cases are" if len(wrong) > 1 else "One case is"
    return f"{count} wrong, the others are right. There, {sentence[0].lower()}{sentence[1:]}"


# Relations that say less than the rule that a Jacobian follows, where there is one.
WEAK = ("same slice repeated", "sum repeated", "running sum", "not cleared", "one array for all")


def _relation(exercise: Exercise, parts: list[patterns.Part], call) -> tuple[str, str] | None:
    found = patterns.find(parts, exercise.rtol, call)
    weak = (*WEAK, "partly filled", "one entry only") if exercise.grid else WEAK
    if not found or found[0] not in weak:
        return found
    names = compare.index_names(exercise, parts[0].expected.ndim)
    rule = rules.index_rule(parts, names, exercise.rtol)
    return rule or rules.two_values(parts, names, exercise.rtol) or found


def _first_wrong_part(exercise: Exercise, wrong: list[Trial]) -> int:
    for trial in wrong:
        highs = kinks(trial)
        for number, ((got, low), high) in enumerate(zip(arrays(trial), highs, strict=False)):
            if not within(got, low, high, exercise.rtol):
                return number
    return 0


def _part(exercise: Exercise, trial: Trial, position: int) -> patterns.Part:
    got, expected = arrays(trial)[position]
    got = np.asarray(got)
    if got.dtype.kind == "c" and not np.any(got.imag):
        got = got.real
    free = None
    if (
        exercise.at_zero is not None
        and got.shape == np.shape(expected)
        and got.dtype.kind in "biuf"
    ):
        high = np.asarray(kinks(trial)[position])
        kink = errors(high, expected) > 0
        free = kink & (np.minimum(expected, high) <= got) & (got <= np.maximum(expected, high))
    return patterns.Part(expected, got, trial.named, exercise.dims, free)


def _caller(exercise: Exercise, position: int):
    """The right method as a function of named arguments, for patterns that alter one of them."""

    def call(named: dict) -> np.ndarray:
        args = tuple(named[name] for name in exercise.parameters if name in named)
        result = truth(exercise.reference, exercise, Case("", args))
        return result[position] if isinstance(result, tuple) else result

    return call


def _shape(exercise: Exercise, trials, wrong, part: patterns.Part, prefix: str) -> Report:
    sizes = patterns.letters_of(part.named, exercise.dims)
    got, wanted = part.got.shape, part.expected.shape
    letters = patterns.in_letters(got, sizes)
    shown = f"{got}" + (f", that is {letters}" if letters != str(got) else "")
    names = exercise.dims.get("", "")
    right = f"{wanted}" + (
        f", that is ({', '.join(names)})" if len(names) == len(wanted) > 0 else ""
    )
    return verdicts.wrong(
        exercise,
        "shape",
        f"{prefix}Your result has shape {shown}; {right} was expected. {patterns.what_shape(part)}".strip(),
        check=verdicts.only_for(trials, wrong)
        or "print the shape of each factor just before the `return`.",
        mistake="shape",
    )


def _not_finite(exercise: Exercise, part: patterns.Part, what: str, prefix: str) -> Report:
    index = tuple(map(int, np.argwhere(~np.isfinite(part.got))[0]))
    at_zero = [
        name
        for name, value in part.named.items()
        if isinstance(value, np.ndarray)
        and value.shape == part.got.shape
        and np.array_equal(value == 0, ~np.isfinite(part.got))
    ]
    why = (
        f"It happens exactly where {at_zero[0]} is 0."
        if at_zero
        else "Something was divided by 0, or grew beyond what a float holds."
    )
    place = f"[{', '.join(map(str, index))}]"
    return verdicts.wrong(
        exercise,
        "not finite",
        f"{prefix}On {what}, entry {place} of your result is {part.got[index]}. {why}",
        check=f"entry {place} should be {verdicts.number(part.expected[index])}. What stands in the arguments there?",
        mistake="not finite",
    )


def _entries(
    exercise: Exercise, trials, wrong, every: list[patterns.Part], parts, prefix: str, ask, call
) -> Report:
    """No relation holds for the whole array: say what can be said entry by entry.

    every: the part of all cases; parts: of the wrong ones.
    """
    names = compare.index_names(exercise, parts[0].expected.ndim)
    only = verdicts.only_for(trials, wrong)
    found, everywhere = inference.find(every, parts, names, exercise.rtol)
    if not everywhere and len(parts) < len(every):
        found = patterns.find(parts, exercise.rtol, call) or found
    key, sentence = found or (None, "")
    if not sentence and exercise.grid is None and wrong[0].case.then is None:
        key, sentence = compare.probe(exercise, wrong[0].case, ask) or (None, "")
    partly = bool(only)
    if sentence and (everywhere or any(trial.case.trait == "" for trial in wrong)):
        partly, only = False, ""  # where a general case is wrong, the sentence says more
    elif sentence and only:
        only, sentence = "", _there(trials, wrong, sentence)
    count = f"{_count(parts[0], exercise.rtol)} on {wrong[0].case.what}."
    happened = " ".join(words for words in (prefix + count, only, sentence) if words)
    return verdicts.wrong(
        exercise,
        "some cases" if partly else "values",
        happened,
        check=compare.walk(exercise, wrong[0], parts[0]) or verdicts.by_hand(exercise, wrong[0]),
        table=_table(parts[0], names, exercise.rtol),
        mistake=key,
    )


def _count(part: patterns.Part, rtol: float) -> str:
    mask = patterns.wrong_entries(part, rtol)
    verb = "is" if mask.sum() == 1 else "are"
    return f"{int(mask.sum())} of {mask.size} entries {verb} wrong"


def _table(part: patterns.Part, names: tuple[str, ...], rtol: float) -> Table:
    """The three worst entries."""
    gaps = errors(part.got, part.expected)
    rows = []
    for flat in np.argsort(-gaps, axis=None, kind="stable")[:3]:
        index = np.unravel_index(flat, gaps.shape)
        if gaps[index] > tolerance(part.expected, rtol):
            place = ", ".join(str(int(i)) for i in index)
            rows.append(
                (
                    f"[{place}]",
                    verdicts.number(part.got[index]),
                    verdicts.number(part.expected[index]),
                )
            )
    return Table((f"entry [{', '.join(names)}]", "yours", "true"), tuple(rows))


def _examine_data(exercise: Exercise, cases: list[Case], ask: Ask) -> Report:
    """The learner returns data; it is scored by what it tells apart, in the worst of the cases."""
    scores = []
    for case in cases:
        outcome = next(iter(ask([Call(case.args)])), None)
        failure = outcome.failure if outcome else None
        trial = Trial(case, {}, None, None, outcome.value if outcome else None, failure)
        if failure and failure.kind == "not started":
            return verdicts.not_started(exercise)
        if failure and failure.kind in verdicts.FATAL:
            return verdicts.limit(exercise, trial)
        if failure:
            return verdicts.raised(exercise, [trial], [trial])
        if outcome.value.form == "none":
            return verdicts.type_trouble(exercise, trial)
        scores.append(exercise.score(outcome.value, case))
    worst = min(scores, key=lambda score: score.share)
    if worst.share >= 1:
        full = {"points": exercise.points, "out_of": exercise.points, "section": exercise.section}
        return Report(exercise.name, RIGHT, lines=(("", worst.seen),), **full)
    points = round(worst.share * exercise.points, 2)
    return verdicts.wrong(
        exercise, "data", worst.seen, check=worst.missed, mistake=worst.mistake, points=points
    )

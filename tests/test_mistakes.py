"""The checker checked: every mistake fails and is named, every reference passes, on any seed."""

import ast
import inspect
import re
import textwrap

import numpy as np
import pytest

from course_utils.diagnosis import examine
from course_utils.diagnosis.bank import mistaken
from course_utils.diagnosis.trials import close, try_case
from course_utils.exercises import EXERCISES, GRADIENTS
from course_utils.report import NOTED, RIGHT, WRONG
from course_utils.values import run_calls

SEEDS = (2012, 1, 2)  # the notebook's own, and two that hand-in grading might draw
JUDGED = [exercise for exercise in EXERCISES.values() if exercise.score is None]
MISTAKES = [(exercise, mistake) for exercise in JUDGED for mistake in exercise.mistakes]
FORMULAS = ("dL_dY*(X>0)", "dL_dY@W.T", "X.T@dL_dY", "dL_dY.sum(0)", "dL_dY.sum(axis=0)")


def ask(function):
    def quietly(calls):
        with np.errstate(all="ignore"):
            return run_calls(function, calls)

    return quietly


def of(pair):
    exercise, mistake = pair
    return f"{exercise.name}-{mistake.key}"


@pytest.mark.parametrize("exercise", JUDGED, ids=lambda e: e.name)
def test_reference_is_right(exercise):
    for seed in SEEDS:
        report = examine(exercise, ask(exercise.reference), seed)
        assert report.status == RIGHT, report
        assert report.points == exercise.points > 0


@pytest.mark.parametrize("pair", MISTAKES, ids=of)
def test_mistake_fails_and_is_named(pair):
    exercise, mistake = pair
    for seed in SEEDS:
        report = examine(exercise, ask(mistake.function), seed)
        assert report.status == WRONG, f"{mistake.key} passes with seed {seed}"
        assert report.points == 0
        assert report.mistake == mistake.key or report.mistake in mistake.same_as, report


@pytest.mark.parametrize("pair", MISTAKES, ids=of)
def test_message_is_short_true_and_keeps_the_answer(pair):
    exercise, mistake = pair
    message = examine(exercise, ask(mistake.function), SEEDS[0]).message
    assert len(message.split()) < 90, f"{len(message.split())} words: {message}"
    assert "Check by hand: " in message, "nothing in it can be verified by hand"
    assert f'hint("{exercise.name}")' in message and f"“{exercise.section}”" in message
    assert not formulas_in(message, exercise)


def formulas_in(message, exercise):
    """Formulas that answer the exercise (more than a bare name) and stand in the message."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(exercise.reference)))
    own = [ast.unparse(node.value) for node in ast.walk(tree) if isinstance(node, ast.Return)]
    squeezed, formulas = squeeze(message), map(squeeze, (*FORMULAS, *own))
    return [f for f in formulas if not f.isidentifier() and f in squeezed]


def squeeze(text):
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("exercise", JUDGED, ids=lambda e: e.name)
def test_twins_are_declared_both_ways(exercise):
    by_key = {mistake.key: mistake for mistake in exercise.mistakes}
    assert len(by_key) == len(exercise.mistakes), "two mistakes have one key"
    for mistake in exercise.mistakes:
        for twin in mistake.same_as:
            assert mistake.key in by_key[twin].same_as, f"{mistake.key} and {twin}"


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=lambda e: e.name)
def test_exercise_is_whole(exercise):
    assert len(exercise.hints) >= 2 and all(exercise.hints)
    assert exercise.derivation
    assert exercise.gradient is None or exercise.gradient in GRADIENTS
    assert exercise.score or len(exercise.mistakes) >= 2
    cases = exercise.cases(np.random.default_rng(0))
    upstreams = [
        value
        for case in cases
        for name, value in zip(exercise.parameters, case.args, strict=False)
        if name == "dL_dY" and isinstance(value, np.ndarray)
    ]
    assert not any(np.all(u == u.ravel()[0]) for u in upstreams if u.size > 1), (
        "an upstream of ones"
    )


def told_apart(exercise, case, mistake):
    """Whether one case alone tells a mistake from the right answer."""
    right = try_case(exercise, case, ask(exercise.reference)).expected
    value, error = mistaken(exercise, mistake, case)
    return error is not None or not close(value, right, exercise.rtol)


def test_all_cases_together_let_no_mistake_through(capsys):
    """A lesson in choosing cases: each alone lets some mistakes through, all together none."""
    through, lines = [], []
    for exercise in JUDGED:
        cases = exercise.cases(np.random.default_rng(SEEDS[0]))
        missed = [
            {m.key for m in exercise.mistakes if not told_apart(exercise, case, m)}
            for case in cases
        ]
        through += [(exercise.name, key) for key in set.intersection(*missed)]
        lines += [
            f"{exercise.name:<28} {case.what:<44.44} lets {len(keys):>2} of {len(exercise.mistakes)} through"
            for case, keys in zip(cases, missed, strict=True)
        ]
    with capsys.disabled():
        print("\n" + "\n".join(lines))
    assert not through


def test_ones_and_a_single_row_are_poor_cases():
    """What the course says of choosing data: some mistakes hide behind ones and behind one row."""
    exercise = EXERCISES["relu_backward"]
    cases = exercise.cases(np.random.default_rng(0))
    row = next(case for case in cases if case.trait == "one row")
    hidden = [m.key for m in exercise.mistakes if not told_apart(exercise, row, m)]
    assert "averaged over the batch" in hidden
    batch = cases[0]
    ones = type(batch)(batch.what, (np.ones_like(batch.args[0]), batch.args[1]))
    hidden = [m.key for m in exercise.mistakes if not told_apart(exercise, ones, m)]
    assert "no upstream" in hidden


def test_right_answers_may_take_any_subgradient():
    exercise = EXERCISES["relu_backward"]
    for at_zero in (0.25, 0.5, 1.0):
        report = examine(
            exercise, ask(lambda dL_dY, X, c=at_zero: exercise.at_zero(dL_dY, X, at_zero=c))
        )
        assert report.status == NOTED and report.kind == "convention"
        assert f"{at_zero:.3g}" in report.message
    for outside in (-0.1, 1.1):
        report = examine(
            exercise, ask(lambda dL_dY, X, c=outside: exercise.at_zero(dL_dY, X, at_zero=c))
        )
        assert report.status == WRONG

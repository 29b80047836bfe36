"""Each kind of verdict, on answers that no bank of mistakes holds."""

import numpy as np
import pytest

from course_utils.diagnosis import examine
from course_utils.exercises import EXERCISES
from course_utils.report import NOT_STARTED, WRONG
from course_utils.values import Failure, Outcome, run_calls


def verdict(name, function, **more):
    def ask(calls):
        with np.errstate(all="ignore"):
            return run_calls(function, calls)

    return examine(EXERCISES[name], ask, 2012, **more)


def blank(dL_dY, X):
    raise NotImplementedError


def test_blank_is_not_started():
    report = verdict("relu_backward", blank)
    assert report.status == NOT_STARTED and report.points == 0 and report.mistake is None


def misspelt(dL_dY, X):
    return dL_dY * (x > 0)  # noqa: F821


def test_exception_shows_the_line_and_what_it_means():
    report = verdict("relu_backward", misspelt)
    assert report.kind == "error" and report.mistake == "NameError"
    assert "return dL_dY * (x > 0)" in report.message
    assert "The parameter is called `X`" in report.message


# (what is wrong, exercise, answer, kind, words that the message must have)
KINDS = [
    ("nothing returned", "relu", lambda X: None, "none", "no `return`"),
    ("a word", "relu", lambda X: "ReLU", "type", "a str"),
    ("a function", "relu", lambda X: np.maximum, "type", "round brackets"),
    ("an array for an entry", "relu_entry", lambda X, k, l, i, j: X, "type", "one number"),
    ("a dict", "relu", lambda X: {"Y": X}, "type", "a dict"),
    ("in place", "relu", lambda X: np.maximum(X, 0, out=X), "input", "changed X"),
    ("half an array", "relu", lambda X: np.maximum(X, 0)[:, :-1], "shape", "missing"),
    ("an axis kept", "relu", lambda X: np.maximum(X, 0)[None], "shape", "extra axis"),
    ("unlike any", "relu", lambda X: np.ones((2, 7)), "shape", "(2, 7)"),
    ("nan", "relu", lambda X: np.maximum(X, 0) / X * X, "not finite", "exactly where X is 0"),
    ("inf", "relu", lambda X: np.where(X > 1.5, np.inf, X), "not finite", "inf"),
    ("transposed", "relu", lambda X: np.maximum(X, 0).T, "shape", "transposed"),
    ("halved", "relu", lambda X: np.maximum(X, 0) / 2, "values", "divided by 2"),
    ("over N", "relu", lambda X: np.maximum(X, 0) / len(X), "values", "divided by N"),
    ("minus", "relu", lambda X: np.minimum(-X, 0), "values", "minus the right one"),
    ("truncated", "relu", lambda X: np.maximum(X, 0).astype(int), "values", "whole numbers"),
    ("rounded", "relu", lambda X: np.maximum(X, 0).round(2), "values", "2 decimals"),
    (
        "float16",
        "relu_backward",
        lambda g, X: (g * (X > 0)).astype("f2") * 1.0001,
        "values",
        "nearly",
    ),
    (
        "float32 differences",
        "central_difference",
        lambda f, x, h: (np.float32(f(x + h)) - np.float32(f(x - h))) / np.float32(2 * h),
        "values",
        "float32",
    ),
    ("first row", "relu", lambda X: np.maximum(X, 0)[0], "shape", "first"),
    (
        "permuted",
        "relu_jacobian",
        lambda X: EXERCISES["relu_jacobian"].reference(X).transpose(0, 2, 1, 3),
        "shape",
        "transpose(0, 2, 1, 3)",
    ),
    (
        "a rule of its own",
        "relu_entry",
        lambda X, k, l, i, j: float(k <= i and l <= j and X[i, j] > 0),
        "values",
        "k ≤ i and l ≤ j and X[i, j] > 0",
    ),
    (
        "region by region",
        "relu_backward",
        lambda g, X: np.where(X > 0, g, X),
        "values",
        "Where X is negative, your result is X itself",
    ),
    ("wrong mask", "relu_backward", lambda g, X: g * (X > 0.5), "values", "above a number between"),
    ("clipped", "relu_backward", lambda g, X: g.clip(-1, 1) * (X > 0), "values", "range from -1"),
    (
        "only one row wrong",
        "relu_backward",
        lambda g, X: g * (X > 0) * (2 if len(X) == 1 else 1),
        "some cases",
        "the others are right",
    ),
    (
        "only at zeros",
        "relu_backward",
        lambda g, X: g * np.where(X == 0, 2, X > 0),
        "some cases",
        "X is exactly 0",
    ),
    (
        "not linear",
        "relu_backward",
        lambda g, X: np.sin(g) * np.cos(X),
        "values",
        "the true result",
    ),
]


@pytest.mark.parametrize(
    ("name", "function", "kind", "words"), [case[1:] for case in KINDS], ids=[c[0] for c in KINDS]
)
def test_kind_and_words(name, function, kind, words):
    report = verdict(name, function)
    assert report.status == WRONG
    assert report.kind == kind, report
    assert words in report.message, report
    assert len(report.message.split()) < 110


def test_random_or_stateful_answers_are_found():
    calls = []

    def stateful(X):
        calls.append(1)
        return np.maximum(X, 0) + (len(calls) > 6)

    report = verdict("relu", stateful)
    assert report.kind == "state"


def test_limits_are_said_in_words():
    for kind, words in (("time", "did not finish"), ("memory", "memory"), ("lost", "No result")):
        report = examine(EXERCISES["relu"], lambda calls, k=kind: [Outcome(failure=Failure(k))])
        assert report.status == WRONG and report.kind == "limit" and words in report.message


def test_an_ask_that_returns_nothing_is_no_verdict_of_right():
    assert examine(EXERCISES["relu"], lambda calls: []).status == WRONG


def right(name):
    return lambda calls: run_calls(EXERCISES[name].reference, calls)


def test_the_learners_own_faces_judge_each_other():
    wrong = EXERCISES["relu_backward"].mistakes[0].function
    siblings = {"relu_entry": right("relu_entry"), "relu_jacobian": right("relu_jacobian")}
    report = verdict("relu_backward", wrong, siblings=siblings)
    assert "the condensed line is where they part" in report.message

    doubled = EXERCISES["relu_jacobian"].reference
    siblings = {"relu_jacobian": lambda calls: run_calls(lambda X: 2 * doubled(X), calls)}
    report = verdict("relu_backward", lambda g, X: 2 * g * (X > 0), siblings=siblings)
    assert "follows your `relu_jacobian` faithfully" in report.message

    report = verdict(
        "relu_jacobian", lambda X: 2 * doubled(X), siblings={"relu_entry": right("relu_entry")}
    )
    assert "the array does not follow it" in report.message

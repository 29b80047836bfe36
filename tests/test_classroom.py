"""check, hint, reveal, swap, progress: what a learner types, and what comes back."""

import json
import time
import warnings

import numpy as np
import pytest

from course_utils import check, hint, progress, record, reveal, swap, yours_or_ours
from course_utils.exercises import EXERCISES, NOTEBOOKS


@pytest.fixture(autouse=True)
def own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_UTILS_DATA", str(tmp_path))
    return tmp_path


def relu_backward(dL_dY, X):
    return dL_dY * (X > 0)


def relu_entry(X, k, l, i, j):
    return float(k == i and l == j and X[i, j] > 0)


def relu_jacobian(X):
    return np.diag((X > 0).ravel() * 1.0).reshape(X.shape + X.shape)


def test_check_right():
    report = check(relu_backward)
    assert (report.status, report.points, report.out_of) == ("right", 2, 2)
    assert report.mistake is None and report.message


def test_check_finds_a_lambda_by_its_name_in_the_notebook():
    namespace = {"check": check, "np": np}
    exec("relu = lambda X: np.maximum(X, 0)\nreport = check(relu)", namespace)
    assert namespace["report"].status == "right"


def test_check_names_the_exercise_when_told():
    def mine(X):
        return np.maximum(X, 0)

    assert check(mine, "relu").status == "right"


@pytest.mark.parametrize(
    ("thing", "words"),
    [
        ("relu_backward", "without quotes"),
        (np.ones(3), "takes a function"),
        (None, "takes a function"),
        (print, "No exercise is called `print`"),
    ],
)
def test_check_of_something_else_is_one_sentence(thing, words):
    report = check(thing)
    assert words in report.message and report.out_of == 0


def test_check_suggests_the_nearest_name():
    def relu_backwrd(dL_dY, X):
        return dL_dY

    assert "Did you mean `relu_backward`?" in check(relu_backwrd).message


def test_check_of_wrong_parameters():
    namespace = {"check": check}
    exec("def relu_backward(X): return X\nfew = check(relu_backward)", namespace)
    assert "takes 1 parameter" in namespace["few"].message
    exec("def relu_backward(X, dL_dY): return X\nturned = check(relu_backward)", namespace)
    assert "another order" in namespace["turned"].message
    assert namespace["few"].kind == namespace["turned"].kind == "signature"


def test_an_answer_that_loops_prints_or_exits_does_not_take_the_notebook_with_it(
    monkeypatch, capsys
):
    monkeypatch.setattr("course_utils.classroom.ask_here", quick_ask)
    bodies = {
        "while True: pass": "time",
        "while True:\n  try: pass\n  except: pass": "time",
        "import time; time.sleep(60)": "time",
        "exit()": "exit",
        "import sys; sys.exit(3)": "exit",
        "raise KeyboardInterrupt": "exit",
    }
    for body, limit in bodies.items():
        namespace = {"check": check}
        indented = body.replace("\n", "\n ")
        start = time.perf_counter()
        exec(f"def relu(X):\n {indented}\nreport = check(relu)", namespace)
        assert namespace["report"].mistake == f"limit: {limit}", body
        assert time.perf_counter() - start < 30  # a hang, not a speed: the loop alone would not end
    exec("def relu(X):\n print('x' * 1_000_000)\n return X\nreport = check(relu)", namespace)
    assert namespace["report"].status == "wrong"
    assert len(capsys.readouterr().out) < 10_000


def quick_ask(function, printed=None, seconds=0.2):
    from course_utils.sitting import ask_here

    return ask_here(function, printed, min(seconds, 0.2))


def test_hints_grow_and_end():
    first, second = hint("relu_backward"), hint(relu_backward)
    assert "Hint 1 of 3" in repr(first) and "Hint 2 of 3" in repr(second)
    assert "last one" in repr(hint("relu_backward"))
    assert "Hint 3 of 3" in repr(hint("relu_backward"))
    assert "Did you mean 'relu_backward'?" in repr(hint("relu_backwards"))


def test_reveal_after_an_honest_attempt_only():
    assert "Not yet" in repr(reveal("relu_backward"))
    check(lambda dL_dY, X: dL_dY, "relu_backward")
    shown = repr(reveal("relu_backward"))
    assert "def relu_backward" in shown and EXERCISES["relu_backward"].derivation in shown
    assert record.read()["relu_backward"].revealed


def blank(dL_dY, X):
    raise NotImplementedError


def test_a_blank_answer_is_no_attempt():
    check(blank, "relu_backward")
    assert "Not yet" in repr(reveal("relu_backward"))


def test_progress_shows_every_notebook_and_forgets_on_request():
    check(relu_backward)
    check(relu_entry)
    hint("relu_entry")
    shown = repr(progress())
    assert all(notebook in shown for notebook in NOTEBOOKS)
    assert "hints 1" in shown and "2 of" in shown.splitlines()[0]
    assert "1 of" in repr(progress(reset="relu_entry")).splitlines()[0]
    assert "0 of" in repr(progress(reset=True)).splitlines()[0]


def test_a_demonstration_is_not_recorded(own_record):
    check(relu_backward, record=False)
    assert not list(own_record.iterdir())


def test_under_nbgrader_a_report_reads_as_its_points(monkeypatch, own_record):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert float(repr(check(relu_backward))) == 2
    assert float(repr(check(lambda dL_dY, X: X, "relu_backward"))) == 0
    assert not list(own_record.iterdir())


def test_yours_or_ours(capsys):
    assert yours_or_ours(relu_backward) is relu_backward
    namespace = {"yours_or_ours": yours_or_ours}
    exec("def relu(X): raise NotImplementedError\nused = yours_or_ours(relu)", namespace)
    assert namespace["used"] is EXERCISES["relu"].reference
    assert "until yours is there" in capsys.readouterr().out
    exec(
        "def relu(X): return [[max(v, 0) for v in r] for r in X]\nused = yours_or_ours(relu)",
        namespace,
    )
    assert namespace["used"] is EXERCISES["relu"].reference
    assert "in another form" in capsys.readouterr().out


def test_swap_holds_all_faces_together():
    found = swap(relu_entry, relu_jacobian, relu_backward)
    assert found.holds and "Nothing was lost" in repr(found) and "bytes" in repr(found)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ("relu_entry", "rule stands alone"),
        ("relu_jacobian", "full array stands alone"),
        ("relu_backward", "condensed map stands alone"),
    ],
)
def test_swap_names_the_broken_edge(broken, words):
    namespace = {
        "swap": swap,
        "relu_entry": relu_entry,
        "relu_jacobian": relu_jacobian,
        "relu_backward": relu_backward,
        "right": EXERCISES[broken].reference,
    }
    exec(f"def {broken}(*args): return 2 * right(*args)", namespace)
    exec("found = swap(relu_entry, relu_jacobian, relu_backward)", namespace)
    assert not namespace["found"].holds
    assert words in repr(namespace["found"]) and "The broken edge" in repr(namespace["found"])


def test_swap_falls_back_on_the_course_and_says_so():
    namespace = {"swap": swap, "relu_jacobian": relu_jacobian, "relu_backward": relu_backward}
    exec("def relu_entry(X, k, l, i, j): raise NotImplementedError", namespace)
    exec("found = swap(relu_entry, relu_jacobian, relu_backward)", namespace)
    assert namespace["found"].holds and "relu_entry is not written yet" in repr(namespace["found"])


@pytest.mark.parametrize(
    "functions",
    [(), (EXERCISES["relu"].reference,), (EXERCISES["relu"].reference, relu_backward), (3,)],
)
def test_swap_of_unlike_things_says_what_it_takes(functions):
    assert "swap" in repr(swap(*functions))


def test_calls_without_a_name_are_answered_in_words():
    assert "takes a function" in check().message
    assert "in quotes" in repr(hint()) and "in quotes" in repr(reveal())
    assert "No exercise" in repr(progress(reset="relo"))


def test_record_of_a_check_is_one_small_readable_file(own_record):
    check(relu_backward)
    assert [path.name for path in own_record.iterdir()] == ["progress.json"]
    stored = json.loads((own_record / "progress.json").read_text(encoding="utf-8"))
    assert stored["exercises"]["relu_backward"]["status"] == "right"


def test_a_check_inside_the_answer_says_so():
    def relu(X):
        check(relu)
        return np.maximum(X, 0)

    report = check(relu)
    assert report.status == "wrong" and "out of the indentation" in report.message


def test_a_class_a_coroutine_and_two_functions_are_refused_in_one_sentence():
    class relu:
        pass

    async def relu_backward(dL_dY, X):
        return dL_dY * (X > 0)

    assert "class" in check(relu).message
    assert "async" in check(relu_backward).message
    assert "one function" in check(relu_backward, relu_backward).message
    assert "None" in check().message


def test_what_was_done_to_numpy_and_warnings_is_no_traceback(monkeypatch):
    def relu_backward(dL_dY, X):
        return dL_dY * (X / X > 0) * (X > 0)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert check(relu_backward).status == "right"
    with monkeypatch.context() as context:
        context.setattr(np, "abs", None)
        report = check(relu_backward)
    assert report.status == "not gradable" and "Restart the kernel" in report.message
    assert record.read()["relu_backward"].tries == 1


def test_input_is_answered_by_nobody_and_half_characters_can_be_shown(capsys):
    def relu(X):
        return input("X?")

    report = check(relu)
    assert report.status == "wrong" and "asks nobody" in report.message

    def relu(X):
        print("half an emoji: \ud83d")
        raise ValueError("\ud83d")

    assert "ValueError" in check(relu).message.encode("utf-8").decode("utf-8")
    assert "half an emoji" in capsys.readouterr().out.encode("utf-8").decode("utf-8")

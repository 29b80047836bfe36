"""Answers and cells that mean harm, or do some: no point that is not earned, no harm to others."""

from __future__ import annotations

import json
import sys
from dataclasses import replace

import pytest
from submissions import BLANK, QUICK, RIGHT, SETUP, hand_in, notebook, solved

from course_utils.grading import Options, answers, grade_submission, reader, sandbox
from course_utils.grading.session import Session

pytestmark = pytest.mark.skipif(bool(sandbox.why_not()), reason=sandbox.why_not() or "works")

DEF = "def relu_backward(dL_dY, X):\n"
GOOD = "    return dL_dY * (X > 0)\n"
BAD = "    return dL_dY\n"
# Writes to whatever pipe it finds, and then answers.
EACH_PIPE = """\
    import json, os, struct, time
    for fd in range(3, 12):
        try:
            {0}
        except OSError:
            pass
"""
FORGED = (
    'h = json.dumps({"outcomes": [[["v", "array", ["a", "<f8", [4, 3]], "x"], None, ["t", []]]],'
    ' "status": "right", "points": 2, "id": 9}).encode(); '
    'os.write(fd, struct.pack(">II", len(h), 96) + h + bytes(96))'
)


def grade(tmp_path, content, names=("relu_backward", "relu"), **limits) -> list:
    path = hand_in(tmp_path, "eve", content)
    options = Options(seed=1, limits=replace(QUICK, **limits))
    return grade_submission(str(path), list(names), learner="eve", options=options)


def body(*lines: str) -> str:
    return DEF + "".join(f"    {line}\n" for line in lines)


# What an answer does -> which limit stopped it. Each takes the answer with it and nothing else.
STOPPED = {
    "an endless loop": (body("while True: pass"), "time"),
    "a loop that catches all": (
        body("while True:", "    try:", "        while True: pass", "    except: pass"),
        "time",
    ),
    "a sleep that nothing wakes": (
        body("import signal, time", "signal.signal(14, signal.SIG_IGN)", "time.sleep(10**6)"),
        "time",
    ),
    "a loop in C": (body("import re", "re.match(r'(a+)+$', 'a' * 50 + 'b')"), "time"),
    "a loop that ignores every signal": (
        body("import signal", "for n in (14, 24): signal.signal(n, 1)", "while True: pass"),
        "time",
    ),
    "a process that stops itself": (
        body("import os, signal", "os.kill(os.getpid(), signal.SIGSTOP)"),
        "time",
    ),
    "a loop where the result is read": (
        body(
            "class A:",
            "    def __array__(self, *a, **k):",
            "        while True: pass",
            "return A()",
        ),
        "time",
    ),
    "too much memory at once": (body("return np.ones((10**5, 10**5))"), "memory"),
    "many lines of output": (body("while True: print('all work and no play')"), "output"),
    "one endless line": (body("import sys", "while True: sys.stdout.write('x' * 9999)"), "output"),
    "output past Python": (body("import os", "while True: os.write(2, b'x' * 9999)"), "output"),
    "os._exit(0)": (body("import os", "os._exit(0)"), "exit"),
    "os._exit(70)": (body("import os", "os._exit(70)"), "lost"),
    "sys.exit": (body("import sys", "sys.exit()"), "exit"),
    "exit()": (body("exit()"), "exit"),
    "SIGKILL to itself": (body("import os", "os.kill(os.getpid(), 9)"), "crash"),
    "SIGKILL to its group": (body("import os", "os.killpg(0, 9)"), "crash"),
    "SIGKILL to its parent": (
        body("import os", "os.kill(os.getppid(), 9)", "while True: pass"),
        "crash",
    ),
    "SIGKILL to everybody": (body("import os", "os.kill(-1, 9)", "return dL_dY"), "crash"),
    "a crash": (body("import ctypes", "ctypes.string_at(0)"), "crash"),
    "an abort": (body("import os", "os.abort()"), "crash"),
    "no bytes, and an endless shape": (body("return np.zeros((0, 10**9))"), "size"),
    "a large array": (body("return np.ones(10**7, np.int8)"), "size"),
    "10 GB by strides": (body("return np.broadcast_to(1.0, (10**5, 10**5))"), "size"),
    "a list in itself": (body("a = []", "a.append(a)", "return a"), "size"),
    "a list that lies": (
        body("class L(list):", "    def __len__(self): return 10**12", "return L()"),
        "size",
    ),
    "its pipes closed": (body("import os", "os.closerange(0, 99)", "return dL_dY"), "lost"),
    "a header that lies": (
        DEF + EACH_PIPE.format('os.write(fd, struct.pack(">II", 2**31, 2**31))') + BAD,
        "lost",
    ),
    "frames that never end": (
        DEF + EACH_PIPE.format('os.write(fd, b"\\0\\x1f\\0\\0\\0\\0\\0\\0{"); time.sleep(9)') + BAD,
        "time",
    ),
    "frames too often": (
        DEF
        + EACH_PIPE.format("[os.write(fd, struct.pack('>II', 2, 0) + b'{}') for _ in range(9999)]")
        + BAD,
        "lost",
    ),
    "one byte at a time": (
        DEF
        + EACH_PIPE.format('[(os.write(fd, b"\\0"), time.sleep(0.1)) for _ in range(999)]')
        + BAD,
        "lost",
    ),
    "the requests of others": (
        DEF + EACH_PIPE.format("signal = [os.read(fd, 99) for _ in range(9)]") + BAD,
        "time",
    ),
    "patched builtins": (
        body("import builtins", "builtins.isinstance = lambda *a: True", "return dL_dY"),
        "lost",
    ),
    "a patched wire": (
        body("import wire", "wire.frame = lambda h, c=(): b'x'", "return 1"),
        "time",
    ),
    "a patched json": (body("import json", "json.dumps = None", "return dL_dY"), "lost"),
}


@pytest.mark.parametrize("kind", STOPPED)
def test_what_goes_over_a_limit_stops_alone(tmp_path, kind):
    source, limit = STOPPED[kind]
    hurt, other = grade(tmp_path, solved(relu_backward=source))
    assert (hurt.status, hurt.points, hurt.mistake) == ("wrong", 0, f"limit: {limit}"), hurt.message
    assert (other.status, other.points) == ("right", 1), other.message


@pytest.mark.parametrize(
    "lines",
    [
        ("while True: os.fork()",),
        ("while True:", "    try: os.fork()", "    except OSError: pass"),
        ("while True:", "    try: os.fork() or os.setsid()", "    except OSError: pass"),
    ],
)
def test_a_fork_bomb_is_bounded(tmp_path, lines):
    """By the number of processes, by what they hold together, or by the time: never by luck."""
    import psutil

    before = len(psutil.pids())
    hurt, other = grade(tmp_path, solved(relu_backward=body("import os", *lines)))
    assert (hurt.status, hurt.points, other.status) == ("wrong", 0, "right")
    assert hurt.kind in ("limit", "error")
    assert len(psutil.pids()) < before + 20


def test_a_stack_overflow(tmp_path):
    """A crash, or a RecursionError where Python counts its C stack as well."""
    deep = body(
        "import sys",
        "sys.setrecursionlimit(10**9)",
        "class A:",
        "    def __add__(self, other): return self + other",
        "return A() + A()",
    )
    hurt, other = grade(tmp_path, solved(relu_backward=deep))
    assert hurt.mistake in ("limit: crash", "RecursionError") and other.status == "right"


def test_a_memory_bomb_that_grows(tmp_path):
    bomb = body("a = []", "while True: a.append(np.ones(10**6))")
    hurt, other = grade(tmp_path, solved(relu_backward=bomb), answer=10)
    assert hurt.mistake == "limit: memory" and other.status == "right"


def test_the_memory_of_all_its_processes_counts(tmp_path):
    bomb = body(
        "import os", "for _ in range(4): os.fork()", "a = np.ones(10**7)", "while True: pass"
    )
    hurt, other = grade(tmp_path, solved(relu_backward=bomb), answer=20, together=600 * 2**20)
    assert hurt.mistake == "limit: memory" and other.status == "right"


def test_memory_that_grows_beside_quick_replies_counts(tmp_path):
    """No request is late, so nobody would look, and a process left behind takes the machine."""
    grows = (
        "import os, time\nif os.fork() == 0:\n    a = []\n    while True:\n"
        "        a.append(np.ones(10**6))\n        time.sleep(0.02)"
    )
    waits = ["import time\ntime.sleep(0.1)"] * 40
    content = notebook(SETUP, grows, *waits, *RIGHT.values())
    path = hand_in(tmp_path, "eve", content)
    options = Options(limits=replace(QUICK, together=250 * 2**20, cells=20))
    steps = answers.plan(reader.read(path), answers.find(reader.read(path), ["relu"]))
    with Session(steps, options) as session:
        assert session.about("relu")[0]
        assert "memory" in {lost.kind for lost in session.deaths.values()}


def test_what_processes_share_is_counted_once(tmp_path):
    """A pool of processes holds what it was forked from, once."""
    pool = "A = np.ones(2 * 10**7)\n" + body(
        "import os, time",
        "for _ in range(8):",
        "    if os.fork() == 0: time.sleep(60)",
        "time.sleep(1)",
        GOOD.strip(),
    )
    answer, _ = grade(tmp_path, solved(relu_backward=pool), together=600 * 2**20, answer=10)
    assert answer.status == "right", answer.message


def test_time_is_what_an_answer_uses_and_not_what_others_take(tmp_path):
    """Where it waits for a processor, or sleeps, it may take `patience` times as long."""
    waits = body("import time", "time.sleep(0.3)", GOOD.strip())
    answer, other = grade(tmp_path, solved(relu_backward=waits), answer=2.2, patience=20)
    assert (answer.status, other.status) == ("right", "right"), answer.message
    spins = body("import time", "while time.process_time() < 99: pass")
    answer, _ = grade(tmp_path, solved(relu_backward=spins), answer=1, patience=20)
    assert answer.mistake == "limit: time" and "Line 3" in answer.message


def test_the_time_for_all_of_a_submission_ends(tmp_path):
    kills = {name: f"import os\ndef {name}(*a):\n    os.kill(-1, 9)" for name in RIGHT}
    records = grade(tmp_path, solved(**kills), list(RIGHT), total=0.5)
    assert {record.points for record in records} <= {0, None}
    assert records[-1].status == "not gradable" and "all of it may take" in records[-1].message


# What is wrong stays wrong
CHEATS = {
    "numpy's comparisons": body("np.allclose = np.array_equal = lambda *a, **k: True", BAD.strip()),
    "numpy's assertions": body("np.testing.assert_allclose = lambda *a, **k: None", BAD.strip()),
    "numpy itself": body(
        "np.array = np.asarray = lambda *a, **k: np.zeros(X.shape)", "return dL_dY"
    ),
    "an array that equals everything": body(
        "class A(np.ndarray):",
        "    def __eq__(self, other): return True",
        "    def __array_ufunc__(self, *a, **k): return np.zeros(())",
        "    def __array_function__(self, *a, **k): return True",
        "return dL_dY.view(A)",
    ),
    "the values module": body(
        "import values",
        "values.close = values.examine = lambda *a: True",
        "return 'right'",
    ),
    "the caller's frames": body(
        "import sys",
        "frame = sys._getframe()",
        "while frame:",
        "    for value in frame.f_locals.values():",
        "        for name in ('expected', 'truth', 'reference'):",
        "            if hasattr(value, name): return getattr(value, name)",
        "    frame = frame.f_back",
        BAD.strip(),
    ),
    "everything in memory": body(
        "import gc",
        "for f in gc.get_objects():",
        "    if callable(f) and getattr(f, '__name__', '') in ('reference', 'relu_backward'):",
        "        if f is not relu_backward: return f(dL_dY, X)",
        BAD.strip(),
    ),
    "the course": body("from course_utils.layers import relu_backward as f", "return f(dL_dY, X)"),
    "the registry": body(
        "from course_utils.exercises import EXERCISES",
        "return EXERCISES['relu_backward'].reference(dL_dY, X)",
    ),
    "the course, past its stand-in": body(
        "import sys",
        "sys.meta_path[:] = [f for f in sys.meta_path if type(f).__name__ != 'Finder']",
        "[sys.modules.pop(name) for name in list(sys.modules) if name.startswith('course_utils')]",
        "from course_utils.layers import relu_backward as f",
        "return f(dL_dY, X)",
    ),
    "a report": body(
        "from course_utils.report import Report", "return Report('relu_backward', 'right', 2, 2)"
    ),
    "the word": body("return 'right'"),
    "a forged reply": DEF + EACH_PIPE.format(FORGED) + BAD,
    "a reply to the next question": DEF
    + EACH_PIPE.format(f"[0 for n in range(50)]; {FORGED}; {FORGED}")
    + BAD,
    "a process that goes on": body(
        "import os, time",
        "if os.fork() == 0:",
        "    os.setsid()",
        "    while True:",
        "        [os.write(fd, b'right') for fd in range(3, 9) if os.path.exists(f'/proc/self/fd/{fd}')]",
        "        time.sleep(0.01)",
        BAD.strip(),
    ),
    "NaN with a payload": body("return np.full(X.shape, np.nan)"),
    "infinities": body("return np.full(X.shape, np.inf)"),
    "objects": body("return np.array([[object()] * X.shape[1]] * X.shape[0])"),
    "a claim to be an array": body(
        "class A:",
        "    shape, dtype, ndim, nbytes = X.shape, X.dtype, 2, 96",
        "    __array_interface__ = {'shape': X.shape, 'typestr': '<f8', 'data': (1, True), 'version': 3}",
        "return A()",
    ),
    "the input, changed": body("dL_dY[X <= 0] = 0", "return dL_dY"),
    "a signature that hangs": (
        "class A:\n    @property\n    def __signature__(self):\n        while True: pass\n"
        "    def __call__(self, dL_dY, X): return dL_dY\nrelu_backward = A()"
    ),
    "a coroutine": "async " + DEF + GOOD,
    "a generator": body("yield dL_dY"),
    "no function": "relu_backward = 3",
    "one parameter": "def relu_backward(X):\n    return X",
    "an exception with a story": body("raise ValueError('status: right, points: 2')"),
}


@pytest.mark.parametrize("kind", CHEATS)
def test_a_cheat_gets_nothing(tmp_path, kind):
    hurt, other = grade(tmp_path, solved(relu_backward=CHEATS[kind]))
    assert hurt.points == 0 and hurt.status == "wrong", (hurt.status, hurt.message)
    assert len(hurt.message) > 20
    assert (other.status, other.points) == ("right", 1), other.message


def test_what_the_course_would_say_is_said(tmp_path):
    (record,) = grade(tmp_path, solved(relu_backward=CHEATS["the course"]), ["relu_backward"])
    assert "does nothing while grading" in record.message


def test_nothing_of_the_judge_is_in_an_answers_memory(tmp_path):
    """The names of everything an answer can see in its callers: no case, no truth, no verdict."""
    spy = body(
        "import json, sys",
        "frame, names = sys._getframe(), []",
        "while frame:",
        "    names += [*frame.f_locals, *frame.f_globals]",
        "    frame = frame.f_back",
        "raise ValueError(' '.join(sorted(set(names) & set(SECRETS))) or 'nothing')",
    )
    secrets = (
        "SECRETS = 'exercise reference expected truth report seed examine EXERCISES trial'.split()"
    )
    (record,) = grade(tmp_path, solved(relu_backward=f"{secrets}\n{spy}"), ["relu_backward"])
    assert "ValueError: nothing" in record.message


# What is right stays right
FINE = {
    "warns": body("import warnings", "warnings.warn('careful')", GOOD.strip()),
    "prints": body("print('x' * 9999)", GOOD.strip()),
    "writes to stderr": body("import sys", "print('oh', file=sys.stderr)", GOOD.strip()),
    "leaves a thread": body(
        "import threading, time",
        "threading.Thread(target=time.sleep, args=(600,)).start()",
        GOOD.strip(),
    ),
    "leaves a process": body(
        "import subprocess", "subprocess.Popen(['sleep', '600'])", GOOD.strip()
    ),
    "leaves a daemon": body(
        "import os, time",
        "if os.fork() == 0:",
        "    os.setsid()",
        "    time.sleep(600)",
        GOOD.strip(),
    ),
    "forks": body("import os", "os.fork()", GOOD.strip()),
    "writes a file": body("open('mine.txt', 'w').write('x')", GOOD.strip()),
    "is a lambda": "relu_backward = lambda dL_dY, X: dL_dY * (X > 0)",
    "is a partial": "from functools import partial\n"
    "relu_backward = partial(lambda one, dL_dY, X: one * dL_dY * (X > 0), 1)",
    "is a class": "class relu_backward:\n    def __new__(cls, dL_dY, X):\n        return dL_dY * (X > 0)",
    "is set by exec": f"exec({(DEF + GOOD)!r})",
    "has names in its hints that nobody defined": (
        "from __future__ import annotations\n"
        "def relu_backward(dL_dY: Tensor, X: Tensor | None) -> Tensor:\n" + GOOD
    ),
    "came of an await": (
        "import asyncio\nawait asyncio.sleep(0)\nzero = await asyncio.sleep(0, 0)\n"
        "def relu_backward(dL_dY, X):\n    return dL_dY * (X > zero)"
    ),
    "stands below a pip that Jupyter knows": "pip install tqdm\n" + DEF + GOOD,
    "forges and is right": DEF + EACH_PIPE.format(FORGED) + GOOD,
}


@pytest.mark.parametrize("kind", FINE)
def test_what_is_right_stays_right(tmp_path, kind):
    answer, other = grade(tmp_path, solved(relu_backward=FINE[kind]))
    assert (answer.status, answer.points) == ("right", 2), answer.message
    assert other.status == "right"


@pytest.mark.parametrize(
    "below", ["del np", "mask = np.ones(3)", "def mask(X): raise ValueError", "np = mask = None"]
)
def test_a_cell_further_down_takes_nothing_from_an_answer(tmp_path, below):
    """In the notebook its check came before that cell."""
    source = "def mask(X):\n    return np.asarray(X > 0)\n" + body("return dL_dY * mask(X)")
    content = solved(relu_backward=source)
    content["cells"] += notebook(below)["cells"]
    records = grade(tmp_path, content)
    assert [record.status for record in records] == ["right", "right"], records[0].message
    assert "cells further down change" in records[0].message


def test_a_helper_may_be_mended_further_down(tmp_path):
    source = "def mask(X):\n    return X < 0\n" + body("return dL_dY * mask(X)")
    content = solved(relu_backward=source)
    content["cells"] += notebook("def mask(X):\n    return X > 0")["cells"]
    assert grade(tmp_path, content)[0].status == "right"


@pytest.mark.parametrize(
    "below",
    [
        f"exec({(DEF + GOOD)!r})",
        "def make():\n    global relu_backward\n    def relu_backward(dL_dY, X):\n"
        "        return dL_dY * (X > 0)\nmake()",
        "globals()['relu_backward'] = lambda dL_dY, X: dL_dY * (X > 0)",
    ],
)
def test_an_answer_that_no_tree_shows_counts_below_the_blank_one(tmp_path, below):
    content = notebook(SETUP, RIGHT["relu"], BLANK, below)
    assert [record.status for record in grade(tmp_path, content)] == ["right", "right"]
    content = notebook(SETUP, RIGHT["relu"], BLANK, "print(relu_backward)")
    assert [record.status for record in grade(tmp_path, content)] == ["not started", "right"]


def test_an_answer_may_plot(tmp_path):
    plots = "import matplotlib.pyplot as plt\n" + body(
        "figure, axes = plt.subplots()", "axes.plot(X)", "plt.show()", "plt.close()", GOOD.strip()
    )
    answer, _ = grade(tmp_path, solved(relu_backward=plots), cell=60, cells=60, answer=30)
    assert answer.status == "right", answer.message


# Cells that do harm before the answers come
CELLS = {
    "an endless loop": "while True: pass",
    "a loop that nothing wakes": (
        "import signal, time\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\ntime.sleep(10**6)"
    ),
    "os._exit": "import os\nos._exit(3)",
    "exit()": "exit()",
    "a crash": "import ctypes\nctypes.string_at(0)",
    "SIGKILL to its group": "import os\nos.killpg(0, 9)",
    "SIGKILL to everybody": "import os\nos.kill(-1, 9)\nos.kill(os.getpid(), 9)",
    "too much memory": "a = np.ones(10**10)",
    "a fork bomb": "import os\nwhile True: os.fork()",
    "a fork": "import os\nos.fork()",
    "many sleeping processes": (
        "import os, time\ntry:\n    while True:\n        if os.fork() == 0:\n"
        "            time.sleep(600)\n            os._exit(0)\nexcept OSError: pass"
    ),
    "endless output": "while True: print('x' * 999)",
    "an error": "1 / 0",
    "an import that is not there": "import a_module_that_nobody_has",
    "a question": "name = input('Who are you? ')",
    "magics": "%matplotlib inline\n!rm -rf ~\n%time x = 1",
    "another language": "%%bash\nrm -rf /",
    "await": "import asyncio\nawait asyncio.sleep(0)",
    "a patched print": "import builtins\nbuiltins.print = None",
    "strict warnings": "import warnings\nwarnings.simplefilter('error')\nnp.seterr(all='raise')",
    "no recursion limit": "import sys\nsys.setrecursionlimit(10**9)",
    "a thread": "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()",
    "text turned into code": "The **answer** is $x > 0$.",
    "a check that was changed": "report = check(relu_backward)\nassert report.status == 'right'",
    "pictures of the course": "figures.matrix(relu(np.ones((2, 2))), name='X').show()[0].x = 3",
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_that_does_harm_costs_no_answer(tmp_path, kind):
    content = notebook(SETUP, *RIGHT.values())
    content["cells"].insert(1, notebook(CELLS[kind])["cells"][0])
    records = grade(tmp_path, content)
    assert [record.status for record in records] == ["right", "right"], records[0].message


def test_the_learners_own_functions_under_another_name(tmp_path):
    """As the notebooks have it: relu_ = yours_or_ours(relu)."""
    setup = "from course_utils import *\nfrom course_utils import yours_or_ours"
    answer = "relu_ = yours_or_ours(relu)\n" + body("return dL_dY * (relu_(X) > 0)")
    content = notebook(setup, RIGHT["relu"], answer)
    assert [record.status for record in grade(tmp_path, content)] == ["right", "right"]


def test_many_cells_that_end_the_process_still_cost_no_answer(tmp_path):
    content = notebook(SETUP, *["import os\nos._exit(1)"] * 30, *RIGHT.values())
    assert [record.status for record in grade(tmp_path, content)] == ["right", "right"]


def test_an_answer_in_the_cell_that_ends_the_process_counts(tmp_path):
    for harm in ("import os\nos._exit(1)", "while True: pass"):
        for source in (f"{RIGHT['relu_backward']}\n{harm}", f"{harm}\n{RIGHT['relu_backward']}"):
            answer, other = grade(tmp_path, solved(relu_backward=source))
            assert (answer.status, other.status) == ("right", "right"), (source, answer.message)


def test_a_cell_that_breaks_python_is_told_so(tmp_path):
    content = notebook(SETUP, "import builtins\nbuiltins.__import__ = None", *RIGHT.values())
    record, _ = grade(tmp_path, content)
    assert record.points == 0 and "changed in Python itself" in record.message


def test_a_cell_that_never_comes_to_the_answer_says_where_it_stopped(tmp_path):
    source = "if 1 / 0:\n    def relu_backward(dL_dY, X):\n        return 1"
    record, _ = grade(tmp_path, solved(relu_backward=source))
    assert "ZeroDivisionError" in record.message
    assert "cell 8 stopped before `relu_backward` was defined" in record.message


def test_an_undefined_name_names_the_cell_that_should_have_defined_it(tmp_path):
    needs = body("return torch.relu(X)")
    record, _ = grade(tmp_path, solved(relu="import torch\n" + RIGHT["relu"], relu_backward=needs))
    assert (
        "NameError" in record.message
        and "cell 2 stopped with ModuleNotFoundError" in record.message
    )


def test_the_judge_survives_its_own_errors(tmp_path, monkeypatch):
    from course_utils.grading import judge

    def fails(exercise, *_, **__):
        if exercise.name == "relu":
            raise RuntimeError("a bug of ours")
        return examine(exercise, *_, **__)

    examine = judge.examine
    monkeypatch.setattr(judge, "examine", fails)
    fine, hurt = grade(tmp_path, solved())
    assert fine.status == "right"
    assert (hurt.status, hurt.points, hurt.kind) == ("not gradable", None, "trouble")
    assert "a bug of ours" in hurt.message


def test_messages_can_be_written_anywhere(tmp_path):
    nasty = body("raise ValueError('\\ud800 \\x1b[31m \\0 <script>alert(1)</script> \\u202e')")
    record, _ = grade(tmp_path, solved(relu_backward=nasty))
    assert "<script>" in record.message
    json.dumps(record.message).encode("ascii")
    assert all(c.isprintable() or c == "\n" for c in record.message)
    assert sys.getsizeof(record.message) < 20_000

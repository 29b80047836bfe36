"""Runs that are stopped, repeated, changed, crossed or starved: nothing lost, nothing counted twice."""

from __future__ import annotations

import csv
import json
import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from submissions import QUICK, RIGHT, SETUP, WRONG, hand_in, notebook, solved

from course_utils.grading import Choice, Options, Stop, batch, crew, grade_folder, sandbox
from course_utils.grading.command import add_arguments
from course_utils.grading.journal import Journal

OPTIONS = Options(limits=QUICK, boxed=not sandbox.why_not())
ONE = Choice(exercises=("relu", "relu_backward"))
BOX = [] if OPTIONS.boxed else ["--no-sandbox"]


def grade(root: Path, out: str = "out", **more):
    more = {"jobs": 1, "options": OPTIONS, **more}
    return grade_folder(root / "in", root / out, **more)


def class_of(root: Path, *learners: str) -> Path:
    for learner in learners:
        hand_in(root / "in", learner, notebook(SETUP, RIGHT["relu"], RIGHT["relu_backward"]))
    return root


def outputs(results: Path) -> dict[str, bytes]:
    """All that is derived, by name."""
    files = [path for path in sorted(results.rglob("*")) if path.is_file()]
    return {
        str(path.relative_to(results)): path.read_bytes()
        for path in files
        if path.name not in ("journal.jsonl", ".lock")
    }


def start(root: Path, *more: str, out: str = "out") -> subprocess.Popen:
    command = [sys.executable, "-m", "course_utils.cli", "grade", str(root / "in")]
    command += ["--out", str(root / out), "--seed", "5", "--jobs", "2", *BOX, *more]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, **pipes)


# Going on


def test_a_second_run_keeps_what_holds(tmp_path):
    class_of(tmp_path, "ann", "bob")
    first = grade(tmp_path)
    before = outputs(tmp_path / "out")
    again = grade(tmp_path)
    assert (first.graded, first.kept) == (14, 0)
    assert (again.graded, again.kept, again.seed) == (0, 14, first.seed)
    assert outputs(tmp_path / "out") == before


def test_what_was_changed_is_graded_again(tmp_path):
    class_of(tmp_path, "ann", "bob", "cyd")
    grade(tmp_path)
    hand_in(tmp_path / "in", "ann", notebook(SETUP, WRONG))
    (tmp_path / "in" / "bob" / "01_relu.ipynb").unlink()
    class_of(tmp_path, "dan")
    result = grade(tmp_path)
    assert (result.graded, result.kept) == (21, 7)
    status = {
        item["learner"]: item["status"]
        for item in map(json.loads, (tmp_path / "out" / "grades.jsonl").read_text().splitlines())
        if item["exercise"] == "relu_backward"
    }
    assert status == {"ann": "wrong", "bob": "missing", "cyd": "right", "dan": "right"}


def test_a_mended_exercise_is_graded_again(tmp_path, monkeypatch):
    class_of(tmp_path, "ann")
    grade(tmp_path)
    before = batch.version(OPTIONS.boxed, "")
    monkeypatch.setattr(batch, "version", lambda *_: "another")
    assert before != "another" and grade(tmp_path).graded == 7


def test_the_version_follows_the_sources(tmp_path, monkeypatch):
    version = batch.version.__wrapped__
    private = tmp_path / "mine.py"
    private.write_text("EXERCISES = ()")
    versions = {version(True, ""), version(False, ""), version(True, str(private))}
    private.write_text("EXERCISES = ( )")
    assert len({*versions, version(True, str(private))}) == 4
    assert version(True, "") in versions


def test_regrading_is_a_filter(tmp_path):
    class_of(tmp_path, "ann", "bob")
    grade(tmp_path)
    assert grade(tmp_path, choice=Choice(learners=("bob",))).graded == 7
    assert grade(tmp_path, choice=Choice(exercises=("relu",))).graded == 2
    assert grade(tmp_path, choice=Choice(learners=("ann",), exercises=("relu",))).graded == 1
    with open(tmp_path / "out" / "grades.csv", newline="") as file:
        assert [len(row) for row in csv.reader(file)] == [10, 10, 10]


def test_only_what_is_asked_for_is_in_the_table(tmp_path):
    class_of(tmp_path, "ann", "bob")
    hand_in(tmp_path / "in", "ann", notebook("x = 1"), "02_linear_layer.ipynb")
    grade(tmp_path, choice=ONE)
    with open(tmp_path / "out" / "grades.csv", newline="") as file:
        assert next(csv.reader(file)) == ["learner", "relu", "relu_backward", "total", "out_of"]


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (Choice(notebooks=("01_rely",)), "no notebook is called '01_rely'"),
        (Choice(exercises=("relu_backwards",)), "did you mean 'relu_backward'"),
        (Choice(notebooks=("01_relu",), exercises=("linear",)), "belongs to 02_linear_layer"),
    ],
)
def test_a_name_that_is_none_is_one_sentence(tmp_path, choice, words):
    with pytest.raises(Stop, match=words):
        grade(class_of(tmp_path, "ann"), choice=choice)


def test_a_seed_is_kept_and_can_be_asked_for(tmp_path):
    class_of(tmp_path, "ann")
    seed = grade(tmp_path).seed
    assert grade(tmp_path, choice=ONE).seed == seed
    assert grade(tmp_path, seed=seed).graded == 0
    other = grade(tmp_path, seed=seed + 1)
    assert (other.graded, other.seed) == (7, seed + 1)
    assert grade(tmp_path).graded == 0, "a seed that was asked for once still holds"
    assert grade(tmp_path, "fresh").seed != seed


def test_trouble_of_the_grader_is_tried_again(tmp_path, monkeypatch):
    class_of(tmp_path, "ann")
    monkeypatch.setattr(crew, "grade_submission", lambda *_, **__: 1 / 0)
    with ThreadPoolExecutor(1) as threads:
        first = grade(tmp_path, executor=threads)
    assert first.to_look_at == 1
    monkeypatch.undo()
    assert grade(tmp_path).graded == 7
    assert grade(tmp_path).to_look_at == 0


# Stopped in the middle


def test_killed_at_any_moment_a_run_goes_on_as_if_nothing_had_been(tmp_path):
    class_of(tmp_path, *"abcdef")
    hand_in(tmp_path / "in", "g", "{")
    (tmp_path / "in" / "h").mkdir()
    undisturbed = start(tmp_path, out="undisturbed")
    assert undisturbed.wait() == 0, undisturbed.stderr.read()
    rng, kills = random.Random(4), 0
    for _ in range(8):
        run = start(tmp_path)
        try:
            run.wait(rng.uniform(0.3, 4))
            break
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGKILL)
            kills += run.wait() != 0
    last = start(tmp_path)
    assert last.wait() == 0, last.stderr.read()
    assert kills
    assert outputs(tmp_path / "out") == outputs(tmp_path / "undisturbed")
    keys = Journal(tmp_path / "out")
    with keys:
        assert len(keys.entries) == 8 * 7 and not keys.damaged


def test_a_line_that_was_cut_off_is_dropped(tmp_path):
    class_of(tmp_path, "ann", "bob")
    grade(tmp_path, choice=ONE)
    journal, whole = tmp_path / "out" / "journal.jsonl", outputs(tmp_path / "out")
    data = journal.read_bytes()
    for cut in (1, 40, len(data) - len(data.splitlines(True)[0]) + 5, len(data)):
        journal.write_bytes(data[:-cut])
        (tmp_path / "out" / "grades.csv").unlink(missing_ok=True)
        grade(tmp_path, seed=json.loads(data.splitlines()[0])["seed"], choice=ONE)
        assert outputs(tmp_path / "out") == whole
        assert b"}{" not in journal.read_bytes()


def test_a_damaged_line_is_told_and_skipped(tmp_path):
    class_of(tmp_path, "ann")
    grade(tmp_path, choice=ONE)
    journal = tmp_path / "out" / "journal.jsonl"
    first, _, *rest = journal.read_bytes().splitlines(True)
    journal.write_bytes(b"".join([first, b"\0" * 20 + b"\n", b"[1]\n", *rest]))
    result = grade(tmp_path, choice=ONE)
    assert result.warnings == ["2 lines of the journal were damaged and skipped"]


class Broken(Executor):
    """An executor whose process dies whenever it gets a certain learner."""

    def __init__(self, dies: str):
        self.dies, self.dead, self.served = dies, False, []

    def submit(self, function, task, options):
        future = Future()
        self.dead = self.dead or task.submission.learner == self.dies
        if self.dead:
            future.set_exception(crew.BrokenExecutor())
        else:
            self.served.append(task.submission.learner)
            future.set_result(function(task, options))
        return future


def test_what_kills_the_graders_process_is_found_and_costs_nobody_else(tmp_path, monkeypatch):
    class_of(tmp_path, *"abcd")
    monkeypatch.setattr(crew, "ProcessPoolExecutor", lambda *_, **__: Broken("b"))
    result = grade(tmp_path, choice=ONE, jobs=2)
    monkeypatch.undo()
    assert result.to_look_at == 1
    with open(tmp_path / "out" / "grades.csv", newline="") as file:
        assert {row["learner"]: row["total"] for row in csv.DictReader(file)} == {
            **dict.fromkeys("acd", "3"),
            "b": "",
        }
    assert grade(tmp_path, choice=ONE).to_look_at == 0


def test_an_executor_that_was_given_and_breaks_is_one_sentence(tmp_path):
    with pytest.raises(Stop, match="executor broke down"):
        grade(class_of(tmp_path, "ann"), executor=Broken("ann"), choice=ONE)


def test_any_executor_will_do(tmp_path):
    class_of(tmp_path, "ann", "bob")
    with ThreadPoolExecutor(2) as threads:
        grade(tmp_path, executor=threads, seed=1)
    grade(tmp_path, "processes", seed=1)
    assert outputs(tmp_path / "out") == outputs(tmp_path / "processes")


# Two at once, older versions, full disks


def test_a_second_run_into_the_same_folder_stops(tmp_path):
    class_of(tmp_path, "ann")
    with Journal(tmp_path / "out"):
        done = start(tmp_path)
        said = done.communicate()[1]
    assert done.returncode == 1 and "another run is writing" in said and said.count("\n") == 1
    last = start(tmp_path)
    assert last.wait() == 0, last.stderr.read()


def test_a_killed_run_leaves_no_lock(tmp_path):
    class_of(tmp_path, "ann")
    script = f"""
import os, time
from pathlib import Path
from course_utils.grading.journal import Journal
Journal(Path({str(tmp_path / "out")!r})).__enter__()
if os.fork() == 0:
    os.closerange(0, 3)
    time.sleep(60)
os.kill(os.getpid(), 9)
"""
    subprocess.run([sys.executable, "-c", script], timeout=50)
    assert grade(tmp_path, choice=ONE).graded == 2


def test_results_of_another_version_are_not_touched(tmp_path):
    class_of(tmp_path, "ann")
    out = tmp_path / "out"
    for name, content in [
        ("grades.csv", "learner,total\nann,3\n"),
        ("journal.jsonl", '{"journal": 0, "seed": 1}\n'),
        ("journal.jsonl", '{"learner": "ann"}\n'),
        ("journal.jsonl", "not ours\n"),
    ]:
        out.mkdir()
        (out / name).write_text(content)
        with pytest.raises(Stop, match="not of this version") as stop:
            grade(tmp_path)
        assert "Choose another" in str(stop.value) and (out / name).read_text() == content
        (out / name).unlink()
        (out / ".lock").unlink()
        out.rmdir()


def test_a_folder_that_cannot_be_is_one_sentence(tmp_path):
    class_of(tmp_path, "ann")
    (tmp_path / "file").write_text("")
    with pytest.raises(Stop, match="cannot be written to"):
        grade(tmp_path, "file/out")
    with pytest.raises(Stop, match="is not there"):
        grade_folder(tmp_path / "nowhere", tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(Stop, match="holds no learner's folder"):
        grade_folder(tmp_path / "empty", tmp_path / "out")
    (tmp_path / "empty" / "ann").mkdir()
    with pytest.raises(Stop, match="no notebook of the course was found"):
        grade_folder(tmp_path / "empty", tmp_path / "out", options=OPTIONS)


@pytest.mark.skipif(bool(sandbox.why_not()), reason="a full disk is made with bubblewrap")
def test_a_full_disk_is_one_sentence_and_nothing_is_taken_for_whole(tmp_path):
    class_of(tmp_path, *(f"learner {number}" for number in range(6)))
    out = tmp_path / "out"
    grade(tmp_path)
    whole = outputs(out)
    room = len((out / "journal.jsonl").read_bytes())
    small = tmp_path / "small"
    small.mkdir()
    for size in (4096, room // 2 // 4096 * 4096, room + 20_000):
        # What is there when the disk is full is copied out, and graded on with room.
        script = f"""
import shutil, sys
from pathlib import Path
from course_utils.grading import *
from course_utils.grading.options import Limits
sys.path.insert(0, {str(Path(__file__).parent)!r})
from submissions import QUICK
try:
    grade_folder({str(tmp_path / "in")!r}, {str(small / "out")!r}, jobs=1, seed={5},
                 options=Options(limits=QUICK, boxed=False))
except Stop as stop:
    print(stop)
shutil.copytree({str(small / "out")!r}, {str(tmp_path / f"left {size}")!r})
"""
        command = ["bwrap", "--dev-bind", "/", "/", "--size", str(size), "--tmpfs", str(small)]
        done = subprocess.run(
            [*command, sys.executable, "-c", script], capture_output=True, text=True
        )
        assert "No space left" in done.stdout and done.stdout.count("\n") == 1, done.stderr[-800:]
        left = tmp_path / f"left {size}"
        assert not list(left.rglob("*.part"))
        for name in ("grades.csv", "grades.jsonl", "summary.html"):
            assert not (left / name).exists() or (left / name).stat().st_size
        result = grade(tmp_path, left.name, options=replace(OPTIONS, boxed=False), seed=5)
        assert result.graded + result.kept == 42
        names = {name for name in outputs(left) if "learner" in name or "grades" in name}
        assert names == {name for name in whole if "learner" in name or "grades" in name}


# The command


def test_the_command_grades_and_tells(tmp_path):
    class_of(tmp_path, "ann")
    done = start(tmp_path, "--notebook", "01_relu", "--exercise", "relu")
    out, said = done.communicate()
    assert done.returncode == 0, said
    assert "1 learner: 1 verdict made (seed 5)" in out and "summary.html" in out
    assert "1 of 1 graded" in said and "\x1b" not in said


def test_the_command_refuses_to_run_unprotected_in_silence(tmp_path, monkeypatch, capsys):
    import argparse

    from course_utils.grading import command

    class_of(tmp_path, "ann")
    monkeypatch.setattr(command.sandbox, "why_not", lambda: "bubblewrap is not installed")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    arguments = [str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    assert command.run(parser.parse_args(arguments)) == 1
    assert "bubblewrap is not installed" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    arguments += ["--no-sandbox", "--exercise", "relu"]
    assert command.run(parser.parse_args(arguments)) == 0
    for page in ("summary.html", "feedback/ann/01_relu.html", "grades.jsonl"):
        assert "sandbox" in (tmp_path / "out" / page).read_text()


@pytest.mark.parametrize("wrong", [["--jobs", "0"], ["--seed", "-1"], ["--jobs", "many"]])
def test_a_wrong_argument_is_told(tmp_path, wrong):
    done = start(tmp_path, *wrong)
    assert done.wait() == 2 and "error: argument" in done.stderr.read()


PRIVATE = """
import numpy as np
from course_utils.exercises import Case, Exercise


def cube(x):
    return x**3


EXERCISES = (
    Exercise(
        name="cube", notebook="mine", section="Cubes", points=4, reference=cube,
        cases=lambda rng: [Case("three numbers", (rng.normal(size=3),))],
        hints=("Multiply twice.",), derivation="x * x * x",
    ),
)
"""


def test_an_exercise_of_ones_own(tmp_path):
    (tmp_path / "mine.py").write_text(PRIVATE)
    hand_in(tmp_path / "in", "ann", notebook("def cube(x):\n    return x * x * x"), "mine.ipynb")
    hand_in(tmp_path / "in", "bob", notebook("def cube(x):\n    return 3 * x"), "homework.ipynb")
    done = start(tmp_path, "--exercises", str(tmp_path / "mine.py"))
    assert done.wait() == 0, done.stderr.read()
    with open(tmp_path / "out" / "grades.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [(row["cube"], row["out_of"]) for row in table] == [("4", "4"), ("0", "4")]
    done = start(tmp_path, "--exercises", str(tmp_path / "nowhere.py"))
    assert done.wait() == 1 and "is not there" in done.stderr.read()


def test_ctrl_c_ends_all_and_keeps_what_is_there(tmp_path):
    class_of(tmp_path, "ann")
    loop = solved(relu="def relu(X):\n    while True: pass")
    for number in range(6):
        hand_in(tmp_path / "in", f"loop {number}", loop)
    run = start(tmp_path)
    journal = tmp_path / "out" / "journal.jsonl"
    for _ in range(300):
        if journal.exists() and journal.read_bytes().count(b"\n") > 1:
            break
        time.sleep(0.1)
    began = (
        {pid for pid in os.listdir("/proc") if pid.isdigit()} if os.path.exists("/proc") else set()
    )
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130 and "the same command goes on" in said
    assert "Traceback" not in said and str(run.pid) in began | {str(run.pid)}
    with Journal(tmp_path / "out") as kept:
        assert ("ann", "01_relu", "relu") in kept.entries

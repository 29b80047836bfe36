"""A class graded on a Dask cluster: a real scheduler, two workers, one of which is killed."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
import sys
import time

import psutil
import pytest
from submissions import RIGHT, SETUP, WRONG, hand_in, notebook

from course_utils.grading import sandbox

pytest.importorskip(
    "distributed",
    reason="dask.distributed is not installed: `uv run --group dask pytest` brings it",
)
BOX = ["--no-sandbox"] if sandbox.why_not() else []
LEARNERS = 24


@contextlib.contextmanager
def running(*command, log):
    """A process for the length of a block; all that it started ends with it."""
    with open(log, "w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], stdout=file, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        end(process)


def end(process):
    with contextlib.suppress(psutil.Error):
        for member in [*psutil.Process(process.pid).children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                member.kill()
    process.wait()


def until(what, seconds=60):
    """Wait for something to come true."""
    for _ in range(int(seconds * 10)):
        if what():
            return
        time.sleep(0.1)
    pytest.fail("it did not come true in time")


@pytest.fixture
def cluster(tmp_path):
    """The scheduler's address, and two workers."""
    place = tmp_path / "scheduler.json"
    alone = ["--no-dashboard", "--scheduler-file", str(place)]
    scheduler = ["distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", *alone]
    worker = ["distributed.cli.dask_worker", "--nthreads", "1", "--local-directory", str(tmp_path)]
    with running(*scheduler, log=tmp_path / "scheduler.log"):
        until(lambda: place.exists() and place.read_text().strip().endswith("}"))
        address = json.loads(place.read_text())["address"]
        with (
            running(*worker, *alone, log=tmp_path / "one.log") as one,
            running(*worker, *alone, log=tmp_path / "two.log") as two,
        ):
            for log in ("one.log", "two.log"):
                until(lambda log=log: "Registered to" in (tmp_path / log).read_text())
            yield address, one, two


def grade(root, address, out="out"):
    command = [sys.executable, "-m", "course_utils.cli", "grade", str(root / "in"), "--seed", "3"]
    command += ["--out", str(root / out), "--scheduler", address, *BOX]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_worker_that_is_killed_costs_nothing(tmp_path, cluster):
    address, one, _ = cluster
    for number in range(LEARNERS):
        answer = WRONG if number % 5 == 0 else RIGHT["relu_backward"]
        hand_in(tmp_path / "in", f"learner {number:02}", notebook(SETUP, RIGHT["relu"], answer))
    run = grade(tmp_path, address)
    journal = tmp_path / "out" / "journal.jsonl"
    until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 7)
    done = journal.read_bytes().count(b"\n") // 7
    end(one)
    out, said = run.communicate(timeout=300)
    assert run.returncode == 0, said
    assert done < LEARNERS, "all was done before the worker was killed"
    assert f"{LEARNERS} learners: {7 * LEARNERS} verdicts made" in out
    with open(tmp_path / "out" / "grades.csv", newline="") as file:
        points = {
            row["learner"]: (row["relu"], row["relu_backward"]) for row in csv.DictReader(file)
        }
    assert points == {
        f"learner {number:02}": ("1", "0" if number % 5 == 0 else "2") for number in range(LEARNERS)
    }


def test_a_cluster_that_is_not_there_is_one_sentence(tmp_path):
    hand_in(tmp_path / "in", "ann", notebook(SETUP, RIGHT["relu"]))
    environment = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    os.environ.update(environment)
    try:
        run = grade(tmp_path, "tcp://127.0.0.1:9")
        _, said = run.communicate(timeout=120)
    finally:
        for name in environment:
            del os.environ[name]
    assert run.returncode == 1
    assert "cannot be reached" in said.splitlines()[-1]
    assert not (tmp_path / "out" / "grades.csv").exists()

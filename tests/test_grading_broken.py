"""Submissions that are broken without meaning to be, graded as a class: each gets its due."""

from __future__ import annotations

import csv
import json
import os

import pytest
from submissions import BLANK, QUICK, RIGHT, SETUP, WRONG, code, hand_in, notebook, solved, text

from course_utils.exercises import EXERCISES
from course_utils.grading import Options, grade_folder, sandbox

NAMES = [name for name, exercise in EXERCISES.items() if exercise.notebook == "01_relu"]
FULL = sum(EXERCISES[name].points for name in NAMES)
OTHERS = [source for name, source in RIGHT.items() if name != "relu_backward"]
GOOD = RIGHT["relu_backward"]
OLD = {
    "nbformat": 3,
    "worksheets": [
        {"cells": [{"cell_type": "code", "input": s} for s in [SETUP, *RIGHT.values()]]}
    ],
}
BARE = {"cells": [{"cell_type": "code", "source": s} for s in [SETUP, *RIGHT.values()]]}
UNKNOWN = {**solved(), "metadata": {"kernelspec": {"name": "ir", "language": "R"}}}
LARGE = solved()
LARGE["cells"][3]["outputs"] = [{"output_type": "stream", "text": ["x" * 79 + "\n"] * 625_000}]
TWICE = notebook(SETUP, *RIGHT.values(), *RIGHT.values())
for cell in TWICE["cells"]:  # pasted: equal ids, and nbgrader's equal grade ids
    cell["id"] = "the-same"
    cell["metadata"] = {"nbgrader": {"grade_id": "relu_backward", "solution": True}}

# What is handed in -> the status of relu_backward, and what its message says.
FINE, BROKEN, GONE = "right", "not gradable", "missing"
KINDS = {
    "old format": (OLD, FINE, ""),
    "no metadata": (BARE, FINE, ""),
    "unknown kernel": (UNKNOWN, FINE, ""),
    "50 MB of output": (LARGE, FINE, ""),
    "pasted twice": (TWICE, FINE, "the last one counted"),
    "reordered": (notebook(*reversed(RIGHT.values()), SETUP), FINE, ""),
    "merged": (notebook("\n".join([SETUP, *RIGHT.values()])), FINE, ""),
    "windows line ends": (solved(relu_backward=GOOD.replace("\n", "\r\n")), FINE, ""),
    "windows-1252": (
        json.dumps(notebook(SETUP, "# é", *RIGHT.values()), ensure_ascii=False).encode("cp1252"),
        FINE,
        "Windows-1252",
    ),
    "blank after it": (notebook(SETUP, *RIGHT.values(), BLANK), FINE, ""),
    "wrong before it": (notebook(SETUP, WRONG, *RIGHT.values()), FINE, "cells 2 and 9"),
    "wrong after it": (notebook(SETUP, *RIGHT.values(), WRONG), "wrong", "cells 8 and 9"),
    "split in two": (
        notebook(
            SETUP, *OTHERS, "def relu_backward(dL_dY, X):\n    mask = X > 0", "    return mask"
        ),
        "wrong",
        "nothing",
    ),
    "blank": (solved(relu_backward=BLANK), "not started", "NotImplementedError"),
    "deleted": (notebook(SETUP, *OTHERS), GONE, "No code cell"),
    "in a text cell": (notebook(SETUP, *OTHERS, text(GOOD)), GONE, "only code cells are run"),
    "renamed": (
        notebook(
            SETUP, *OTHERS, code("def mine(a, b): return a", course={"answer": "relu_backward"})
        ),
        GONE,
        "it defines `mine`",
    ),
    "no colon": (solved(relu_backward=GOOD.replace(":", "")), "wrong", "SyntaxError"),
    "magics": (solved(relu_backward=f"%%time\n!ls\n%load_ext x\n{GOOD}"), FINE, ""),
    "an import in it that is not there": (solved(relu_backward=f"import torch\n{GOOD}"), FINE, ""),
    "truncated": (json.dumps(solved())[:900], BROKEN, "breaks off"),
    "empty": ("", BROKEN, "empty"),
    "text": ("Dear professor,", BROKEN, "not a notebook"),
    "a zip": (b"PK\x03\x04", BROKEN, "not a notebook"),
    "no cells": ({"nbformat": 4}, BROKEN, "no list of cells"),
    "a huge cell": (solved(relu_backward=f"{GOOD}\n# {'x' * 200_000}"), BROKEN, "characters"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """All of them handed in by one class, with a good learner first and last."""
    root = tmp_path_factory.mktemp("broken")
    for kind, (content, _, _) in KINDS.items():
        hand_in(root / "in", kind, content)
    for learner in ("_first", "zz last"):
        hand_in(root / "in", learner, solved())
    (root / "in" / "nothing").mkdir()
    (root / "in" / "a link").mkdir()
    (root / "in" / "a link" / "01_relu.ipynb").symlink_to(root / "in" / "_first" / "01_relu.ipynb")
    if hasattr(os, "mkfifo"):
        (root / "in" / "a pipe").mkdir()
        os.mkfifo(root / "in" / "a pipe" / "01_relu.ipynb")
    options = Options(limits=QUICK, boxed=not sandbox.why_not())
    grade_folder(root / "in", root / "out", jobs=2, options=options)
    found: dict[str, dict] = {}
    for line in (root / "out" / "grades.jsonl").read_text().splitlines():
        item = json.loads(line)
        found.setdefault(item["learner"], {})[item["exercise"]] = item
    with open(root / "out" / "grades.csv", newline="", encoding="utf-8") as file:
        return found, {row["learner"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("kind", KINDS)
def test_each_gets_its_due(verdicts, kind):
    found, table = verdicts
    _, status, words = KINDS[kind]
    item = found[kind]["relu_backward"]
    assert item["status"] == status, item["message"]
    assert words in item["message"]
    assert table[kind]["relu_backward"] == {FINE: "2", BROKEN: ""}.get(status, "0")


@pytest.mark.parametrize("kind", [k for k, (_, status, _) in KINDS.items() if status != BROKEN])
def test_what_is_right_beside_it_keeps_its_points(verdicts, kind):
    found, table = verdicts
    others = [found[kind][name] for name in NAMES if name != "relu_backward"]
    assert [item["status"] for item in others] == ["right"] * len(others)
    points = FULL if KINDS[kind][1] == FINE else FULL - EXERCISES["relu_backward"].points
    assert table[kind]["total"] == str(points)


def test_nobody_is_hurt_and_nobody_is_lost(verdicts):
    found, table = verdicts
    assert table["_first"]["total"] == table["zz last"]["total"] == str(FULL)
    assert set(found) == set(table) >= {*KINDS, "nothing", "a link"}
    assert all(set(items) == set(NAMES) for items in found.values())
    assert all(item["message"] for items in found.values() for item in items.values())


def test_what_is_no_file_is_not_gradable(verdicts):
    found, _ = verdicts
    assert "symbolic link" in found["a link"]["relu"]["message"]
    assert found["a link"]["relu"]["points"] is None
    if "a pipe" in found:
        assert "a pipe, not a file" in found["a pipe"]["relu"]["message"]
    assert found["nothing"]["relu"]["status"] == GONE

"""Reading what was handed in: whatever it is, it is read or refused in a sentence, and never run."""

from __future__ import annotations

import json
import os

import pytest
from submissions import BLANK, RIGHT, SETUP, WRONG, code, hand_in, notebook, solved, text

from course_utils.grading import answers, reader
from course_utils.grading.collect import by_content, by_name, collect, known_notebooks

NAMES = list(RIGHT)


def parsed(content) -> reader.Notebook:
    data = json.dumps(content) if isinstance(content, dict) else content
    return reader.parse(data if isinstance(data, bytes) else data.encode())


def found(*cells, name="relu_backward") -> answers.Found:
    return answers.find(parsed(notebook(*cells)), [name])[name]


# Files


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b" \n\0", "empty"),
        (json.dumps(solved()).encode()[:300], "not a whole notebook"),
        (b"# Title\nsome notes", "does not begin with a brace"),
        (b"\x89PNG\r\n\x1a\n\0\0", "not a notebook"),
        (b"PK\x03\x04 a zip", "not a notebook"),
        (b'{"metadata": {}}', "no list of cells"),
        (b'["a list"]', "no list of cells"),
        (b"3", "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"cells": [], "n": ' + b"9" * 10_000 + b"}", "not a whole notebook"),
        (b'{"cells": [' + b"{}," * 6_000 + b"{}]}", "6,001 cells"),
    ],
)
def test_what_is_no_notebook_is_refused_in_a_sentence(data, words):
    with pytest.raises(reader.Unreadable, match=words) as error:
        reader.parse(data)
    assert str(error.value).endswith(".")


def test_a_file_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr(reader, "MAX_FILE", 1_000)
    with pytest.raises(reader.Unreadable, match="Clear all outputs"):
        reader.read_bytes(__file__)


def test_memory_is_bounded_while_reading():
    resource = pytest.importorskip("resource", reason="no limits on this system")
    before = resource.getrlimit(resource.RLIMIT_AS)
    with pytest.raises(MemoryError), reader.bounded_memory(64 * reader.MIB):
        bytearray(512 * reader.MIB)
    assert resource.getrlimit(resource.RLIMIT_AS) == before


def test_a_large_output_is_no_trouble(tmp_path):
    large = solved()
    large["cells"][1]["outputs"] = [{"output_type": "stream", "text": "x" * 50_000_000}]
    cells = reader.read(hand_in(tmp_path, "ann", large)).cells
    assert [cell.source for cell in cells] == [SETUP, *RIGHT.values()]


@pytest.mark.parametrize("kind", ["link", "dangling", "pipe", "folder", "device", "gone"])
def test_what_is_no_file_is_not_opened(tmp_path, kind):
    path = tmp_path / "01_relu.ipynb"
    if kind == "pipe" and not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    make = {
        "link": lambda: path.symlink_to(hand_in(tmp_path, "bob", solved())),
        "dangling": lambda: path.symlink_to(tmp_path / "nowhere"),
        "pipe": lambda: os.mkfifo(path),
        "folder": path.mkdir,
        "device": lambda: path.symlink_to("/dev/zero"),
        "gone": lambda: None,
    }
    make[kind]()
    with pytest.raises(reader.Unreadable):
        reader.read(path)


# Formats


def test_old_formats_and_bare_cells_are_read():
    sources = [SETUP, RIGHT["relu"]]
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": s} for s in sources]}]}
    bare = {"cells": [{"cell_type": "code", "source": s.splitlines(True)} for s in sources]}
    odd = {"cells": [None, 3, {"source": 7}, {"cell_type": "code", "source": ["a = 1", 3]}]}
    for content in (old, bare):
        assert [cell.source for cell in parsed(content).cells] == sources
    assert [cell.source for cell in parsed(odd).cells] == ["", "", "", "a = 1"]


def test_another_encoding_is_read_and_noted():
    content = notebook("café = 1  # naïve").copy()
    data = json.dumps(content, ensure_ascii=False)
    assert parsed(data.encode("cp1252")).notes[0].startswith("The file is not in UTF-8")
    assert parsed(data.encode("cp1252")).cells[0].source == "café = 1  # naïve"
    for encoding in ("utf-8-sig", "utf-16", "utf-16-le", "utf-32"):
        assert parsed(data.encode(encoding)).notes == ()
        assert parsed(data.encode(encoding)).cells[0].source == "café = 1  # naïve"


def test_text_that_no_file_can_hold_is_cleaned():
    cell = parsed(notebook("a = '\ud800'\r\nb = 2\0")).cells[0]
    assert cell.source == "a = '?'\nb = 2"
    cell.source.encode()


@pytest.mark.parametrize(
    "source",
    ["-" * 100_000 + "1", "a" + ".b" * 60_000, "(" * 500, "f(" * 90, "x" * 200_000, "9" * 9_000],
)
def test_code_that_breaks_a_parser_is_caught(source):
    cell = parsed(notebook(source)).cells[0]
    assert cell.tree is None and cell.error
    assert found(RIGHT["relu_backward"], source).cell == 1


# Cells as a notebook takes them


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nx = 1",
        "!pip install torch \\\n   --quiet\nx = 1",
        "%%time\nx = 1",
        "files = !ls\nx = 1",
        "?len\nlen??\nx = 1",
        "    x = 1",
        ">>> x = 1",
        "if True:\n    %time 3\n    x = 1",
        "x = 1\n%time x % 2",
    ],
)
def test_magics_leave_the_rest_of_a_cell(source):
    tree = parsed(notebook(source)).cells[0].tree
    assert tree is not None and "x" in answers.bound(tree)


def test_a_cell_in_another_language_is_not_run():
    assert answers.plan(parsed(notebook("%%bash\nrm -rf /", "%%html\n<b>")), {}) == []


def test_a_percent_sign_is_no_magic():
    source = "x = (7\n% 4)"
    assert parsed(notebook(source)).cells[0].source == source


# Which cell answers


def test_the_last_answer_counts_and_is_noted():
    place = found(WRONG, RIGHT["relu_backward"])
    assert place.cell == 2 and "cells 1 and 2" in place.notes[0]


@pytest.mark.parametrize(
    "source",
    [
        RIGHT["relu_backward"],
        "relu_backward = lambda dL_dY, X: dL_dY * (X > 0)",
        "a = relu_backward = print",
        "relu_backward: object = print",
        "if True:\n    def relu_backward(dL_dY, X): return 1",
        "try:\n    from mine import f as relu_backward\nexcept ImportError: pass",
        "class relu_backward: pass",
        "for relu_backward in [print]: pass",
    ],
)
def test_whatever_binds_the_name_answers(source):
    assert found(BLANK, source, BLANK).cell == 2
    assert not found(source).blank


@pytest.mark.parametrize(
    "source",
    [
        "def other():\n    def relu_backward(dL_dY, X): return 1",
        "class A:\n    relu_backward = 1",
        "f = lambda: [relu_backward for relu_backward in ()]",
        "'relu_backward'.upper()",
    ],
)
def test_what_only_mentions_the_name_is_missing(source):
    assert found(source).why == "No code cell of this notebook defines `relu_backward`."


def test_blank_is_what_raises_before_anything_else():
    assert found(BLANK).blank
    assert found('def relu_backward(a, b):\n    """Doc."""\n    raise NotImplementedError').blank
    assert not found("def relu_backward(a, b):\n    x = 1\n    raise NotImplementedError()").blank
    assert not found("def relu_backward(a, b):\n    raise ValueError").blank


def test_an_answer_in_a_text_cell_is_named():
    for kind in ("markdown", "raw"):
        place = found(text(RIGHT["relu_backward"], kind))
        assert place.cell is None and "Cell 1" in place.notes[0] and "Code" in place.notes[0]


def test_an_answer_that_cannot_be_read_is_an_error_of_the_learner():
    place = found("def relu_backward(dL_dY, X)\n    return 1")
    assert (place.failure.name, place.failure.line) == ("SyntaxError", 1)
    place = found(RIGHT["relu_backward"], "def relu_backward(dL_dY, X)\n    return 1")
    assert place.failure is None and place.cell == 1 and "cell 1 counted" in place.notes[0]


def test_metadata_tells_where_an_answer_should_be():
    for metadata in ({"course": {"answer": "relu"}}, {"nbgrader": {"grade_id": "relu"}}):
        assert "it defines `my_relu`" in found(code("my_relu = 1", **metadata), name="relu").why


def test_cells_of_the_course_are_known_by_their_text(tmp_path, monkeypatch):
    import hashlib

    ours, changed = "print('ours')", "print('somebody changed this')"
    fresh = hashlib.sha256(f"code\n{ours}".encode()).hexdigest()[:12]
    edition = notebook(ours, changed)
    edition["cells"][0]["id"], edition["cells"][1]["id"] = fresh + "-2", fresh
    (tmp_path / "01_relu.ipynb").write_text(json.dumps(edition))
    (tmp_path / "broken.ipynb").write_text("{")
    keys = answers.own_cells(tmp_path)
    monkeypatch.setattr(answers, "own_cells", lambda: keys)
    steps = answers.plan(parsed(notebook(ours + "  \n", changed)), {})
    assert [step.run for step in steps] == ["definitions", "all"]


def test_a_blank_copy_does_not_hide_an_answer():
    content = parsed(notebook(RIGHT["relu_backward"], f"x = 1\n{BLANK}"))
    steps = answers.plan(content, answers.find(content, ["relu_backward"]))
    assert steps[0].answers == ("relu_backward",) and steps[1].skip == (1,)


# Folders


@pytest.mark.parametrize(
    ("name", "notebook_name"),
    [
        ("01_relu.ipynb", "01_relu"),
        ("01_relu-Copy1.ipynb", "01_relu"),
        ("01_relu (2).ipynb", "01_relu"),
        ("01_relu-Copy1-Copy2 (1).IPYNB", "01_relu"),
        ("Copy of 01_relu.ipynb", "01_relu"),
        ("ann 01-relu final.ipynb", "01_relu"),
        ("101_relu.ipynb", None),
        ("homework.ipynb", None),
    ],
)
def test_a_file_name_tells_the_notebook(name, notebook_name):
    assert by_name(name, known_notebooks()) == notebook_name


def test_what_is_in_a_file_tells_the_notebook(tmp_path):
    path = hand_in(tmp_path, "ann", solved(), "homework.ipynb")
    assert by_content(reader.find_names(path, NAMES)) == "01_relu"
    assert by_content(reader.find_names(hand_in(tmp_path, "bob", "{", "h.ipynb"), NAMES)) is None


def collected(root, wanted=(), learners=(), **more):
    return collect(root, list(wanted), list(learners), lambda path: None, **more)


def test_notebooks_are_found_at_any_depth_and_checkpoints_are_not(tmp_path):
    hand_in(tmp_path, "ann", solved(), "ps1/deep/01_relu.ipynb")
    hand_in(tmp_path, "ann", solved(), ".ipynb_checkpoints/01_relu-checkpoint.ipynb")
    hand_in(tmp_path, "ann", b"Mac", "__MACOSX/._01_relu.ipynb")
    hand_in(tmp_path, "ann", b"Mac", "ps1/._01_relu.ipynb")
    (tmp_path / "bob").mkdir()
    seen = collected(tmp_path)
    assert [(s.learner, s.path and s.path.name) for s in seen.submissions] == [
        ("ann", "01_relu.ipynb"),
        ("bob", None),
    ]
    assert seen.submissions[0].notes == ()
    assert "No notebook `01_relu`" in seen.submissions[1].why


def test_of_several_copies_the_newest_counts(tmp_path):
    old = hand_in(tmp_path, "ann", solved())
    new = hand_in(tmp_path, "ann", solved(), "later/01_relu-Copy1.ipynb")
    os.utime(old, (1_000, 1_000))
    os.utime(new, (2_000, 2_000))
    (only,) = collected(tmp_path).submissions
    assert only.path == new and "later/01_relu-Copy1.ipynb" in only.notes[0]
    link = new.with_name("01_relu-Copy9.ipynb")
    link.symlink_to(old)
    (only,) = collected(tmp_path).submissions
    assert only.path == new, "a link is no newer copy"


def test_a_file_that_nothing_tells_stands_in_for_the_notebook_asked_for(tmp_path):
    path = hand_in(tmp_path, "ann", "{", "homework.ipynb")
    (only,) = collected(tmp_path, ["01_relu"]).submissions
    assert only.path == path and "was taken for it" in only.notes[0]
    assert collected(tmp_path).notebooks == ()


def test_links_in_place_of_folders_are_not_followed(tmp_path):
    hand_in(tmp_path, "ann", solved())
    (tmp_path / "bob").symlink_to(tmp_path / "ann")
    (tmp_path / "ann" / "more").symlink_to(tmp_path)
    ann, bob = collected(tmp_path).submissions
    assert ann.path is not None and ann.notes == ()
    assert bob.path is None and not bob.gradable and "symbolic link" in bob.why


def test_a_folder_that_cannot_be_read_is_not_gradable(tmp_path, monkeypatch):
    hand_in(tmp_path, "ann", solved())
    hand_in(tmp_path, "bob", solved())
    walk = os.walk

    def closed(folder, onerror=None, **more):
        if folder.name == "bob":
            onerror(PermissionError(13, "Permission denied"))
            return iter(())
        return walk(folder, onerror=onerror, **more)

    monkeypatch.setattr(os, "walk", closed)
    ann, bob = collected(tmp_path).submissions
    assert ann.path is not None
    assert not bob.gradable and "Permission denied" in bob.why


def test_the_results_and_loose_files_are_no_learners(tmp_path):
    hand_in(tmp_path, "ann", solved())
    (tmp_path / "results").mkdir()
    hand_in(tmp_path, ".", solved(), "loose.ipynb")
    seen = collected(tmp_path, apart=tmp_path / "results")
    assert seen.learners == ("ann",) and "loose.ipynb" in seen.warnings[0]


def test_one_notebook_is_a_class_of_one(tmp_path):
    seen = collected(hand_in(tmp_path, "ann", solved()))
    assert seen.learners == ("ann",) and seen.notebooks == ("01_relu",)


def test_learners_can_be_chosen(tmp_path):
    for name in ("ann", "bob"):
        hand_in(tmp_path, name, solved())
    seen = collected(tmp_path, learners=["bob", "zoe"])
    assert seen.learners == ("bob",) and seen.everyone == ("ann", "bob")
    assert "'zoe'" in seen.warnings[0]


@pytest.mark.skipif(os.name != "posix", reason="file names are text on this system")
def test_a_name_that_is_no_text_can_still_be_written(tmp_path):
    os.mkdir(os.path.join(os.fsencode(tmp_path), b"caf\xe9"))
    (name,) = collected(tmp_path, ["01_relu"]).learners
    assert name == "caf\\xe9"


def test_names_that_are_shown_alike_are_two_learners(tmp_path):
    for name in (b"caf\xe9", b"caf\\xe9", b"caf\\xe9 (2)"):
        os.mkdir(os.path.join(os.fsencode(tmp_path), name))
    learners = collected(tmp_path, ["01_relu"]).learners
    assert learners == ("caf\\xe9", "caf\\xe9 (2)", "caf\\xe9 (3)")

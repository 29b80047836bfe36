"""What comes out: tables, pages, and grades set by hand."""

from __future__ import annotations

import csv
import html
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from submissions import QUICK, WRONG, hand_in, notebook, solved

from course_utils.exercises import EXERCISES
from course_utils.grading import Options, Record, Stop, feedback, grade_folder, gradebook, sandbox
from course_utils.grading.journal import Journal
from course_utils.grading.progress import Progress

OPTIONS = Options(limits=QUICK, boxed=not sandbox.why_not())
BLANK = "def relu(X):\n    raise NotImplementedError()"
NASTY = [
    "=HYPERLINK(A1)",
    "+1",
    "-1",
    "@sum",
    "two\nlines",
    'a "quoted", one',
    "<script>alert(1)<script>",
    "..%2f..",
    "CON",
    "Ünïcödé 李",
    "\u202egnp.exe",
    "x" * 200,
]


def rows(results: Path) -> dict[str, dict]:
    with open(results / "grades.csv", encoding="utf-8", newline="") as file:
        return {row["learner"]: row for row in csv.DictReader(file)}


def lines(results: Path) -> list[dict]:
    return [json.loads(line) for line in (results / "grades.jsonl").read_text().splitlines()]


class Page(HTMLParser):
    """Tags and texts of a page, as a browser would have them."""

    def __init__(self, path: Path):
        super().__init__()
        self.tags, self.text, self.ids, self.links = [], "", set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.ids |= {value for name, value in attributes if name == "id"}
        self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_data(self, data):
        self.text += data


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A small class, graded once."""
    root = tmp_path_factory.mktemp("class")
    hand_in(root / "in", "ann", solved())
    hand_in(root / "in", "bob", solved(relu_backward=WRONG, relu=BLANK))
    hand_in(root / "in", "cyd", "{")
    (root / "in" / "dan").mkdir()
    for name in NASTY:
        hand_in(root / "in", name, notebook("x = 1"))
    result = grade_folder(root / "in", root / "out", jobs=2, seed=3, options=OPTIONS)
    return root / "out", result


# Tables


def test_every_learner_has_a_row_and_every_exercise_a_status(graded):
    results, result = graded
    table = rows(results)
    names = [name for name, exercise in EXERCISES.items() if exercise.notebook == "01_relu"]
    assert list(table["ann"]) == ["learner", *names, "total", "out_of"]
    assert len(table) == 4 + len(NASTY) == result.learners
    assert len(lines(results)) == len(table) * len(names)
    out_of = sum(EXERCISES[name].points for name in names)
    assert table["ann"]["total"] == table["ann"]["out_of"] == str(out_of)
    assert (table["bob"]["relu_backward"], table["bob"]["relu"]) == ("0", "0")
    assert table["dan"]["total"] == "0"


def test_what_is_not_gradable_is_no_silent_zero(graded):
    results, result = graded
    row = rows(results)["cyd"]
    assert set(row.values()) == {"cyd", "", row["out_of"]}
    assert {line["status"] for line in lines(results) if line["learner"] == "cyd"} == {
        "not gradable"
    }
    assert result.to_look_at == 1 and "cyd" in Page(results / "summary.html").text


def test_lines_hold_what_was_promised(graded):
    results, _ = graded
    promised = ["learner", "notebook", "exercise", "status", "points", "out_of"]
    promised += ["mistake", "message", "seed"]
    statuses = {}
    for line in lines(results):
        assert set(promised) <= set(line)
        assert line["seed"] == 3 and line["message"]
        statuses.setdefault(line["status"], line)
    assert set(statuses) == {*gradebook.STATUSES} - {"right with a note"}
    assert statuses["wrong"]["mistake"] and statuses["not gradable"]["points"] is None


@pytest.mark.parametrize("name", [*NASTY, "\t=1", "\r=1", "a=1"])
def test_no_name_is_a_formula_and_none_is_lost(name, tmp_path):
    path = tmp_path / "t.csv"
    with gradebook.whole_file(path) as file:
        csv.writer(file).writerow([gradebook.defused(name), "1"])
    with open(path, encoding="utf-8", newline="") as file:
        ((cell, _),) = csv.reader(file)
    assert cell.removeprefix("'") == name
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))


def test_points_read_as_one_writes_them():
    assert [gradebook.plain(n) for n in (None, 0, 2.0, 1.5, 10, 0.333)] == [
        *("", "0", "2", "1.5", "10", "0.33")
    ]


# Pages


def test_every_learner_has_a_page_of_their_own(graded):
    results, _ = graded
    pages = sorted((results / "feedback").rglob("*.html"))
    assert len(pages) == len(rows(results))
    learners = {Page(path).text.count("Verdicts") for path in pages}
    assert learners == {1}
    for path in pages:
        assert path.resolve().is_relative_to(results.resolve() / "feedback")
        assert path.name == "01_relu.html"


def test_names_of_folders_are_safe_and_unique():
    keys = [(name, "01_relu", "relu") for name in [*NASTY, "Ann", "ann", "a/b", "a:b", "..", ""]]
    names = feedback.folder_names(keys)
    assert len({name.casefold() for name in names.values()}) == len(keys)
    for name in names.values():
        assert re.fullmatch(r"[\w.\- ]+", name) and name.strip(". ") == name and len(name) < 100
        assert not feedback.RESERVED.fullmatch(name)
    assert names["Ann"] == "Ann"


def test_pages_need_nothing_from_elsewhere(graded):
    results, _ = graded
    for path in results.rglob("*.html"):
        page = Page(path)
        assert not [
            tag for tag, _ in page.tags if tag in ("script", "link", "iframe", "img", "object")
        ]
        for link in page.links:
            assert not re.match(r"(?:\w+:)?//", link), link
        assert "url(http" not in path.read_text()


def test_nothing_of_a_submission_becomes_markup(graded):
    results, _ = graded
    page = Page(results / "summary.html")
    assert "<script>alert(1)<script>" in page.text
    record = Record(
        "<b>", "01_relu", "<i>", "wrong", 0, 2, message="m", lines=[["<u>", "<s>`<q>`"]]
    )
    folder = results.parent / "escaped"
    feedback.write_feedback(folder, [record], {"<b>": "b"})
    page = Page(folder / "feedback" / "b" / "01_relu.html")
    assert not {"b", "i", "u", "s", "q"} & {tag for tag, _ in page.tags}
    assert "<i>" in page.text and "<q>" in page.text


def test_feedback_is_the_verdict_of_the_notebook_and_tells_no_secret(graded):
    results, _ = graded
    text = html.unescape((results / "feedback" / "bob" / "01_relu.html").read_text())
    line = next(
        x for x in lines(results) if (x["learner"], x["exercise"]) == ("bob", "relu_backward")
    )
    plain = re.sub(r"<[^>]+>", "", text)
    for part in line["message"].replace("`", "").splitlines():
        assert part in plain
    for secret in ("ann", "cyd", "np.where", "seed"):
        assert not re.search(rf"\b{secret}\b", plain), secret


def test_pages_are_accessible(graded):
    results, _ = graded
    for path in results.rglob("*.html"):
        page = Page(path)
        tags = [tag for tag, _ in page.tags]
        assert dict(page.tags)["html"] == {"lang": "en"}
        assert tags.count("h1") == 1 and tags.count("main") == 1 and tags.count("title") >= 1
        for tag, attributes in page.tags:
            if tag == "svg" and attributes.get("role") == "img":
                assert attributes["aria-labelledby"] in page.ids
            elif tag == "svg":
                assert attributes.get("aria-hidden") == "true"
            if tag == "th":
                assert attributes.get("scope") in ("row", "col")
        levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h\d", tag)]
        assert all(b - a <= 1 for a, b in pairwise(levels))
        assert all(link[1:] in page.ids for link in page.links if link.startswith("#"))


def test_links_of_the_summary_lead_to_the_feedback(graded):
    from urllib.parse import unquote

    results, _ = graded
    links = [link for link in Page(results / "summary.html").links if "feedback" in link]
    assert len(links) == len(rows(results))
    assert all((results / unquote(link)).is_file() for link in links)


def test_the_summary_counts(graded):
    results, _ = graded
    text = Page(results / "summary.html").text
    assert f"{len(rows(results))} learners" in text
    assert "1 have all" in text
    wrong = next(x for x in lines(results) if x["status"] == "wrong")
    assert wrong["mistake"] in text


def record(learner="ann", exercise="relu", **more) -> Record:
    return Record(
        learner, "01_relu", exercise, **{"status": "right", "points": 1, "out_of": 1, **more}
    )


def test_pictures_are_told_in_words():
    assert feedback.histogram([0, 5, 10, 10], 10) == [
        *[("0-10 %", 1)],
        *[(f"{10 * i}-{10 * i + 10} %", int(i == 5)) for i in range(1, 9)],
        ("90-100 %", 2),
    ]
    assert "2 have all 10 points and 1" in feedback.histogram_words([0, 5, 10, 10], 10)
    assert feedback.histogram_words([], 0) == "No learner has a total yet."
    numbers = gradebook.Numbers(["relu"])
    for status in ("right", "right", "wrong", "missing"):
        numbers.count(record(status=status))
    bars = feedback.status_bars(numbers, "relu")
    assert [(bar.start, bar.length, bar.words) for bar in bars] == [
        *[(0, 50, "2 right"), (50, 25, "1 wrong"), (75, 25, "1 missing")]
    ]
    assert len({bar.fill for bar in bars}) == 3


def test_mistakes_are_named_by_their_sentence_or_by_an_example():
    known = EXERCISES["relu_backward"].mistakes[0]
    numbers = gradebook.Numbers(["relu_backward"])
    for mistake, said in [(known.key, "one"), ("new", "two"), ("new", "three"), (None, "four")]:
        lines = [("What happened", said)]
        wrong = {"status": "wrong", "kind": "values", "mistake": mistake, "lines": lines}
        numbers.count(record(exercise="relu_backward", **wrong))
    assert feedback.mistakes(numbers) == [
        ("relu_backward", "new", "For example: two", 2),
        ("relu_backward", known.key, known.says, 1),
        ("relu_backward", "values", "For example: four", 1),
    ]


# By hand


def test_a_grade_set_by_hand_stays(tmp_path):
    hand_in(tmp_path / "in", "ann", solved(relu_backward=WRONG))
    hand_in(tmp_path / "in", "cyd", "{")
    out = tmp_path / "out"
    grade_folder(tmp_path / "in", out, jobs=1, options=OPTIONS)
    overrides = "learner,exercise,points,why\nann,relu_backward,1.5,the idea is right\n"
    names = [name for name, exercise in EXERCISES.items() if exercise.notebook == "01_relu"]
    overrides += "".join(f"cyd,{name},0,never came back\n" for name in names)
    (out / "overrides.csv").write_text(overrides + "zoe,relu,1,\n")
    result = grade_folder(tmp_path / "in", out, jobs=1, options=OPTIONS)
    assert result.graded == 0
    table = rows(out)
    assert table["ann"]["relu_backward"] == "1.5" and table["cyd"]["total"] == "0"
    assert "the idea is right" in (out / "feedback" / "ann" / "01_relu.html").read_text()
    assert any("'zoe'" in warning for warning in result.warnings)
    assert (
        "set by hand" in next(x for x in lines(out) if x["exercise"] == "relu_backward")["message"]
    )


@pytest.mark.parametrize(
    "content", ["learner,points\nann,1\n", "learner,exercise,points\na,b,many\n"]
)
def test_an_unreadable_override_is_one_sentence(tmp_path, content):
    (tmp_path / "overrides.csv").write_text(content)
    with pytest.raises(Stop, match=r"overrides\.csv cannot be read"):
        gradebook.read_overrides(tmp_path)


# Little by little


def test_the_numbers_do_not_keep_the_records(tmp_path):
    """What is kept of a thousand learners is what the summary shows of them, and no verdict."""
    journal = Journal(tmp_path)
    with journal:
        journal.begin(1)
        for number in range(50):
            journal.add([record(f"learner {number}", message="m" * 1000)])
        seen = []
        numbers = gradebook.write_tables(journal, list(journal.entries), {}, seen.append)
    assert len(seen) == 50 and all(len(group) == 1 for group in seen)
    assert numbers.to_see == [] and "mmm" not in repr(vars(numbers))


def test_a_record_is_a_report_again():
    table = (("entry", "yours"), (("[0]", "1"),))
    shown = record(status="wrong", table=table, lines=(("", "a"), ("Look", "b")), section="S")
    again = Record(**json.loads(json.dumps(vars(shown))))
    assert again.report() == replace(shown.report())
    assert again.report().message == "a\nLook: b" and again.report().table.rows == (("[0]", "1"),)


# Progress


class Terminal:
    def __init__(self, is_terminal: bool):
        self.written, self.is_terminal = "", is_terminal

    def isatty(self):
        return self.is_terminal

    def write(self, text):
        self.written += text

    def flush(self):
        pass


def test_a_terminal_has_a_bar_and_a_log_has_lines():
    now = [0.0]
    bar, log = Terminal(True), Terminal(False)
    both = [Progress(4, stream, lambda: now[0]) for stream in (bar, log)]
    for learner in ("ann", "bob", "c\x1byd", "dan"):
        now[0] += 2.0
        for progress in both:
            progress.say(learner)
    assert bar.written.count("\r") == 4 and "\x1b[K[##########..........]" in bar.written
    assert bar.written.endswith("dan\n")
    assert "\r" not in log.written and log.written.count("\n") == 2
    assert "3 of 4 graded, 0.5 a second, 0:02 left: c?yd" in log.written


def test_a_closed_terminal_ends_nothing():
    class Closed(Terminal):
        def write(self, text):
            raise BrokenPipeError

    Progress(1, Closed(True)).say("ann")

"""How a verdict reads, in words and in HTML."""

from html.parser import HTMLParser

import pytest

from course_utils.report import NOTED, RIGHT, WRONG, Report, Table, anchor, to_html

HOSTILE = "<script>alert(1)</script> & “7. The condensed map”"
REPORT = Report(
    "relu_backward",
    WRONG,
    points=0.5,
    out_of=2,
    kind="values",
    mistake="sign",
    lines=(("What happened", HOSTILE), ("Next", 'see “7. The condensed map”, or `hint("x")`.')),
    table=Table(("entry [i, j]", "yours", "true"), (("[0, 1]", "<b>1</b>", "2"),)),
    section="7. The condensed map",
)


def test_words_come_first_and_hold_everything():
    text = str(REPORT)
    assert text.splitlines()[0] == "Wrong: relu_backward (0.5 of 2 points)"
    assert HOSTILE in text and "[0, 1]" in text
    assert repr(REPORT) == text


def test_under_nbgrader_the_text_is_the_points(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    assert repr(REPORT) == "0.5"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.seen, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append(tag)
        self.links += [value for key, value in attrs if key == "href"]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("links", [True, False])
def test_html_is_escaped_balanced_and_links_to_the_section(links):
    tags = Tags()
    tags.feed(to_html(REPORT, links))
    assert not tags.open
    assert "script" not in tags.seen and "b" not in tags.seen
    assert tags.links == (["#7.-The-condensed-map"] * 2 if links else [])


def test_every_status_has_a_word_and_a_bar_of_its_own():
    bars = {
        to_html(Report("x", status, out_of=1)).split("border-left:")[1][:12]
        for status in (RIGHT, NOTED, WRONG)
    }
    assert len(bars) == 3


def test_anchor():
    assert anchor("7. The condensed map") == "7.-The-condensed-map"

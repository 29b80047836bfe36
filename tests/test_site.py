"""The pages to read: linked, whole, and in need of nothing from a network."""

from __future__ import annotations

import re

import bs4
import pytest

from course_utils import exercises
from course_utils.authoring.mathml import to_mathml
from course_utils.cli import main

FORMULAS = r"""
Inline $x_{ij}$, $\max(0, x)$, and a display:

$$\frac{\mathrm{d}L}{\mathrm{d}X_{ij}} = \sum_{k,l} \texttt{dL\_dY[k, l]} \cdot \begin{cases} 1, & x \ge 0 \\ 0, & \text{otherwise} \end{cases}$$

[The next](02_more.ipynb#More), [home](https://example.org/a.ipynb).

<details><summary>The last line</summary>

Hidden: $y = 2x$.

</details>

```{code-cell} ipython3
from IPython.display import display

class Explorer:
    def _repr_mimebundle_(self, **kwargs):
        return {"text/plain": "[move it in Jupyter]", "application/vnd.jupyter.widget-view+json": {"model_id": "1"}}

display(Explorer())
print("a sentence that is longer than any line of an array, " * 3)
```
"""


@pytest.fixture
def pages(course):
    """The site of a course of two notebooks, by file name."""
    exercises.EXERCISES.clear()
    source = course / "source" / "01_twice.md"
    source.write_text("# Twice\n\n*About 5 minutes.*\n\n## One way\n" + FORMULAS, encoding="utf-8")
    (course / "source" / "02_more.md").write_text(
        "# More\n\n[back](01_twice.ipynb)\n", encoding="utf-8"
    )
    assert main(["build"]) == 0
    assert main(["site", "--out", "out/pages"]) == 0
    return {
        path.name: path.read_text(encoding="utf-8")
        for path in (course.parent / "out" / "pages").iterdir()
    }


def soup(text):
    return bs4.BeautifulSoup(text, "html.parser")


def test_the_pages(pages):
    assert set(pages) == {"index.html", "01_twice.html", "02_more.html", "style.css"}
    page = pages["01_twice.html"]
    # linked
    index = soup(pages["index.html"])
    assert [link["href"] for link in index.select("ol.pages a")] == [
        "01_twice.html",
        "01_twice.html#One-way",
        "02_more.html",
    ]
    assert "5 minutes" in index.get_text()
    assert soup(page).select_one("[rel=next]")["href"] == "02_more.html"
    assert soup(pages["02_more.html"]).select_one("[rel=prev]")["href"] == "01_twice.html"
    assert soup(page).select_one("[aria-current=page]").get_text() == "Twice"
    hrefs = [link["href"] for link in soup(page).select("main a")]
    assert "02_more.html#More" in hrefs and "https://example.org/a.ipynb" in hrefs
    # whole
    assert "$" not in soup(page).select_one("main").get_text()
    assert len(soup(page).find_all("math")) == 4
    assert soup(page).select_one("details math")
    assert soup(page).title.get_text() == "Twice · Condensed Gradients"
    # of what needs a kernel its words are there; a sentence wraps
    assert "[move it in Jupyter]" in soup(page).select_one(".output_area").get_text()
    assert "a sentence" in soup(page).select_one("pre.sentence").get_text()


def test_the_pages_fetch_nothing(pages):
    for name, text in pages.items():
        assert "<script" not in text, name
        loads = [
            tag.get("src") or tag.get("href")
            for tag in soup(text).select("link, img, iframe, source, object")
        ]
        assert all(re.match(r"style\.css$|data:", url) for url in loads), loads
        assert "@import" not in text and "url(" not in text, name


def test_all_fragments_exist(pages):
    for name, text in pages.items():
        for link in soup(text).select("a[href*='#']"):
            target, _, fragment = link["href"].partition("#")
            page = soup(pages.get(target or name, ""))
            if not re.match(r"[a-z]+:", target):
                assert page.find(id=fragment), f"{name}: {link['href']}"


def test_a_stale_notebook_is_named_and_nothing_written(course, capsys):
    assert main(["site", "--out", "pages"]) == 1
    assert "notebooks/solutions/01_twice.ipynb is stale: it is missing" in capsys.readouterr().err
    assert not (course.parent / "pages").exists()


def test_a_formula_that_cannot_be_shown_is_named(course, capsys):
    exercises.EXERCISES.clear()
    (course / "source" / "01_twice.md").write_text("# Twice\n\n$\\nonsense{x}$\n")
    main(["build"])
    assert main(["site", "--out", "pages"]) == 1
    assert r"no MathML for '\\nonsense{x}'" in capsys.readouterr().err


@pytest.mark.parametrize(
    "tex, found",
    [
        (r"\max(0, x)", "<mi>max</mi>"),
        (r"\frac{\mathrm{d}L}{2}", '<mi mathvariant="normal">'),
        (r"\texttt{a\_b}", "a_b"),
        (r"\text{cost\_of}", "cost_of"),
        (r"f'(x)", "<mrow><mi>f</mi><mi>&#x02032;</mi></mrow>"),
        (r"x_{k \bmod n}", 'rspace="0.28em">mod</mo>'),
    ],
)
def test_formulas(tex, found):
    assert found in to_mathml(tex, "inline")


def test_a_sum_in_a_display_has_its_limits_below():
    assert "<munder>" in to_mathml(r"\sum_{kl} x", "block")
    assert "<munder>" in to_mathml(r"\lim_{h \to 0} x", "block")
    assert "<munder>" not in to_mathml(r"\sum_{kl} x", "inline")


def test_indices_are_tight_and_no_line_begins_with_a_comma(pages):
    page = soup(pages["01_twice.html"])
    signs = page.select("munder > :nth-child(2) mo")
    assert signs and all(sign["lspace"] == sign["rspace"] == "0" for sign in signs)
    assert all(not sign.has_attr("lspace") for sign in page.select("math > mrow > mo"))
    assert page.select_one(".whole").get_text().endswith(",")

"""`course-utils site`: the solved course as linked pages that need no network and no kernel."""

from __future__ import annotations

import argparse
import html
import re
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat

from . import state
from .build import complain, find_notebooks
from .editions import solved_edition
from .mathml import to_mathml
from .roles import match_exercises
from .source import BEGIN, END, SourceError, _near, read_source

TEMPLATES = Path(__file__).with_name("pages")
LONGEST_ARRAY_LINE, PHONE_LINE = 79, 25  # characters


@dataclass
class Page:
    """One notebook as a page: `sections` are (fragment, text) of its second-level headings."""

    name: str
    title: str
    minutes: str
    sections: list[tuple[str, str]]
    body: str

    @property
    def file(self) -> str:
        return f"{self.name}.html"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the pages go")
    parser.add_argument(
        "--notebooks",
        type=Path,
        metavar="DIR",
        help="the folder that holds source/ (found by default)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the site; a page that is stale or cannot be made is named, and nothing is written."""
    try:
        folder = args.notebooks or find_notebooks(Path.cwd())
        pages = [_page(folder, path) for path in sorted((folder / "source").glob("*.md"))]
    except (LookupError, SourceError, ValueError) as error:
        return complain(str(error.args[0]))
    if not pages:
        return complain(f"{_near(folder / 'source')} holds no sources (*.md).")
    write_site(args.out, pages)
    print(f"{len(pages)} pages and a table of contents: open {_near(args.out / 'index.html')}")
    return 0


def write_site(out: Path, pages: list[Page]) -> None:
    """All pages, or none: they are made beside `out` and moved in."""
    environment = _templates()
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent) as temporary:
        half = Path(temporary) / "site"  # made with the usual permissions
        half.mkdir()
        for index, page in enumerate(pages):
            before = pages[index - 1] if index else None
            after = pages[index + 1] if index + 1 < len(pages) else None
            text = environment.get_template("page.html.j2").render(
                page=page, before=before, after=after, pages=pages
            )
            (half / page.file).write_text(text, encoding="utf-8", newline="\n")
        text = environment.get_template("index.html.j2").render(pages=pages)
        (half / "index.html").write_text(text, encoding="utf-8", newline="\n")
        shutil.copy(TEMPLATES / "style.css", half)
        shutil.copytree(half, out, dirs_exist_ok=True)


def _templates():
    import jinja2

    loader = jinja2.FileSystemLoader(TEMPLATES)
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )


def _page(folder: Path, path: Path) -> Page:
    source = read_source(path)
    match_exercises(source)
    place = folder / "solutions" / f"{source.name}.ipynb"
    why = state.stale_solved(place, solved_edition(source))
    if why:
        raise LookupError(
            f"{_near(place)} is stale: {why}. Run `course-utils build {source.name}`."
        )
    return page_of(source.name, state.read(place))


def page_of(name: str, notebook: nbformat.NotebookNode) -> Page:
    """A solved notebook as a page. Raises ValueError on a formula that cannot be shown."""
    import bs4

    for cell in notebook.cells:
        if cell.cell_type == "code":
            kept = [line for line in cell.source.splitlines() if line.strip() not in (BEGIN, END)]
            cell.source = "\n".join(kept)
    soup = bs4.BeautifulSoup(_body(notebook), "html.parser")
    _relink(soup)
    _set_formulas(soup)
    _fit_narrow_pages(soup)
    first = soup.find("h1")
    title = _words(first) if first else name
    minutes = re.search(r"(?:About )?(\d+) minutes", soup.get_text())
    sections = [(heading["id"], _words(heading)) for heading in soup.find_all("h2")]
    return Page(name, title, minutes[1] if minutes else "", sections, str(soup))


def _body(notebook: nbformat.NotebookNode) -> str:
    body, _ = _exporter().from_notebook_node(notebook)
    return body


@cache
def _exporter():
    """nbconvert's plain HTML, with MathML where it would leave TeX to a script."""
    from nbconvert import HTMLExporter
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    class Renderer(IPythonRenderer):
        def inline_math(self, body):
            return to_mathml(body, "inline")

        def block_math(self, body):
            return to_mathml(body, "block")

        def latex_environment(self, name, body):
            return to_mathml(rf"\begin{{{name}}}{body}\end{{{name}}}", "block")

    def markdown(source: str) -> str:
        return MarkdownWithMath(renderer=Renderer(escape=False, exclude_anchor_links=False)).render(
            source
        )

    exporter = HTMLExporter(
        template_name="basic", exclude_input_prompt=True, exclude_output_prompt=True
    )
    exporter.register_filter("markdown2html", markdown)
    return exporter


def _relink(soup) -> None:
    """Links between notebooks become links between pages; landmarks and headers are what they say."""
    for link in soup.find_all("a", href=True):
        link["href"] = re.sub(r"^(?:\./)?([\w-]+)\.ipynb(?=#|$)", r"\1.html", link["href"])
    for link in soup.find_all("a", class_="anchor-link"):
        link["aria-label"] = "Link to this heading"
    for corner in soup.select("th:empty"):
        corner.name = "td"  # a header that says nothing is none
    for verdict in soup.select("section.cg-verdict"):
        verdict.name, verdict["role"] = "div", "group"  # no landmark: there are too many


INDICES = ":is(msub, msup, munder) > :nth-child(2), :is(msubsup, munderover) > :nth-child(n+2)"


def _set_formulas(soup) -> None:
    """As TeX sets them, also where no font for mathematics is installed."""
    for index in soup.select(INDICES):
        for sign in [index, *index.find_all("mo")]:
            if sign.name == "mo" and not sign.has_attr("lspace"):
                sign["lspace"] = sign["rspace"] = "0"  # nothing is loose within an index
    # indices stand as high beside one letter as beside another, whatever they are
    for letter in soup.select(":is(msub, msup, msubsup) > :is(mi, mn):first-child"):
        above = {} if letter.parent.name == "msub" else {"height": "0.4em"}
        _pad(soup, letter, depth="0", **above)
    for index in soup.select("msub > :nth-child(2):not(:has(mfrac, msub))"):
        _pad(soup, index, height="0.9em")
    for formula in soup.select("math[display=inline]"):  # no line begins with a comma
        after = formula.next_sibling
        marks = re.match(r"[.,;:?!)”]+", after) if isinstance(after, str) else None
        if marks:
            after.replace_with(after[marks.end() :])
            formula.wrap(soup.new_tag("span", attrs={"class": "whole"})).append(marks[0])


def _pad(soup, part, **size) -> None:
    part.wrap(soup.new_tag("mpadded", attrs=size))


def _fit_narrow_pages(soup) -> None:
    """A printed sentence wraps. What may not be broken scrolls in its own box, also by keyboard."""
    for table in soup.find_all("table"):
        table.wrap(soup.new_tag("div", attrs={"class": "wide"}))
    for pre in soup.select(".output_area pre"):
        if _longest_line(pre) > LONGEST_ARRAY_LINE:
            pre["class"] = "sentence"
    kept = ".wide, math[display=block], pre:not(.sentence, .highlight pre)"
    for block in soup.select(kept):
        if _longest_line(block) > PHONE_LINE or block.name == "div":
            block["tabindex"] = "0"


def _longest_line(block) -> int:
    return max(map(len, block.get_text().splitlines()), default=0)


def _words(heading) -> str:
    """A heading without its link sign; formulas as their TeX was read out."""
    copy = heading.__copy__()
    for link in copy.find_all("a", class_="anchor-link"):
        link.decompose()
    return html.unescape(" ".join(copy.get_text().split()))

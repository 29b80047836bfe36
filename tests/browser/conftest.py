"""A real JupyterLab in a real browser: a server on a free loopback port, Chromium on top.

The notebooks are built from their sources into a temporary folder: a learner's own are not touched,
and neither are settings, kernels and records. Where Chromium is missing, these tests are skipped
and say so; COURSE_CHROMIUM names one that is not found by itself.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
from lab import EXPLORERS, SOURCES, Server

from course_utils.authoring.editions import FIXED_METADATA, student_edition, to_bytes
from course_utils.authoring.roles import match_exercises
from course_utils.authoring.source import read_source

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    # Nothing but loopback has a name in here, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def pytest_collection_modifyitems(items):
    """All of these are `browser` tests: `pytest -m "not browser"` leaves them out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium_path():
    found = os.environ.get("COURSE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        pytest.skip("no Chromium on this machine: install chromium, or name one in COURSE_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def chromium(chromium_path):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def notebooks(tmp_path_factory):
    """A folder with the student edition of every notebook, as the sources have them now, and all explorers in one."""
    folder = tmp_path_factory.mktemp("notebooks")
    for path in SOURCES:
        source = read_source(path)
        match_exercises(source)
        (folder / f"{path.stem}.ipynb").write_bytes(to_bytes(student_edition(source)))
    code = ["from course_utils import explorers", *EXPLORERS]
    cells = [nbformat.v4.new_code_cell(each) for each in code]
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=FIXED_METADATA)
    nbformat.write(notebook, folder / "explorers.ipynb")
    return folder


@pytest.fixture(scope="session")
def server(chromium_path, notebooks, tmp_path_factory):
    """JupyterLab and Notebook 7, both of which one server serves."""
    with Server(notebooks, tmp_path_factory.mktemp("jupyter")) as running:
        yield running


@pytest.fixture
def page(chromium, request):
    """A page that fails its test when it asked for anything beyond loopback.

    Parametrize indirectly with keywords of a browser context, e.g. color_scheme.
    """
    look = {"viewport": {"width": 1280, "height": 1000}, **getattr(request, "param", {})}
    context = chromium.new_context(**look)
    asked = []
    context.on("request", lambda each: asked.append(each.url))
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()
    own = ("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:", "file:", "about:")
    beyond = [url for url in asked if not url.startswith(own)]
    assert not beyond, f"requests that left loopback: {beyond}"

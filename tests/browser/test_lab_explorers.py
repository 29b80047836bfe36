"""Explorers moved by a hand on the keyboard: each slider, each box, and what the page then shows."""

from __future__ import annotations

import inspect

import pytest
from axe_playwright_python.sync_playwright import Axe
from lab import EXPLORERS

from course_utils import explorers

# What ipywidgets gets wrong, by axe's name of the rule: the handle of a slider has no name of its
# own. The number box beside each of our sliders has one, and does the same.
NOT_OURS = {"aria-input-field-name": "noUi-handle"}


@pytest.fixture
def notebook(server, page, request):
    """All explorers, live, in the theme or the application that the test is parametrized with."""
    server.dark(request.param == "dark")
    opened = server.open(page, "explorers", classic=request.param == "Notebook 7")
    opened.run_all()
    assert opened.errors() == []
    yield opened
    server.dark(False)
    server.stop_kernels()


def picture(cell):
    """What the live picture shows, as its bytes, and as the sentence says it."""
    return (
        cell.locator(".jupyter-widgets img").first.get_attribute("src"),
        cell.locator("[role=status]").inner_text(),
    )


def wait_for_another(notebook, cell, before):
    """The next picture. The time is the page's patience, not a claim of speed."""
    for _ in range(100):
        now = picture(cell)
        if now[0] != before[0]:
            return now
        notebook.page.wait_for_timeout(100)
    raise AssertionError("the picture did not change within 10 s")


def test_the_list_is_whole():
    public = {name for name in explorers.__all__ if inspect.isfunction(getattr(explorers, name))}
    assert {each.removeprefix("explorers.").partition("(")[0] for each in EXPLORERS} == public


@pytest.mark.parametrize("notebook", ["light", "Notebook 7"], indirect=True)
def test_every_explorer_moves_by_keyboard_and_by_its_box(notebook):
    for name in EXPLORERS:
        cell = notebook.cell(name)
        seen = picture(cell)
        handle = cell.locator(".noUi-handle").last
        handle.focus()
        # Notebook 7 keeps the arrows for itself; these two work in both.
        notebook.page.keyboard.press("PageUp")
        moved = wait_for_another(notebook, cell, seen)
        assert moved[1] != seen[1], f"{name}: the sentence stayed as it was"
        box = cell.locator("input[type=number]").last
        box.fill(box.get_attribute("min"))
        box.press("Enter")
        assert wait_for_another(notebook, cell, moved)[1] != moved[1], name


@pytest.mark.parametrize("notebook", ["light"], indirect=True)
def test_arrow_keys_move_a_slider_in_jupyterlab(notebook):
    cell = notebook.cell(EXPLORERS[0])
    seen = picture(cell)
    cell.locator(".noUi-handle").first.focus()
    notebook.page.keyboard.press("ArrowRight")
    assert wait_for_another(notebook, cell, seen) != seen


@pytest.mark.parametrize("notebook", ["light", "dark"], indirect=True)
def test_explorers_are_accessible(notebook):
    found = Axe().run(notebook.page, context=".jp-OutputArea-output .jupyter-widgets.widget-vbox")
    ours = [
        (violation["id"], node["html"])
        for violation in found.response["violations"]
        for node in violation["nodes"]
        if NOT_OURS.get(violation["id"], "never") not in node["html"]
    ]
    assert ours == []

"""Someone solves an exercise in JupyterLab: types, runs the check, reads the verdict."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe

from course_utils.exercises import EXERCISES

RIGHT = "def relu_backward(dL_dY, X):\n    return dL_dY * (X > 0)"
WRONG = "def relu_backward(dL_dY, X):\n    return (X > 0) * 1.0"
RAISES = "def relu_backward(dL_dY, X):\n    mask = X > 0\n    return dL_dY * masc"


@pytest.fixture
def notebook(server, page, request):
    """01_relu, opened in the theme that the test is parametrized with, its first cell run."""
    server.dark(request.param == "dark")
    opened = server.open(page, "01_relu")
    opened.run(opened.cell("import numpy as np"))
    assert opened.errors() == []
    yield opened
    server.dark(False)
    server.stop_kernels()


def answer(notebook, text):
    """Type an answer, run it, run its check, and return the verdict."""
    cell = notebook.cell("def relu_backward(")
    notebook.rewrite(cell, text)
    notebook.run(cell)
    return notebook.run(notebook.cell("check(relu_backward)"))


@pytest.mark.parametrize("notebook", ["light", "dark"], indirect=True)
def test_answers_and_their_verdicts(notebook):
    """Each edit of the answer gives the verdict of that answer, and axe has nothing to say."""
    (mistake,) = [each for each in EXERCISES["relu_backward"].mistakes if each.key == "no upstream"]
    for text, word, detail in (
        (WRONG, "Wrong", mistake.says.split(".")[0]),
        (RAISES, "Wrong", "return dL_dY * masc"),
        (RIGHT, "Right", ""),
    ):
        shown = answer(notebook, text)
        assert shown.startswith(f"{word}: relu_backward") and detail in shown
        found = Axe().run(notebook.page, context=".cg-verdict")
        assert found.violations_count == 0, found.generate_report()
    assert notebook.errors() == []


@pytest.mark.parametrize("notebook", ["light"], indirect=True)
def test_a_verdict_leads_to_where_the_step_is_derived(notebook):
    answer(notebook, WRONG)
    heading = notebook.page.get_by_role("heading", name=EXERCISES["relu_backward"].section)
    notebook.page.locator(".cg-verdict a").first.click()
    notebook.page.wait_for_function(
        """heading => {
            const box = heading.getBoundingClientRect();
            return box.top >= 0 && box.bottom <= window.innerHeight;
        }""",
        arg=heading.element_handle(),
    )

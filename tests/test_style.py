"""ruff and codespell, as a contributor would run them. A learner's own notebooks are left out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from course_utils.authoring.editions import solved_edition, student_edition
from course_utils.authoring.source import read_source

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "notebooks" / "source").glob("*.md"))
CODE = ["course_utils", "tests", "benchmarks", "conftest.py"]
TEXT = [
    "course_utils",
    "tests",
    "benchmarks",
    "docs",
    "notebooks/source",
    "README.md",
    "CONTRIBUTING.md",
]


def run(*command):
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def there(names):
    return [name for name in names if (ROOT / name).exists()]


@pytest.fixture(scope="module")
def editions(tmp_path_factory):
    """Both editions of every notebook, as the sources have them now."""
    folder = tmp_path_factory.mktemp("editions")
    for path in SOURCES:
        source = read_source(path)
        for kind, edition in (("student", student_edition), ("solved", solved_edition)):
            nbformat.write(edition(source), folder / f"{kind}_{path.stem}.ipynb")
    return folder


def test_ruff_lints_code():
    run("ruff", "check", *there(CODE))


def test_ruff_formats_code():
    run("ruff", "format", "--check", "--diff", *there(CODE))


def test_ruff_lints_notebooks(editions):
    run("ruff", "check", "--config", "pyproject.toml", str(editions))


def test_ruff_formats_notebooks(editions):
    run("ruff", "format", "--check", "--diff", "--config", "pyproject.toml", str(editions))


def test_codespell():
    run("codespell_lib", *there(TEXT))

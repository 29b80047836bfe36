"""Imports run downwards only, and `import course_utils` is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "course_utils"

# From the ground up. A module imports from layers below its own, never beside it or above
# (inside a folder of its own it may do as it likes).
LAYERS = [
    {"values", "jacobian", "layers", "figures", "report", "record"},
    {"network", "tape", "sitting"},
    {"exercises"},
    {"diagnosis", "explorers"},
    {"swapping"},
    {"classroom"},
    {"grading", "authoring"},
    {"cli"},
]
HEIGHT = {name: height for height, names in enumerate(LAYERS) for name in names}
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py" or path.parent != PACKAGE
)


def room(path):
    """The module or folder, right under the package, that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path):
    """Rooms of the package that a file imports from, anywhere in it."""
    depth = len(path.relative_to(PACKAGE).parts)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level == depth:
            names = [node.module] if node.module else [alias.name for alias in node.names]
            yield from (name.split(".")[0] for name in names)
        elif (
            isinstance(node, ast.ImportFrom)
            and not node.level
            and (node.module or "").startswith("course_utils")
        ):
            names = node.module.split(".")[1:2] or [alias.name for alias in node.names]
            yield from names
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.split(".")[1]
                for alias in node.names
                if alias.name.startswith("course_utils.")
            )


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_run_downwards(path):
    assert room(path) in HEIGHT, f"say in LAYERS where {room(path)} stands"
    for name in imported(path):
        if name != room(path):
            assert name in HEIGHT, f"say in LAYERS where {name} stands"
            assert HEIGHT[name] < HEIGHT[room(path)], (
                f"{room(path)} imports {name}, which does not stand below it"
            )


def test_the_map_names_no_ghosts():
    assert set(HEIGHT) <= {room(path) for path in MODULES}


def loaded_by(statement):
    """Third-party packages in memory after a statement, in a fresh interpreter."""
    code = (
        f"{statement}\nimport sys\nprint(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split()) - set(sys.stdlib_module_names)


def test_importing_the_package_costs_numpy():
    assert loaded_by("import course_utils") - loaded_by("pass") <= {"course_utils", "numpy"}


def test_the_command_line_starts_without_notebook_libraries():
    heavy = {"nbformat", "jupytext", "nbclient", "nbconvert", "matplotlib", "ipywidgets"}
    assert not heavy & loaded_by("import course_utils.cli")

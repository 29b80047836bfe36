"""environment.yml under the same bounds as pyproject.toml, and pyproject.toml true to itself."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ENVIRONMENT = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
# What is written here is a conda MatchSpec and a PyPI requirement at once: a name and a lower bound.
SPEC = re.compile(r"([a-z][a-z0-9_-]*)>=(\d+(?:\.\d+)*)")


def requirements(lines):
    """Name -> lower bound."""
    found = {}
    for line in lines:
        requirement = Requirement(line)
        if requirement.name != "condensed-gradients":
            (lower,) = [each.version for each in requirement.specifier if each.operator == ">="]
            found[requirement.name] = lower
    return found


def conda():
    return [entry for entry in ENVIRONMENT["dependencies"] if isinstance(entry, str)]


def test_it_names_what_the_course_is_built_on():
    assert ENVIRONMENT["channels"] == ["conda-forge"]
    names = {SPEC.fullmatch(entry)[1] for entry in conda() if entry != "pip"}
    assert {"python", "numpy", "jupyter", "matplotlib", "ipywidgets", "nbval"} <= names
    assert "pip" in conda()


def test_its_bounds_are_those_of_the_project():
    project = PROJECT["project"]
    bounds = requirements(project["dependencies"] + project["optional-dependencies"]["dev"])
    bounds["python"] = project["requires-python"].removeprefix(">=")
    for entry in conda():
        if entry != "pip":
            name, bound = SPEC.fullmatch(entry).groups()
            assert bounds[name] == bound, f"{entry}: pyproject.toml says >={bounds[name]}"


def test_pip_installs_the_project_itself():
    (pip,) = [entry["pip"] for entry in ENVIRONMENT["dependencies"] if isinstance(entry, dict)]
    assert pip == ["-e .[dev]"]


def test_the_bare_test_command_brings_what_it_needs():
    assert PROJECT["dependency-groups"]["dev"] == ["condensed-gradients[dev]"]
    dev = requirements(PROJECT["project"]["optional-dependencies"]["dev"])
    assert {"pytest", "nbval", "pytest-xdist", "jupytext", "nbclient"} <= set(dev)
    heavy = {"torch", "jax", "nbgrader", "distributed", "autograd", "scipy"}
    assert not heavy & (set(dev) | set(requirements(PROJECT["project"]["dependencies"])))


def test_no_file_names_a_package_index():
    for name in ("pyproject.toml", "environment.yml"):
        assert "index" not in (ROOT / name).read_text(encoding="utf-8").lower()

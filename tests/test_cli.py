"""The command line: what is wrong is one sentence, and never a traceback."""

from __future__ import annotations

import subprocess
import sys

import pytest

from course_utils import cli


def test_it_can_be_run_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "course_utils.cli", "--help"], capture_output=True, text=True
    )
    assert done.returncode == 0
    for command in ("build", "grade", "site"):
        assert command in done.stdout


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_each_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([command, "--help"])
    assert left.value.code == 0
    assert f"usage: course-utils {command}" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["bild"], ["build", "--chek"]])
def test_a_slip_is_answered_with_the_usage(arguments, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 2
    assert "usage: course-utils" in capsys.readouterr().err


def test_an_unknown_notebook(course, capsys):
    assert cli.main(["build", "03_nothing"]) == 1
    assert capsys.readouterr().err == "no source is called '03_nothing': there are 01_twice.\n"


def test_outside_the_course(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["build"]) == 1
    assert "there is no folder notebooks/source here or above" in capsys.readouterr().err


def test_a_folder_without_sources(tmp_path, capsys):
    assert cli.main(["build", "--notebooks", str(tmp_path)]) == 1
    assert "holds no sources" in capsys.readouterr().err


def test_from_a_folder_below(course, monkeypatch, capsys):
    monkeypatch.chdir(course / "source")
    assert cli.main(["build", "--check"]) == 1
    assert "is stale: it is missing" in capsys.readouterr().err


def test_names_may_be_files(course, capsys):
    assert cli.main(["build", "--check", "notebooks/source/01_twice.md"]) == 1
    assert "01_twice" in capsys.readouterr().err


def test_a_missing_library_is_named(course, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "jupytext.myst", None)
    assert cli.main(["build"]) == 1
    assert capsys.readouterr().err.startswith(
        "course-utils: jupytext.myst is missing: `pip install"
    )


def test_an_interruption_is_no_traceback(monkeypatch, capsys):
    def interrupt(args):
        raise KeyboardInterrupt

    monkeypatch.setattr("course_utils.authoring.build.run", interrupt)
    assert cli.main(["build"]) == 130
    assert "stopped" in capsys.readouterr().err

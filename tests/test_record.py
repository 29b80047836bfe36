"""The learner's record: never lost, never in the way."""

import json
import subprocess
import sys

import pytest

from course_utils import record


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_UTILS_DATA", str(tmp_path / "data"))
    record.trouble()
    return tmp_path / "data"


def tried(entry):
    entry.tries += 1


def test_nothing_is_written_by_reading(own_folder):
    assert record.read() == {} and not own_folder.exists()


def test_update_read_and_reset(own_folder):
    record.update("relu", tried)
    record.update("relu", tried)
    record.update("linear", tried)
    assert record.read()["relu"].tries == 2
    record.reset("relu")
    assert set(record.read()) == {"linear"}
    record.reset()
    assert record.read() == {}


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", '{"exercises": {"relu": {"tries": "many"}}}', '{"exercises": 3}', "\0\0"],
)
def test_a_damaged_file_is_set_aside_with_one_sentence(own_folder, damage):
    own_folder.mkdir()
    (own_folder / "progress.json").write_text(damage, encoding="utf-8")
    record.update("relu", tried)
    assert record.read()["relu"].tries == 1
    assert "set aside" in record.trouble()
    assert record.trouble() == ""
    (aside,) = own_folder.glob("progress.damaged-*.json")
    assert aside.read_text(encoding="utf-8") == damage


def test_a_newer_file_with_more_fields_is_read(own_folder):
    own_folder.mkdir()
    stored = {"version": 9, "exercises": {"relu": {"tries": 4, "mood": "good"}}}
    (own_folder / "progress.json").write_text(json.dumps(stored), encoding="utf-8")
    assert record.read()["relu"].tries == 4


@pytest.mark.parametrize("stored", ['{"version": 9, "exercises": {}}', '{"version": 9, "new": []}'])
def test_a_newer_file_is_never_written_over(own_folder, stored):
    own_folder.mkdir()
    (own_folder / "progress.json").write_text(stored, encoding="utf-8")
    assert record.update("relu", tried).tries == 1
    assert "newer version" in record.trouble()
    assert record.read()["relu"].tries == 1  # remembered for as long as this notebook runs
    assert (own_folder / "progress.json").read_text(encoding="utf-8") == stored


def test_a_file_that_cannot_be_read_is_not_written_over(own_folder, monkeypatch):
    record.update("relu", tried)

    def refused(*_, **__):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as context:
        context.setattr(record.Path, "read_text", refused)
        assert record.update("linear", tried).tries == 1
        assert "could not be saved" in record.trouble()
    assert record.read()["relu"].tries == 1
    record.update("linear", tried)  # and what had to wait is saved with the next
    assert (
        json.loads((own_folder / "progress.json").read_text())["exercises"]["linear"]["tries"] == 2
    )


def test_numbers_that_make_no_sense_are_damage(own_folder):
    own_folder.mkdir()
    for damage in ('{"points": NaN}', '{"tries": -3}'):
        stored = '{"exercises": {"relu": ' + damage + "}}"
        (own_folder / "progress.json").write_text(stored)
        assert record.read() == {} and "set aside" in record.trouble()


def test_a_folder_that_cannot_be_written_is_no_reason_to_fail(own_folder):
    own_folder.write_text("a file stands where the folder should be")
    assert record.update("relu", tried).tries in (0, 1)
    assert "could not be" in record.trouble()


def test_two_notebooks_at_once_lose_nothing(own_folder):
    """Several processes count up at the same time; every count arrives."""
    program = (
        "from course_utils import record\n"
        "def tried(entry): entry.tries += 1\n"
        "for _ in range(25): record.update('relu', tried)"
    )
    running = [subprocess.Popen([sys.executable, "-c", program]) for _ in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert record.read()["relu"].tries == 75


def test_a_lock_left_behind_does_not_block_for_ever(own_folder, monkeypatch):
    monkeypatch.setattr(record, "LOCK_SECONDS", 0.05)
    own_folder.mkdir()
    (own_folder / "progress.json.lock").touch()
    record.update("relu", tried)
    assert record.read()["relu"].tries == 1
    assert not (own_folder / "progress.json.lock").exists()

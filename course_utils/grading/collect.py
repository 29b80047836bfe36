"""Who handed in what: a folder of learners -> the notebook of each that counts. Nothing is run."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .. import exercises

SKIPPED = {".ipynb_checkpoints", "__MACOSX", "__pycache__", "node_modules"}
SKIPPED |= {".git", ".venv", ".jupyter", ".virtual_documents", ".cache", ".local", ".config"}
MAX_FILES = 1_000  # notebooks in one learner's folder
COPY = re.compile(r"(?:[-_ ]*(?:copy|kopie|copie|copia)[-_ ]*\d*|[-_ ]*\(\d+\))$", re.IGNORECASE)


@dataclass(frozen=True)
class Submission:
    """One notebook of one learner. path: None where there is none, and `why` says so.

    file: the path below the learner's folder, as it may be shown.
    """

    learner: str
    notebook: str
    path: Path | None
    why: str = ""
    notes: tuple[str, ...] = ()
    gradable: bool = True
    file: str = ""


@dataclass(frozen=True)
class Collected:
    """All that was found. everyone: learners, chosen or not. warnings: for the instructor."""

    everyone: tuple[str, ...]
    learners: tuple[str, ...]
    notebooks: tuple[str, ...]
    submissions: tuple[Submission, ...]
    warnings: tuple[str, ...] = ()


def known_notebooks() -> list[str]:
    """The notebooks that have exercises, in the order of the course; private ones last."""
    mine = {exercise.notebook for exercise in exercises.EXERCISES.values()}
    first = [name for name in exercises.NOTEBOOKS if name in mine]
    return first + sorted(mine - set(first))


def names_of(notebook: str) -> list[str]:
    """The exercises of a notebook, in the order of the course."""
    return [e.name for e in exercises.EXERCISES.values() if e.notebook == notebook]


def collect(
    root: Path,
    wanted: list[str],
    learners: list[str],
    identify: Callable[[Path], str | None],
    apart: Path | None = None,
) -> Collected:
    """Find every learner's notebooks.

    root: a folder of learners' folders, or one notebook (its folder names the learner).
    wanted, learners: names, or empty for all there are. identify: which notebook a file is that
    no name tells, by what is in it. apart: the results folder, which is no learner.
    """
    warnings: list[str] = []
    if root.is_dir():
        folders = _folders(root, apart, warnings)
        files = {name: _notebooks(folder) for name, folder in folders.items()}
    else:
        files = {shown(root.resolve().parent.name): ([root], "")}
    everyone = tuple(sorted(files))
    if learners:
        files = {name: found for name, found in files.items() if name in learners}
        warnings += [f"no folder of a learner is called {n!r}" for n in learners if n not in files]
    known = known_notebooks()
    sorted_files = {name: _by_notebook(found[0], known, identify) for name, found in files.items()}
    seen = {notebook for groups in sorted_files.values() for notebook in groups}
    notebooks = [name for name in known if name in (wanted or seen)]
    submissions = [
        _submission(name, notebook, root, sorted_files[name], files[name][1])
        for name in sorted(files)
        for notebook in notebooks
    ]
    return Collected(
        everyone, tuple(sorted(files)), tuple(notebooks), tuple(submissions), tuple(warnings)
    )


def shown(name: str) -> str:
    """A file name as text that can be written anywhere (file names may be any bytes)."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _folders(root: Path, apart: Path | None, warnings: list[str]) -> dict[str, Path]:
    found, loose = {}, []
    for entry in sorted(os.scandir(root), key=lambda entry: entry.name):
        if apart is not None and Path(entry.path).resolve() == apart.resolve():
            continue
        if entry.is_dir() and _is_learner(entry):
            found[_apart(shown(entry.name), found)] = Path(entry.path)
        elif entry.name.lower().endswith(".ipynb"):
            loose.append(shown(entry.name))
    if loose:
        warnings.append(
            f"not graded, since outside every learner's folder: {', '.join(loose[:5])}"
            + (f" and {len(loose) - 5} more" if len(loose) > 5 else "")
        )
    return found


def _apart(name: str, taken) -> str:
    """The name, or with a number: names of other bytes can be shown as the same text."""
    number = 2
    while name in taken:
        name, number = f"{name.removesuffix(f' ({number - 1})')} ({number})", number + 1
    return name


def _is_learner(entry: os.DirEntry) -> bool:
    """Every folder is a learner's, but for those of tools; a hidden one, if it holds a notebook."""
    if entry.name in SKIPPED or not entry.name.startswith("."):
        return entry.name not in SKIPPED
    return not entry.is_symlink() and bool(_notebooks(Path(entry.path))[0])


def _notebooks(folder: Path) -> tuple[list[Path], str]:
    """All that is called a notebook below a learner's folder, and why it could not be read."""
    if folder.is_symlink():
        return [], "The folder is a symbolic link, and links are not followed."
    found, trouble = [], []
    for here, folders, files in os.walk(folder, onerror=trouble.append):
        in_place = [name for name in folders if name.lower().endswith(".ipynb")]
        skipped = {*SKIPPED, *in_place}
        folders[:] = sorted(n for n in folders if n not in skipped and not n.startswith("."))
        names = [n for n in (*files, *in_place) if n.lower().endswith(".ipynb")]
        found += [Path(here, name) for name in sorted(names) if not name.startswith("._")]
        if len(found) > MAX_FILES:
            return found[:MAX_FILES], ""
    if trouble and not found:
        return [], f"The folder could not be read: {trouble[0].strerror or trouble[0]}."
    return found, ""


def _by_notebook(paths: list[Path], known: list[str], identify) -> dict[str | None, list[Path]]:
    """Files by the notebook they are; None for those that nothing tells."""
    groups: dict[str | None, list[Path]] = {}
    for path in paths:
        name = by_name(path.name, known) or identify(path)
        groups.setdefault(name, []).append(path)
    return groups


def by_name(file_name: str, known: list[str]) -> str | None:
    """The notebook a file name tells, whatever was put before or after it."""
    stem = shown(file_name)[: -len(".ipynb")]
    while COPY.search(stem):
        stem = COPY.sub("", stem)
    stem = re.sub(r"[-\s_]+", "_", stem).lower().strip("_")
    inside = [
        name for name in known if re.search(rf"(?:^|_){re.escape(name.lower())}(?:_|$)", stem)
    ]
    return max(inside, key=len, default=None)


def by_content(bound: list[str]) -> str | None:
    """The notebook most of whose exercises are bound."""
    counts = Counter(exercises.EXERCISES[name].notebook for name in bound)
    return counts.most_common(1)[0][0] if counts else None


def _submission(learner: str, notebook: str, root: Path, groups: dict, trouble: str) -> Submission:
    """The file that counts as this learner's notebook."""
    mine = groups.get(notebook) or []
    if not mine and not groups.get(None):
        if trouble:
            return Submission(learner, notebook, None, trouble, gradable=False)
        words = f"No notebook `{notebook}` was found in the learner's folder."
        return Submission(learner, notebook, None, words)
    files = sorted(mine or groups[None], key=_newest)
    chosen, others = files[-1], files[:-1]
    notes = []
    if not mine:
        notes.append(f"No file is called `{notebook}`; {_within(chosen, root)} was taken for it.")
    elif others:
        names = ", ".join(_within(path, root) for path in others[-3:])
        words = f"{len(files)} copies were handed in; the newest counted: {_within(chosen, root)}"
        notes.append(f"{words}, not {names}{' ...' if len(others) > 3 else ''}.")
    file = _within(chosen, root)
    return Submission(learner, notebook, chosen, notes=tuple(notes), file=file)


def _newest(path: Path) -> tuple:
    """Files before links and pipes, then the newest; of equals the one with the plainer name."""
    try:
        found = os.lstat(path)
    except OSError:
        return (False, 0, 0, "")
    return (stat.S_ISREG(found.st_mode), found.st_mtime_ns, -len(path.name), str(path))


def _within(path: Path, root: Path) -> str:
    """A path below the learner's folder: no other learner's name, no folder of the instructor's."""
    try:
        parts = path.relative_to(root).parts[1:]
    except ValueError:
        parts = (path.name,)
    return shown("/".join(parts) or path.name)

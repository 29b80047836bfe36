"""Starting the process that runs a submission: in bubblewrap, or (asked for, and told) without.

In the sandbox there is Python, its packages, the three files that child.py needs, and an empty
scratch folder. There is no network, no home, no other submission, no course and no results.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from functools import cache
from pathlib import Path

import numpy as np

from .. import values
from . import child, standin, syscalls, wire
from .options import MIB, Limits, Options

PACKAGES = ("site-packages", "dist-packages")
HERE, CACHE = "/course", "/compiled"  # inside: child.py and its files, and their bytecode
SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/bin", "/nix/store")
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts")  # matplotlib would look through all of them
SYSTEM_FILES = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime")
READY = ("--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp")
FIRST_USER = 61_184  # systemd's range for users that exist only while something runs
USERS = 4_000


class CannotStart(Exception):
    """The sandbox, or the process in it, did not start: the grader's trouble, not the learner's."""


def start(options: Options, fill_cache: bool = False) -> tuple[subprocess.Popen, str]:
    """A process that waits for requests, and the scratch folder to remove after it ('' if none)."""
    if options.boxed:
        return _start_boxed(options, fill_cache), ""
    scratch = tempfile.mkdtemp(prefix="grading-")
    os.chmod(scratch, 0o777)
    python = [sys.executable, "-I", "-S", "-B", child.__file__]
    settings = _settings(options.limits, lambda path: path, own_session=False)
    system = {name: os.environ[name] for name in ("SYSTEMROOT", "PATH") if name in os.environ}
    try:
        process = _popen([*python, settings], env={**system, **_environment(scratch)}, cwd=scratch)
    except CannotStart:
        shutil.rmtree(scratch, ignore_errors=True)
        raise
    return process, scratch


def _start_boxed(options: Options, fill_cache: bool) -> subprocess.Popen:
    python = [os.path.realpath(sys.executable), "-I", "-S", *([] if fill_cache else ["-B"])]
    cache = []
    if options.cache:
        cache = ["--bind" if fill_cache else "--ro-bind-try", options.cache, CACHE]
        python += ["-X", f"pycache_prefix={CACHE}"]
    inside = _settings(options.limits, lambda path: f"{HERE}/{Path(path).name}", own_session=True)
    with _filter_file() as file:
        seccomp = ["--seccomp", str(file.fileno())] if syscalls.filter_bytes() else []
        places = [*_scratch(options.limits), *_places(options.hidden), *cache, *READY]
        command = ["bwrap", *_isolation(), *places, *seccomp, "--", *python, f"{HERE}/child.py"]
        return _popen([*command, inside], env=_environment("/tmp"), pass_fds=(file.fileno(),))


def _popen(command: list[str], **more) -> subprocess.Popen:
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    try:
        return subprocess.Popen(command, bufsize=0, start_new_session=True, **pipes, **more)
    except OSError as error:
        raise CannotStart(f"{command[0]}: {error.strerror or error}") from None


def _settings(limits: Limits, inside, own_session: bool) -> str:
    """What child.py is told, as its one argument."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return json.dumps(
        {
            "values": inside(values.__file__),
            "wire": inside(wire.__file__),
            "standin": inside(standin.__file__),
            "site": _site(),
            "own_session": own_session,
            "become": FIRST_USER + os.getpid() % USERS if root else 0,
            "answer_cpu": int(limits.answer + limits.grace) + 1,
            "patience": limits.patience,
            "limits": {
                "RLIMIT_AS": limits.memory,
                "RLIMIT_FSIZE": limits.scratch,
                "RLIMIT_NOFILE": 128,
                "RLIMIT_CORE": 0,
                "RLIMIT_NPROC": limits.processes,
            },
        }
    )


def _environment(scratch: str) -> dict[str, str]:
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    home = dict.fromkeys(("HOME", "TMPDIR", "TEMP", "TMP", "MPLCONFIGDIR"), scratch)
    return {**one, **home, "MPLBACKEND": "agg", "LANG": "C.UTF-8"}


# bubblewrap


def _isolation() -> list[str]:
    shared = ["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts"]
    shared += ["--unshare-cgroup-try", "--die-with-parent", "--hostname", "grading"]
    if os.geteuid() == 0:  # child.py gives up root: a user namespace would map back to it
        return [*shared, "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*shared, "--unshare-user"]


@cache
def _places(hidden: tuple[str, ...] = ()) -> tuple[str, ...]:
    """What can be read inside, and what is covered; a folder comes before what lies in it."""
    shown = {path: "--ro-bind" for path in (*SYSTEM, *_python_folders()) if os.path.isdir(path)}
    shown |= dict.fromkeys(_hidden(tuple(shown), hidden), "--tmpfs")
    # Older bwraps make the way to a folder for root alone, and nobody is to walk it here.
    ways = {parent for path in shown for parent in Path(path).parents} - {Path("/")}
    ways = sorted({"/etc", HERE, *(str(way) for way in ways if not _within(str(way), shown))})
    arguments = [part for way in ways for part in ("--perms", "0755", "--dir", way)]
    for path, how in sorted(shown.items(), key=lambda item: len(Path(item[0]).parts)):
        arguments += [how, path] if how == "--tmpfs" else [how, os.path.realpath(path), path]
    for path in SYSTEM_FILES:
        arguments += ["--ro-bind-try", path, path]
    for module in (child, values, wire, standin):
        arguments += ["--ro-bind", module.__file__, f"{HERE}/{Path(module.__file__).name}"]
    return tuple(arguments)


def _site() -> list[str]:
    """The folders of installed packages, without those that .pth files add: the course's own."""
    found = [path for path in sys.path if Path(path).name in PACKAGES and os.path.isdir(path)]
    return list(dict.fromkeys([*found, str(Path(np.__file__).parent.parent)]))


def _python_folders() -> list[str]:
    base = {sys.base_prefix, sys.base_exec_prefix, sysconfig.get_paths()["stdlib"]}
    base |= {os.path.realpath(path) for path in base}
    base.add(str(Path(os.path.realpath(sys.executable)).parent))
    outside = {path for path in (*base, *_site()) if path != "/" and not _within(path, SYSTEM)}
    return [path for path in outside if not _within(path, outside - {path})]


def _within(path: str, folders) -> bool:
    return any(Path(path).is_relative_to(folder) for folder in folders)


def _hidden(shown: tuple[str, ...], also: tuple[str, ...]) -> set[str]:
    """Folders that lie in what is shown and must not be read: the course, wherever installed."""
    package = Path(values.__file__).parent
    root = package.parent
    hidden = {*map(Path, (*also, *FONTS)), package if root.name in PACKAGES else root}
    for folder in map(Path, shown):
        for pattern in (package.name, f"lib/python*/*-packages/{package.name}"):
            hidden.update(folder.glob(pattern))
    return {str(path) for path in hidden if path.is_dir() and _within(str(path), shown)}


def _scratch(limits: Limits) -> list[str]:
    # Before the places: a course or a Python may itself live below /tmp.
    size = ["--perms", "1777", "--size", str(limits.scratch), "--tmpfs"]
    shared = ["--perms", "1777", "--size", str(16 * MIB), "--tmpfs"]
    return ["--proc", "/proc", "--dev", "/dev", *shared, "/dev/shm", *size, "/tmp"]


def _filter_file():
    """An open file with the system-call filter; bwrap reads it through its descriptor."""
    program = syscalls.filter_bytes()
    file = tempfile.TemporaryFile()  # noqa: SIM115  the caller's `with` closes it
    file.write(program or b"")
    file.seek(0)
    return file


@cache
def why_not() -> str:
    """'' where the sandbox works, else one sentence on what is missing and what to do."""
    if sys.platform != "linux":
        return "the sandbox needs Linux with bubblewrap; on this system grade with --no-sandbox"
    if not shutil.which("bwrap"):
        return (
            "bubblewrap is not installed: `apt install bubblewrap` (or dnf, pacman, zypper) "
            "brings it; --no-sandbox grades without"
        )
    trial = ["bwrap", *_isolation(), *_scratch(Limits()), *_places(), *READY, "--"]
    trial += [os.path.realpath(sys.executable), "-I", "-S", "-c", "pass"]
    done = subprocess.run(trial, capture_output=True, text=True, env={}, check=False)
    if done.returncode == 0:
        return ""
    return (
        f"bubblewrap cannot start here ({done.stderr.strip()[:200]}): user namespaces may be "
        "forbidden (ask for kernel.unprivileged_userns_clone=1, or for an AppArmor profile of "
        "bwrap); --no-sandbox grades without"
    )

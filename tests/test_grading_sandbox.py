"""What a submission can reach and use, seen from inside: with the sandbox, and without."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from submissions import QUICK, RIGHT, SETUP, hand_in, notebook, solved

import course_utils
from course_utils.grading import Options, channel, grade_submission, sandbox, syscalls
from course_utils.grading.answers import Step
from course_utils.grading.session import Session

boxed = pytest.mark.skipif(bool(sandbox.why_not()), reason=sandbox.why_not() or "works")
LINUX = sys.platform == "linux"


def seen(source: str, **options) -> object:
    """What code sees in there: the value of the last expression of `source`, as JSON."""
    *before, last = ast.parse(source).body
    lines = [ast.unparse(line) for line in before]
    lines += ["import json", f"answer = json.dumps({ast.unparse(last)})"]
    cell = "\n".join([*lines, "def look(): return answer"])
    options = Options(**{"limits": QUICK, **options})
    with Session([Step(1, cell, "all", ("look",))], options) as session:
        from course_utils.values import Call

        outcome = session.ask("look")([Call(())])[0]
        assert outcome.failure is None, (outcome.failure, session.errors, session.deaths)
        return json.loads(outcome.value.data)


# With the sandbox


@boxed
def test_only_python_its_packages_and_a_scratch_folder_are_there(tmp_path):
    package = Path(course_utils.__file__).parent
    paths = [package, package.parent / "notebooks", package.parent / "tests", tmp_path, Path.home()]
    paths += [Path("/etc/passwd"), Path("/home"), Path("/root"), Path("/var"), Path("/sys")]
    # A folder may be there as the way to something that is shown; then it is empty but for that.
    inside = seen(
        f"import os\n[[p, sorted(os.listdir(p)) if os.path.isdir(p) else os.path.exists(p)] "
        f"for p in {[str(path) for path in paths]!r}]"
    )
    shown = {name for path in sandbox._python_folders() for name in Path(path).parts}
    for path, what in inside:
        assert what is False or set(what) <= shown, path
    assert sorted(seen("import os\nos.listdir('/course')")) == [
        *("child.py", "standin.py", "values.py", "wire.py"),
    ]


@boxed
def test_no_copy_of_the_course_can_be_read():
    """Wherever Python looks for packages, course_utils is not there, or is empty."""
    found = seen(
        "import os, sys\n"
        "[os.path.join(d, f) for root in ('/usr', *sys.path) for d, ds, fs in os.walk(root)"
        " for f in fs if 'course_utils' in d and f.endswith('.py')]",
        limits=replace(QUICK, cell=30, cells=30),
    )
    assert found == []


@boxed
def test_nothing_but_the_scratch_folder_can_be_written():
    tried = [
        "/",
        "/usr",
        "/course",
        "/dev",
        "/proc",
        "/proc/sys/kernel",
        os.path.dirname(os.__file__),
    ]
    source = f"""
import os
def writes(folder):
    try:
        with open(os.path.join(folder, 'mine'), 'w') as file:
            file.write('x')
        return True
    except OSError:
        return False
[writes(folder) for folder in {tried!r}] + [writes('/tmp'), os.getcwd()]
"""
    assert seen(source) == [False] * len(tried) + [True, "/tmp"]


@boxed
def test_the_scratch_folder_is_small():
    source = """
import errno, os
code = 0
try:
    for number in range(10):
        with open(f'/tmp/{number}', 'wb') as file:
            file.write(b'x' * 10**6)
except OSError as error:
    code = error.errno
code == errno.ENOSPC
"""
    assert seen(source, limits=replace(QUICK, scratch=5 * 10**6)) is True


@boxed
def test_there_is_no_network():
    source = """
import socket
def reach(address):
    try:
        socket.create_connection(address, 1).close()
        return True
    except OSError:
        return False
[reach(('127.0.0.1', 22)), reach(('8.8.8.8', 53)), [name for _, name in socket.if_nameindex()]]
"""
    assert seen(source) == [False, False, ["lo"]]


@boxed
def test_no_other_process_is_seen_and_nothing_of_ours_is_in_the_environment(monkeypatch):
    monkeypatch.setenv("SECRET_OF_THE_JUDGE", "1")
    pids = seen("import os\n[int(p) for p in os.listdir('/proc') if p.isdigit()]")
    assert len(pids) < 6 and os.getpid() not in pids
    first = "os.access('/proc/1/environ', os.R_OK) and open('/proc/1/environ').read()"
    inside = seen(f"import os\n[dict(os.environ), {first}]")
    assert "SECRET" not in str(inside)


@boxed
def test_it_runs_as_nobody_and_limits_bind_it():
    source = """
import os, resource
started = 0
try:
    while started < 200:
        if os.fork() == 0:
            import time
            time.sleep(20)
            os._exit(0)
        started += 1
except OSError:
    pass
caps = [line for line in open('/proc/self/status') if line.startswith('CapEff')][0].split()[1]
[started, int(caps, 16), resource.getrlimit(resource.RLIMIT_AS)[1], os.getuid()]
"""
    started, caps, memory, user = seen(source, limits=replace(QUICK, processes=20))
    assert 5 < started < 20 and caps == 0 and memory == QUICK.memory and user != 0


@boxed
@pytest.mark.parametrize(
    "call",
    [
        "libc.unshare(0x10000000)",
        "libc.ptrace(0, 0, 0, 0)",
        "libc.memfd_create(b'x', 0)",
        "libc.shmget(0, 4096, 0o1600)",
        "libc.mount(b'none', b'/tmp', b'tmpfs', 0, None)",
        "libc.syscall(435, 0, 0)",
    ],
)
def test_system_calls_that_no_answer_needs_are_refused(call):
    if syscalls.filter_bytes() is None:
        pytest.skip("the numbers of this machine's system calls are not known")
    source = f"import ctypes, errno\nlibc = ctypes.CDLL(None, use_errno=True)\nresult = {call}\n"
    result, number = seen(source + "[result, ctypes.get_errno()]")
    assert result == -1 and number in (1, 38)


@boxed
def test_threads_and_processes_still_work_under_the_filter():
    source = """
import subprocess, sys, threading
found = []
thread = threading.Thread(target=found.append, args=(1,))
thread.start()
thread.join()
done = subprocess.run([sys.executable, '-S', '-c', 'print(2)'], capture_output=True, text=True)
found + [done.stdout.strip()]
"""
    assert seen(source) == [1, "2"]


@boxed
def test_a_folder_in_what_is_shown_can_be_hidden(tmp_path):
    folder = max(sandbox._python_folders() or ["/usr/lib"], key=len)
    hidden = str(next(path for path in Path(folder).iterdir() if path.is_dir()))
    arguments = sandbox._places((hidden,))
    place = arguments.index(hidden)
    assert (
        arguments[place - 1] == "--tmpfs"
        and seen(f"import os\nos.listdir({hidden!r})", hidden=(hidden,)) == []
    )


@boxed
def test_it_ends_with_the_judge(tmp_path):
    """A judge that is killed leaves nothing running."""
    mark = "a-mark-that-no-other-process-has"
    script = f"""
import os, signal, sys, time
from course_utils.grading import Options, channel
with channel.Channel(Options()) as c:
    c.requests.put(channel.wire.frame({{"do": "cell", "number": 1, "run": "all", "seconds": 600,
        "skip": [], "answers": [], "id": 1,
        "source": "import subprocess, sys; subprocess.run([sys.executable, '-c', "
                  "'import time; time.sleep(600)', '{mark}'])"}}))
    time.sleep(3)
    print("up", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout == "up\n", done.stderr
    for _ in range(50):
        if not _running(mark):
            return
        import time

        time.sleep(0.1)
    pytest.fail("a process of the sandbox is still there")


def _running(mark: str) -> bool:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if mark.encode() in path.read_bytes() and b"os.kill" not in path.read_bytes():
                return True
        except OSError:
            continue
    return False


@boxed
def test_nothing_is_left_of_a_submission(tmp_path):
    import psutil

    path = hand_in(tmp_path, "ann", solved(relu_backward=RIGHT["relu_backward"] + LEFT))
    before = {p.pid for p in psutil.Process().children(recursive=True)}
    (record,) = grade_submission(str(path), ["relu_backward"], options=Options(limits=QUICK))
    assert record.status == "right"
    assert {p.pid for p in psutil.Process().children(recursive=True)} <= before


LEFT = "\nimport os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(600)"


def test_the_bytecode_is_made_once_where_there_is_none(tmp_path, monkeypatch):
    if sandbox.why_not():
        pytest.skip(sandbox.why_not())
    with channel.compiled(Options(), tmp_path / "c") as folder:
        has_some = os.path.exists(channel.importlib.util.cache_from_source(channel.np.__file__))
        assert (folder == "") == has_some
    monkeypatch.setattr(channel.importlib.util, "cache_from_source", lambda path: "nowhere")
    (tmp_path / "c").mkdir()  # of a run that was killed
    (tmp_path / "c" / "left").touch()
    with channel.compiled(Options(), tmp_path / "c") as folder:
        assert not os.path.exists(f"{folder}/left")
        assert list(Path(folder).rglob("numpy/__init__*.pyc"))
        assert seen("import wire\nwire.__cached__", cache=folder).startswith("/compiled/")
    assert not os.path.exists(folder)


# Without it


def test_where_the_sandbox_is_missing_a_sentence_says_what_to_do(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    monkeypatch.setattr(sandbox.sys, "platform", "linux")
    why = sandbox.why_not.__wrapped__()
    assert "apt install bubblewrap" in why and "--no-sandbox" in why
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    assert "--no-sandbox" in sandbox.why_not.__wrapped__()


@boxed
def test_where_namespaces_are_forbidden_the_reason_is_told(monkeypatch):
    monkeypatch.setattr(sandbox, "_isolation", lambda: ["--no-such-thing"])
    assert "no-such-thing" in sandbox.why_not.__wrapped__()


@boxed
def test_a_sandbox_that_fails_later_is_nobodys_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "_isolation", lambda: ["--no-such-thing"])
    path = hand_in(tmp_path, "ann", solved())
    records = grade_submission(str(path), ["relu", "relu_backward"], options=Options())
    assert [(r.status, r.points, r.kind) for r in records] == [
        ("not gradable", None, "trouble")
    ] * 2
    assert "no-such-thing" in records[0].message


def test_without_the_sandbox_every_verdict_says_so(tmp_path):
    path = hand_in(tmp_path, "ann", notebook(SETUP, RIGHT["relu"], "import os\nos._exit(1)"))
    options = Options(boxed=False, limits=QUICK)
    records = grade_submission(str(path), ["relu", "contract"], options=options)
    assert [record.status for record in records] == ["right", "missing"]
    assert all("could reach files and network" in record.message for record in records)


def test_without_the_sandbox_nothing_is_left_either(tmp_path):
    scratch = seen("import os\nos.getcwd()", boxed=False)
    assert "grading-" in scratch and not os.path.exists(scratch)


@pytest.mark.skipif(not LINUX, reason="looks at Linux processes")
def test_without_the_sandbox_limits_hold(tmp_path):
    bomb = "def relu(X):\n    return np.ones((10**5, 10**5))"
    path = hand_in(tmp_path, "ann", notebook(SETUP, bomb))
    (record,) = grade_submission(str(path), ["relu"], options=Options(boxed=False, limits=QUICK))
    assert record.mistake == "limit: memory"


def test_where_there_is_no_fork_each_exercise_has_a_process_of_its_own(tmp_path, monkeypatch):
    """As on Windows: an answer that changes the notebook's state still harms only itself."""
    child = tmp_path / "child.py"
    source = Path(sandbox.child.__file__).read_text()
    child.write_text(source.replace('hasattr(os, "fork")', "False"))
    assert source != child.read_text()
    monkeypatch.setattr(sandbox.child, "__file__", str(child))
    harm = "def relu(X):\n    global np\n    out = np.maximum(X, 0)\n    np = None\n    return out"
    path = hand_in(tmp_path, "ann", notebook("import numpy as np", harm, RIGHT["relu_backward"]))
    options = Options(boxed=False, limits=QUICK)
    first, second = grade_submission(str(path), ["relu", "relu_backward"], options=options)
    assert first.status == "wrong" and second.status == "right"


@pytest.mark.parametrize(
    "path", sorted(Path(sandbox.__file__).parent.glob("*.py")), ids=lambda p: p.name
)
def test_no_module_of_one_system_only_is_imported_at_the_top(path):
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    assert not names & {"fcntl", "resource", "pwd", "grp", "termios", "msvcrt", "winreg", "ctypes"}


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_the_filter_is_a_program_that_ends(machine):
    data = syscalls.filter_bytes(machine)
    assert len(data) % 8 == 0 and data[-8:] == b"\x06\0\0\0\0\0\xff\x7f"
    assert syscalls.filter_bytes("pdp11") is None

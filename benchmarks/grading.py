"""Grading a class: submissions a second, memory, and nbgrader and nbclient on the same twenty.

Every submission is the ReLU notebook: a third of the learners solved it, a third solved it with one
answer wrong, a third left one answer blank. Each file differs from the others.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from . import peers
from .results import OURS, Case, slope

TOPIC = "grading"
NOTEBOOK = "01_relu"
ROOT = Path(__file__).resolve().parents[1]
COMMAND = "import sys; from course_utils.cli import main; sys.exit(main(sys.argv[1:]))"
BESIDE_PEERS = 20


def run(effort):
    sizes = [4, 8] if effort.quick else [20, 200, 1000]
    by_workers = {OURS: 1, "ours, 2 workers": 2}
    seconds, memory, speed = [], [], []
    for size in sizes:
        times, peaks = {}, {}
        with tempfile.TemporaryDirectory() as folder:
            submissions = _class_of(size, Path(folder))
            for name, workers in by_workers.items():
                took, peak = _graded(submissions, Path(folder) / f"results{workers}", workers)
                times[name], peaks[name] = [took], [peak]
            if size == min(BESIDE_PEERS, sizes[0]):
                times |= _by_nbgrader(submissions, Path(folder)) | _by_nbclient(submissions)
        label = f"{size} submissions"
        seconds.append(Case(TOPIC, label, size, times, base=OURS, note=_note()))
        rates = {name: [size / took[0]] for name, took in times.items()}
        speed.append(Case(TOPIC, f"{label}: a second", size, rates, base="", unit="/s"))
        if all(peak[0] for peak in peaks.values()):
            memory.append(Case(TOPIC, f"{label}: peak memory", size, peaks, base="", unit="MiB"))
    return [*seconds, *speed, *memory], [slope(seconds, OURS, 1, "the same work for each")]


def _note():
    from course_utils.grading import sandbox

    return f"without a sandbox: {sandbox.why_not()}" if sandbox.why_not() else "in the sandbox"


def _class_of(size, folder):
    """A folder with a folder for each learner."""
    solved = json.loads((ROOT / "notebooks" / "solutions" / f"{NOTEBOOK}.ipynb").read_text("utf-8"))
    submissions = folder / "submissions"
    for n in range(size):
        path = submissions / f"learner{n:04}" / f"{NOTEBOOK}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps(_handed_in(solved, n)), encoding="utf-8")
    return submissions


def _handed_in(solved, n):
    notebook = json.loads(json.dumps(solved))
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        cell["outputs"], cell["execution_count"] = [], None
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id == "relu_backward":
            cell["source"] = _ANSWERS[n % 3].format(n=n)
    return notebook


_ANSWERS = (
    "def relu_backward(dL_dY, X):  # {n}\n    return dL_dY * (X > 0)\n",
    "def relu_backward(dL_dY, X):  # {n}\n    return dL_dY * X\n",
    "def relu_backward(dL_dY, X):  # {n}\n    raise NotImplementedError()\n",
)


def _graded(submissions, results, workers):
    """(seconds, peak MiB) of `course-utils grade`, from its start to its end."""
    from course_utils.grading import sandbox

    command = [sys.executable, "-c", COMMAND, "grade", str(submissions), "--out", str(results)]
    command += ["--jobs", str(workers), "--notebook", NOTEBOOK]
    command += ["--no-sandbox"] if sandbox.why_not() else []
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    peak = Peak(process.pid)
    _, errors = process.communicate()
    took = time.perf_counter() - start
    peak.stop()
    if process.returncode:
        raise RuntimeError(errors.decode()[-2000:])
    return took, peak.mebibytes


class Peak:
    """The most memory that a process and its children held together (Linux), by sampling.

    Proportional set sizes: a page that several processes share is counted once.
    """

    def __init__(self, pid):
        self.pid, self.mebibytes = pid, 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self):
        self._done.set()
        self._thread.join()

    def _watch(self):
        while not self._done.wait(0.1):
            total = sum(map(_held, _family(self.pid)))
            self.mebibytes = max(self.mebibytes, total / 1024)


def _family(pid):
    """A process and all that come from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(entry.parent.name)] = int(fields[1])
    family = {pid}
    while True:
        more = {child for child, parent in parents.items() if parent in family} - family
        if not more:
            return family
        family |= more


def _held(pid):
    """Kibibytes."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def _by_nbgrader(submissions, folder):
    """`nbgrader autograde`, on the same files, laid out as it wants them."""
    if peers.find("nbgrader") is None:
        return {}
    course = folder / "course"
    source = course / "source" / "relu" / f"{NOTEBOOK}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes((ROOT / "notebooks" / "solutions" / f"{NOTEBOOK}.ipynb").read_bytes())
    for path in submissions.glob(f"*/{NOTEBOOK}.ipynb"):
        copy = course / "submitted" / path.parent.name / "relu" / path.name
        copy.parent.mkdir(parents=True)
        copy.write_bytes(path.read_bytes())
    _quietly([sys.executable, "-m", "nbgrader", "generate_assignment", "relu"], course)
    start = time.perf_counter()
    _quietly([sys.executable, "-m", "nbgrader", "autograde", "relu"], course)
    return {"nbgrader autograde": [time.perf_counter() - start]}


def _quietly(command, folder):
    with tempfile.TemporaryDirectory() as data:
        # nbgrader calls a command that was installed beside it
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        environment = os.environ | {"COURSE_UTILS_DATA": data, "PATH": path}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])


def _by_nbclient(submissions):
    """The bare cost of running each notebook in a kernel of its own, without any marking."""
    nbclient = peers.find("nbclient")
    if nbclient is None:
        return {}
    import nbformat

    start = time.perf_counter()
    for path in sorted(submissions.glob(f"*/{NOTEBOOK}.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        nbclient.NotebookClient(notebook, timeout=120, allow_errors=True).execute()
    return {"nbclient, running only": [time.perf_counter() - start]}

"""What `import course_utils` costs, in fresh interpreters."""

import statistics
import subprocess
import sys

from .results import OURS, Case
from .timing import SETS, once

TOPIC = "import"
STATEMENTS = {
    "python alone": "pass",
    "import numpy": "import numpy",
    OURS: "import course_utils",
    "import matplotlib.pyplot": "import matplotlib.pyplot",
}


def run(effort):
    times = {name: [] for name in STATEMENTS}
    for _ in range(SETS):
        samples = {name: [] for name in STATEMENTS}
        for _ in range(3 if effort.quick else 9):
            for name, statement in STATEMENTS.items():
                samples[name].append(once(lambda s=statement: _fresh(s))[0])
        for name, seen in samples.items():
            times[name].append(statistics.median(seen))
    case = Case(TOPIC, "fresh interpreter", 1, times, base="import numpy")
    case.note = "each with the start of the interpreter"
    return [case], []


def _fresh(statement):
    subprocess.run([sys.executable, "-c", statement], check=True, capture_output=True)

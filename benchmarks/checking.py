"""`check()`: our own part, all but the time inside the learner's function, on every exercise."""

import contextlib
import functools
import gc
import io
import os
import statistics
import tempfile
import time

from .results import Bar, Case
from .timing import SETS

TOPIC = "check()"
BAR = 0.050  # seconds
KINDS = ("right", "wrong", "raising")


def run(effort):
    from course_utils import exercises

    with _a_record_of_its_own(), contextlib.redirect_stdout(io.StringIO()):
        measured = {
            kind: {
                name: [_one_set(exercise, kind, effort) for _ in range(SETS)]
                for name, exercise in exercises.EXERCISES.items()
            }
            for kind in KINDS
        }
    return [_case(kind, sets) for kind, sets in measured.items()], []


@contextlib.contextmanager
def _a_record_of_its_own():
    """What is measured here is not remembered in anybody's record."""
    before = os.environ.get("COURSE_UTILS_DATA")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["COURSE_UTILS_DATA"] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ["COURSE_UTILS_DATA"]
            else:
                os.environ["COURSE_UTILS_DATA"] = before


def _one_set(exercise, kind, effort):
    """Seconds of our part, for every answer of this kind, several times each."""
    rounds = 1 if effort.quick else 3
    answers = _answers(exercise, kind)
    gc.collect()
    return [_our_part(exercise, answer) for answer in answers for _ in range(rounds)]


def _answers(exercise, kind):
    if kind == "right":
        return [exercise.reference]
    if kind == "wrong":
        return [mistake.function for mistake in exercise.mistakes]

    @functools.wraps(exercise.reference)
    def raising(*args, **kwargs):
        raise ValueError("operands could not be broadcast together with shapes (4,3) (2,3)")

    return [raising]


def _our_part(exercise, answer):
    from course_utils import check

    inside = 0.0

    @functools.wraps(answer)
    def timed(*args, **kwargs):
        nonlocal inside
        start = time.perf_counter()
        try:
            return answer(*args, **kwargs)
        finally:
            inside += time.perf_counter() - start

    start = time.perf_counter()
    report = check(timed, name=exercise.name)
    repr(report), report._repr_html_()
    return time.perf_counter() - start - inside


def _case(kind, sets):
    """The exercise that is slowest in its best set, judged by the 95th percentile."""
    sets = {name: seen for name, seen in sets.items() if seen[0]}
    slowest = max(sets, key=lambda name: min(map(_late, sets[name])))
    typical = [[statistics.median(seen[n]) for seen in sets.values()] for n in range(SETS)]
    case = Case(TOPIC, f"{kind} answers", len(sets), {}, base="")
    case.times = {
        "median of all exercises": [statistics.median(medians) for medians in typical],
        f"{slowest}, the slowest: median": [statistics.median(s) for s in sets[slowest]],
        f"{slowest}, the slowest: 95th percentile": [_late(s) for s in sets[slowest]],
    }
    late = [_late(samples) for samples in sets[slowest]]
    text = f"{kind} answers: 95th percentile of the slowest below 0.050 s"
    case.bars.append(Bar(text, late, at_most=BAR))
    return case


def _late(samples):
    """The 95th percentile."""
    return sorted(samples)[min(len(samples) - 1, round(0.95 * len(samples)))]

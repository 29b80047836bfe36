"""``python -m benchmarks``: measure, print one table, write JSON, a picture and RESULTS.md."""

import argparse
import importlib
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

from . import machine, report
from .effort import Effort

HERE = Path(__file__).parent
TOPICS = (
    "full_jacobian",
    "jacobian_peers",
    "numerical",
    "contraction",
    "condensed",
    "training",
    "checking",
    "importing",
    "grading",
)


def main(argv=None):
    options = _options(argv)
    if options.worker:
        print(json.dumps(_measure(options.topics[0], Effort(quick=options.quick))))
        return 0
    started, load = time.perf_counter(), []
    cases, slopes = [], []
    for topic in options.topics:
        print(f"measuring: {topic}", file=sys.stderr, flush=True)
        load.append(machine.others_at_work())
        seen = _in_a_process_of_its_own(topic, options.quick)
        cases += seen["cases"]
        slopes += seen["slopes"]
    data = {
        "machine": machine.describe(),
        "load": load,
        "quick": options.quick,
        "minutes": round((time.perf_counter() - started) / 60, 1),
        "cases": cases,
        "slopes": slopes,
    }
    print(report.as_markdown(data))
    if options.out:
        folder = Path(options.out)
        some = set(options.topics) != set(TOPICS) and (folder / "results.json").exists()
        _write(_among_the_others(data, folder) if some else data, folder)
    return 1 if report.missed(data) else 0


def _options(argv):
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"of {', '.join(TOPICS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, short times")
    parser.add_argument(
        "--out",
        help="folder to write to (all topics: this one); a topic replaces its own rows there",
    )
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    unknown = set(options.topics) - set(TOPICS)
    if unknown:
        parser.error(f"no topic {', '.join(sorted(unknown))}; there are {', '.join(TOPICS)}")
    if not options.topics:
        options.topics = list(TOPICS)
        options.out = options.out or (None if options.quick else HERE)
    return options


def _in_a_process_of_its_own(topic, quick):
    """All contenders of a topic run in one process, which starts with a clean memory."""
    command = [sys.executable, "-m", __package__, "--worker", topic, *["--quick"] * quick]
    environment = os.environ | getattr(_module(topic), "ENVIRONMENT", {})
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def _measure(topic, effort):
    cases, slopes = _module(topic).run(effort)
    return {
        "cases": [case.as_data() for case in cases],
        "slopes": [asdict(slope) for slope in slopes],
    }


def _module(topic):
    return importlib.import_module(f"{__package__}.{topic}")


def _among_the_others(data, folder):
    """Topics measured again take their place in the results that are there, and it is said so."""
    before = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    merged = dict(before)
    for kind in ("cases", "slopes"):
        topics = list(dict.fromkeys(row["topic"] for row in before[kind] + data[kind]))
        again = {row["topic"] for row in data[kind]}
        rows = [row for row in before[kind] if row["topic"] not in again] + data[kind]
        merged[kind] = sorted(rows, key=lambda row: topics.index(row["topic"]))
    loads = {case["topic"]: data["load"] for case in data["cases"]}
    merged["again"] = before.get("again", {}) | loads
    return merged


def _write(data, folder):
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(data, indent=1, ensure_ascii=False) + "\n"
    (folder / "results.json").write_text(text, encoding="utf-8")
    report.draw(data, folder / "results.png")
    (folder / "RESULTS.md").write_text(report.as_markdown(data), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())

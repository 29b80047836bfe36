"""Running a notebook from top to bottom, apart from the learner's own record and settings."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from pathlib import Path

from nbformat import NotebookNode

# Random in every run, and of no use once the kernel is gone.
LIVE_ONLY = "application/vnd.jupyter.widget-view+json"


class CellRaised(Exception):
    """A cell that raised, ran out of time or took its kernel along.

    index: which cell; line: which line of it, counted from 1; words: what happened.
    """

    def __init__(self, index: int, line: int, words: str):
        super().__init__(words)
        self.index, self.line = index, line


def execute(notebook: NotebookNode, folder: Path, timeout: int = 120) -> None:
    """Run a notebook in place, in `folder`, with a data directory of its own. Raises CellRaised."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    metadata, begun = dict(notebook.metadata), []
    client = NotebookClient(
        notebook,
        timeout=timeout,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # how a kernel cuts its prints into messages differs from run to run
        resources={"metadata": {"path": str(folder)}},
        on_cell_start=lambda cell, cell_index: begun.append(cell_index),
    )
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as data:
        try:
            client.execute(env=kernel_environment(data), stderr=subprocess.DEVNULL)
        except CellExecutionError as error:
            words = f"{error.ename}: {error.evalue}".splitlines()[0]
            raise CellRaised(begun[-1], _line(error.traceback), words) from None
        except CellTimeoutError:
            raise CellRaised(begun[-1], 1, f"it was still running after {timeout} s") from None
        except DeadKernelError:
            raise CellRaised(begun[-1] if begun else 0, 1, "its kernel died") from None
    # What the kernel says of itself differs by machine.
    notebook.metadata = notebook.metadata.__class__(metadata)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(LIVE_ONLY, None)


def kernel_environment(data: str) -> dict[str, str]:
    """The environment of a kernel that neither reads nor changes what is the learner's."""
    own = {"COURSE_UTILS_DATA": data, "IPYTHONDIR": str(Path(data) / "ipython")}
    return {**{k: v for k, v in os.environ.items() if k != "NBGRADER_EXECUTION"}, **own}


def _line(traceback: str) -> int:
    """The line of the cell that a traceback begins in."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", traceback)
    found = re.search(r"Cell In\[\d+\], line (\d+)", plain) or re.search(
        r"File <ipython-input.*?:(\d+)", plain
    )
    return int(found[1]) if found else 1

"""For the whole test run, nbval's kernels and xdist's workers included: a data directory of its own.

It stands here, and not in tests/, so that `pytest notebooks/solutions` finds it too.
"""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest


def pytest_configure(config):
    """Nobody's record or settings are read or changed by a test."""
    own = tempfile.mkdtemp(prefix="condensed-gradients-")
    config.add_cleanup(lambda: shutil.rmtree(own, ignore_errors=True))
    os.environ["COURSE_UTILS_DATA"] = own
    os.environ["IPYTHONDIR"] = os.path.join(own, "ipython")
    os.environ.pop("NBGRADER_EXECUTION", None)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    """With COURSE_NO_SKIPS, a run in which anything was skipped has failed: .ci/run asks for it."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("COURSE_NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

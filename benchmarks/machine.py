"""What it was measured on, without names of hosts or places."""

import os
import platform

import numpy as np

from . import peers


def describe():
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": _memory(),
        "system": f"{platform.system()} ({platform.machine()})",
        "python": platform.python_version(),
        "blas": _blas(),
        "versions": peers.versions(),
    }


def others_at_work():
    """Processes that wanted to run at once, over the last minute; None where it is not known."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or "unknown"


def _memory():
    try:
        return round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1)
    except (ValueError, OSError, AttributeError):
        return None


def _blas():
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{blas['name']} {blas['version']}"

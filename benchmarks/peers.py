"""The libraries we are measured beside, where they are installed."""

import importlib
from importlib.metadata import PackageNotFoundError, version

from .timing import one_core

PEERS = ("torch", "jax", "autograd", "scipy", "nbgrader", "nbclient")


def find(name):
    """The module, or None where it is not installed."""
    try:
        with one_core():  # JAX starts as many threads as it sees cores
            module = importlib.import_module(name)
            if name == "jax":
                module.numpy.zeros(1).block_until_ready()
    except ImportError:
        return None
    if name == "torch":
        module.set_num_threads(1)
    return module


def versions():
    """{name: version, or None where it is absent}."""
    seen = {}
    for name in ("numpy", *PEERS):
        try:
            seen[name] = version(name)
        except PackageNotFoundError:
            seen[name] = None
    return seen

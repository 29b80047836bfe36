"""The questions of the course, as data: one module a notebook.

To add an exercise, add one `Exercise` to the EXERCISES of its notebook's module.
"""

from __future__ import annotations

import difflib
from importlib import import_module

from .model import Case, Exercise, Gradient, Mistake, Score

# A module for each notebook, in the order of the course.
MODULES = {
    "00_start_here": "start_here",
    "01_relu": "relu",
    "02_linear_layer": "linear_layer",
    "03_bias_broadcast": "bias_broadcast",
    "04_condensed_map": "condensed_map",
    "05_what_it_costs": "costs",
    "06_two_layer_network": "network",
    "07_bug_museum": "museum",
}

NOTEBOOKS = tuple(MODULES)
EXERCISES: dict[str, Exercise] = {}
GRADIENTS: dict[str, Gradient] = {}


def register(exercises=(), gradients=()) -> None:
    """Add exercises to the registry; an instructor's private ones come in here too.

    Raises ValueError when a name is taken: a name is an id, unique in the course.
    """
    for exercise in exercises:
        if exercise.name in EXERCISES:
            raise ValueError(f"two exercises are called {exercise.name!r}; names are ids")
        EXERCISES[exercise.name] = exercise
    GRADIENTS.update({gradient.key: gradient for gradient in gradients})


def nearest(name: str) -> str | None:
    """The exercise whose name is most like `name`, if any is."""
    found = difflib.get_close_matches(name, EXERCISES, n=1, cutoff=0.6)
    return found[0] if found else None


for _notebook, _module in MODULES.items():
    _loaded = import_module(f"{__name__}.{_module}")
    register(_loaded.EXERCISES, getattr(_loaded, "GRADIENTS", ()))

__all__ = [
    "EXERCISES",
    "GRADIENTS",
    "NOTEBOOKS",
    "Case",
    "Exercise",
    "Gradient",
    "Mistake",
    "Score",
    "nearest",
    "register",
]

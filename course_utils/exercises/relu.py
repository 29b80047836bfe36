"""The exercises of 01_relu."""

from __future__ import annotations

import numpy as np

from .. import jacobian, layers
from . import slips
from .model import Case, Exercise, Gradient, Mistake

NOTEBOOK = "01_relu"


def batch(rng, *shape, zeros: bool = False) -> np.ndarray:
    """Random entries of both signs, none nearer to 0 than 0.1; with `zeros`, some 0.0 and -0.0."""
    X = rng.uniform(0.1, 2.0, shape) * rng.choice([-1.0, 1.0], shape)
    flat = X.reshape(-1)
    if flat.size > 1:  # both signs are there, so that no mask is all ones or all zeros
        flat[0], flat[-1] = abs(flat[0]), -abs(flat[-1])
    if zeros:
        flat[1::3] = 0.0
        flat[4::6] = -0.0
    return X


def upstream(rng, *shape) -> np.ndarray:
    """A random upstream gradient of both signs, with no entry near 0 and no two the same."""
    return batch(rng, *shape)


# (sizes, in words, trait, exact zeros): a case for each place where a mistake can hide.
BATCHES = (
    ((4, 3), "a batch of 4 × 3", "", False),
    ((3, 5), "a batch of 3 × 5", "", False),
    ((3, 3), "a square batch, 3 × 3", "square", False),
    ((1, 4), "a single row, 1 × 4", "one row", False),
    ((4, 3), "a batch of 4 × 3 with exact zeros", "zeros", True),
)


def _inputs(rng):
    return [
        Case(what, (batch(rng, *sizes, zeros=zeros),), trait)
        for sizes, what, trait, zeros in BATCHES
    ]


EXERCISES = ()

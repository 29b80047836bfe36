"""What an exercise is, as data. No markup and no input or output here."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Case:
    """One set of arguments to try an answer with.

    what: in words, for the learner ("a batch of 4 × 3", "one row").
    trait: '' for a general case, else what is special: 'square', 'one row', 'zeros', 'probe'.
        A case 'probe' is never used to judge, only to name a mistake (an upstream of ones).
    then: where the answer returns a function, the arguments that function is called with.
    """

    what: str
    args: tuple
    trait: str = ""
    then: tuple | None = None


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer.

    function: has the exercise's signature and does the wrong thing, or raises as it would.
    says: one or two sentences that name the mistake, in the past tense of what was done.
    look: one sentence: what to look at again, or compute by hand. Never the answer's formula.
    same_as: keys of mistakes of this exercise that are the same algebra.
    free: one number in it may be any: what it adds to the right result may have any size.
    """

    key: str
    function: Callable
    says: str
    look: str
    same_as: tuple[str, ...] = ()
    free: bool = False


@dataclass(frozen=True)
class Score:
    """How an answer that returns data did (the bug museum): shares of the points, and words."""

    share: float
    seen: str
    missed: str = ""
    mistake: str | None = None


@dataclass(frozen=True)
class Exercise:
    """One function that the learner writes. Its name is its id.

    notebook: e.g. '01_relu'. section: the heading in that notebook where it is derived.
    reference: the right function; its signature is the exercise's.
    cases: a random generator -> the cases an answer is tried with.
    grid: for an entry rule, the arguments without indices -> the shape of the index grid
        (output axes, then input axes). A case then holds the arguments without indices.
    at_zero: for a gradient through a kink, the reference with a keyword `at_zero`: the value
        taken for relu'(0). Any value in [0, 1] is right there.
    score: for an exercise that asks for data: (value returned, case) -> Score, in place of cases.
    rtol: largest error, relative to the largest entry of the reference. The default leaves six
        digits of room above the rounding of a float64 sum taken in another order.
    dims: letters of each array's axes, by parameter, '' for the result: {"X": "NH", "": "NHNH"}.
    parts: names of the parts, for an exercise that returns a tuple of arrays.
    gradient: the key in GRADIENTS of the gradient this is a face of.
    """

    name: str
    notebook: str
    section: str
    points: int
    reference: Callable
    cases: Callable[[np.random.Generator], list[Case]]
    hints: tuple[str, ...]
    derivation: str
    mistakes: tuple[Mistake, ...] = ()
    grid: Callable[..., tuple[int, ...]] | None = None
    at_zero: Callable | None = None
    score: Callable[..., Score] | None = None
    rtol: float = 1e-9
    dims: dict[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    gradient: str | None = None

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return _parameters(self.reference)


@functools.cache  # asked for at every call of an entry rule, and slow to find out
def _parameters(function: Callable) -> tuple[str, ...]:
    return tuple(inspect.signature(function).parameters)


@dataclass(frozen=True)
class Gradient:
    """One gradient and its faces: rule for one entry, full array, condensed map.

    entry, jacobian, condensed: names of the exercises; their arguments are picked from a scene
        by the names of their parameters.
    forward: name of the parameters it needs, in order, and the function: Y = forward(**scene).
    wrt: the parameter differentiated by, e.g. 'X'. output: e.g. 'Y'.
    scene: (random generator, sizes) -> every named array a face may ask for, dL_dY included,
        away from exact zeros.
    sizes: the default sizes of a scene, by letter.
    complete: named arguments of one face -> a whole scene (a linear layer's gradient by W does
        not depend on W: any W of the right shape will do).
    """

    key: str
    entry: str
    jacobian: str
    condensed: str
    forward: Callable
    wrt: str
    scene: Callable[..., dict]
    sizes: dict = field(default_factory=dict)
    complete: Callable[[dict], dict] = dict
    output: str = "Y"

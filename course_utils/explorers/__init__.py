"""Pictures to move, each with its static twin: as the last line of a cell, Jupyter shows both.

Every slider has a number box beside it, and everything can be reached by keyboard. Each function
returns an `Explorer`, a box of ipywidgets: `.controls` by name, `.picture` and `.sentence` (HTML
widgets written anew at every move), `.twin` (the static picture).

- nudge(X=None, f=layers.relu, names=('Y', 'X')): move one entry of X, see which outputs answer;
  `f=lambda X: X @ W`, or `f=lambda b: X + b` with a vector, do as well
- look_inside(X=None, W=None): one slice of a Jacobian, for ReLU, linear by X, linear by W, bias
- contract_step_by_step(dL_dY=None, dY_dX=None, names=('Y', 'X')): the chain rule's sum, one
  product at a time
- what_it_weighs(): N, D, M from 1 to 8192; bytes against this machine's memory and everyday things
- kink(): relu at 0, four conventions, and a difference quotient as h shrinks
- find_the_bug(key='relu_mask'): an exhibit of the museum; move its data until the fault shows
"""

from .bugs import find_the_bug
from .jacobians import contract_step_by_step, look_inside, nudge
from .scales import kink, what_it_weighs
from .stand import Explorer

__all__ = [
    "Explorer",
    "contract_step_by_step",
    "find_the_bug",
    "kink",
    "look_inside",
    "nudge",
    "what_it_weighs",
]

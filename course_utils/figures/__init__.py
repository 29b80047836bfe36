"""Pictures, each with one sentence that says what it shows.

Every function returns a `Picture`: as the last line of a cell (or by `display`) Jupyter shows it
with its sentence. `.png` holds the bytes, `.description` the sentence.

- matrix(A, name='X', role='input', mark=None): a matrix with its numbers; `role` is 'input',
  'output', 'upstream', 'jacobian' or 'gradient'; `mark` frames (i, j) or a list of them
- jacobian_blocks(J, title=None, names=('Y', 'X')): a 4-D, 3-D or 2-D Jacobian as a grid of
  blocks, zeros blank, equal blocks with the same letter
- batch_stack(J, dL_dY=None): (N, H, H), one matrix for each sample; with dL_dY each row meets its own
- contraction(dL_dY, J, i, j=None, names=('Y', 'X')): which slice of the Jacobian meets dL_dY for
  entry (i, j) of the input, and the sum it gives
- broadcast(b, N, dL_dY): the forward copy and the backward sum
- costs(sizes, series, floor=None, limit=None, unit='bytes'): {name: costs}, log-log; unit is
  'bytes', 'seconds' or 'operations'
- difference_error(h, error): the U curve; `error` is an array or {name: array}
- training_curves(history): {run: {quantity: values}}, one panel for each quantity
- digits(images, labels=None, answers=None): (n, 8, 8) or (n, 64), wrong answers framed
- kink(h=0.5, x=0.0): relu at 0, four conventions and a difference quotient
- amount(value, unit): '15.9 GiB', '71 ms': a quantity in words
"""

from .arrays import batch_stack, jacobian_blocks, matrix
from .canvas import Picture
from .corner import kink
from .plots import amount, costs, difference_error, digits, training_curves
from .sums import broadcast, contraction

__all__ = [
    "Picture",
    "amount",
    "batch_stack",
    "broadcast",
    "contraction",
    "costs",
    "difference_error",
    "digits",
    "jacobian_blocks",
    "kink",
    "matrix",
    "training_curves",
]

"""Condensed Gradients: checks for a course that derives back-propagation entry by entry.

A notebook needs these: `check` an answer, ask for a `hint`, `reveal` the answer, see your
`progress`, hold the faces of a gradient together with `swap`.
"""

from .classroom import check, hint, progress, reveal, swap, yours_or_ours

__all__ = ["check", "hint", "progress", "reveal", "swap", "yours_or_ours"]

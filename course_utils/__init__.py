"""Condensed Gradients: checks for a course that derives back-propagation entry by entry.

A notebook needs these: `check` an answer, ask for a `hint`, `reveal` the answer, see your
`progress`, hold the faces of a gradient together with `swap`, and go on with `yours_or_ours`.
"""

__all__ = ["check", "hint", "progress", "reveal", "swap", "yours_or_ours"]


def __getattr__(name: str):
    # The exercises are loaded with the first of these, not with `import course_utils`.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import classroom

    return getattr(classroom, name)

"""The exercises of one notebook."""

EXERCISES = ()

"""A course of one notebook and one exercise, for tests of what is made from any course."""

from __future__ import annotations

from course_utils.exercises import Case, Exercise

TWICE = """\
# Twice

The first cell.

```{code-cell} ipython3
:tags: [setup]

def check(answer):
    return f"checked {answer.__name__}"
```

## Double it

```{code-cell} ipython3
def twice(x):
    \"\"\"Two times x.\"\"\"
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell} ipython3
check(twice)
```
"""


def an_exercise(name: str, notebook: str, section: str) -> Exercise:
    """An exercise whose right answer is 2 x."""

    def reference(x):
        return 2 * x

    cases = lambda rng: [Case("a number", (rng.normal(),))]  # noqa: E731
    return Exercise(name, notebook, section, 2, reference, cases, ("Add it to itself.",), "2 x")

"""What a submission finds when it imports the course: nothing that helps, nothing that fails.

In a notebook `check(relu_backward)` shows a verdict. While grading it does nothing, and so does
everything else under the name of course_utils.
"""

from __future__ import annotations

import importlib.machinery
import sys
import types

NAME = "course_utils"


class Inert:
    """Takes every call, attribute, index and operation, and does nothing."""

    def __call__(self, *_args, **_more):
        return self

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return self

    def __getitem__(self, _):
        return self

    def __setitem__(self, *_):
        pass

    def __iter__(self):
        return iter(())

    def __len__(self):
        return 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def __int__(self):
        return 0

    def __float__(self):
        return 0.0

    def __index__(self):
        return 0

    def __lt__(self, _):
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __add__(self, _):
        return self

    __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = __add__
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __add__
    __pow__ = __rpow__ = __and__ = __rand__ = __or__ = __ror__ = __add__

    def __neg__(self):
        return self

    __pos__ = __abs__ = __invert__ = __neg__

    def __repr__(self):
        return "(course_utils does nothing while grading)"


class InertModule(types.ModuleType):
    """A module in which every name is there, and inert."""

    __path__ = ()
    __all__ = ("check", "hint", "progress", "reveal", "swap", "yours_or_ours")

    def __getattr__(self, name):
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return itself if name == "yours_or_ours" else Inert()


def itself(function):
    """What `yours_or_ours` gives: while grading there are only theirs."""
    return function


class Finder:
    """Finds course_utils and whatever is imported below it."""

    def find_spec(self, name, path=None, target=None):
        if name == NAME or name.startswith(NAME + "."):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec):
        return InertModule(spec.name)

    def exec_module(self, module):
        pass


def install() -> None:
    """Stand in for the course from here on."""
    sys.meta_path.insert(0, Finder())

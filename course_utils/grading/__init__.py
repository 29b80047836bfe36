"""A folder of submissions -> a gradebook. See docs/grading.md."""

from .batch import Choice, Result, grade_folder
from .journal import Stop
from .judge import Record, grade_submission
from .options import Limits, Options

__all__ = [
    "Choice",
    "Limits",
    "Options",
    "Record",
    "Result",
    "Stop",
    "grade_folder",
    "grade_submission",
]

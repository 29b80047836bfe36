"""An answer held against its exercise: right, or what is wrong and which mistake it is.

trials        the answer tried on the exercise's cases
results       results beside the truth: right or not
bank          is it one of the known mistakes?
patterns      how a wrong array relates to the right one: relations, and those to the arguments
sums          what sum of products it is instead
differences   what difference quotient it is instead
inference     where no relation holds: rules of its indices (in the words of conditions),
              expressions in the arguments, or where the wrong entries stand
compare       the learner's own faces of one gradient judge each other
troubles      what an exception means
verdicts      the words; notes: the words for an answer that is right
examination   the order in which all of this is asked
"""

from .examination import examine

__all__ = ["examine"]

"""The exercises of 07_bug_museum: find the fault and name it; write the data that exposes it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..values import Seed, Value
from .exhibits import EXHIBITS, NAMES, Exhibit
from .model import Case, Exercise, Mistake, Score

NOTEBOOK = "07_bug_museum"
MOST_ENTRIES = 500  # of one array
MOST = 1e6  # the size of one entry
DIFFERENT = 1e-6  # of the largest entry: two results this far apart are told apart


# A case of data, judged


def judge_data(exhibit: Exhibit, value: Value) -> Score:
    """How many of an exhibit's wrong formulas some data tell from the right one. Never raises."""
    with np.errstate(all="ignore"):
        return _judge_data(exhibit, value)


def _judge_data(exhibit: Exhibit, value: Value) -> Score:
    arrays, trouble = read_arrays(exhibit, value)
    if trouble:
        return Score(0.0, trouble, _asked(exhibit), "unfit data")
    found = told_apart(exhibit, arrays)
    told = [words for words, apart in found.items() if apart]
    missed = [words for words, apart in found.items() if not apart]
    if not missed:
        numbers = sum(array.size for array in arrays)
        return Score(
            1.0,
            f"Your data tell all {len(found)} wrong formulas from the right one, with {numbers} numbers.",
        )
    seen = f"Your data tell {len(told)} of {len(found)} wrong formulas from the right one."
    poor, says = _poor_trait(exhibit, arrays)
    return Score(len(told) / len(found), f"{seen} {says}".strip(), _pencil(exhibit, missed), poor)


def _pencil(exhibit: Exhibit, missed: list[str]) -> str:
    more = f" and {len(missed) - 2} more" if len(missed) > 2 else ""
    same = "it passes the test" if exhibit.tells else "it gives the right numbers"
    return (
        f"not told apart: {'; '.join(missed[:2])}{more}. Work out the first on your data: "
        f"{same}. Which of your numbers hides it?"
    )


def _asked(exhibit: Exhibit) -> str:
    shapes = ", ".join(
        f"{name} ({', '.join(letters)}{',' * (len(letters) == 1)})" if letters != "*" else name
        for name, letters in exhibit.axes.items()
    )
    return f"print the shape of each thing you return. Asked for, as a tuple: {shapes}."


def _poor_trait(exhibit: Exhibit, arrays: list[np.ndarray]) -> tuple[str | None, str]:
    for key, (says, is_so, _) in exhibit.poor.items():
        if is_so(*arrays):
            return key, says
    return None, ""


def told_apart(exhibit: Exhibit, arrays: list[np.ndarray]) -> dict[str, bool]:
    """Each wrong formula of the bank, and whether these data tell it from the right one."""
    right = np.asarray(exhibit.right(*_copies(arrays)), dtype=float)
    counts = exhibit.counts(*_copies(arrays)) if exhibit.counts else np.ones(right.shape, bool)
    return {
        words: _is_apart(exhibit, wrong, right, counts, arrays)
        for words, wrong in exhibit.bank.items()
    }


def _is_apart(exhibit: Exhibit, wrong: Callable, right, counts, arrays) -> bool:
    try:
        result = np.asarray(wrong(*_copies(arrays)), dtype=float)
    except (ValueError, IndexError):  # it raises on these data: nobody overlooks that
        return True
    if exhibit.tells:
        return exhibit.tells(result, *_copies(arrays))
    if result.shape != right.shape:
        return True
    result, right = result[counts], right[counts]
    if not np.isfinite(result).all():
        return True
    size = max(np.abs(right).max(initial=0.0), np.abs(result).max(initial=0.0))
    return bool((np.abs(result - right) > DIFFERENT * size).any())


def _copies(arrays: list[np.ndarray]) -> list[np.ndarray]:
    return [array.copy() for array in arrays]


def read_arrays(exhibit: Exhibit, value: Value) -> tuple[list[np.ndarray], str]:
    """The arrays that were returned, or a sentence on what is the matter with them."""
    names = tuple(exhibit.axes)
    parts = _parts(value)
    if parts is None or len(parts) != len(names):
        got = f"{len(parts)} things" if parts is not None else f"a {value.type_name or value.form}"
        if value.form == "array" and isinstance(value.data, np.ndarray):
            got = f"an array of shape {value.data.shape}"
        return [], f"A tuple ({', '.join(names)}) was asked for, and {got} came back."
    arrays = []
    for name, part in zip(names, parts, strict=True):
        trouble = _array_trouble(name, part)
        if trouble:
            return [], trouble
        arrays.append(part.astype(float))
    return arrays, _shapes_trouble(exhibit, arrays) or exhibit.fits(*arrays)


def _parts(value: Value) -> list | None:
    """What a tuple holds: an array each, or None for what is no array of numbers."""
    if isinstance(value.data, np.ndarray):
        return list(value.data) if value.data.ndim else None
    if isinstance(value.data, tuple):
        return [part.data if isinstance(part.data, np.ndarray) else None for part in value.data]
    return None


def _array_trouble(name: str, part) -> str:
    if part is None:
        return f"{name} is no array of numbers."
    if part.dtype.kind not in "biuf":
        return f"{name} holds complex numbers; real ones are meant."
    if part.size == 0:
        return f"{name} is empty: its shape is {part.shape}."
    if part.size > MOST_ENTRIES:
        return f"{name} has {part.size:,} entries. A good case is small: up to {MOST_ENTRIES:,} are read."
    if not np.isfinite(part).all():
        return f"{name} holds entries that are no finite numbers."
    if np.abs(part.astype(float)).max() > MOST:
        return f"{name} holds entries beyond {MOST:,.0f}: there rounding would tell formulas apart, not your data."
    return ""


def _shapes_trouble(exhibit: Exhibit, arrays: list[np.ndarray]) -> str:
    """Whether the axes are as many as asked, and one letter always of one size."""
    sizes: dict[str, tuple[str, int]] = {}
    for (name, letters), array in zip(exhibit.axes.items(), arrays, strict=True):
        if letters == "*":
            if array.ndim == 0:
                return f"{name} is a single number; it needs at least one axis."
            continue
        if array.ndim != len(letters):
            return f"{name} has shape {array.shape}; {len(letters)} axes were asked for."
        for letter, size in zip(letters, array.shape, strict=True):
            where, known = sizes.setdefault(letter, (name, size))
            if known != size:
                return f"The sizes do not fit: {letter} is {known} in {where} and {size} in {name}."
    return ""


# A fault, named


def judge_fault(exhibit: Exhibit, value: Value) -> Score:
    """Half for the line, half for the name. Never raises."""
    line, name = _line_and_name(value)
    if line is None and name is None:
        return Score(
            0.0,
            "A line number and a name were asked for, as a tuple.",
            "for example `return 2, 'transposed'`.",
            "unfit answer",
        )
    unknown = "" if name in NAMES else f" “{(name or '')[:40]}” is not on the list of names."
    at_line, called = line in exhibit.faulty, name == exhibit.fault
    if at_line and called:
        return Score(1.0, "That is the line, and that is its name.")
    if at_line:
        return Score(
            0.5,
            f"The line is right; the name is not.{unknown}",
            "say in one sentence what that line does to one entry, and look for it in the list.",
        )
    off = {n - 1 for n in exhibit.faulty}
    if line in off and line not in exhibit.faulty and called:
        seen = "The name is right; the line is one off. The numbers beside the code begin at 1."
        return Score(0.5, seen, "count again.", "line counted from 0")
    if called and line is None:
        return Score(
            0.5,
            "The name is right; a line number, one whole number without quotes, was not found beside it.",
            "for example `return 2, 'transposed'`.",
            "no line number",
        )
    if called:
        return Score(
            0.5,
            "The name is right; the line is not.",
            "give every line a value by hand, on a 1 × 1 example, and stop where it turns wrong.",
        )
    return Score(
        0.0,
        f"Neither the line nor the name is right.{unknown}",
        "run the code on an example of two samples, line by line, beside the right formula.",
    )


def _line_and_name(value: Value) -> tuple[int | None, str | None]:
    """The number and the word of a pair, in either order."""
    line = name = None
    for part in value.data if isinstance(value.data, tuple) else ():
        if isinstance(part.data, str):
            name = part.data.strip().lower()
        elif (
            isinstance(part.data, np.ndarray)
            and part.data.size == 1
            and part.data.dtype.kind in "iuf"
        ):
            number = float(part.data.reshape(()))
            line = int(number) if number.is_integer() else None
    return line, name


# The answers


def fault_relu_mask():
    return 4, "mask on the output"


def fault_no_upstream():
    return 5, "no upstream"


def fault_in_place():
    return 3, "upstream overwritten"


def fault_averaged():
    return 4, "averaged over the batch"


def fault_bias_axis():
    return 3, "axis kept"


def fault_loose_tolerance():
    return 6, "tolerance too loose"


def fault_upstream_of_ones():
    return 3, "upstream of ones"


def fault_max_pool():
    return 6, "overwritten instead of accumulated"


def fault_overwritten():
    return 4, "overwritten instead of accumulated"


def fault_bias_times_input():
    return 4, "multiplied by the input"


def exposing_case_relu_mask(rng):
    return np.array([[1.0, -2.0]]), np.array([[-3.0, 0.5]])


def exposing_case_no_upstream(rng):
    return rng.normal(size=(3, 4)), rng.random(size=(3, 4)) + 0.1


def exposing_case_in_place(rng):
    return np.array([[1.0, -2.0]]), np.array([[-3.0, 0.5]])


def exposing_case_averaged(rng):
    return rng.normal(size=(4, 3)), rng.normal(size=(4, 2))


def exposing_case_bias_axis(rng):
    return rng.normal(size=(4, 3, 2)), rng.normal(size=(1, 2))


def exposing_case_loose_tolerance(rng):
    return 100 * rng.normal(size=(4, 3)), 100 * rng.normal(size=(4, 2))


def exposing_case_upstream_of_ones(rng):
    return rng.normal(size=(4, 3)), rng.normal(size=(4, 2)), rng.normal(size=(2, 3))


def exposing_case_max_pool(rng):
    x = rng.normal(size=7)
    x[2] = 5.0 + rng.random()  # the largest of windows 0 and 1
    return rng.normal(size=3), x


def exposing_case_overwritten(rng):
    return rng.normal(size=(5, 2)), np.array([3, 0, 3, 1, 0]), rng.normal(size=(4, 2))


def exposing_case_bias_times_input(rng):
    return rng.normal(size=(4, 3)), rng.normal(size=(4, 2))


# Three hints for the fault, three for the data, and how both come about.
_WORDS = {
    "relu_mask": (
        (
            "Which values can the array Y have?",
            "Take X = -2 and follow it: what is Y, and what does the comparison say?",
            "A comparison that is true for every entry is no mask.",
        ),
        (
            "A wrong mask differs from the right one only on some entries. On which?",
            "One of them shows only where X is negative, another only between 0 and 1, a third only where dL_dY is negative.",
            "Random numbers of both signs for both arrays, and enough of them that each kind occurs.",
        ),
        "ReLU's output is never negative, so `Y >= 0` is true everywhere. A negative X with a gradient that is not 0 shows it.",
    ),
    "no_upstream": (
        (
            "What is in dL_dX before the loop, and what after it?",
            "Double dL_dY in your head. Does the result change?",
            "The line in the loop sets a value where it should scale one.",
        ),
        (
            "For which upstream is the mask alone the right answer?",
            "A formula that keeps only the sign, or a mean, is found by entries that differ in size, along rows and along columns.",
            "Random numbers of both signs for dL_dY, in several rows and columns. If every X is positive, nothing is hidden by the mask.",
        ),
        "The loop writes 1 or 0 over what arrived from above. Only where the upstream is 1 does that agree with the chain rule.",
    ),
    "in_place": (
        (
            "How many arrays are there in this function, and how many names?",
            "Print dL_dY before and after the second line of the body.",
            "An assignment of one name to another copies no numbers.",
        ),
        (
            "The overwriting shows only on the second way, and only where the first way stops something.",
            "So some X must be negative, and dL_dY must not be 0 there.",
            "Random numbers of both signs for both arrays.",
        ),
        "`by_relu` is dL_dY itself, so the zeros land in both ways. Where X is negative the shortcut's share is lost.",
    ),
    "averaged": (
        (
            "The derivation has one sum over the samples. Which line does that work?",
            "The docstring says where the 1/N is. How often is it taken?",
            "Compare with X transposed times dL_dY for two samples.",
        ),
        (
            "With how many samples is a mean the same as a sum?",
            "Other formulas in the bank divide by other sizes, or take one sample for all.",
            "Several samples, features and outputs, all three sizes different, and random numbers.",
        ),
        "The sum over the batch became a mean: 1/N a second time. Any batch of more than one sample shows it.",
    ),
    "bias_axis": (
        (
            "Follow the shapes, with N = 4 and M = 3.",
            "What shape has b before the step, and what shape after it?",
            "A gradient has the shape of its parameter.",
        ),
        (
            "Several formulas are right for a matrix and a vector. Give them something else that broadcasting allows.",
            "b may have axes of size 1, and dL_dY may have more than two axes.",
            "Three axes in dL_dY, two in b, the first of them of size 1.",
        ),
        "`keepdims=True` leaves an axis that b never had. b grows it in the step, and broadcasting hides it from then on.",
    ),
    "loose_tolerance": (
        (
            "Which line decides?",
            "Suppose every entry of the true gradient is 0.004. What does the test say to zeros?",
            "The number in that line is compared with nothing that knows how large the gradient is.",
        ),
        (
            "The test is fixed; your data set the size of the gradient.",
            "Zeros fail it once an entry is above 0.01. A formula that is off by one per mille needs far more.",
            "Multiply random numbers by something. Too much, and the difference quotient itself fails the test.",
        ),
        "The tolerance is an absolute one. Data whose gradient is large against it make it strict; a relative one would be so always.",
    ),
    "upstream_of_ones": (
        (
            "Which formula does this test see only at one upstream?",
            "Multiplying and dividing by that upstream give the same.",
            "The loss is the plain sum of the outputs.",
        ),
        (
            "An upstream whose entries are all different cannot hide an exchange or a mean.",
            "Two formulas show only if N > 1, or if the entries are not all positive.",
            "Random numbers of both signs for all three, N, D and M all different.",
        ),
        "A plain sum makes the upstream all ones, and then the formulas that lose, invert or mix it agree with the right one.",
    ),
    "max_pool": (
        (
            "Windows 0 and 1 share an entry. Let it be the largest of both.",
            "Two outputs then read one input. What does the chain rule do with two ways?",
            "Look at the sign of assignment in the last line of the loop.",
        ),
        (
            "Entries 2, 4, … belong to two windows. Make one of them win twice.",
            "Let the two windows have different gradients, and let others win elsewhere than at the first place.",
            "Random x of length 7, with x[2] made large; random dL_dy of length 3.",
        ),
        "An entry that wins two windows feeds two outputs; its gradient is the sum of both, and `=` keeps the last.",
    ),
    "overwritten": (
        (
            "It says `+=`. Try it with rows = [0, 0].",
            "NumPy reads dL_dE[rows], adds, and writes back. What if a row occurs twice?",
            "Both copies are read before either is written.",
        ),
        (
            "What must happen twice for the fault to show?",
            "Sorting, shifting, and a row 0 that counts for nothing are in the bank as well.",
            "Rows that repeat, out of order, 0 among them; a random gradient for each sample.",
        ),
        "With a repeated row, `dL_dE[rows] += dL_dY` writes each share over the last one; `np.add.at` adds them.",
    ),
    "bias_times_input": (
        (
            "Nudge b: which entries of Z move, and by how much? Does X matter?",
            "Which array does the faulty line sum?",
            "Write out the sum for one entry: each sample's gradient comes with a factor.",
        ),
        (
            "The factor is the sum of a sample's row of X. For which X is it invisible?",
            "Others in the bank weigh by the largest entry, by the length, by the first entry.",
            "Rows that are not one-hot and do not sum to 1: random numbers.",
        ),
        "Summing dL_dW over its features weighs each sample by the sum of its row of X. For averaged one-hot words this is 1.",
    ),
}


def _fault_exercise(exhibit: Exhibit) -> Exercise:
    hints, _, derivation = _WORDS[exhibit.key]
    return Exercise(
        name=f"fault_{exhibit.key}",
        notebook=NOTEBOOK,
        section=exhibit.title,
        points=1,
        reference=globals()[f"fault_{exhibit.key}"],
        cases=lambda rng: [Case("the exhibit", ())],
        score=lambda value, case: judge_fault(exhibit, value),
        hints=hints,
        derivation=derivation,
    )


def _data_exercise(exhibit: Exhibit) -> Exercise:
    _, hints, derivation = _WORDS[exhibit.key]
    return Exercise(
        name=f"exposing_case_{exhibit.key}",
        notebook=NOTEBOOK,
        section=exhibit.title,
        points=2,
        reference=globals()[f"exposing_case_{exhibit.key}"],
        cases=_seeds,
        score=lambda value, case: judge_data(exhibit, value),
        hints=hints,
        derivation=derivation,
        mistakes=tuple(
            Mistake(key, example, says, "Which wrong formula does this hide?")
            for key, (says, _, example) in exhibit.poor.items()
        ),
    )


def _seeds(rng) -> list[Case]:
    seeds = rng.integers(2**31, size=3)
    return [Case(f"a generator with seed {n}", (Seed(int(n)),)) for n in seeds]


EXERCISES = tuple(
    make(exhibit) for exhibit in EXHIBITS.values() for make in (_fault_exercise, _data_exercise)
)

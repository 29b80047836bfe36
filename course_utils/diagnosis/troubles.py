"""What an exception means, in words for the learner whose line raised it."""

from __future__ import annotations

import difflib
import re

import numpy as np

from ..exercises.model import Exercise
from ..values import Failure
from .patterns import in_letters, letters_of
from .trials import Trial

# Names that a notebook imports at its top: missing, they say that the first cell was not run.
_IMPORTED = ("np", "numpy", "layers", "jacobian", "figures")


def explain(failure: Failure, trial: Trial, exercise: Exercise) -> str:
    """One or two sentences on what the failure means, or '' where the exception says it all."""
    named, dims = trial.named, exercise.dims
    if failure.name == "IndexError" and trial.at:
        return _index_of_rule(failure, trial, exercise)
    if "index out of range" in failure.text:  # only what the line speaks of
        named = {n: v for n, v in named.items() if re.search(rf"\b{n}\b", failure.source)}
    for pattern, words in _EXPLAINED:
        found = re.search(pattern, f"{failure.name}: {failure.text}", re.DOTALL)
        if found:
            return words(found, named, dims)
    return ""


def _shapes(text: str) -> list[tuple[int, ...]]:
    text = re.sub(
        r"\([\d,]*\)->", "", text
    )  # einsum shows each shape twice; the second is remapped
    return [
        tuple(int(size) for size in re.findall(r"\d+", group))
        for group in re.findall(r"\((\d*(?:,\s?\d*)*)\)", text)
        if re.search(r"\d", group)
    ]


def left_over(failure: Failure, trial: Trial, earlier: list[Trial]) -> str:
    """A shape in the message that an argument had in an earlier case, and none can have in this one."""
    arrays = [v for v in trial.named.values() if isinstance(v, np.ndarray)]
    sizes = {size for array in arrays for size in array.shape} | {1}
    for shape in _shapes(failure.text):
        for before in earlier:
            items = before.named.items()
            name = next((n for n, v in items if isinstance(v, np.ndarray) and v.shape == shape), "")
            if name and not set(shape) <= sizes:
                return (
                    f"{shape} was the shape of {name} when your function was called before, with other sizes. "
                    "Does it keep something from call to call, or hold a size as a number?"
                )
    return ""


def _who(shape: tuple[int, ...], named: dict, dims: dict[str, str]) -> str:
    """A shape with the arguments it belongs to: '(4, 2), the shape of dL_dY'."""
    letters = in_letters(shape, letters_of(named, dims))
    shown = f"{shape}" if letters == f"{shape}" else f"{shape} = {letters}"
    arrays = {
        name: value for name, value in named.items() if isinstance(value, np.ndarray) and value.ndim
    }
    same = [name for name, value in arrays.items() if value.shape == shape]
    if same:
        return f"{shown}, the shape of {' and '.join(same)}"
    turned = [
        name for name, value in arrays.items() if value.ndim > 1 and value.shape[::-1] == shape
    ]
    return f"{shown}, the shape of {turned[0]} transposed" if turned else shown


def _do_not_fit(found, named, dims) -> str:
    shapes = _shapes(found.group(0))
    if len(shapes) < 2:
        return "Two arrays were combined whose shapes do not fit. Print both shapes just before that line."
    if shapes[0] == shapes[1]:
        return (
            f"A product of two arrays of one shape, {_who(shapes[0], named, dims)}, does not exist as a matrix "
            "product. Is it meant entry by entry?"
        )
    question = (
        "Operations like `*` and `+` pair entries, from the last axis on. Is that what you derived?"
        if "operands could not be" in found.group(0)
        else "Which axis do they share in the formula you derived?"
    )
    return f"Two arrays do not fit: {_who(shapes[0], named, dims)}; and {_who(shapes[1], named, dims)}. {question}"


def _matmul_sizes(found, named, dims) -> str:
    """matmul names two sizes only: say whose they are."""
    second, first = int(found.group(1)), int(found.group(2))
    letters = {size: letter for letter, size in letters_of(named, dims).items()}
    where = [
        f"{size} ({letters[size]})" if size in letters else f"{size}" for size in (first, second)
    ]
    return (
        f"A matrix product sums over the left factor's last axis and the right one's first, here {where[0]} and "
        f"{where[1]}. Which index is summed in the formula you derived?"
    )


def _unknown_name(found, named, _) -> str:
    name = found.group(1)
    if name in _IMPORTED:
        return (
            f"`{name}` is not known here: run the notebook's first code cell, then this one again."
        )
    near = [n for n in named if n.lower() == name.lower()] or difflib.get_close_matches(
        name, named, n=1, cutoff=0.5
    )
    if near:
        return f"There is no `{name}` here. The parameter is called `{near[0]}`."
    if name.startswith("dL_d"):
        return f"There is no `{name}` here: it is neither a parameter nor defined in the function before this line."
    return f"There is no `{name}` here. Run the cell that defines it, or define it inside the function."


def _index(found, named, dims) -> str:
    sizes = re.search(r"index (-?\d+) is out of bounds for axis \d+ with size (\d+)", found.string)
    if not sizes:
        return "An index does not fit its axis. Indices start at 0, so the last one is the size minus 1."
    place, size = map(int, sizes.groups())
    letters = [letter for letter, n in letters_of(named, dims).items() if n == size]
    which = f" ({letters[0]})" if len(letters) == 1 else ""
    return (
        f"An axis of length {size}{which} was asked for index {place}. Does the loop over it run to its own "
        "length, and is it the axis you mean? Indices start at 0."
    )


def _index_of_rule(failure: Failure, trial: Trial, exercise: Exercise) -> str:
    """An entry rule looked past an axis: which index holds the number that is too large."""
    found = re.search(r"index (-?\d+) is out of bounds for axis \d+ with size (\d+)", failure.text)
    if not found:
        return "An index does not fit its axis. Indices start at 0, so the last one is the size minus 1."
    place, size = int(found.group(1)), int(found.group(2))
    names = exercise.parameters[len(trial.case.args) :]
    guilty = [n for n, value in zip(names, trial.at, strict=False) if value == place]
    letters = [letter for letter, n in letters_of(trial.named, exercise.dims).items() if n == size]
    which = f"`{guilty[0]}` is {place} there" if guilty else f"the index {place} was reached"
    axis = f"an axis of length {size}" + (f", that is {letters[0]}" if letters else "")
    return f"{which}, and it was used on {axis}. Which axis does each index belong to, and where does it end?"


def _past_the_end(found, named, _) -> str:
    lengths = [f"{n} has {len(v)}" for n, v in named.items() if isinstance(v, tuple)] or [
        f"{n} came with shape {v.shape}" for n, v in named.items() if isinstance(v, np.ndarray)
    ]
    here = f" Here {', '.join(lengths)}." if lengths else ""
    return (
        f"A {found.group(1)} has fewer entries than were asked for.{here} The last index is the length "
        "minus 1."
    )


def _combined(found, *_) -> str:
    sign, one, two = found.groups()
    if {one, two} & {"function", "Named", "builtin_function_or_method"}:
        return "A function is not yet a result: call it on an array, and combine what it gives."
    if sign == "^":
        return "In Python `^` is no power: `**` is."
    return f"`{sign}` cannot join a {one} and a {two}. Print both just before that line."


def _divided_by_zero(found, named, _) -> str:
    zeros = [n for n, value in named.items() if np.ndim(value) == 0 and value == 0]
    return "Something was divided by 0." + (f" Here {' and '.join(zeros)} is 0." if zeros else "")


def _attribute(found, *_) -> str:
    import numpy

    near = difflib.get_close_matches(found.group(1), dir(numpy), n=1, cutoff=0.7)
    return f"NumPy has no `{found.group(1)}`." + (f" Did you mean `np.{near[0]}`?" if near else "")


_EXPLAINED = (
    (r"module 'numpy' has no attribute '(\w+)'", _attribute),
    (
        r"no '...' ellipsis",
        lambda *_: (
            "Axes that einsum meets under `...` on the left have to go somewhere: with no `...` behind "
            "the arrow they are not summed, they are an error. Give each axis a letter."
        ),
    ),
    (
        r"einstein sum subscripts string contains too many|too few|einstein sum subscripts",
        lambda *_: (
            "The letters given to einsum fit arrays of one number of axes, and these have another. "
            "Print the number of axes of each array."
        ),
    ),
    (r"matmul: .*size (\d+) is different from (\d+)", _matmul_sizes),
    (
        r"boolean array indexing assignment|cannot assign \d+ input values to the \d+ output values",
        lambda *_: (
            "The mask on the left picks some entries, and the whole array stands on the right. "
            "Pick the same entries there."
        ),
    ),
    (
        r"All dimensions of input must be of equal length",
        lambda *_: (
            "`np.fill_diagonal` fills [i, i, i, ...], and needs axes of one length. Here each sample "
            "has a diagonal of its own."
        ),
    ),
    (
        r"could not be broadcast together with remapped shapes",
        lambda *_: (
            "One letter of einsum stands for axes of two lengths. Write each array's shape under its letters."
        ),
    ),
    (
        r"indexing arrays could not be broadcast",
        lambda *_: (
            "Lists of indices given together are paired off: the first with the first, and so on. "
            "For every pair of two lists, take loops or `np.ix_`."
        ),
    ),
    (
        r"shape-mismatch for sum",
        lambda *_: (
            "`tensordot` sums the last axes of the left array against the first ones of the right, two of "
            "them unless `axes` says otherwise. How many are summed in what you derived?"
        ),
    ),
    (
        r"operands could not be broadcast.*|shapes .* not aligned.*|could not broadcast input array.*",
        _do_not_fit,
    ),
    (
        r"einsum.*|operand has a mismatch in its core dimension.*|tensordot.*|shape-mismatch.*",
        _do_not_fit,
    ),
    (r"NameError: (?:free variable |global )?'?(?:name )?'?(\w+)' is not defined", _unknown_name),
    (r"UnboundLocalError", lambda *_: "The variable is used before a value was put into it."),
    (
        r"IndexError: too many indices",
        lambda *_: "More indices than the array has axes. Print its shape.",
    ),
    (r"(tuple|list) (?:assignment )?index out of range", _past_the_end),
    (
        r"only integers, slices|indices must be integers",
        lambda *_: (
            "What stands in the square brackets is no whole number. Print it: of two values, the other "
            "may be the index."
        ),
    ),
    (r"IndexError", _index),
    (
        r"KeyError: (.+)",
        lambda found, *_: (
            f"Nothing is stored under {found.group(1)}. Compare its spelling with the names in the docstring."
            if found.group(1)[:1] in "'\""
            else f"Nothing is stored under {found.group(1)} yet: a dictionary begins empty, and `+=` needs a value to add to."
        ),
    ),
    (r"ZeroDivisionError", _divided_by_zero),
    (
        r"'NoneType'",
        lambda *_: (
            "Something there is None: that is what a function without a `return` gives, and a method "
            "that changes its array in place, like `resize`, `sort` and `append`."
        ),
    ),
    (r"unsupported operand type\(s\) for (\S+): '([\w.]+)' and '([\w.]+)'", _combined),
    (
        r"'(tuple|list)' object cannot be interpreted as an integer",
        lambda found, *_: (
            f"A {found.group(1)} stands where one whole number belongs. Two tuples are joined with `+`."
        ),
    ),
    (
        r"can't multiply sequence by non-int|can only concatenate|must be real number, not",
        lambda *_: "A tuple is no number. Multiply or add the numbers in it, not the tuple itself.",
    ),
    (
        r"(?:not enough|too many) values to unpack",
        lambda *_: (
            "The names on the left and the things on the right differ in number. Print the right side."
        ),
    ),
    (
        r"cannot unpack non-iterable (\w+)|'(\w+)' object is not iterable",
        lambda found, *_: (
            f"A single {found.group(1) or found.group(2)} stands there, and several things were to be taken out of it."
        ),
    ),
    (
        r"'(\w+)' object does not support item assignment",
        lambda found, *_: (
            f"A {found.group(1)} cannot be changed entry by entry. Make an array of zeros first."
        ),
    ),
    (
        r"inhomogeneous shape",
        lambda *_: (
            "Arrays of different shapes cannot be put into one array. Return them as a tuple."
        ),
    ),
    (
        r"'(\w+)' object has no attribute '(\w+)'",
        lambda found, *_: f"A {found.group(1)} has no `.{found.group(2)}`. Print its type.",
    ),
    (
        r"truth value of an array",
        lambda *_: (
            "`if`, `and` and Python's own `max` ask one question, and an array holds many answers. "
            "Ask entry by entry, or use a mask."
        ),
    ),
    (
        r"only (?:length-1|0-dimensional|size-1) arrays|setting an array element with a sequence|float\(\) argument",
        lambda *_: (
            "A single number is needed there, and an array was given. Which entry of it is meant?"
        ),
    ),
    (
        r"_?UFunc\w*: .*(?:same_kind|[Cc]ast)|Cannot cast",
        lambda *_: (
            "A result with fractions was to be written into an array of whole numbers or booleans."
        ),
    ),
    (
        r"boolean subtract|numpy boolean",
        lambda *_: "Masks of true and false cannot be subtracted; turn them into numbers first.",
    ),
    (
        r"the map takes an array of shape",
        lambda *_: (
            "A condensed map takes an upstream gradient, of the output's shape, and gives the input's shape."
        ),
    ),
    (r"EOFError", lambda *_: "A function gets all it needs as arguments; it asks nobody."),
    (
        r"unhashable type: '([\w.]+)'",
        lambda found, *_: (
            f"A {found.group(1)} cannot be a key of a dictionary, a member of a set, or kept by a cache."
        ),
    ),
    (r"RecursionError", lambda *_: "The function calls itself without end."),
    (
        r"cannot reshape array of size",
        lambda *_: (
            "A reshape keeps the number of entries, and these two differ: what was summed, or left, before it?"
        ),
    ),
    (
        r"assignment destination is read-only|read-only",
        lambda *_: "That array is a view that cannot be written to. Make a copy first.",
    ),
    (
        r"(\w+)>?\(\) missing \d+ required positional arguments?: (.+)",
        lambda found, *_: f"`{found.group(1)}` was called without {found.group(2)}.",
    ),
    (
        r"(\w+)>?\(\) takes (?:from \d+ to )?(\d+) positional arguments? but (\d+)",
        lambda found, *_: (
            f"`{found.group(1)}` takes {found.group(2)} arguments; the call hands over {found.group(3)}."
        ),
    ),
    (
        r"not callable",
        lambda *_: "Round brackets call a function; square brackets pick an entry of an array.",
    ),
    (
        r"not subscriptable",
        lambda *_: "Square brackets pick an entry of an array; this is no array.",
    ),
    (r"SyntaxError|IndentationError", lambda *_: "Python could not read that line."),
    (
        r"AxisError|axis \d+ is out of bounds",
        lambda *_: (
            "The array has fewer axes than that. Axes are counted from 0; where one was summed away, "
            "those behind it have moved up."
        ),
    ),
    (
        r"Singular matrix",
        lambda *_: "A matrix is inverted there. No gradient of this course needs an inverse.",
    ),
)

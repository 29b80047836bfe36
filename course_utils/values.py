"""The closed set of values that an answer takes and returns, and one call of an answer.

This module stands alone (NumPy and the standard library): the notebook uses it, and so does the
sandboxed process that runs submitted code, where nothing else of the course can be imported.

An argument is an array, a number, a string, a tuple of these, a `Named` function, or a `Seed`.
A result is brought to a `Value`: what it was (its form), and plain data that can be compared.
"""

from __future__ import annotations

import itertools
import linecache
import numbers
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

MAX_BYTES = 64 * 2**20  # a course answer is a few kilobytes; this stops stride tricks, not learners
MAX_ITEMS = 20_000
MAX_DEPTH = 8
MAX_TEXT = 2_000
KINDS_OF_NUMBER = "biufc"

FUNCTIONS: dict[str, Callable] = {
    "square": lambda x: x**2,
    "cube": lambda x: x**3,
    "sine": np.sin,
    "exponential": np.exp,
    "sum_of_squares": lambda x: np.sum(x**2),
    "reverse": lambda x: x[::-1],
    "scale_by": lambda x, factor: x * factor,
    "row_softmax": lambda x: np.exp(x) / np.exp(x).sum(axis=-1, keepdims=True),
    "outer_square": lambda x: np.multiply.outer(x, x),
    "matrix_product": lambda x, A: x @ A,
    "linear_map": lambda x, A, taken, given: _linear_map(np.asarray(x), A, tuple(taken), given),
}


def _linear_map(x: np.ndarray, A: np.ndarray, taken: tuple, given) -> np.ndarray:
    """Any linear map from arrays of shape `taken` to shape `given`: a matrix on the flattened input."""
    if x.shape != taken:
        raise ValueError(f"the map takes an array of shape {taken}, and got one of shape {x.shape}")
    return (A @ x.ravel()).reshape(tuple(given))


@dataclass(frozen=True)
class Named:
    """A function from the short list `FUNCTIONS`, its further arguments fixed to `data`."""

    name: str
    data: tuple = ()

    @property
    def __name__(self) -> str:
        return self.name

    def __call__(self, x):
        return FUNCTIONS[self.name](x, *self.data)


@dataclass(frozen=True)
class Seed:
    """Becomes `numpy.random.default_rng(number)` where the call is made."""

    number: int


@dataclass(frozen=True)
class Call:
    """Arguments of one call; with `then`, the function it returns is called with those."""

    args: tuple
    then: tuple | None = None


@dataclass(frozen=True)
class Value:
    """A result: its form ('array', 'matrix', 'list', 'number', ...), plain data, its type's name.

    `data` is an ndarray for all that is numeric and regular, a tuple of `Value` for other lists
    and tuples, a str, None, or (form 'function' and 'other') None.
    """

    form: str
    data: object = None
    type_name: str = ""


@dataclass(frozen=True)
class Failure:
    """Why a call gave no value.

    kind: 'not started', 'error', 'exit', 'time', 'memory', 'crash', 'output', 'size', 'lost'.
    """

    kind: str
    name: str = ""
    text: str = ""
    line: int | None = None
    source: str = ""
    extra: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What one call gave: a value or a failure, and the arguments as the call left them."""

    value: Value | None = None
    failure: Failure | None = None
    inputs: tuple = ()


# An answer, wherever it lives: the calls of one case in, outcomes out, up to the first failure.
Ask = Callable[[Sequence[Call]], list[Outcome]]


class TooLarge(Exception):
    """A result beyond MAX_BYTES, MAX_ITEMS or MAX_DEPTH."""


class TimeUp(BaseException):
    """Raised in an answer that has used up its time. Not an Exception: `except Exception` lets it through."""


def materialise(argument):
    """A fresh copy of an argument, as the answer will see it."""
    if type(argument) is int:  # most often, since an entry rule takes indices
        return argument
    if isinstance(argument, np.ndarray):
        return argument.copy()
    if isinstance(argument, tuple):
        return tuple([materialise(item) for item in argument])
    if isinstance(argument, Named):
        return Named(argument.name, materialise(argument.data))
    if isinstance(argument, Seed):
        return np.random.default_rng(argument.number)
    return argument


def as_value(result, depth: int = 0) -> Value:
    """Bring a result to a `Value`. Copies, so that nothing later can change it.

    Raises TooLarge. Whatever else `numpy.asarray` raises on a hostile object propagates.
    """
    name = type(result).__name__
    if type(result) is float:
        return Value("number", np.array(result), name)
    if result is None:
        return Value("none", None, name)
    if isinstance(result, str):
        return Value("text", plain_text(result[:MAX_TEXT]), name)
    if isinstance(result, (bool, np.bool_)):
        return Value("bool", np.array(bool(result)), name)
    if isinstance(result, (numbers.Number, np.number)):
        return _number(result, name)
    if isinstance(result, (list, tuple)):
        return _sequence(result, name, depth)
    if isinstance(result, np.ndarray) or hasattr(result, "__array__"):
        return _array(result, name, depth)
    if isinstance(
        result, Iterator
    ):  # a generator, a map, a zip: what it gives, one after the other
        return _sequence(list(itertools.islice(result, MAX_ITEMS + 1)), name, depth)
    return Value("function" if callable(result) else "other", None, name)


def _number(result, name: str) -> Value:
    try:
        data = np.array(result)
        if data.dtype.kind not in KINDS_OF_NUMBER:  # a Fraction, a Decimal, an int beyond 64 bits
            data = np.array(float(result))
    except OverflowError:  # a whole number beyond all floats
        data = np.array(np.inf)
    except (ValueError, TypeError):
        return Value("other", None, name)
    return Value("number", data, name)


def _array(result, name: str, depth: int) -> Value:
    form = "array"
    if isinstance(result, np.ma.MaskedArray):
        form, result = "masked array", np.ma.filled(result.astype(float), np.nan)
    elif isinstance(result, np.matrix):
        form = "matrix"
    elif not isinstance(result, np.ndarray):
        form = "array-like"
    array = np.asarray(result)
    if array.nbytes > MAX_BYTES:
        raise TooLarge(f"an array of {array.nbytes:,} bytes")
    if array.dtype == object:
        if array.size > MAX_ITEMS:
            raise TooLarge(f"an array of {array.size:,} objects")
        inner = _sequence(array.tolist(), name, depth) if array.ndim else as_value(array.item())
        regular = isinstance(inner.data, np.ndarray)
        return Value("object array" if regular else "other", inner.data if regular else None, name)
    if array.dtype.kind == "U" and array.size == 1:
        return Value("text", str(array.item())[:MAX_TEXT], name)
    if array.dtype.kind not in KINDS_OF_NUMBER:
        return Value("other", None, f"{name} of {array.dtype}")
    if (
        array.dtype.itemsize > 8 and array.dtype.kind == "f"
    ):  # long double: its size differs by system
        array = array.astype(np.float64)
    if array.dtype.kind == "c":
        array = array.astype(np.complex128)
    return Value(form, np.array(array, order="C", subok=False), name)


def _sequence(items, name: str, depth: int) -> Value:
    form = "tuple" if isinstance(items, tuple) else "list"
    if depth > MAX_DEPTH or len(items) > MAX_ITEMS:
        raise TooLarge(f"a {form} of {len(items):,} items, nested {depth} deep")
    values = tuple(as_value(item, depth + 1) for item in items)
    plain = all(value.form in ("number", "bool", "list", "tuple") for value in values)
    shapes = {np.shape(value.data) for value in values if isinstance(value.data, np.ndarray)}
    regular = all(isinstance(value.data, np.ndarray) for value in values) and len(shapes) <= 1
    if plain and regular:
        return Value(form, np.array([value.data for value in values]), name)
    return Value(form, values, name)


def run_call(function: Callable, call: Call) -> Outcome:
    """One call of an answer, everything that can be caught caught. Lets `TimeUp` through."""
    args = materialise(call.args)
    try:
        result = function(*args)
        if call.then is not None and callable(result):
            result = result(*materialise(call.then))
        elif call.then is not None:
            return Outcome(failure=Failure("error", "no function", type(result).__name__))
        value = as_value(result)
    except TimeUp:
        raise
    except BaseException as error:
        return Outcome(failure=failure_of(error, function), inputs=args)
    return Outcome(value=value, inputs=args)


def run_calls(function: Callable, calls: Sequence[Call]) -> list[Outcome]:
    """The calls of one case, up to the first that fails."""
    outcomes = []
    for call in calls:
        outcomes.append(run_call(function, call))
        if outcomes[-1].failure:
            break
    return outcomes


def plain_text(text: str) -> str:
    """Text that can be written anywhere: half a character, as in a broken emoji, becomes a `?`."""
    return text.encode("utf-8", "replace").decode("utf-8")


def failure_of(error: BaseException, function: Callable) -> Failure:
    """An exception as a `Failure`, with the deepest line that the learner wrote."""
    name = type(error).__name__[:80]
    try:
        text = plain_text(str(error)[:MAX_TEXT])
    except Exception:
        text = "(its message could not be read)"
    line, source = own_line(error, function)
    kind = "error"
    if type(error) is NotImplementedError:  # not IPython's for input(), which inherits from it
        kind = "not started"
    elif isinstance(error, (SystemExit, KeyboardInterrupt)):
        kind = "exit"
    elif isinstance(error, MemoryError):
        kind = "memory"
    elif isinstance(error, TooLarge):
        kind = "size"
    return Failure(kind, name, text, line, source)


def own_line(error: BaseException, function: Callable) -> tuple[int | None, str]:
    """Number and text of the deepest line that lives where the answer lives."""
    home = getattr(function, "__globals__", None)
    found = None
    for frame, number in traceback.walk_tb(error.__traceback__):
        if home is not None and frame.f_globals is home:
            found = (frame, number)
    if found is None:
        return None, ""
    frame, number = found
    text = linecache.getline(frame.f_code.co_filename, number, frame.f_globals)
    return number, plain_text(text.strip()[:200])

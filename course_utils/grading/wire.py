"""What crosses the wall between the judge and a submission: frames, and plain data inside them.

A frame is the lengths of its two parts, a line of JSON, and raw bytes. Nothing in it is a program
and nothing in it is a verdict. Every number is checked before anything is read or allocated.

This module stands alone beside values.py: the sandboxed process uses the same two files.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import asdict
from typing import ClassVar

import numpy as np

try:
    from ..values import KINDS_OF_NUMBER, Call, Failure, Named, Outcome, Seed, Value
except ImportError:  # in the sandbox, where the course is not there
    from values import KINDS_OF_NUMBER, Call, Failure, Named, Outcome, Seed, Value

LENGTHS = struct.Struct(">II")
MAX_HEADER = 2 * 2**20
MAX_BODY = 8 * 2**20  # an answer of the course is a few kilobytes
MAX_ITEMS = 100_000
MAX_DEPTH = 24
MAX_AXES = 64
MAX_WHOLE = 2**63
MAX_TEXT = 2_000
MAX_NAME = 80
DTYPES = {
    name: np.dtype(name)
    for name in [
        "|b1",
        "|i1",
        "|u1",
        "<i2",
        "<u2",
        "<i4",
        "<u4",
        "<i8",
        "<u8",
        "<f2",
        "<f4",
        "<f8",
        "<c16",
    ]
}
# The forms of a Value (see values.py), and what its data then is.
FORMS = {
    "none": type(None),
    "text": str,
    "function": type(None),
    "other": type(None),
    "list": (np.ndarray, tuple),
    "tuple": (np.ndarray, tuple),
    **dict.fromkeys(("bool", "number", "array", "matrix", "masked array"), np.ndarray),
    **dict.fromkeys(("array-like", "object array"), np.ndarray),
}
# What a submission may say of a failure; a crash or a flood is seen from outside.
SAID = ("not started", "error", "exit", "time", "memory", "size")


class BadFrame(Exception):
    """A frame that is not what was agreed. The message says how, for the journal."""


# Frames


def frame(header: dict, chunks: list[bytes] = ()) -> bytes:
    """One frame as bytes."""
    body = b"".join(chunks)
    line = json.dumps(header, separators=(",", ":")).encode("ascii")
    if len(line) > MAX_HEADER or len(body) > MAX_BODY:
        raise BadFrame(f"a frame of {len(line):,} + {len(body):,} bytes")
    return LENGTHS.pack(len(line), len(body)) + line + body


def read_frame(read: Callable[[int], bytes]) -> tuple[dict, bytes] | None:
    """The next frame, or None at the end. `read(n)` gives up to n bytes, b'' at the end."""
    lengths = _exactly(read, LENGTHS.size, may_end=True)
    if lengths is None:
        return None
    line, body = LENGTHS.unpack(lengths)
    if line > MAX_HEADER or body > MAX_BODY:
        raise BadFrame(f"a frame that claims {line:,} + {body:,} bytes")
    try:
        header = json.loads(_exactly(read, line), parse_constant=_no_constant)
    except (ValueError, RecursionError, MemoryError) as error:
        raise BadFrame(f"a header that cannot be read ({type(error).__name__})") from None
    if not isinstance(header, dict):
        raise BadFrame("a header that is no object")
    return header, _exactly(read, body)


def _exactly(read, size: int, may_end: bool = False) -> bytes | None:
    parts, have = [], 0
    while have < size:
        part = read(min(size - have, 2**20))
        if not part:
            if may_end and not have:
                return None
            raise BadFrame("a frame that ends in the middle")
        parts.append(part)
        have += len(part)
    return b"".join(parts)


def _no_constant(name: str):
    raise ValueError(f"{name} in a header")


# Plain data -> JSON, with the bytes of arrays put aside


class Packer:
    """Arguments and results as JSON. What is none of the closed set becomes ['?'].

    seen: arrays that the other side has already. An array goes over the wire once, and after that
    as its number: an entry rule is asked hundreds of times about the same one.
    """

    def __init__(self, seen=()):
        self.chunks: list[bytes] = []
        self.arrays: list[np.ndarray] = []
        self.numbers: dict[tuple, int] = {}
        for array in seen:
            self._new(array, *self._key(array))

    def pack(self, item):
        """One item, and what is in it."""
        if item is None or isinstance(item, bool):
            return item
        if isinstance(item, np.ndarray):
            return self._array(item)
        if isinstance(item, np.generic):  # np.float64(2) is a float too, and has a shape besides
            packed = self._array(np.asarray(item))
            return packed if packed == ["?"] else ["g", packed]
        if isinstance(item, int):
            return int(item) if abs(item) < MAX_WHOLE else ["?"]
        if isinstance(item, float):
            return ["f", float(item).hex()]
        if isinstance(item, str):
            return ["s", str(item)[:MAX_TEXT]]
        if isinstance(item, tuple):
            return ["t", [self.pack(part) for part in item]]
        if isinstance(item, Value):
            return ["v", item.form, self.pack(item.data), item.type_name[:MAX_NAME]]
        if isinstance(item, Named):
            return ["n", item.name, self.pack(item.data)]
        if isinstance(item, Seed):
            return ["r", item.number]
        return ["?"]

    def _array(self, array: np.ndarray):
        if array.dtype.kind not in KINDS_OF_NUMBER:
            return ["?"]
        if extent(array.shape, array.dtype.itemsize) > MAX_BODY:  # also one of no bytes
            raise BadFrame(f"an array of shape {array.shape}")
        name, shape, raw = self._key(array)
        if name not in DTYPES:
            return ["?"]
        if (name, shape, raw) in self.numbers:
            return ["=", self.numbers[name, shape, raw]]
        self._new(array, name, shape, raw)
        self.chunks.append(raw)
        return ["a", name, list(shape)]

    def _key(self, array: np.ndarray) -> tuple:
        dtype = array.dtype.newbyteorder("<")
        return dtype.str, array.shape, array.astype(dtype, copy=False).tobytes()

    def _new(self, array, *key) -> None:
        self.numbers.setdefault(key, len(self.arrays))
        self.arrays.append(array)


class Unpacker:
    """JSON and bytes -> plain data. Trusts nothing: raises BadFrame. seen: as in `Packer`."""

    def __init__(self, body: bytes, seen=()):
        self.body = memoryview(body)
        self.arrays: list[np.ndarray] = list(seen)
        self.at = self.items = self.again = 0

    def unpack(self, item, depth: int = 0):
        """One packed item."""
        self.items += 1
        if self.items > MAX_ITEMS or depth > MAX_DEPTH:
            raise BadFrame("more items than were agreed, or nested deeper")
        if item is None or isinstance(item, bool):
            return item
        if isinstance(item, int):
            return whole(item, -MAX_WHOLE, MAX_WHOLE)
        if not isinstance(item, list) or not item or not isinstance(item[0], str):
            raise BadFrame("an item that is not one of those agreed")
        reader = self.READERS.get((item[0], len(item)))
        if reader is None:
            raise BadFrame("an item of a kind that was not agreed")
        return reader(self, *item[1:], depth)

    def end(self) -> None:
        """Every byte must have been claimed."""
        if self.at != len(self.body):
            raise BadFrame("bytes that no array claims")

    def _value(self, form, data, type_name, depth):
        data = self.unpack(data, depth + 1)
        known = isinstance(form, str) and form in FORMS
        if not known or not isinstance(data, FORMS[form]):
            raise BadFrame("a result whose form and data do not agree")
        if isinstance(data, tuple) and not all(isinstance(part, Value) for part in data):
            raise BadFrame("a sequence of something else than results")
        if form in ("bool", "number") and data.ndim:
            raise BadFrame("a number with axes")
        return Value(form, data, text(type_name, MAX_NAME))

    def _array(self, name, shape, _):
        if not isinstance(name, str) or name not in DTYPES:
            raise BadFrame("an array of a type that was not agreed")
        if not isinstance(shape, list) or len(shape) > MAX_AXES:
            raise BadFrame("a shape that is no shape")
        dtype = DTYPES[name]
        size = extent(shape, dtype.itemsize)
        if size > MAX_BODY:
            raise BadFrame("an array larger than was agreed")
        size *= all(shape)
        if size > len(self.body) - self.at:
            raise BadFrame("an array that claims more bytes than came")
        raw = self.body[self.at : self.at + size]
        self.at += size
        if name == "|b1":  # a byte other than 0 and 1 would be neither true nor false
            array = np.frombuffer(raw, np.uint8) != 0
        else:
            array = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="))
        try:
            array = array.reshape(shape)
        except ValueError:  # more axes than this NumPy has
            raise BadFrame("a shape that is no shape") from None
        self.arrays.append(array)
        return array

    def _again(self, number, _):
        array = self.arrays[whole(number, 0, len(self.arrays) - 1)]
        self.again += array.nbytes  # a few bytes each time, and all of it where they are joined
        if self.again > MAX_BODY:
            raise BadFrame("the same array again and again")
        return array

    def _scalar(self, packed, depth):
        array = self.unpack(packed, depth + 1)
        if not isinstance(array, np.ndarray) or array.ndim:
            raise BadFrame("a number with axes")
        return array[()]

    def _float(self, item, _):
        try:
            return float.fromhex(text(item, 40))
        except (ValueError, OverflowError):
            raise BadFrame("a number that is none") from None

    def _text(self, item, _):
        return text(item, MAX_TEXT)

    def _tuple(self, items, depth):
        if not isinstance(items, list):
            raise BadFrame("a tuple that is none")
        return tuple(self.unpack(item, depth + 1) for item in items)

    def _named(self, name, data, depth):
        data = self.unpack(data, depth + 1)
        if not isinstance(data, tuple):
            raise BadFrame("a function without its data")
        return Named(text(name, MAX_NAME), data)

    def _seed(self, number, _):
        return Seed(whole(number, 0, 2**63))

    def _nothing(self, _):
        return None

    READERS: ClassVar = {
        ("v", 4): _value,
        ("a", 3): _array,
        ("g", 2): _scalar,
        ("=", 2): _again,
        ("f", 2): _float,
        ("s", 2): _text,
        ("t", 2): _tuple,
        ("n", 3): _named,
        ("r", 2): _seed,
        ("?", 1): _nothing,
    }


def extent(shape, itemsize: int) -> int:
    """Bytes of an array if no axis were empty; beyond MAX_BODY it is not counted to the end."""
    for length in shape:
        itemsize *= max(whole(length, 0, MAX_WHOLE), 1)
        if itemsize > MAX_BODY:
            break
    return itemsize


def text(item, longest: int) -> str:
    """A string that can be written anywhere: no lone surrogates, no control characters."""
    if not isinstance(item, str):
        raise BadFrame("a text that is none")
    item = item[:longest]
    if item.isascii() and item.isprintable():
        return item
    item = item.encode("utf-8", "replace").decode("utf-8")
    return "".join(
        c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in item
    )


def whole(item, low: int, high: int) -> int:
    """A whole number within bounds."""
    if isinstance(item, bool) or not isinstance(item, int) or not low <= item <= high:
        raise BadFrame("a number out of its bounds")
    return item


# Calls and outcomes


def pack_calls(calls) -> tuple[list, Packer]:
    """The calls of one case."""
    packer = Packer()
    return [[packer.pack(call.args), packer.pack(call.then)] for call in calls], packer


def unpack_calls(items: list, body: bytes) -> tuple[list[Call], list[np.ndarray]]:
    """The calls of one case, as the child gets them, and the arrays in them."""
    reader = Unpacker(body)
    calls = [Call(reader.unpack(args), reader.unpack(then)) for args, then in items]
    return calls, reader.arrays


def pack_outcomes(outcomes, seen=()) -> tuple[list, list[bytes]]:
    """What the calls gave. seen: the arrays in the calls."""
    packer = Packer(seen)
    packed = [
        [
            packer.pack(outcome.value),
            asdict(outcome.failure) if outcome.failure else None,
            packer.pack(tuple(outcome.inputs)),
        ]
        for outcome in outcomes
    ]
    return packed, packer.chunks


def unpack_outcomes(items, body: bytes, expected: int, seen=()) -> list[Outcome]:
    """What the calls gave, every claim checked: no more outcomes than calls, one failure, last."""
    if not isinstance(items, list) or not 0 < len(items) <= expected:
        raise BadFrame("another number of results than of questions")
    reader, outcomes = Unpacker(body, seen), []
    for item in items:
        if not isinstance(item, list) or len(item) != 3 or (outcomes and outcomes[-1].failure):
            raise BadFrame("a result that is none")
        value, failure, inputs = reader.unpack(item[0]), item[1], reader.unpack(item[2])
        if not isinstance(inputs, tuple) or isinstance(value, Value) == bool(failure):
            raise BadFrame("neither a result nor a failure")
        failure = unpack_failure(failure) if failure else None
        inputs = tuple(i if isinstance(i, np.ndarray) else None for i in inputs)  # all that is read
        outcomes.append(Outcome(value, failure, inputs))
    reader.end()
    if len(outcomes) < expected and not outcomes[-1].failure:
        raise BadFrame("fewer results than questions")
    return outcomes


def unpack_failure(item) -> Failure:
    """A failure as the submission tells it."""
    if not isinstance(item, dict) or item.get("kind") not in SAID:
        raise BadFrame("a failure of a kind that was not agreed")
    line = item.get("line")
    return Failure(
        item["kind"],
        text(item.get("name", ""), MAX_NAME),
        text(item.get("text", ""), MAX_TEXT),
        None if line is None else whole(line, 1, 10**7),
        text(item.get("source", ""), 200),
    )

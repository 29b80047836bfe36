"""What crosses the wall: everything of the closed set comes back as it was, and no lie comes in."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from course_utils.grading import wire
from course_utils.grading.child import DEFINITIONS, is_definition
from course_utils.values import Call, Failure, Named, Outcome, Seed, Value, as_value

ARRAYS = [
    np.arange(6.0).reshape(2, 3),
    np.arange(6.0).reshape(2, 3).T,
    np.array([[True, False]]),
    np.array(3),
    np.zeros((0, 4), np.float32),
    np.array([1 + 2j]),
    np.array([1, 2], np.uint8),
    np.array([1.5, np.nan, np.inf, -0.0]),
    np.array([1.0, 2.0], ">f8"),
]


def through(data: bytes) -> tuple[dict, bytes]:
    """A frame read from bytes, three at a time: pipes give what they like."""
    rest = memoryview(data)

    def read(size):
        nonlocal rest
        part, rest = rest[: min(size, 3)], rest[min(size, 3) :]
        return bytes(part)

    return wire.read_frame(read)


def there_and_back(item):
    packer = wire.Packer()
    header, body = through(wire.frame({"item": packer.pack(item)}, packer.chunks))
    reader = wire.Unpacker(body)
    result = reader.unpack(header["item"])
    reader.end()
    return result


@pytest.mark.parametrize("array", ARRAYS, ids=str)
def test_arrays_come_back_bit_by_bit(array):
    back = there_and_back(array)
    assert back.shape == array.shape and back.dtype == array.dtype.newbyteorder("=")
    assert back.tobytes() == array.astype(back.dtype).tobytes()


@pytest.mark.parametrize(
    "item",
    [None, True, 3, -(10**18), 0.1, -0.0, float("inf"), "a\nb", (), (1, ("b", (2.5,)))],
)
def test_plain_data_comes_back(item):
    back = there_and_back(item)
    assert back == item and type(back) is type(item)
    assert str(back) == str(item)


def test_a_numpy_number_stays_one():
    back = there_and_back(np.float64(2.5))
    assert back == 2.5 and back.ndim == 0 and isinstance(back, np.float64)


def test_functions_and_seeds_come_back():
    named = there_and_back(Named("scale_by", (np.array(3.0),)))
    assert named(np.array([1.0, 2.0])).tolist() == [3.0, 6.0]
    assert there_and_back(Seed(5)) == Seed(5)


def test_what_is_outside_the_set_is_nothing():
    for item in (object(), [1], {"a": 1}, np.array([object()]), 10**50):
        assert there_and_back(item) is None


def test_calls_and_outcomes_come_back():
    calls = [Call((np.ones((2, 2)), 3)), Call((), (1.0,))]
    packed, packer = wire.pack_calls(calls)
    back, _ = wire.unpack_calls(packed, b"".join(packer.chunks))
    assert back[1] == calls[1] and back[0].args[0].tolist() == [[1, 1], [1, 1]]

    good = Outcome(as_value([[1, 2.5], (3, 4)]), inputs=(np.ones(3),))
    nested = Outcome(as_value((np.ones(2), [np.ones(3), "a"], None)))
    bad = Outcome(failure=Failure("error", "ValueError", "no", 3, "x = 1"), inputs=())
    packed, chunks = wire.pack_outcomes([good, nested, bad])
    back = wire.unpack_outcomes(packed, b"".join(chunks), 5)
    assert back[0].value.data.tolist() == [[1, 2.5], [3, 4]]
    assert [part.form for part in back[1].value.data] == ["array", "list", "none"]
    assert back[2].failure == bad.failure


def test_an_array_goes_over_once():
    X, other = np.ones((50, 50)), np.zeros((50, 50))
    packed, packer = wire.pack_calls([Call((X, k)) for k in range(100)])
    assert len(b"".join(packer.chunks)) == X.nbytes
    calls, seen = wire.unpack_calls(packed, b"".join(packer.chunks))
    assert all(call.args[0].tolist() == X.tolist() for call in calls)
    assert [call.args[1] for call in calls] == list(range(100))
    outcomes = [Outcome(as_value(1.0), inputs=(X, 0)), Outcome(as_value(X), inputs=(other, 1))]
    items, chunks = wire.pack_outcomes(outcomes, seen)
    assert len(b"".join(chunks)) == 8 + other.nbytes
    back = wire.unpack_outcomes(items, b"".join(chunks), 2, packer.arrays)
    assert back[0].inputs[0] is X and back[1].inputs[0].tolist() == other.tolist()
    assert back[1].value.data.tolist() == X.tolist()


def test_arrays_that_only_look_alike_are_not_the_same():
    for a, b in [
        (np.zeros(2), np.array([0.0, -0.0])),
        (np.zeros(2), np.zeros(2, np.int64)),
        (np.zeros((2, 3)), np.zeros((3, 2))),
        (np.array([np.nan]), np.array([-np.nan])),
    ]:
        _, packer = wire.pack_calls([Call((a, b))])
        assert len(packer.chunks) == 2


# Frames that lie


def frame_of(header: bytes, body: bytes = b"", claim=None) -> bytes:
    return struct.pack(">II", *(claim or (len(header), len(body)))) + header + body


@pytest.mark.parametrize(
    "data",
    [
        frame_of(b"{}", claim=(2**31, 0)),
        frame_of(b"{}", claim=(2, 2**32 - 1)),
        frame_of(b"{}", claim=(1000, 0)),
        frame_of(b"{}", b"abc", claim=(2, 9)),
        frame_of(b"not json"),
        frame_of(b"[1]"),
        frame_of(b'{"a": NaN}'),
        frame_of(b'{"a": ' + b"9" * 5_000 + b"}"),
        frame_of(b"[" * 100_000),
        frame_of(b"\xff\xfe{}"),
        b"\0\0",
    ],
)
def test_a_frame_that_lies_is_refused_before_it_is_read(data):
    with pytest.raises(wire.BadFrame):
        through(data)


def test_a_claim_of_gigabytes_allocates_nothing():
    asked = []

    def read(size):
        asked.append(size)
        return struct.pack(">II", 2, 4_000_000_000) if len(asked) == 1 else b""

    with pytest.raises(wire.BadFrame, match="claims"):
        wire.read_frame(read)
    assert asked == [8]


def test_the_end_is_no_frame():
    assert wire.read_frame(lambda size: b"") is None


EIGHT = b"\0" * 8


@pytest.mark.parametrize(
    ("item", "body"),
    [
        (["a", "<f8", [2]], EIGHT),
        (["a", "<f8", [10**9, 10**9]], EIGHT),
        (["a", "<f8", [-1]], EIGHT),
        (["a", "<f8", [0, 10**18]], b""),
        (["a", "<f8", [1.0]], EIGHT),
        (["a", "<f8", [True]], EIGHT),
        (["a", "<f8", "1"], EIGHT),
        (["a", "<f8", [1] * 100], EIGHT),
        (["a", "|O", [1]], EIGHT),
        (["a", "<U9", [1]], EIGHT),
        (["a", ["<f8"], [1]], EIGHT),
        (["a", "<f8", [1]], EIGHT + b"more"),
        (["v", "array", ["s", "text"], "x"], b""),
        (["v", "right", None, "x"], b""),
        (["v", "number", ["a", "<f8", [1]], "x"], EIGHT),
        (["v", "list", ["t", [3]], "x"], b""),
        (["v", "none", None, 3], b""),
        (["v", ["none"], None, "x"], b""),
        (2**64, b""),
        (0.5, b""),
        ("text", b""),
        (["=", 0], b""),
        (["=", -1], b""),
        (["g", ["a", "<f8", [1]]], EIGHT),
        (["g", 3], b""),
        (["f", "nonsense"], b""),
        (["r", -1], b""),
        (["r", 2**70], b""),
        (["n", "sine", None], b""),
        (["?", 1], b""),
        (["report", "right", 2], b""),
        ([], b""),
        ([["a"]], b""),
        ({"a": 1}, b""),
        (["t", [None] * 200_000], b""),
        (["a", "<f8", [0, 10**9]], b""),
        (["a", "<f8", [0, *[10**6] * 9]], b""),
        (["t", [["a", "|i1", [2**20]], *[["=", 0]] * 9]], bytes(2**20)),
    ],
    ids=str,
)
def test_a_claim_that_does_not_hold_is_refused(item, body):
    with pytest.raises(wire.BadFrame):
        reader = wire.Unpacker(body)
        reader.unpack(item)
        reader.end()


def test_nesting_is_bounded():
    deep = None
    for _ in range(100):
        deep = ["t", [deep]]
    with pytest.raises(wire.BadFrame, match="deeper"):
        wire.Unpacker(b"").unpack(deep)


ONE = [["v", "none", None, "x"], None, ["t", []]]
FAILED = [None, {"kind": "error"}, ["t", []]]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], 1),
        ([ONE, ONE], 1),
        ([ONE], 2),
        ([FAILED, ONE], 2),
        ([FAILED, FAILED], 2),
        ([[None, None, ["t", []]]], 1),
        ([[["v", "none", None, "x"], {"kind": "error"}, ["t", []]]], 1),
        ([[1, None, ["t", []]]], 1),
        ([[["v", "none", None, "x"], None, None]], 1),
        ([ONE[:2]], 1),
        (["right"], 1),
        ("right", 1),
        (None, 1),
    ],
    ids=str,
)
def test_outcomes_that_do_not_fit_the_questions_are_refused(items, expected):
    with pytest.raises(wire.BadFrame):
        wire.unpack_outcomes(items, b"", expected)


@pytest.mark.parametrize(
    "failure",
    [
        {"kind": "right"},
        {"kind": "crash"},
        {"kind": ["error"]},
        {"kind": "error", "line": "3"},
        {"kind": "error", "line": -3},
        {"kind": "error", "text": 3},
        ["error"],
    ],
    ids=str,
)
def test_failures_are_only_those_that_can_be_said(failure):
    with pytest.raises(wire.BadFrame):
        wire.unpack_failure(failure)


def test_inputs_are_arrays_or_nothing():
    told = [["v", "none", None, "x"], None, ["t", [["a", "|i1", []], ["t", [1]], ["s", "x"], 3]]]
    (outcome,) = wire.unpack_outcomes([told], b"1", 1)
    assert [item is None for item in outcome.inputs] == [False, True, True, True]


def test_no_verdict_can_be_expressed():
    said = wire.unpack_failure({"kind": "error", "points": 2, "status": "right", "extra": {"a": 1}})
    assert said == Failure("error")


def test_texts_are_cut_and_cleaned():
    assert wire.text("a" * 5_000, 20) == "a" * 20
    assert wire.text("\x1b[31m\0\ud800\u202eab\n", 20) == "\ufffd[31m\ufffd?\ufffdab\n"


def test_a_boolean_is_0_or_1():
    array = wire.Unpacker(b"\x02\x00").unpack(["a", "|b1", [2]])
    assert array.view(np.uint8).tolist() == [1, 0]


def test_a_frame_beyond_the_cap_is_not_sent():
    with pytest.raises(wire.BadFrame):
        wire.frame({"a": "x" * wire.MAX_HEADER})


def test_what_is_a_definition():
    import ast

    def which(source):
        return [is_definition(statement) for statement in ast.parse(source).body]

    assert which("import os\ndef f(): pass\nclass A: pass\nN = 3\nX = np.ones(3)") == [True] * 5
    assert which("relu_ = yours_or_ours(relu)") == [True]
    assert which("f()\nx = f()\nx = a.f()\nfor i in (): pass\nassert x\nx += 1") == [False] * 6
    assert which("a: int = 3\nN, H = 4, 3\nx = np.ones(f())") == [True, True, False]
    assert len(DEFINITIONS) == 5


def test_a_value_and_its_frame_hold_the_same_data():
    value = as_value(np.ma.array([[1.0, 2.0]], mask=[[False, False]]))
    back = there_and_back(value)
    assert (back.form, back.type_name) == ("masked array", "MaskedArray")
    assert type(back.data) is np.ndarray and json.dumps(back.data.tolist()) == "[[1.0, 2.0]]"
    assert there_and_back(Value("function", None, "function")).data is None

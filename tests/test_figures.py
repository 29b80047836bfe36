"""Every picture: its sentence is true, its words are whole, it is the same whatever the notebook's style."""

from __future__ import annotations

import re
import subprocess
import sys

import matplotlib
import numpy as np
import pytest

from course_utils import figures, layers
from course_utils.figures.board import MINUS, number, tint
from course_utils.figures.canvas import CARD, CSS_DPI, FAINT, INK, ROLES, WIDEST
from course_utils.jacobian import contract

rng = np.random.default_rng(6)
X = np.array([[0.5, -1.0, 2.0], [-0.25, 1.5, 0.0]])
X_WIDE = rng.normal(size=(2, 4)).round(2)
W = np.array([[1.0, -0.5], [2.0, 0.25], [-3.0, 0.0]])
UPSTREAM = np.array([[0.3, -0.7, 1.2], [-0.9, 0.4, 0.6]])
RELU = layers.relu_jacobian(X)
LINEAR = layers.linear_input_jacobian(X, W)
WEIGHT = layers.linear_weight_jacobian(X_WIDE, rng.normal(size=(4, 3)))
BIAS = layers.bias_jacobian(2, np.zeros(3))
SIZES = 2.0 ** np.arange(1, 10)
STEPS = 10.0 ** np.arange(-14, 0)
CURVES = {"loss": np.geomspace(2, 0.01, 30), "accuracy": np.linspace(0.1, 0.97, 30)}
DIGITS = rng.integers(0, 17, (23, 64))

GALLERY = {
    "matrix": lambda: figures.matrix(X, mark=[(0, 1), (1, 2)]),
    "matrix of one entry": lambda: figures.matrix([[-1234.5]], "dL_dX, a long name", "gradient"),
    "vector": lambda: figures.matrix([1.0, -2.0, 3.0], "dL_db", "gradient"),
    "wide matrix": lambda: figures.matrix(rng.normal(size=(3, 14)) * 1000, "Y", "output"),
    "large matrix": lambda: figures.matrix(rng.normal(size=(64, 40)), "Y", "output"),
    "tall matrix": lambda: figures.matrix(rng.normal(size=(50, 2)), "J", "jacobian"),
    "blocks of relu": lambda: figures.jacobian_blocks(RELU),
    "blocks by X": lambda: figures.jacobian_blocks(LINEAR),
    "blocks by W": lambda: figures.jacobian_blocks(WEIGHT, names=("Y", "W")),
    "blocks by b": lambda: figures.jacobian_blocks(BIAS, names=("Y", "b")),
    "blocks of one row": lambda: figures.jacobian_blocks(np.diag([1.0, 0, 1]), names=("y", "x")),
    "many blocks": lambda: figures.jacobian_blocks(layers.relu_jacobian(np.ones((8, 8)))),
    "stack": lambda: figures.batch_stack(layers.relu_batch_jacobians(X)),
    "stack and rows": lambda: figures.batch_stack(layers.relu_batch_jacobians(X), UPSTREAM),
    "contraction": lambda: figures.contraction(UPSTREAM, RELU, 0, 2),
    "contraction by W": lambda: figures.contraction(UPSTREAM, WEIGHT, 1, 2, names=("Y", "W")),
    "contraction by b": lambda: figures.contraction(UPSTREAM, BIAS, 1, names=("Y", "b")),
    "broadcast": lambda: figures.broadcast([1.0, -0.5, 2.0], 2, UPSTREAM),
    "costs": lambda: figures.costs(
        SIZES, {"full": 8 * SIZES**4, "stack": 8 * SIZES**3, "condensed": 8 * SIZES**2}, limit=2**33
    ),
    "costs in seconds": lambda: figures.costs(
        SIZES, {"full": np.where(SIZES < 99, 1e-9 * SIZES**4, np.nan)}, SIZES**2 / 1e9, None, "seconds"
    ),
    "errors": lambda: figures.difference_error(
        STEPS, {"forward error": STEPS + 1e-16 / STEPS, "central error": STEPS**2 + 1e-16 / STEPS}
    ),
    "training": lambda: figures.training_curves(
        {"right gradient": CURVES, "transposed": CURVES, "averaged twice": CURVES}
    ),
    "digits": lambda: figures.digits(DIGITS, np.arange(23) % 10, np.r_[np.arange(22) % 10, 7]),
    "one digit": lambda: figures.digits(DIGITS[:1].reshape(1, 8, 8)),
    "kink": lambda: figures.kink(),
    "beside the kink": lambda: figures.kink(0.5, 0.3),
}  # fmt: skip
PLOTS = ("costs", "costs in seconds", "errors", "training")
each_picture = pytest.mark.parametrize("name", GALLERY)


def words_of(picture):
    """What stands written on a board, word by word."""
    return picture.figure.artists[-1].get_label().split("\n")


def boxes_of(picture):
    """The words of a board and the boxes they fill, in pixels: (word, left, bottom, right, top)."""
    collection = picture.figure.artists[-1]
    places = collection.get_offset_transform().transform(collection.get_offsets())
    for word, path, place in zip(words_of(picture), collection.get_paths(), places, strict=True):
        if word.strip():
            box = path.get_extents(collection.get_transform())
            yield (word, *(box.min + place), *(box.max + place))


# The picture and its sentence


@each_picture
def test_a_picture_carries_its_sentence(name):
    picture = GALLERY[name]()
    assert picture.png.startswith(b"\x89PNG")
    assert 100 < picture.width <= WIDEST * CSS_DPI
    sentence = picture.description
    assert sentence[0].isupper() or sentence[0].isdigit() or sentence[0] == "d"
    assert sentence.endswith(".") and "\n" not in sentence and ". " not in sentence
    assert "nan" not in sentence


def test_jupyter_gets_the_picture_and_then_the_sentence(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, **more: shown.append((data, more)))
    picture = figures.matrix([[1.0, 2.0]], "A < B & C")
    picture._ipython_display_()
    (first, more), (second, _) = shown
    assert first["image/png"] == picture.png
    assert more["metadata"]["image/png"]["alt"] == picture.description
    assert second["text/plain"] == picture.description
    assert "A &lt; B &amp; C" in second["text/html"]


@each_picture
def test_the_same_bytes_every_time_and_in_every_style(name):
    rng.bit_generator.state = state = np.random.default_rng(1).bit_generator.state
    plain = GALLERY[name]().png
    rng.bit_generator.state = state
    with matplotlib.style.context(["dark_background", {"font.size": 22, "lines.linewidth": 9}]):
        assert GALLERY[name]().png == plain


def test_png_names_no_program_and_no_date():
    chunks = re.findall(rb"tEXt|iTXt|zTXt|tIME", figures.kink().png)
    assert chunks == []


def test_pyplot_is_never_loaded():
    code = (
        "import sys; from course_utils import figures; figures.kink().png; "
        "figures.costs([1, 2], {'full': [1, 2]}).png; print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# What can be read


@pytest.mark.parametrize("name", sorted(set(GALLERY) - {*PLOTS, "one digit"}))
def test_no_word_is_clipped_and_none_lies_on_another(name):
    picture = GALLERY[name]()
    width, height = picture.figure.get_size_inches() * picture.figure.dpi
    boxes = list(boxes_of(picture))
    assert boxes
    for word, left, bottom, right, top in boxes:
        assert left > 0 and bottom > 0 and right < width and top < height, f"{word!r} is clipped"
    for n, (word, left, bottom, right, top) in enumerate(boxes):
        for other, left2, bottom2, right2, top2 in boxes[n + 1 :]:
            apart = right <= left2 or right2 <= left or top <= bottom2 or top2 <= bottom
            assert apart, f"{word!r} and {other!r} overlap"


def test_a_clipped_word_would_be_seen():
    picture = figures.matrix([[1.0]])
    collection = picture.figure.artists[-1]
    collection.set_offsets(collection.get_offsets() - [50, 0])
    assert min(left for _, left, *_ in boxes_of(picture)) < 0


@pytest.mark.parametrize("name", PLOTS)
def test_a_plot_is_not_clipped_and_its_legend_covers_nothing(name):
    figure = GALLERY[name]().figure
    figure.canvas.draw()
    renderer, card = figure.canvas.get_renderer(), figure.bbox
    boxes = [ax.get_tightbbox(renderer) for ax in figure.axes]
    legend = figure.legends[0].get_window_extent(renderer)
    for box in [*boxes, legend]:
        assert box.x0 >= card.x0 and box.x1 <= card.x1
        assert box.y0 >= card.y0 and box.y1 <= card.y1
    assert not any(legend.overlaps(box) for box in boxes)
    assert not any(a.overlaps(b) for n, a in enumerate(boxes) for b in boxes[n + 1 :])


def luminance(color):
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in matplotlib.colors.to_rgb(color)
    ]
    return float(np.dot([0.2126, 0.7152, 0.0722], linear))


def contrast(a, b):
    dark, light = sorted([luminance(a), luminance(b)])
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("role", ROLES)
def test_numbers_can_be_read_on_every_tint(role):
    assert contrast(INK, tint(role, 0.6)) >= 4.5


def test_small_print_can_be_read_on_the_card():
    assert contrast(FAINT, CARD) >= 4.5


# Machado, Oliveira and Fernandes (2009), full strength, on linear RGB
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}  # fmt: skip


def lab(linear):
    """CIE L*a*b* of a linear RGB colour."""
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.clip(xyz @ linear, 0, None) / [0.9505, 1, 1.089])
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", BLIND)
def test_colour_blind_readers_can_tell_the_roles_apart(kind):
    seen = {}
    for role, color in ROLES.items():
        rgb = np.array(matplotlib.colors.to_rgb(color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        seen[role] = lab(np.clip(BLIND[kind] @ linear, 0, 1))
    roles = list(seen)
    distances = {
        (a, b): np.linalg.norm(seen[a] - seen[b])
        for n, a in enumerate(roles)
        for b in roles[n + 1 :]
    }
    assert min(distances.values()) > 12, min(distances, key=distances.get)


# What they say


def test_a_matrix_shows_all_its_numbers():
    words = words_of(figures.matrix(X, name="X"))
    for value in X.ravel():
        assert number(value) in words
    assert words.count(f"{MINUS}1") == 1


def told(sentence):
    """The numbers that a sentence tells, in order, indices left out."""
    words = re.findall(rf"\[({MINUS}?[\d.]+(?:, {MINUS}?[\d.]+)*)\](?! (?:is|=) )", sentence)
    return [float(n.replace(MINUS, "-")) for word in words for n in word.split(", ")]


def test_a_small_matrix_says_all_its_numbers_and_its_marks():
    picture = figures.matrix(X, name="X", mark=(0, 1))
    assert "2 × 3" in picture.description
    assert told(picture.description) == X.ravel().tolist()
    assert f"framed [0, 1] = {MINUS}1" in picture.description


def test_a_large_matrix_says_its_range_and_its_zeros():
    A = np.arange(-3.0, 37.0).reshape(5, 8)
    assert f"from {MINUS}3 to 36, 1 of 40 zero" in figures.matrix(A).description


def test_beyond_numbers_a_dash_marks_what_is_negative():
    A = rng.normal(size=(20, 20))
    picture = figures.matrix(A)
    dashes = [
        each
        for each in picture.figure.artists
        if isinstance(each, matplotlib.collections.LineCollection)
    ]
    segments = [s for each in dashes for s in each.get_segments() if len(s) == 2]
    assert len(segments) == np.count_nonzero(A < 0)
    assert not set(words_of(picture)) & {number(value) for value in A.ravel()}


@pytest.mark.parametrize("J", [RELU, LINEAR, WEIGHT, BIAS], ids=["relu", "by X", "by W", "by b"])
def test_blocks_leave_zeros_blank_and_count_the_rest(J):
    picture = figures.jacobian_blocks(J)
    assert f"{np.count_nonzero(J)} of {J.size} entries" in picture.description
    words = [word for word in words_of(picture) if re.fullmatch(rf"{MINUS}?[\d.]+", word)]
    assert len(words) == np.count_nonzero(J) + _index_words(J)


def _index_words(J):
    """Rows of each block row and columns of each block column carry their number once."""
    n_k, n_l, n_i, n_j = J.shape if J.ndim == 4 else (*J.shape[:2], 1, J.shape[2])
    return n_k * n_l + n_i * n_j


def test_equal_blocks_carry_the_same_letter():
    words = words_of(figures.jacobian_blocks(LINEAR))
    assert words.count("A") == 2 and "B" not in words
    twice = np.einsum("ki,lj->klij", np.eye(4), np.ones((2, 2)))
    twice[2, :, 2] = twice[3, :, 3] = 7
    picture = figures.jacobian_blocks(twice)
    assert words_of(picture).count("A") == words_of(picture).count("B") == 2
    assert "block B stands 2 times" in picture.description


@pytest.mark.parametrize(
    ("J", "words"),
    [
        (RELU, "4 blocks of 3 × 3, all zero but those with k = i, each diagonal; "),
        (LINEAR, "4 blocks of 2 × 3, all zero but those with k = i; "),
        (WEIGHT, "none of them all zero, each diagonal; "),
        (BIAS, "none of them all zero, each diagonal; "),
        (RELU[:, :, ::-1], "2 of them not all zero, with (k, i) = (0, 1), (1, 0), each diagonal; "),
        (RELU[0, :, 0], "(3, 3): 2 of 9 entries"),
    ],
)
def test_which_blocks_are_filled_is_said(J, words):
    assert words in figures.jacobian_blocks(J).description


def test_a_few_entries_are_said_one_by_one():
    sentence = figures.jacobian_blocks(RELU).description
    said = re.findall(r"\[(\d, \d, \d, \d)\] is (\d)", sentence)
    assert [tuple(map(int, index.split(", "))) for index, _ in said] == [
        *map(tuple, np.argwhere(RELU))
    ]
    assert {value for _, value in said} == {"1"}


def test_blocks_that_stand_once_carry_no_letter():
    assert not {"A", "B"} & set(words_of(figures.jacobian_blocks(RELU)))


def test_a_stack_tells_diagonal_from_not():
    stack = layers.relu_batch_jacobians(X)
    sentence = figures.batch_stack(stack).description
    assert "3 of 18 entries" in sentence and told(sentence) == (X > 0).ravel().tolist()
    stack[0, 1, 2] = 5
    assert "with 1 entry beside" in figures.batch_stack(stack).description


def test_each_row_meets_its_own_matrix():
    picture = figures.batch_stack(layers.relu_batch_jacobians(X), UPSTREAM)
    right = layers.relu_backward(UPSTREAM, X)
    assert told(picture.description)[-6:] == [float(f"{value:.3g}") for value in right.ravel()]
    words = words_of(picture)
    for value in layers.relu_backward(UPSTREAM, X)[X > 0]:
        assert words.count(number(value)) >= 2  # in dL_dY, and in dL_dX


@pytest.mark.parametrize("J", [RELU, WEIGHT, BIAS], ids=["relu", "by W", "by b"])
def test_a_contraction_gives_the_entry_it_names(J):
    gradient = contract(UPSTREAM, J)
    for entry in np.ndindex(gradient.shape):
        picture = figures.contraction(UPSTREAM, J, *entry)
        index = ", ".join(map(str, entry))
        assert picture.description.startswith(f"dL_dX[{index}] = ")
        assert f"= {number(gradient[entry] + 0.0)}: of 6 entries" in picture.description
        assert number(gradient[entry] + 0.0) in words_of(picture)


def test_a_broadcast_sums_backward():
    picture = figures.broadcast(np.zeros(3), 2, UPSTREAM)
    total = ", ".join(number(value) for value in UPSTREAM.sum(axis=0))
    assert f"dL_db = [{total}]" in picture.description


def test_costs_say_where_the_limit_is_crossed():
    series = {"full": 8 * SIZES**4, "condensed": 8 * SIZES**2}
    sentence = figures.costs(SIZES, series, limit=8 * 100**4).description
    above = sentence.partition("above the limit")[2]
    assert "full from 128 on" in above and "condensed" not in above
    assert "512 GiB at 512" in sentence


def test_costs_end_where_nothing_was_measured():
    values = np.array([1e-3, 2e-3, np.nan])
    assert (
        "full from 1 ms at 2 to 2 ms at 4"
        in figures.costs([2, 4, 8], {"full": values}, unit="seconds").description
    )


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0, "bytes", "0 B"),
        (1023, "bytes", "1023 B"),
        (1024, "bytes", "1 KiB"),
        (8 * 215**4, "bytes", "15.9 GiB"),
        (8 * 8192**4, "bytes", "32 PiB"),
        (0.0712, "seconds", "71.2 ms"),
        (3e-9, "seconds", "3 ns"),
        (123456, "operations", "123,456"),
        (2.1e9, "operations", "2.1e+09"),
    ],
)
def test_an_amount_for_a_person(value, unit, words):
    assert figures.amount(value, unit) == words


def test_the_bottom_of_the_u_is_found():
    error = np.abs(np.log10(STEPS) + 5) + 0.5
    sentence = figures.difference_error(STEPS, error).description
    assert "smallest, 5.0e-01, at h = 1.0e-05" in sentence
    ends = [f"{error[n]:.1e} at h = {STEPS[n]:.1e}" for n in (0, -1)]
    assert f"at the ends of the curve {' and '.join(ends)}." in sentence


def test_training_says_first_and_last():
    sentence = figures.training_curves({"a run": {"loss": [4.0, 2.0, 0.5]}}).description
    assert "loss of a run from 4 to 0.5" in sentence


def test_wrong_answers_are_said_in_words():
    picture = figures.digits(DIGITS[:3], [1, 2, 3], [1, 7, 3])
    assert "1 answered wrongly, a 2 taken for a 7." in picture.description
    assert "an 8 taken for a 1." in figures.digits(DIGITS[:1], [8], [1]).description
    assert words_of(picture) == ["1", "2, not 7", "3"]


@pytest.mark.parametrize(
    ("h", "x"), [(0.5, 0.0), (0.5, 0.3), (0.1, -0.4), (1e-4, 0.0), (0.25, 1.0)]
)
def test_the_kink_measures_what_a_central_difference_does(h, x):
    slope = (max(0, x + h) - max(0, x - h)) / (2 * h)
    sentence = figures.kink(h, x).description
    assert f"the central difference is {number(slope)}," in sentence
    assert ("does not cross" in sentence) == (abs(x) >= h)


@pytest.mark.parametrize(
    "call",
    [
        lambda: figures.matrix(np.zeros((65, 2))),
        lambda: figures.matrix(np.zeros((2, 2, 2))),
        lambda: figures.matrix(np.zeros((0, 2))),
        lambda: figures.matrix(X, role="pink"),
        lambda: figures.jacobian_blocks(np.zeros((9, 9, 9, 9))),
        lambda: figures.jacobian_blocks(np.zeros(3)),
        lambda: figures.batch_stack(np.zeros((2, 3, 4))),
        lambda: figures.batch_stack(np.zeros((2, 3, 3)), np.zeros((3, 3))),
        lambda: figures.contraction(UPSTREAM, RELU, 0),
        lambda: figures.contraction(UPSTREAM.T, RELU, 0, 1),
        lambda: figures.broadcast(np.zeros(2), 2, UPSTREAM),
        lambda: figures.costs(SIZES, {"full": SIZES}, unit="kilograms"),
        lambda: figures.costs(SIZES, {str(n): SIZES for n in range(6)}),
        lambda: figures.digits(np.zeros((101, 64))),
        lambda: figures.kink(0),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(call):
    with pytest.raises(ValueError, match=r"\w+ .*\w+"):
        call()

"""Faces of one gradient held against each other: entry rule, full array, condensed map.

Here, too, an answer is only ever asked, through `ask`, wherever it lives.
"""

from __future__ import annotations

import inspect
from dataclasses import replace

import numpy as np

from ..exercises import EXERCISES, GRADIENTS
from ..exercises.model import Case, Exercise, Gradient
from ..jacobian import contract, numerical_jacobian
from ..report import Report
from ..values import Ask, Call
from .trials import close, errors, truth, try_case

# Central differences on values of about 1, h = 1e-5, are good to some 1e-10; a wrong entry is off
# by far more than this.
DIFFERENCES_RTOL = 1e-6


def parameters(function) -> tuple[str, ...]:
    """Names of a function's parameters, in order."""
    return tuple(inspect.signature(function).parameters)


def pick(scene: dict, names) -> tuple:
    """The named arrays of a scene, in the order of `names`; index letters are left out."""
    return tuple(scene[name] for name in names if name in scene)


def index_names(exercise: Exercise, ndim: int) -> tuple[str, ...]:
    """Letters of the axes of a result: k, l for the output, i, j for the input."""
    if exercise.grid is not None:
        return exercise.parameters[-ndim:]
    if exercise.gradient:
        gradient = GRADIENTS[exercise.gradient]
        letters = [p for p in EXERCISES[gradient.entry].parameters if p in "klij"]
        return tuple(letters[-ndim:])
    letters = exercise.dims.get("", "")
    if len(letters) == ndim > len(set(letters)):  # output and input axes of one sample or more
        return ("k", "l", "j")[-ndim:]
    return {1: ("i",), 2: ("i", "j"), 3: ("n", "i", "j"), 4: ("k", "l", "i", "j")}.get(
        ndim, tuple("abcdefgh"[:ndim])
    )


def forward_of(gradient: Gradient, scene: dict):
    """Y as a function of the one array that is differentiated by, and that array."""
    names = parameters(gradient.forward)

    def f(x):
        return gradient.forward(*pick({**scene, gradient.wrt: x}, names))

    return f, scene[gradient.wrt]


def walk(exercise: Exercise, trial, part) -> str:
    """The worst entry worked out: what is nudged, what moves, what the learner's value claims."""
    if not exercise.gradient:
        return ""
    gradient = GRADIENTS[exercise.gradient]
    scene = gradient.complete(trial.named)
    gaps = errors(part.got, part.expected)
    index = tuple(map(int, np.unravel_index(np.argmax(gaps), gaps.shape)))
    f, x = forward_of(gradient, scene)
    if exercise.at_zero is not None and x[index[-x.ndim :]] == 0:
        place = _at(gradient.wrt, index[-x.ndim :])
        return f"{place} is exactly 0, where every slope from 0 to 1 is right; yours is outside."
    J = numerical_jacobian(f, x)
    if exercise.name == gradient.condensed:
        return _walk_sum(gradient, scene, J, x, index, part)
    if part.expected.shape != J.shape:
        return ""
    split = J.ndim - x.ndim
    out_index, in_index = index[:split], index[split:]
    return (
        f"nudge {_at(gradient.wrt, in_index)} by 0.001: {_at(gradient.output, out_index)} moves by "
        f"{0.001 * J[index] + 0.0:.4g}, so the entry is {part.expected[index] + 0.0:.4g}; yours is {_plain(part.got[index])}."
    )


def _walk_sum(gradient: Gradient, scene: dict, J, x, index, part) -> str:
    upstream = scene["dL_dY"]
    column = J[(..., *index)]
    movers = [tuple(map(int, k)) for k in np.argwhere(np.abs(column) > 1e-7)]
    shown = [
        f"{_at(gradient.output, k)} at rate {column[k]:.4g} (dL_dY there is {upstream[k]:.4g})"
        for k in movers[:2]
    ]
    if not movers:
        moves = "no output moves"
    else:
        rest = f" and {len(movers) - 2} more" if len(movers) > 2 else ""
        moves = " and ".join(shown) if not rest else ", ".join(shown) + rest
    name = f"dL_d{gradient.wrt}"
    return (
        f"nudge {_at(gradient.wrt, index)} (it is {x[index]:.4g}): {moves}. So {_at(name, index)} is {part.expected[index] + 0.0:.4g}; "
        f"yours is {_plain(part.got[index])}."
    )


def _at(name: str, index: tuple[int, ...]) -> str:
    return f"{name}[{', '.join(map(str, index))}]"


def _plain(value) -> str:
    value = np.asarray(value)[()]
    return str(bool(value)) if isinstance(value, np.bool_) else f"{value + 0.0:.4g}"


def probe(exercise: Exercise, case: Case, ask: Ask) -> tuple[str, str] | None:
    """A fact found by asking again with an argument altered: (key, sentence), or None."""
    before = _result(ask, case)
    if before is None:
        return None
    for position, (name, value) in enumerate(zip(exercise.parameters, case.args, strict=False)):
        if not isinstance(value, (np.ndarray, float)) or np.asarray(value).dtype.kind != "f":
            continue
        # Another size, another sign and, in an array, other ratios.
        other = -1.5 * value + np.linspace(0.3, 2.1, np.size(value)).reshape(np.shape(value))[()]
        for altered, key, words in (
            (other, f"ignores {name}", f"Your result stays the same when {name} changes"),
            (
                2.0 * value,
                f"size of {name} ignored",
                f"Your result stays the same when {name} is doubled: only signs or ratios count",
            ),
        ):
            asked = _with(case, position, altered)
            if _depends(exercise, case, asked) and _equal(_result(ask, asked), before):
                return key, f"{words}. The true one does not."
    return _probe_upstream(exercise, case, ask, before)


def _depends(exercise: Exercise, case: Case, asked: Case) -> bool:
    """Whether the true result changes from one case to the other."""
    truths = [truth(exercise.reference, exercise, c) for c in (asked, case)]
    return not close(*truths, exercise.rtol)


def _probe_upstream(exercise: Exercise, case: Case, ask: Ask, before) -> tuple[str, str] | None:
    """A gradient is linear in dL_dY: twice the upstream gives twice the result."""
    if "dL_dY" not in exercise.parameters:
        return None
    position = exercise.parameters.index("dL_dY")
    ones = _with(case, position, np.ones_like(case.args[position]))
    if _equal(_result(ask, ones), truth(exercise.reference, exercise, ones), exercise.rtol):
        return (
            "right for an upstream of ones",
            "With an upstream of ones it would be right: look at the place where dL_dY enters.",
        )
    doubled = _result(ask, _with(case, position, 2 * case.args[position]))
    if doubled is not None and not _equal(doubled, 2 * before, 1e-9):
        return (
            "not linear in the upstream",
            "If dL_dY doubles, the true result doubles. Yours does not: something is added to dL_dY, or bends it.",
        )
    return None


def _with(case: Case, position: int, value) -> Case:
    return replace(case, args=(*case.args[:position], value, *case.args[position + 1 :]))


def _result(ask: Ask, case: Case):
    outcomes = ask([Call(case.args, case.then)])
    value = outcomes[0].value if outcomes else None
    return value.data if value is not None and isinstance(value.data, np.ndarray) else None


def _equal(a, b, rtol: float = 1e-12) -> bool:
    return a is not None and b is not None and not isinstance(b, tuple) and close(a, b, rtol)


# The learner's own three faces judge each other


def located_arrays(gradient: Gradient, scene: dict, asks: dict[str, Ask]) -> dict[str, np.ndarray]:
    """What each face that can be asked gives on a scene, by exercise name. Silent on failures."""
    found = {}
    for name in (gradient.entry, gradient.jacobian, gradient.condensed):
        if name in asks and name in EXERCISES:
            exercise = EXERCISES[name]
            trial = try_case(exercise, Case("", pick(scene, exercise.parameters)), asks[name])
            data = trial.got.data if trial.got is not None else None
            if isinstance(data, np.ndarray) and data.shape == np.shape(trial.expected):
                found[name] = data.astype(float) if data.dtype.kind in "biuf" else data
    return found


def locate(exercise: Exercise, report: Report, ask: Ask, siblings: dict[str, Ask]) -> Report:
    """Add to a wrong verdict where the learner's own faces of this gradient part."""
    if not exercise.gradient or exercise.gradient not in GRADIENTS:
        return report
    gradient = GRADIENTS[exercise.gradient]
    scene = gradient.scene(np.random.default_rng(7), **gradient.sizes)
    arrays = located_arrays(gradient, scene, {**siblings, exercise.name: ask})
    sentence = _where_they_part(exercise, gradient, scene, arrays)
    if not sentence:
        return report
    lines = [line for line in report.lines if line[0] != "Expected"]
    return replace(report, lines=(*lines[:-1], ("Your other answers", sentence), lines[-1]))


def _where_they_part(exercise: Exercise, gradient: Gradient, scene: dict, arrays: dict) -> str:
    J = truth(
        EXERCISES[gradient.jacobian].reference,
        EXERCISES[gradient.jacobian],
        Case("", pick(scene, EXERCISES[gradient.jacobian].parameters)),
    )
    dL = contract(scene["dL_dY"], J)
    rule, full, short = (
        arrays.get(n) for n in (gradient.entry, gradient.jacobian, gradient.condensed)
    )
    right = {
        name: array is not None
        and close(array, dL if name == gradient.condensed else J, exercise.rtol)
        for name, array in zip(
            (gradient.entry, gradient.jacobian, gradient.condensed),
            (rule, full, short),
            strict=True,
        )
    }
    if exercise.name == gradient.condensed:
        if right[gradient.entry] and right[gradient.jacobian]:
            return "your rule is right and your Jacobian follows it; the condensed line is where they part."
        if (
            full is not None
            and short is not None
            and close(short, contract(scene["dL_dY"], full), 1e-7)
        ):
            return f"this line follows your `{gradient.jacobian}` faithfully; mend that one first."
        if right[gradient.entry]:
            return f"your rule `{gradient.entry}` is right; sum it against dL_dY by hand for one entry."
    if exercise.name == gradient.jacobian:
        if right[gradient.entry]:
            return f"your rule `{gradient.entry}` is right; the array does not follow it."
        if rule is not None and full is not None and close(rule, full, 1e-9):
            return (
                f"the array follows your rule `{gradient.entry}` faithfully; mend the rule first."
            )
    if exercise.name == gradient.entry and right[gradient.condensed]:
        return f"your `{gradient.condensed}` is right, and this rule says something else."
    return ""

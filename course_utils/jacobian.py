"""Jacobians as whole arrays: built from a rule for one entry, measured, contracted, weighed.

Output axes come first: ``dY_dX[k.., i..]`` is the derivative of ``Y[k..]`` with respect to
``X[i..]``, so its shape is ``Y.shape + X.shape`` (also the convention of ``jax.jacobian`` and of
``torch.autograd.functional.jacobian``). To write one entry first and the array after it is the
element-wise view of Erik Learned-Miller's note "Vector, Matrix, and Tensor Derivatives".

This module knows NumPy and nothing else of the course.
"""

import warnings
from functools import lru_cache
from itertools import product
from math import prod

import numpy as np

CHUNK_BYTES = 256 * 1024  # what f works on at a time: it stays in a core's own cache
BLOCK_ENTRIES = 128 * 1024  # entries of a rule worked out at a time, for the same reason
SAMPLES = 192  # entries at which a vectorised rule is held against the rule itself
ROUNDING = 64 * np.finfo(float).eps  # two ways to add up one sum differ by less in layers like ours
NUMBERS = (int, float, np.number, np.bool)

# --- built from a rule -----------------------------------------------------------------------


def jacobian_from_rule(rule, args, out_shape, in_shape):
    """The array whose entries are ``rule(*args, *out_index, *in_index)``.

    ``rule`` gives one entry, as ``relu_entry(X, k, l, i, j)`` does with ``args=(X,)``. Returns a
    float64 array of shape ``out_shape + in_shape``.

    Where the rule can be evaluated on arrays of indices it is, and is believed only after it
    agreed with plain calls at sampled entries. Otherwise it is called once an entry. Both ways
    give the same array. What the rule itself raises is raised here; TypeError or ValueError says
    that it returned something that is not a number.
    """
    out_shape, in_shape = tuple(out_shape), tuple(in_shape)
    shape = out_shape + in_shape
    if prod(shape) > SAMPLES:
        J = _evaluated_in_blocks(rule, args, shape)
        if J is not None and _agrees_with_rule(J, rule, args, len(out_shape)):
            return J
    J = np.empty(shape)
    for index in np.ndindex(shape):
        J[index] = _entry(rule, args, index)
    return J


def _entry(rule, args, index):
    value = rule(*args, *index)
    if value is None:  # NumPy would store None as nan, without a word
        raise TypeError(f"the rule returned None for the entry {index}")
    if not isinstance(value, NUMBERS) and np.ndim(value) != 0:
        raise ValueError(f"the rule returned an array of shape {np.shape(value)} for {index}")
    return value


def _evaluated_in_blocks(rule, args, shape):
    """The rule on open grids of indices, or None where it cannot be had that way."""
    args = [_read_only(arg) for arg in args]
    J = np.empty(shape)
    try:
        with warnings.catch_warnings(action="ignore"):  # a trial, of which nobody need hear
            for block in _blocks(shape):
                entries = np.asarray(rule(*args, *np.ogrid[block]))
                if entries.dtype.kind not in "biuf":  # None, a string, a complex number
                    return None
                J[block] = entries
    except Exception:  # if it is the rule's own, the plain calls will raise it again
        return None
    return J


def _read_only(arg):
    """A view that cannot be written to: a trial must leave the arguments as they were."""
    if not isinstance(arg, np.ndarray):
        return arg
    view = arg.view()
    view.flags.writeable = False
    return view


def _blocks(shape):
    """Slices that together cover an array, with about BLOCK_ENTRIES entries in each."""
    steps = [max(1, BLOCK_ENTRIES // prod(shape[axis + 1 :])) for axis in range(len(shape))]
    starts = product(*(range(0, n, step) for n, step in zip(shape, steps, strict=True)))
    for start in starts:
        ends = (min(s + step, n) for s, step, n in zip(start, steps, shape, strict=True))
        yield tuple(map(slice, start, ends))


def _agrees_with_rule(J, rule, args, out_ndim):
    indices = _sampled_indices(J.shape, out_ndim)
    values = [_entry(rule, args, tuple(index)) for index in indices.tolist()]
    seen = J[tuple(indices.T)]
    return np.isclose(seen, np.array(values, float), rtol=ROUNDING, atol=0, equal_nan=True).all()


def _sampled_indices(shape, out_ndim):
    """Entries worth a look, (SAMPLES, len(shape)): anywhere, corners, and where indices meet.

    Kronecker deltas live where an input index equals an output index. So in three samples of
    four, input indices are copied from output indices: all from the same axis, or each with
    probability one half from any axis.
    """
    rng = np.random.default_rng(0)
    indices = rng.integers(shape, size=(SAMPLES, len(shape)))
    if out_ndim:
        in_shape = shape[out_ndim:]
        source = rng.integers(out_ndim, size=(SAMPLES, len(in_shape)))
        source[::2] = np.minimum(np.arange(len(in_shape)), out_ndim - 1)
        linked = rng.random(source.shape) < np.array([1, 0.5, 1, 0])[np.arange(SAMPLES) % 4, None]
        copied = np.take_along_axis(indices[:, :out_ndim], source, axis=1) % in_shape
        indices[:, out_ndim:] = np.where(linked, copied, indices[:, out_ndim:])
    indices[0], indices[-1] = 0, np.subtract(shape, 1)
    return indices


# --- measured --------------------------------------------------------------------------------


def central_difference(f, x, h=1e-5):
    """The slope at the number x of a function of one number; errors of order h² and 1e-16 / h."""
    return (f(x + h) - f(x - h)) / (2 * h)


def numerical_jacobian(f, X, h=1e-5, mixing=None):
    """The Jacobian of f at X by central differences, shape ``f(X).shape + X.shape``, float64.

    ``h=1e-5`` balances the error of the formula (of order h²) with that of rounding (of order
    1e-16 / h): about 1e-10 for values of order one. X is never modified.

    ``mixing`` says what is known of f, and saves calls:
    ``None``           nothing: two evaluations for each entry of X;
    ``'rows'``         samples do not mix: row n of f(X) depends on row n of X only;
    ``'elementwise'``  f(X)[index] depends on X[index] only.
    A claim is probed first, and a false one raises ValueError.

    Moved copies of X are handed to f in stacks (one more axis in front) where f is seen to give
    the same values that way, and one at a time where not.
    """
    X = np.array(X, dtype=float)
    if X.size == 0:
        return np.zeros(np.shape(f(X)) + X.shape)
    if mixing is None:
        D = _differences(f, X, h)
        # each difference is a row of D and a column of the Jacobian: a view, nothing is copied
        return D.reshape(X.size, -1).T.reshape(D.shape[1:] + X.shape)
    groups = _groups(X, mixing)
    probed = _probe(f, X, h, groups, mixing)
    if groups < X.size:
        D = _differences(f, X, h, groups, probed)
    else:  # every entry is a group: the probe has moved them all both ways already
        D = (probed[0][:1] - probed[0][1:2]) * (0.5 / h)
    J = np.zeros((groups, D[0].size // groups, groups, len(D)))
    np.einsum("gogi->igo", J)[...] = D.reshape(len(D), groups, -1)
    return J.reshape(D.shape[1:] + X.shape)


def _groups(X, mixing):
    """How many groups of entries are said not to influence each other's outputs."""
    if mixing == "rows" and X.ndim:
        return len(X)
    if mixing == "elementwise":
        return X.size
    raise ValueError(
        f"mixing is None, 'rows' (of an array with rows) or 'elementwise', not {mixing!r}"
    )


def _differences(f, X, h, groups=1, probed=None):
    """D[i] = (f(X+) - f(X-)) / 2h where entry i of every group moved, shape (i, *Y.shape)."""
    size = X.size // groups
    step = max(1, min(size, CHUNK_BYTES // (2 * X.nbytes)))
    if probed is None:
        P = _moved(X, h, groups, 0, step)
        probed = _over_stack(f, P[:: max(1, (len(P) - 1) // 2)])
    shape, stacks = probed[0].shape[1:], probed[1]
    D = np.empty((size, *shape))
    for start in range(0, size, step):
        count = min(step, size - start)
        P = _moved(X, h, groups, start, count)
        Y = np.asarray(f(P)) if stacks else _one_by_one(f, P)
        if Y.shape != (2 * count, *shape):  # a stack of another length is another matter to f
            Y = _one_by_one(f, _moved(X, h, groups, start, count))
        d = np.subtract(Y[:count], Y[count:], out=D[start : start + count])
        d *= 0.5 / h
    return D


def _moved(X, h, groups, start, count):
    """2·count copies of X: entry start + c of every group moved by +h, then the same by -h."""
    size = X.size // groups
    P = np.empty((2, count, groups, size))
    P[...] = X.reshape(groups, size)
    if groups == 1:  # a diagonal of the flat array: every (size + 1)-th entry
        moved = P.reshape(2, -1)[:, start :: size + 1]
    else:
        moved = np.einsum("scgc->scg", P[..., start : start + count])
    moved[0] += h
    moved[1] -= h
    return P.reshape(2 * count, *X.shape)


def _one_by_one(f, P):
    # copied at once: f may hand out one buffer again and again
    return np.array([np.array(f(x), dtype=float) for x in P])


def _over_stack(f, P):
    """f of every input in the stack P, and whether f can be handed the whole stack."""
    first, last = np.array(f(P[0].copy())), np.array(f(P[-1].copy()))
    try:
        Y = np.asarray(f(P.copy()))
        if Y.shape == (len(P), *first.shape) and _same(Y[0], first) and _same(Y[-1], last):
            return Y, True
    except Exception:  # an f that cannot take a stack may fail in any way
        pass
    return _one_by_one(f, P), False


def _same(A, B):
    """Equal up to rounding, measured on the largest value."""
    if (A == B).all():
        return True
    tolerance = ROUNDING * np.max(np.abs(B), where=np.isfinite(B), initial=0)
    return np.isclose(A, B, rtol=0, atol=tolerance, equal_nan=True).all()


def _probe(f, X, h, groups, mixing):
    """Refuse a false claim: f over moved copies of X, and whether f can take a stack.

    The first copy has every group moved up, the second every group down, the others some up and
    some down, so that any two groups are moved in different directions at least once. Where the
    groups do not mix, each output is then the one of the first copy or of the second. What passes
    unseen changes an entry of the Jacobian by ROUNDING / h times the largest output, or 1.4e-9.
    """
    moves, expected = _directions(groups, X.size // groups, h)
    Y, stacks = _over_stack(f, X + moves.reshape(-1, *X.shape))
    kept = X.ndim if mixing == "elementwise" else 1
    if Y.shape[1 : 1 + kept] != X.shape[:kept] or Y.size // len(Y) % groups:
        raise ValueError(
            f"mixing={mixing!r} is not true of this f: X has shape {X.shape}, f(X) {Y.shape[1:]}"
        )
    outputs = Y.reshape(len(Y) * groups, -1)
    if not _same(outputs[2 * groups :], outputs[expected]):
        what = "a sample" if mixing == "rows" else "an entry"
        raise ValueError(
            f"mixing={mixing!r} is not true of this f: {what} of f(X) changed when only "
            "others of X were moved"
        )
    return Y, stacks


@lru_cache(maxsize=8)
def _directions(groups, size, h):
    """The moves of each copy (copies, groups, size), and where its outputs must be found again.

    Each group has a number of its own, and goes where the binary digits of that number say. The
    entries of a group move by uneven lengths, so that their effects do not cancel.
    """
    numbers = np.random.default_rng(0).permutation(groups)
    digits = np.arange((groups - 1).bit_length())
    down = np.vstack(
        [np.zeros_like(numbers), np.ones_like(numbers), numbers >> digits[:, None] & 1]
    )
    lengths = h * (0.75 + 0.25 * np.cos(np.arange(size)))
    return (1 - 2 * down)[:, :, None] * lengths, (np.arange(groups) + groups * down[2:]).ravel()


# --- contracted, weighed ---------------------------------------------------------------------


def contract(dL_dY, dY_dX):
    """The chain rule as one sum: ``dL_dX[i..] = Σ_k.. dL_dY[k..] · dY_dX[k.., i..]``.

    ``dL_dY`` has the shape of Y, ``dY_dX`` the shape ``Y.shape + X.shape``; returns the shape of
    X. The ranks are free. Flattened it is a row vector times a matrix, as fast as reading the
    Jacobian once. Raises ValueError where the first axes of dY_dX are not those of dL_dY.
    """
    dL_dY, dY_dX = np.asarray(dL_dY, dtype=float), np.asarray(dY_dX)
    axes = dL_dY.ndim
    if dY_dX.shape[:axes] != dL_dY.shape:
        raise ValueError(
            f"dL_dY has shape {dL_dY.shape}, so these must be the first axes of dY_dX; "
            f"its shape is {dY_dX.shape}"
        )
    in_shape = dY_dX.shape[axes:]
    flat = dY_dX.reshape(dL_dY.size, prod(in_shape))
    return np.dot(dL_dY.reshape(-1), flat).reshape(in_shape)


def jacobian_bytes(out_shape, in_shape, itemsize=8):
    """What the whole Jacobian weighs, in bytes, as an exact integer."""
    return prod(out_shape) * prod(in_shape) * itemsize


def density(J):
    """The part of the entries of J that are not zero, between 0 and 1."""
    return np.count_nonzero(J) / np.size(J)

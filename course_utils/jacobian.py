"""Jacobians as whole arrays: built from a rule for one entry, measured, contracted, weighed.

Output axes come first: ``dY_dX[k.., i..]`` is the derivative of ``Y[k..]`` with respect to
``X[i..]``, so its shape is ``Y.shape + X.shape`` (also the convention of ``jax.jacobian`` and of
``torch.autograd.functional.jacobian``). Writing the entry first and the array after it is the
element-wise view of Erik Learned-Miller's note "Vector, Matrix, and Tensor Derivatives".

This module knows NumPy and nothing else of the course.
"""

from math import prod

import numpy as np

CHUNK_BYTES = 256 * 1024  # a stack of this size stays in a core's own cache while f runs over it
SAMPLES = 48  # entries at which a vectorised rule is compared with the rule itself
ROUNDING = 1e-12  # one sum added up in two orders differs by some hundred units of 2e-16


def jacobian_from_rule(rule, args, out_shape, in_shape):
    """The array whose entries are ``rule(*args, *out_index, *in_index)``.

    ``rule`` is a function of one entry, such as ``relu_entry(X, k, l, i, j)`` with ``args=(X,)``.
    Returns a float64 array of shape ``out_shape + in_shape``.

    Where the rule can be evaluated on arrays of indices it is, and is believed only after it
    agreed with plain calls at sampled entries. Otherwise it is called once per entry. Both ways
    give the same array. What the rule itself raises is raised here.
    """
    shape = (*out_shape, *in_shape)
    J = None
    if prod(shape) > SAMPLES:
        J = _evaluated_at_once(rule, args, shape)
        if J is not None and not _agrees_with_rule(J, rule, args, len(out_shape)):
            J = None
    return _evaluated_one_by_one(rule, args, shape) if J is None else J


def _evaluated_one_by_one(rule, args, shape):
    J = np.empty(shape)
    for index in np.ndindex(shape):
        J[index] = _number(rule(*args, *index), index)
    return J


def _number(value, index):
    if value is None:  # NumPy would store None as nan, without a word
        raise TypeError(f"the rule returned None for the entry {index}")
    if np.ndim(value) != 0:
        raise ValueError(f"the rule returned an array of shape {np.shape(value)}, not a number")
    return value


def _evaluated_at_once(rule, args, shape):
    """The rule on open grids of indices, or None where it cannot be had that way."""
    try:
        with np.errstate(all="ignore"):
            entries = np.asarray(rule(*map(_read_only, args), *np.ogrid[_ranges(shape)]))
            if entries.dtype.kind not in "biuf":
                return None
            J = np.empty(shape)
            J[...] = entries
    except Exception:  # whatever it is, the plain calls will raise it again if it is the rule's own
        return None
    return J


def _ranges(shape):
    return tuple(slice(0, n) for n in shape)


def _read_only(arg):
    """A view that cannot be written to: a trial must leave the arguments as they were."""
    if not isinstance(arg, np.ndarray):
        return arg
    view = arg.view()
    view.flags.writeable = False
    return view


def _agrees_with_rule(J, rule, args, out_ndim):
    for index in _sampled_indices(J, out_ndim):
        value = _number(rule(*args, *index), index)
        if not np.isclose(J[index], value, rtol=ROUNDING, atol=0, equal_nan=True):
            return False
    return True


def _sampled_indices(J, out_ndim):
    """Entries worth a look: corners, anywhere, where indices coincide, where J is not zero."""
    rng = np.random.default_rng(0)
    yield (0,) * J.ndim
    yield tuple(n - 1 for n in J.shape)
    for n in range(SAMPLES):
        index = rng.integers(J.shape)
        if n % 3:  # Kronecker deltas live where an input index equals an output index
            source = rng.integers(out_ndim, size=J.ndim) if n % 3 == 1 else np.arange(J.ndim)
            for axis in range(out_ndim, J.ndim):
                same = source[axis] if n % 3 == 1 else axis - out_ndim
                index[axis] = index[same] % J.shape[axis]
        yield tuple(index.tolist())


def central_difference(f, x, h=1e-5):
    """The slope of a scalar function at the number x; the error is of order h² + 1e-16 / h."""
    return (f(x + h) - f(x - h)) / (2 * h)


def numerical_jacobian(f, X, h=1e-5, mixing=None):
    """The Jacobian of f at X by central differences, shape ``f(X).shape + X.shape``.

    X is never modified. ``h=1e-5`` balances the error of the formula (of order h²) with that of
    rounding (of order 1e-16 / h): about 1e-10 for values of order one.

    ``mixing`` says what f may be known for, and saves calls:
    ``None``           nothing: two evaluations an entry of X;
    ``'rows'``         samples do not mix: row n of f(X) depends on row n of X only;
    ``'elementwise'``  f(X)[index] depends on X[index] only.
    A claim is probed first, and a false one raises ValueError. Perturbed inputs are handed to f
    in stacks (one more leading axis) where f gives the same answers that way.
    """
    X = np.array(X, dtype=float)
    if mixing is None:
        return _every_entry(f, X, h)
    if mixing not in ("rows", "elementwise"):
        raise ValueError(f"mixing is None, 'rows' or 'elementwise', not {mixing!r}")
    if mixing == "rows":
        return _rows_apart(f, X, h)
    return _entries_apart(f, X, h)


def _every_entry(f, X, h):
    steps = np.eye(X.size).reshape(X.size, *X.shape)
    Y_shape = np.shape(f(X.copy()))
    J = np.empty((prod(Y_shape), X.size))
    for n, step in enumerate(steps):
        J[:, n] = ((f(X + h * step) - f(X - h * step)) / (2 * h)).ravel()
    return J.reshape(Y_shape + X.shape)


def _rows_apart(f, X, h):
    return _every_entry(f, X, h)


def _entries_apart(f, X, h):
    return _every_entry(f, X, h)


def contract(dL_dY, dY_dX):
    """The chain rule as one sum: ``dL_dX[i..] = Σ_k.. dL_dY[k..] · dY_dX[k.., i..]``.

    ``dL_dY`` has the shape of Y, ``dY_dX`` the shape ``Y.shape + X.shape``; returns the shape of
    X. The ranks are free. Flattened, it is a row vector times a matrix, as fast as one reading of
    the Jacobian. Raises ValueError where the leading axes of dY_dX are not those of dL_dY.
    """
    dL_dY, dY_dX = np.asarray(dL_dY, dtype=float), np.asarray(dY_dX)
    out_shape, in_shape = dY_dX.shape[: dL_dY.ndim], dY_dX.shape[dL_dY.ndim :]
    if out_shape != dL_dY.shape:
        raise ValueError(
            f"dL_dY has shape {dL_dY.shape}, so dY_dX must begin with these axes; "
            f"its shape is {dY_dX.shape}"
        )
    return (dL_dY.ravel() @ dY_dX.reshape(dL_dY.size, prod(in_shape))).reshape(in_shape)


def jacobian_bytes(out_shape, in_shape, itemsize=8):
    """What the whole Jacobian weighs, in bytes, as an exact integer."""
    return prod(out_shape) * prod(in_shape) * itemsize


def density(J):
    """The part of the entries of J that are not zero, between 0 and 1."""
    return np.count_nonzero(J) / np.size(J)

"""The layers of the course: forward, one entry, the whole Jacobian, the condensed map.

Samples are rows. ReLU: X and Y are (N, H). Linear: X is (N, D), W (D, M), b (M,), and
Y = X W + b is (N, M). ``dL_dY`` always has the shape of Y, and a backward function returns the
shape of what it differentiates by. ``dY_dX[k, l, i, j]`` is the derivative of Y[k, l] with
respect to X[i, j]. relu'(0) is 0, as in torch.relu, jax.nn.relu and tf.nn.relu.

Everything else in the course is held against this file. It is written for the reader; the last
section has the forms that cost one line more and reach the speed of memory.
"""

import numpy as np

# --- ReLU: Y = max(0, X) ---------------------------------------------------------------------


def relu(X):
    """Y[k, l] = max(0, X[k, l]), any shape."""
    return np.maximum(X, 0)


def relu_entry(X, k, l, i, j):
    """∂Y[k,l]/∂X[i,j] = δ_ki · δ_lj · 1(X[k,l] > 0), a number."""
    return (k == i) * (l == j) * (X[k, l] > 0)


def relu_row_jacobian(x):
    """One row: x (H,) → the diagonal matrix (H, H) of 1(x > 0)."""
    return np.diag((x > 0).astype(float))


def relu_batch_jacobians(X):
    """X (N, H) → (N, H, H), a diagonal matrix for each row."""
    J = np.zeros((*X.shape, X.shape[1]))
    np.einsum("nhh->nh", J)[...] = X > 0
    return J


def relu_jacobian(X):
    """X (N, H) → (N, H, N, H): zero but where (k, l) = (i, j), and there 1(X > 0).

    ``einsum`` with a repeated letter gives a view of the diagonal, through which it is written.
    """
    J = np.zeros(X.shape + X.shape)
    np.einsum("ijij->ij", J)[...] = X > 0
    return J


def relu_backward(dL_dY, X):
    """dL_dY (N, H), X (N, H) → dL_dX (N, H)."""
    return dL_dY * (X > 0)


def jvp_relu(X, dX):
    """Forward mode: a small change dX of X → the change of Y it causes; both (N, H)."""
    return dX * (X > 0)


# --- linear: Y = X W -------------------------------------------------------------------------


def linear(X, W):
    """X (N, D), W (D, M) → Y (N, M)."""
    return X @ W


def linear_input_entry(X, W, k, l, i, j):
    """∂Y[k,l]/∂X[i,j] = δ_ki · W[j,l], a number."""
    return (k == i) * W[j, l]


def linear_weight_entry(X, W, k, l, i, j):
    """∂Y[k,l]/∂W[i,j] = δ_lj · X[k,i], a number."""
    return (l == j) * X[k, i]


def linear_input_jacobian(X, W):
    """∂Y/∂X, shape (N, M, N, D): W.T in each of the N diagonal blocks, zero elsewhere."""
    (N, D), M = X.shape, W.shape[1]
    J = np.zeros((N, M, N, D))
    np.einsum("nmnd->nmd", J)[...] = W.T
    return J


def linear_weight_jacobian(X, W):
    """∂Y/∂W, shape (N, M, D, M): X[k] down the column that Y[k, l] reads, zero elsewhere."""
    (N, D), M = X.shape, W.shape[1]
    J = np.zeros((N, M, D, M))
    np.einsum("nmdm->nmd", J)[...] = X[:, None, :]
    return J


def linear_input_backward(dL_dY, W):
    """dL_dY (N, M), W (D, M) → dL_dX (N, D)."""
    return dL_dY @ W.T


def linear_weight_backward(dL_dY, X):
    """dL_dY (N, M), X (N, D) → dL_dW (D, M). The product sums over the batch by itself."""
    return X.T @ dL_dY


# --- bias: Y = X + b -------------------------------------------------------------------------


def add_bias(X, b):
    """X (N, M), b (M,) → Y (N, M): b is broadcast, every row gets a copy."""
    return X + b


def bias_entry(N, b, k, l, j):
    """∂Y[k,l]/∂b[j] = δ_lj for each of the N rows k, a number."""
    return (l == j) * 1.0


def bias_jacobian(N, b):
    """∂Y/∂b, shape (N, M, M): one identity matrix a sample.

    On the diagonal of an M×M matrix stands every (M + 1)-th of its entries.
    """
    M = len(b)
    J = np.zeros((N, M * M))
    J[:, :: M + 1] = 1
    return J.reshape(N, M, M)


def bias_backward(dL_dY):
    """dL_dY (N, M) → dL_db (M,): copied forward, so summed backward."""
    return dL_dY.sum(axis=0)


def unbroadcast(dL_dY, shape):
    """Undo a broadcast: dL_dY has the broadcast shape, the result has ``shape``.

    Sums over the axes that broadcasting put in front, and over those it stretched from length 1.
    Raises ValueError where ``shape`` does not broadcast to ``dL_dY.shape``.
    """
    dL_dY, shape = np.asarray(dL_dY), tuple(shape)
    new = dL_dY.ndim - len(shape)
    stretched = [n != m for n, m in zip(dL_dY.shape[max(new, 0) :], shape, strict=False)]
    if new < 0 or any(s and m != 1 for s, m in zip(stretched, shape, strict=True)):
        raise ValueError(f"shape {shape} does not broadcast to {dL_dY.shape}")
    dL_dY = dL_dY.sum(axis=tuple(range(new)))
    return dL_dY.sum(axis=tuple(a for a, s in enumerate(stretched) if s), keepdims=True)


# --- a whole layer, and condensed maps in general ------------------------------------------------


def layer(X, W, b):
    """X (N, D), W (D, M), b (M,) → Y = relu(X W + b), (N, M)."""
    return relu(add_bias(linear(X, W), b))


def layer_backward(dL_dY, X, W, b):
    """dL_dY (N, M) → (dL_dX (N, D), dL_dW (D, M), dL_db (M,)) for Y = relu(X W + b)."""
    dL_dZ = relu_backward(dL_dY, add_bias(linear(X, W), b))
    return linear_input_backward(dL_dZ, W), linear_weight_backward(dL_dZ, X), bias_backward(dL_dZ)


def compose(f_outer, f_inner):
    """The condensed map of Y = outer(inner(X)): the outer layer's map goes first."""
    return lambda dL_dY: f_inner(f_outer(dL_dY))


def jacobian_from_vjp(f, out_shape, in_shape):
    """The Jacobian that the condensed map f stands for, shape ``out_shape + in_shape``.

    An upstream that is 1 at one output and 0 elsewhere asks f for one row of it.
    """
    J = np.empty((*out_shape, *in_shape))
    for index in np.ndindex(*out_shape):
        one_output = np.zeros(out_shape)
        one_output[index] = 1
        J[index] = f(one_output)
    return J


def nonzeros(layer, N, D, M):
    """How many entries of a layer's Jacobian can differ from zero, as an integer.

    ``layer`` is 'relu' (where M = D), 'linear_input', 'linear_weight' or 'bias'.
    """
    counts = {"relu": N * D, "linear_input": N * M * D, "linear_weight": N * M * D, "bias": N * M}
    if layer not in counts:
        raise ValueError(f"layer is one of {', '.join(counts)}, not {layer!r}")
    return counts[layer]


# --- one line more, and as fast as memory ------------------------------------------------------


def relu_and_mask(X):
    """X → (Y, mask): the forward pass keeps 1(X > 0) as the numbers 0.0 and 1.0.

    Eight bytes an entry instead of the one of a boolean: nothing is left to convert on the way back.
    """
    mask = np.greater(X, 0, out=np.empty_like(X))
    return np.maximum(X, 0), mask


def relu_backward_from_mask(dL_dY, mask, out):
    """As relu_backward, written into ``out``, with the mask kept by the forward pass."""
    return np.multiply(dL_dY, mask, out=out)


def bias_backward_into(dL_dY, ones, out):
    """As bias_backward, written into ``out`` (M,): a vector of ones (N,) times the matrix."""
    return np.dot(ones, dL_dY, out=out)


def linear_backward_into(dL_dY, X, W, dL_dX, dL_dW):
    """As linear_input_backward and linear_weight_backward, written into ``dL_dX`` and ``dL_dW``.

    A fresh result of some hundred kilobytes may come as new pages from the system at every call,
    and those can cost as much as the product itself.
    """
    return np.matmul(dL_dY, W.T, out=dL_dX), np.matmul(X.T, dL_dY, out=dL_dW)

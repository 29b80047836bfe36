"""Back-propagation in one page: a tape of condensed maps (vector-Jacobian products).

An operation takes arrays and returns its result together with one condensed map for each of its
inputs. The tape writes down what was computed; played backwards, it hands each map the gradient
that arrived, and adds up what comes back.
"""

import numpy as np

from . import layers


def relu(X):
    return layers.relu(X), [lambda dL_dY: layers.relu_backward(dL_dY, X)]


def matmul(X, W):
    return X @ W, [
        lambda dL_dY: layers.linear_input_backward(dL_dY, W),
        lambda dL_dY: layers.linear_weight_backward(dL_dY, X),
    ]


def add(A, B):
    return A + B, [
        lambda dL_dY: layers.unbroadcast(dL_dY, A.shape),
        lambda dL_dY: layers.unbroadcast(dL_dY, B.shape),
    ]


def squared_error(S, T):
    """L = Σ (S - T)² / (2N), a number; the 1/N of the mean stands here and nowhere else."""
    E = (S - T) / len(S)
    return ((S - T) ** 2).sum() / (2 * len(S)), [lambda dL: dL * E, lambda dL: -dL * E]


class Node:
    """A value on the tape, with (input, condensed map) for every input that it was made from."""

    def __init__(self, value, sources=()):
        self.value = np.asarray(value, dtype=float)
        self.sources = sources


class Tape:
    """Records operations as they run, in order: ``nodes`` is the tape."""

    def __init__(self):
        self.nodes = []

    def variable(self, array):
        """Put an array on the tape, as something to differentiate by."""
        return self._record(Node(array))

    def apply(self, operation, *inputs):
        """Run ``operation`` on nodes or plain arrays (constants), and record it."""
        Y, vjps = operation(*(x.value if isinstance(x, Node) else x for x in inputs))
        sources = zip(inputs, vjps, strict=True)
        return self._record(Node(Y, [(x, vjp) for x, vjp in sources if isinstance(x, Node)]))

    def _record(self, node):
        self.nodes.append(node)
        return node

    def gradients(self, L, *wanted):
        """dL/dX for each node X in ``wanted``: the tape played backwards from the scalar L."""
        if L.value.ndim != 0:
            raise ValueError(f"L is a number, not an array of shape {L.value.shape}")
        gradient = {node: np.zeros_like(node.value) for node in self.nodes}
        gradient[L] = np.ones(())
        for node in reversed(self.nodes):  # what was computed last goes first
            for source, vjp in node.sources:
                gradient[source] = gradient[source] + vjp(gradient[node])  # used twice: adds up
        return tuple(gradient[node] for node in wanted)

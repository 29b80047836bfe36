"""The exercises of 06_two_layer_network."""

from __future__ import annotations

import numpy as np

from .. import network
from . import slips
from .model import Case, Exercise, Mistake
from .relu import batch, upstream

NOTEBOOK = "06_two_layer_network"

# Cases. Sizes N, D, H, M all differ, but for the square one and the single row.

SIZES = (
    ((4, 2, 5, 3), "N, D, H, M = 4, 2, 5, 3", ""),
    ((3, 4, 2, 5), "N, D, H, M = 3, 4, 2, 5", ""),
    ((3, 3, 3, 3), "every size 3", "square"),
    ((1, 2, 4, 3), "a single sample", "one row"),
)


def parameters(rng, D: int, H: int, M: int, dead: bool = False) -> tuple[np.ndarray, ...]:
    """Random W1, b1, W2, b2. With `dead`, the first hidden unit's weights and bias are 0."""
    W1, b1 = batch(rng, D, H), batch(rng, H)
    W2, b2 = batch(rng, H, M), batch(rng, M)
    if dead:
        W1[:, 0] = 0.0
        b1[0] = 0.0
    return W1, b1, W2, b2


def _alive(rng, N: int, D: int, H: int, M: int, dead: bool = False) -> tuple[np.ndarray, ...]:
    """X and parameters for which some hidden entries are positive and some negative, none near 0.

    (But for the dead unit, whose entries are 0 exactly.)
    """
    while True:
        X, (W1, b1, W2, b2) = batch(rng, N, D), parameters(rng, D, H, M, dead)
        # two entries close to 0, one on either side: a mask that begins elsewhere is seen
        b1[-2:] += np.array([-0.2, 0.2]) - (X[0] @ W1 + b1)[-2:]
        if H > 2 and not dead:  # and one far away: one that ends somewhere is seen, too
            b1[0] += 7.0 - (X[-1] @ W1 + b1)[0]
        Z = (X @ W1 + b1)[:, int(dead) :]
        if np.abs(Z).min() > 0.05 and (Z > 0).any() and (Z < 0).any() and (Z[-1] > 0).any():
            return X, W1, b1, W2, b2


def _forward_cases(rng) -> list[Case]:
    return [Case(what, _alive(rng, *sizes), trait) for sizes, what, trait in SIZES]


def _backward_cases(rng) -> list[Case]:
    cases = []
    for (N, D, H, M), what, trait in SIZES:
        arrays = _alive(rng, N, D, H, M)
        cases.append(Case(what, (upstream(rng, N, M), *arrays), trait))
    dead = _alive(rng, 4, 2, 5, 3, dead=True)
    what = "a hidden unit whose weights are 0, so that its entries are 0 exactly"
    return [*cases, Case(what, (upstream(rng, 4, 3), *dead), "zeros")]


def mlp_backward(dL_dS, X, W1, b1, W2, b2):
    """dL_dS (N, M) → (dL_dW1, dL_db1, dL_dW2, dL_db2)."""
    Z = X @ W1 + b1
    A = np.maximum(Z, 0)
    dL_dZ = (dL_dS @ W2.T) * (Z > 0)
    return X.T @ dL_dZ, dL_dZ.sum(axis=0), A.T @ dL_dS, dL_dS.sum(axis=0)


def mlp_weight_entry(X, W1, b1, W2, k, l, i, j):
    """∂S[k,l]/∂W1[i,j], a number."""
    Z_kj = X[k] @ W1[:, j] + b1[j]
    return X[k, i] * (Z_kj > 0) * W2[j, l]


def _entry_at_zero(X, W1, b1, W2, k, l, i, j, at_zero=0.0):
    Z_kj = X[k] @ W1[:, j] + b1[j]
    return X[k, i] * (at_zero if Z_kj == 0 else Z_kj > 0) * W2[j, l]


def _entry_cases(rng) -> list[Case]:
    cases = [Case(what, _alive(rng, *sizes)[:4], trait) for sizes, what, trait in SIZES]
    dead = _alive(rng, 3, 2, 4, 3, dead=True)[:4]
    what = "a hidden unit whose weights are 0, so that its entries are 0 exactly"
    return [*cases, Case(what, dead, "zeros")]


def _loss_cases(rng) -> list[Case]:
    def targets(N: int, M: int) -> np.ndarray:
        return network.one_hot(rng.integers(M, size=N), M)

    return [
        Case("4 samples and 3 classes", (batch(rng, 4, 3), targets(4, 3))),
        Case("3 samples and 5 classes", (batch(rng, 3, 5), targets(3, 5))),
        Case("targets that are any numbers, 4 × 3", (batch(rng, 4, 3), batch(rng, 4, 3))),
        Case("3 samples and 3 classes", (batch(rng, 3, 3), targets(3, 3)), "square"),
        Case("a single sample", (batch(rng, 1, 4), targets(1, 4)), "one row"),
    ]


def _step_cases(rng) -> list[Case]:
    return [
        Case("a matrix of 4 × 3 and rate 0.1", (batch(rng, 4, 3), batch(rng, 4, 3), 0.1)),
        Case("a vector of 5 and rate 0.25", (batch(rng, 5), batch(rng, 5), 0.25)),
        Case("a matrix of 3 × 3 and rate 2", (batch(rng, 3, 3), batch(rng, 3, 3), 2.0), "square"),
    ]


# Mistakes


def _loss_mistakes() -> tuple[Mistake, ...]:
    right = network.squared_error_backward
    look = "Take N = 2 samples and M = 1 class, write L out, and differentiate by S[0, 0]."

    def times(key, number, says, **more):
        return slips.factor(right, key, number, says, look, **more)

    return (
        times(
            "mean missing",
            lambda S, T: len(S),
            "Your result is N times the right one: the 1/N of the mean is missing. It stands in the loss, and "
            "the loss is what you differentiate here.",
        ),
        times(
            "mean twice",
            lambda S, T: 1 / len(S),
            "Your result is the right one divided by N: the mean was taken twice.",
        ),
        times(
            "mean over all entries",
            lambda S, T: 1 / S.shape[1],
            "You divided by N·M, the number of entries. This loss is a mean over the N samples only.",
        ),
        times(
            "mean over the classes",
            lambda S, T: len(S) / S.shape[1],
            "You divided by M, the number of classes. This loss is a mean over the N samples.",
        ),
        times(
            "factor 2",
            lambda S, T: 2,
            "Your result is twice the right one: the derivative of a square brings a 2, and the loss has a "
            "½ that meets it.",
        ),
        times(
            "factor ½",
            lambda S, T: 0.5,
            "Your result is half the right one: the ½ of the loss is still there, and the 2 that "
            "differentiating the square brings is not.",
        ),
        times(
            "mean missing, factor 2",
            lambda S, T: 2 * len(S),
            "Your result is 2N times the right one: you differentiated the square alone, without the 1/(2N) "
            "in front of the sum.",
        ),
        times(
            "sign",
            lambda S, T: -1,
            "Your result has the opposite sign: that is the derivative by T, or T − S for S − T. With it, "
            "training would climb.",
        ),
        times(
            "sign, mean missing",
            lambda S, T: -len(S),
            "Two things at once: the sign is opposite, and the 1/N of the mean is missing.",
        ),
        Mistake(
            "not differentiated",
            lambda S, T: (S - T) ** 2 / (2 * len(S)),
            "These are the terms of the loss itself, entry by entry, not their derivatives.",
            look,
        ),
        Mistake(
            "loss itself",
            network.squared_error,
            "You returned the loss, a number. Its gradient has an entry for each entry of S.",
            look,
        ),
        Mistake(
            "mean of the targets only",
            lambda S, T: S - T / len(S),
            "Only T was divided by N: the division binds closer than the minus. The mean belongs to the whole error.",
            "Print 6 - 4 / 2 in Python.",
        ),
        Mistake(
            "softmax",
            lambda S, T: (_softmax(S) - T) / len(S),
            "You put S through softmax: that is the gradient of the cross-entropy. This loss takes the scores as they are.",
            look,
        ),
        Mistake(
            "half the mean of the targets only",
            lambda S, T: S - T / (2 * len(S)),
            "Only T was divided by 2N: the division binds closer than the minus.",
            "Print 6 - 4 / 2 in Python.",
        ),
        Mistake(
            "classes subtracted",
            lambda S, T: (S.argmax(1) - T.argmax(1)) / len(S),
            "You subtracted the numbers of the classes. The loss compares scores, entry by entry.",
            look,
        ),
        Mistake(
            "softmax, mean missing",
            lambda S, T: _softmax(S) - T,
            "You put S through softmax: that is the gradient of the cross-entropy, and of its sum. This loss is a mean, and takes the scores as they are.",
            look,
        ),
        Mistake(
            "sigmoid",
            lambda S, T: (1 / (1 + np.exp(-S)) - T) / len(S),
            "You put S through a sigmoid: that is the gradient of another loss. This one takes the scores as they are.",
            look,
        ),
        Mistake(
            "slope of the sigmoid",
            lambda S, T: (S - T) * S * (1 - S) / len(S),
            "You multiplied by the slope of a sigmoid. Nothing comes after the scores here.",
            look,
        ),
        Mistake(
            "slope of ReLU",
            lambda S, T: (S - T) * (S > 0) / len(S),
            "You let the gradient through where S is positive. There is no ReLU after the scores.",
            look,
        ),
        Mistake(
            "mean of everything",
            lambda S, T: (S - T).mean(),
            "You returned one number, the mean of all errors. The gradient has an entry for each entry of S.",
            look,
        ),
        Mistake(
            "root in the loss",
            lambda S, T: (S - T) / np.linalg.norm(S - T),
            "You divided by the length of the error: that is the gradient of its root. This loss is a sum of squares.",
            look,
        ),
        Mistake(
            "absolute error",
            lambda S, T: np.abs(S - T) / len(S),
            "Your errors have lost their signs. A score that is too small has to grow.",
            look,
        ),
        Mistake(
            "targets forgotten",
            lambda S, T: S / len(S),
            "T does not appear in your result.",
            "Change one entry of T in your head. Does the loss change?",
        ),
        Mistake(
            "sign of the error",
            lambda S, T: np.sign(S - T) / len(S),
            "You kept only the sign of S − T: that is the gradient of the absolute error.",
            look,
        ),
        Mistake(
            "summed over the batch",
            lambda S, T: (S - T).sum(0) / len(S),
            "You added up the rows. S has its own entry for each sample, and so has its gradient.",
            look,
        ),
        Mistake(
            "summed over the classes",
            lambda S, T: (S - T).sum(1) / len(S),
            "You added up each row. S has its own entry for each class, and so has its gradient.",
            look,
        ),
        Mistake(
            "summed to a number",
            lambda S, T: (S - T).sum() / len(S),
            "You added up everything. The gradient has an entry for each entry of S.",
            look,
        ),
    )


def _forward_mistakes() -> tuple[Mistake, ...]:
    def wrong(
        key, function, says, look="Write Z, A and S on three lines and print the signs in each."
    ):
        return Mistake(key, function, says, look)

    def relu(Z):
        return np.maximum(Z, 0)

    return (
        wrong(
            "no ReLU",
            lambda X, W1, b1, W2, b2: (X @ W1 + b1) @ W2 + b2,
            "There is no ReLU between the two layers, so together they are one linear layer.",
        ),
        wrong(
            "ReLU at the output as well",
            lambda X, W1, b1, W2, b2: relu(relu(X @ W1 + b1) @ W2 + b2),
            "You applied ReLU to the scores too. A score may be negative: the second layer ends with its bias.",
        ),
        wrong(
            "ReLU at the output only",
            lambda X, W1, b1, W2, b2: relu((X @ W1 + b1) @ W2 + b2),
            "Your ReLU stands after the second layer; it belongs between the two.",
        ),
        wrong(
            "bias after ReLU",
            lambda X, W1, b1, W2, b2: (relu(X @ W1) + b1) @ W2 + b2,
            "You added b1 after ReLU. It is part of what ReLU gets.",
        ),
        wrong(
            "first bias missing",
            lambda X, W1, b1, W2, b2: relu(X @ W1) @ W2 + b2,
            "b1 does not appear in your result.",
        ),
        wrong(
            "second bias missing",
            lambda X, W1, b1, W2, b2: relu(X @ W1 + b1) @ W2,
            "b2 does not appear in your result.",
        ),
        wrong(
            "both biases missing",
            lambda X, W1, b1, W2, b2: relu(X @ W1) @ W2,
            "Neither b1 nor b2 appears in your result.",
        ),
        wrong(
            "hidden layer returned",
            lambda X, W1, b1, W2, b2: relu(X @ W1 + b1),
            "You returned the hidden layer A; the second layer is still to come.",
        ),
        wrong(
            "mask for ReLU",
            lambda X, W1, b1, W2, b2: (X @ W1 + b1 > 0) @ W2 + b2,
            "The hidden layer passes on only whether an entry is positive, not its value.",
        ),
        wrong(
            "softmax at the end",
            lambda *args: _softmax(network.mlp_forward(*args)),
            "Your rows were turned into probabilities: that is softmax. The scores S are taken as they are.",
        ),
        wrong(
            "highest score",
            lambda *args: network.mlp_forward(*args).argmax(axis=1),
            "You returned which score is the largest in each row: the class. Asked for are the scores.",
        ),
        wrong(
            "b2 added to W2",
            lambda X, W1, b1, W2, b2: relu(X @ W1 + b1) @ (W2 + b2),
            "You added b2 to W2, so it is multiplied by A. A bias is added after the product.",
        ),
        wrong(
            "multiplied by b2",
            lambda X, W1, b1, W2, b2: relu(X @ W1 + b1) @ W2 * b2,
            "You multiplied by b2. A bias is added.",
        ),
        wrong(
            "biases subtracted",
            lambda X, W1, b1, W2, b2: relu(X @ W1 - b1) @ W2 - b2,
            "You subtracted the biases. They are added.",
        ),
        wrong(
            "b1 added to W1",
            lambda X, W1, b1, W2, b2: relu(X @ (W1 + b1)) @ W2 + b2,
            "You added b1 to W1, so it is multiplied by X. A bias is added after the product.",
        ),
        wrong(
            "brackets missing",
            lambda X, W1, b1, W2, b2: relu(X @ W1) + b1 @ W2 + b2,
            "W2 meets b1 alone: `@` binds closer than `+`. Brackets are missing.",
            "Put the first layer on a line of its own.",
        ),
        wrong(
            "ReLU of the input",
            lambda X, W1, b1, W2, b2: (relu(X) @ W1 + b1) @ W2 + b2,
            "Your ReLU stands before the first layer; it belongs between the two.",
        ),
        wrong(
            "smaller instead of larger",
            lambda X, W1, b1, W2, b2: np.minimum(X @ W1 + b1, 0) @ W2 + b2,
            "You kept the negative entries of Z. ReLU keeps the positive ones.",
        ),
        wrong(
            "biases exchanged",
            lambda X, W1, b1, W2, b2: relu(X @ W1 + b2) @ W2 + b1,
            "b1 and b2 are exchanged. That needs H = M to run at all.",
        ),
        wrong(
            "b1 twice",
            lambda X, W1, b1, W2, b2: relu(X @ W1 + b1) @ W2 + b1,
            "You added b1 to the scores, where b2 belongs. That needs H = M to run at all.",
        ),
        *slips.other_activations(
            lambda value, slope: lambda X, W1, b1, W2, b2: np.asarray(value(X @ W1 + b1)) @ W2 + b2,
            slopes=False,
        ),
        wrong(
            "factors exchanged",
            lambda X, W1, b1, W2, b2: relu(W1 @ X + b1) @ W2 + b2,
            "You multiplied W1 @ X. Samples are rows here, so the batch stands on the left.",
            "Write the shapes (N, D) and (D, H) side by side: which order lets the inner ones meet?",
        ),
    )


def _softmax(S: np.ndarray) -> np.ndarray:
    E = np.exp(S - S.max(axis=1, keepdims=True))
    return E / E.sum(axis=1, keepdims=True)


def _entry_mistakes() -> tuple[Mistake, ...]:
    """Each as (key, the product with one factor changed, sentence)."""
    way = "Nudge W1[i, j] and follow it by hand: which Z, which A, which S move, and how fast?"

    def rule(factors):
        def wrong(X, W1, b1, W2, k, l, i, j):
            Z = X @ W1 + b1
            return float(factors(X, Z, b1, W2, k, l, i, j))

        return wrong

    kinds = (
        (
            "mask forgotten",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * W2[j, l],
            "Your entry has no ReLU in it: where Z[k, j] is negative, nothing can come through.",
        ),
        (
            "mask inverted",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * (Z[k, j] < 0) * W2[j, l],
            "Your condition is the wrong way round: ReLU lets through what is positive.",
        ),
        (
            "value used as the mask",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * max(Z[k, j], 0) * W2[j, l],
            "For ReLU you took its value A[k, j]; the chain rule takes its slope.",
        ),
        (
            "bias missing in the mask",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * (Z[k, j] - b1[j] > 0) * W2[j, l],
            "Your Z has no b1 in it, so the mask belongs to another network.",
        ),
        (
            "second layer forgotten",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * (Z[k, j] > 0),
            "Your entry ends at A: the step from A[k, j] to S[k, l] is missing.",
        ),
        (
            "first layer forgotten",
            lambda X, Z, b1, W2, k, l, i, j: (Z[k, j] > 0) * W2[j, l],
            "The first step is missing: how fast does Z[k, j] move when W1[i, j] does?",
        ),
        (
            "batch delta invented",
            lambda X, Z, b1, W2, k, l, i, j: (k == i) * X[k, i] * (Z[k, j] > 0) * W2[j, l],
            "You compare the sample k with the feature i. A weight serves every sample, so no delta joins the batch.",
        ),
        (
            "delta at the output",
            lambda X, Z, b1, W2, k, l, i, j: (l == j) * X[k, i] * (Z[k, j] > 0) * W2[j, l],
            "You compare the output l with the hidden unit j. Every output reads every hidden unit.",
        ),
        (
            "delta in place of the second layer",
            lambda X, Z, b1, W2, k, l, i, j: (l == j) * X[k, i] * (Z[k, j] > 0),
            "That is the entry of a single layer, with l for the hidden unit. The second layer mixes the hidden units into every output.",
        ),
        (
            "summed over the features",
            lambda X, Z, b1, W2, k, l, i, j: (Z[k, j] > 0) * W2[j, l] * X[k].sum(),
            "You summed over all features of the sample; W1[i, j] meets only feature i.",
        ),
        (
            "summed over the hidden units",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * ((Z[k] > 0) * W2[:, l]).sum(),
            "You summed over all hidden units; W1[i, j] feeds hidden unit j alone.",
        ),
        (
            "summed over the batch",
            lambda X, Z, b1, W2, k, l, i, j: (X[:, i] * (Z[:, j] > 0)).sum() * W2[j, l],
            "You summed over the samples. That sum comes later, in the chain rule; one entry belongs to one sample k.",
        ),
        (
            "masked by the input",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * W2[j, l] * (X[k, i] > 0),
            "Your condition asks about X. ReLU gets Z.",
        ),
        (
            "pre-activation used as the mask",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * Z[k, j] * W2[j, l],
            "For ReLU you took its input Z[k, j]; the chain rule takes its slope there.",
        ),
        (
            "activation returned",
            lambda X, Z, b1, W2, k, l, i, j: max(Z[k, j], 0),
            "You returned A[k, j] itself. Asked for is how fast S[k, l] moves.",
        ),
        (
            "summed over the classes",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * (Z[k, j] > 0) * W2[j].sum(),
            "You summed over all scores; the entry asks about one of them, S[k, l].",
        ),
        (
            "entry by W2",
            lambda X, Z, b1, W2, k, l, i, j: (l == j) * max(Z[k, i], 0) if i < Z.shape[1] else 0.0,
            "That is the entry by W2, where A is the input. Here it is W1 that is nudged.",
        ),
        (
            "score's own mask",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * (Z[k, l] > 0) * W2[j, l],
            "Your mask asks about Z[k, l]. The way goes through hidden unit j.",
        ),
        (
            "sign for step",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * np.sign(Z[k, j]) * W2[j, l],
            "Where Z[k, j] is negative your entry has the other sign. Left of 0, ReLU is flat.",
        ),
        (
            "masked by the product",
            lambda X, Z, b1, W2, k, l, i, j: max(X[k, i] * W2[j, l], 0),
            "You cut off negative products. ReLU asks where Z is positive; a slope may be negative.",
        ),
        (
            "indices of W2 exchanged",
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * (Z[k, j] > 0) * W2[l, j],
            "You read W2[l, j]. W2 is (H, M): the hidden unit comes first.",
        ),
        (
            "indices of X exchanged",
            lambda X, Z, b1, W2, k, l, i, j: X[i, k] * (Z[k, j] > 0) * W2[j, l],
            "You read X[i, k]. X is (N, D): the sample comes first.",
        ),
    )
    others = slips.other_activations(
        lambda value, slope: rule(
            lambda X, Z, b1, W2, k, l, i, j: X[k, i] * slope(Z[k, j]) * W2[j, l]
        ),
        but=("the absolute value",),
    )
    weight = Mistake(
        "weight in place of the input",
        lambda X, W1, b1, W2, k, l, i, j: W1[i, j] * float(X[k] @ W1[:, j] + b1[j] > 0) * W2[j, l],
        "The first factor is W1[i, j] itself. How fast Z[k, j] moves with it is what it is multiplied by.",
        way,
    )
    one_product = Mistake(
        "one product for Z",
        lambda X, W1, b1, W2, k, l, i, j: (
            X[k, i] * W2[j, l] * float(X[k, i] * W1[i, j] + b1[j] > 0)
        ),
        "For Z[k, j] you took a single product. Z[k, j] is a sum over all features of the sample.",
        "How many products stand in Z[k, j] when X has D columns?",
    )
    found = [Mistake(key, rule(factors), says, way) for key, factors, says in kinds]
    return (*found, weight, one_product, *others)


def _steps(upstream=None, down=None, gate=None, finish=None, pre=None):
    """mlp_backward with a step replaced.

    upstream(dL_dS), pre(X, W1, b1): what stands for dL_dS and for Z; down(dL_dS, W2): for dL_dA;
    gate(dL_dA, Z): for dL_dZ; finish(X, A, Z, dL_dZ, dL_dS, grads): for the four gradients.
    """

    def backward(dL_dS, X, W1, b1, W2, b2):
        dL_dS = upstream(dL_dS) if upstream else dL_dS
        Z = pre(X, W1, b1) if pre else X @ W1 + b1
        A = np.maximum(Z, 0)
        dL_dA = down(dL_dS, W2) if down else dL_dS @ W2.T
        dL_dZ = gate(dL_dA, Z) if gate else dL_dA * (Z > 0)
        grads = X.T @ dL_dZ, dL_dZ.sum(0), A.T @ dL_dS, dL_dS.sum(0)
        return finish(X, A, Z, dL_dZ, dL_dS, grads) if finish else grads

    return backward


def _backward_at_zero(dL_dS, X, W1, b1, W2, b2, at_zero=0.0):
    def gate(dL_dA, Z):
        return dL_dA * np.where(Z == 0, at_zero, Z > 0)

    return _steps(gate=gate)(dL_dS, X, W1, b1, W2, b2)


def _one_sample(row: int):
    def finish(X, A, Z, dL_dZ, dL_dS, grads):
        return (
            np.outer(X[row], dL_dZ[row]),
            dL_dZ[row],
            np.outer(A[row], dL_dS[row]),
            dL_dS[row],
        )

    return finish


def _sums_first(X, A, Z, dL_dZ, dL_dS, grads):
    return np.outer(X.sum(0), dL_dZ.sum(0)), grads[1], np.outer(A.sum(0), dL_dS.sum(0)), grads[3]


def _masked_output(dL_dS, X, W1, b1, W2, b2):
    S = network.mlp_forward(X, W1, b1, W2, b2)
    return mlp_backward(dL_dS * (S > 0), X, W1, b1, W2, b2)


def _by_W2(dL_dS, X, W1, b1):
    return np.maximum(X @ W1 + b1, 0).T @ dL_dS


def _first_layer_with(matrix):
    """mlp_backward with another matrix in the place of W2 on the way from S to A."""
    return _steps(down=lambda dL_dS, W2: dL_dS @ matrix.T)


def _masked_by_X(X, A, Z, dL_dZ, dL_dS, grads):
    dL_dZ = dL_dZ * (X > 0)
    return X.T @ dL_dZ, dL_dZ.sum(0), *grads[2:]


# (key, the step that was replaced or the whole function, sentence, what to look at again)
_TRACE = "Follow one sample backwards by hand: S, then A, then Z. What stands at each arrow?"
_BACKWARD = (
    (
        "dL_db1 before the mask",
        lambda dS, X, W1, b1, W2, b2: (lambda g: (g[0], (dS @ W2.T).sum(0), *g[2:]))(
            mlp_backward(dS, X, W1, b1, W2, b2)
        ),
        "For b1 you summed what arrives at A. Behind ReLU, where Z is negative, none of it is left.",
        "Nudge b1[j] where Z[k, j] is negative. Does S[k] move?",
    ),
    (
        "dL_dW1 before the mask",
        lambda dS, X, W1, b1, W2, b2: (lambda g: (X.T @ (dS @ W2.T), *g[1:]))(
            mlp_backward(dS, X, W1, b1, W2, b2)
        ),
        "For W1 you used what arrives at A. Behind ReLU, where Z is negative, none of it is left.",
        "Nudge a negative entry of Z. Does S move?",
    ),
    (
        "no mask",
        {"gate": lambda dL_dA, Z: dL_dA * 1.0},
        "The gradient went through the hidden layer as if there were no ReLU.",
        "Nudge a negative entry of Z. Does S move?",
    ),
    (
        "mask on the activation with >=",
        {"gate": lambda dL_dA, Z: dL_dA * (np.maximum(Z, 0) >= 0)},
        "If your mask asks where A is >= 0: it is never negative, so every entry goes through.",
        "Print your mask. Is there a False in it?",
    ),
    (
        "mask inverted",
        {"gate": lambda dL_dA, Z: dL_dA * (Z < 0)},
        "The gradient passes where Z is negative and is stopped where it is positive: the condition is the wrong way round.",
        "Nudge a positive entry of Z. Does S move?",
    ),
    (
        "value used as the mask",
        {"gate": lambda dL_dA, Z: dL_dA * np.maximum(Z, 0)},
        "You multiplied by the activation A; the chain rule multiplies by the slope of ReLU.",
        _TRACE,
    ),
    (
        "pre-activation used as the mask",
        {"gate": lambda dL_dA, Z: dL_dA * Z},
        "You multiplied by Z; the chain rule multiplies by the slope of ReLU at Z.",
        _TRACE,
    ),
    (
        "masked by the upstream",
        {"gate": lambda dL_dA, Z: dL_dA * (dL_dA > 0)},
        "You applied ReLU to the gradient itself. The question is where Z is positive, not where the gradient is.",
        "Take an entry with Z positive and ∂L/∂A negative. If Z grows a little, does L fall?",
    ),
    (
        "no upstream in the hidden layer",
        {"gate": lambda dL_dA, Z: (Z > 0) * 1.0},
        "For dL/dZ you took the mask alone: what arrives from the second layer does not appear.",
        _TRACE,
    ),
    (
        "bias missing in the mask",
        {"pre": lambda X, W1, b1: X @ W1},
        "Your Z has no b1 in it, so the mask and the activation belong to another network.",
        "Compare your Z with the one of the forward pass.",
    ),
    (
        "pre-activation for activation",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], g[1], Z.T @ dS, g[3])},
        "You used Z where A belongs: the second layer's input is what ReLU lets through.",
        "Which array is multiplied by W2 in the forward pass?",
    ),
    (
        "mask for activation",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], g[1], (Z > 0).T @ dS, g[3])},
        "You used the mask where A belongs: the second layer's input is ReLU's value.",
        "Which array is multiplied by W2 in the forward pass?",
    ),
    (
        "weights averaged over the batch",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0] / len(X), g[1], g[2] / len(X), g[3])},
        "The gradients of the weights are divided by N once more. The mean belongs to the loss.",
        "Take a batch with the same sample twice and follow the sums: is there a 1/N in them?",
    ),
    (
        "biases averaged over the batch",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], g[1] / len(X), g[2], g[3] / len(X))},
        "For the biases you took a mean where a sum belongs: each row's share adds up.",
        "How many rows of Z move when b1[0] is nudged?",
    ),
    (
        "averaged over the batch",
        {"finish": lambda X, A, Z, dZ, dS, g: tuple(part / len(X) for part in g)},
        "The right gradient was divided by N once more. The mean belongs to the loss: its 1/N already sits inside dL_dS.",
        "Take a batch with the same sample twice and follow the sums: is there a 1/N in them?",
    ),
    (
        "biases not summed",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], dZ, g[2], dS)},
        "The gradients of the biases still have a row for each sample: broadcasting copied, so they sum.",
        "What shape has b1, and what shape has your dL_db1?",
    ),
    (
        "bias axis kept",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], g[1][None], g[2], g[3][None])},
        "The gradients of the biases have an axis of size 1 too many: a gradient has the shape of its parameter.",
        "What shape has b1, and what shape has your dL_db1?",
    ),
    (
        "biases summed over the wrong axis",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], dZ.sum(1), g[2], dS.sum(1))},
        "For the biases you summed over the features; the samples are what shares a bias.",
        "What shape has b1, and what shape has your dL_db1?",
    ),
    (
        "biases summed to a number",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], dZ.sum(), g[2], dS.sum())},
        "The gradients of the biases were summed to one number each.",
        "What shape has b1, and what shape has your dL_db1?",
    ),
    (
        "W2 not transposed",
        {"down": lambda dL_dS, W2: dL_dS @ W2},
        "On the way from S to A you multiplied by W2 as it is. That needs H = M to run at all, and then it is silently wrong.",
        "Write the shapes (N, M) and (H, M) side by side: which product gives (N, H)?",
    ),
    (
        "weights transposed",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0].T, g[1], g[2].T, g[3])},
        "The gradient of a weight is transposed. PyTorch keeps weights as (out, in); here W1 is (D, H) and W2 (H, M).",
        "A gradient has the shape of its parameter: compare them.",
    ),
    (
        "overwritten instead of accumulated",
        {"finish": _one_sample(-1)},
        "Only the last sample counts: each sample's share overwrote the one before it.",
        "In a loop over samples, what does `=` do that `+=` would not?",
    ),
    (
        "first sample only",
        {"finish": _one_sample(0)},
        "Only the first sample counts: a `return` inside the loop, or an index [0].",
        "How many samples does W1 serve in the forward pass?",
    ),
    (
        "sums first",
        {"finish": _sums_first},
        "For the weights you summed inputs and gradients over the batch first, and multiplied then. Each sample's product has to be made before it is added.",
        "Two samples with inputs 1 and −1: what does a sum make of them?",
    ),
    (
        "no upstream",
        {"upstream": np.ones_like},
        "Your result does not depend on dL_dS: it is what an upstream of ones would give.",
        "Double every entry of dL_dS by hand. What should happen to the result?",
    ),
    (
        "sign",
        {"upstream": np.negative},
        "The sign is opposite: this points downhill.",
        "The step down the slope is taken in sgd_step; a gradient points up.",
    ),
    (
        "ReLU at the output",
        _masked_output,
        "You masked dL_dS by the sign of S as well. There is no ReLU after the second layer.",
        "Which arrays does ReLU get in the forward pass?",
    ),
    (
        "dL_dW2 from X",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], g[1], X.T @ dS, g[3])},
        "dL_dW2 was made with X. What meets W2 in the forward pass is A.",
        "Which array is multiplied by W2 in the forward pass?",
    ),
    (
        "dL_dW1 from A",
        {"finish": lambda X, A, Z, dZ, dS, g: (A.T @ dZ, g[1], g[2], g[3])},
        "dL_dW1 was made with A. What meets W1 in the forward pass is X.",
        "Which array is multiplied by W1 in the forward pass?",
    ),
    (
        "W2 stepped first",
        lambda dS, X, W1, b1, W2, b2: _first_layer_with(W2 - _by_W2(dS, X, W1, b1))(
            dS, X, W1, b1, W2, b2
        ),
        "For the first layer you used a W2 that had been changed by its gradient already. All gradients are taken at the old parameters.",
        "Print W2 where dL/dA is made. Is it the one that was handed in?",
    ),
    (
        "gradient in place of W2",
        lambda dS, X, W1, b1, W2, b2: _first_layer_with(_by_W2(dS, X, W1, b1))(
            dS, X, W1, b1, W2, b2
        ),
        "On the way from S to A you multiplied by dL_dW2, where W2 itself belongs.",
        "How far does S move when A[k, j] is nudged? Which array says so?",
    ),
    (
        "weight decay added",
        lambda dS, X, W1, b1, W2, b2: tuple(
            part + more
            for part, more in zip(mlp_backward(dS, X, W1, b1, W2, b2), (W1, 0, W2, 0), strict=True)
        ),
        "A multiple of the weights was added to their gradient: that is weight decay, and this loss has none.",
        "Put in dL_dS = 0. What should come back?",
    ),
    (
        "weight decay on everything",
        lambda dS, X, W1, b1, W2, b2: tuple(
            part + more
            for part, more in zip(
                mlp_backward(dS, X, W1, b1, W2, b2), (W1, b1, W2, b2), strict=True
            )
        ),
        "A multiple of each parameter was added to its gradient: that is weight decay, and this loss has none.",
        "Put in dL_dS = 0. What should come back?",
    ),
    (
        "biases from the weights' gradients",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], g[0].sum(0), g[2], g[2].sum(0))},
        "For the biases you summed the weights' gradients, which have the inputs in them. A bias is multiplied by nothing.",
        "How far does Z[k, j] move when b1[j] is nudged by 0.1?",
    ),
    (
        "mask from X",
        {"gate": lambda dL_dA, Z: dL_dA * 1.0, "finish": _masked_by_X},
        "Your mask was taken from X. ReLU's input is Z.",
        "Which array does ReLU get in the forward pass?",
    ),
    (
        "sign for step",
        {"gate": lambda dL_dA, Z: dL_dA * np.sign(Z)},
        "Where Z is negative you turned the sign. Left of 0, ReLU is flat: nothing comes through.",
        _TRACE,
    ),
    (
        "masked by the sign of Z and of the gradient",
        {"gate": lambda dL_dA, Z: np.maximum(dL_dA, 0) * (Z > 0)},
        "You cut off the negative entries of the gradient as well. Only the sign of Z counts.",
        "Take an entry with Z positive and ∂L/∂A negative. If Z grows a little, does L fall?",
    ),
    (
        "bias added on the way back",
        lambda dS, X, W1, b1, W2, b2: _steps(gate=lambda dA, Z: (dA + b1) * (Z > 0))(
            dS, X, W1, b1, W2, b2
        ),
        "On the way back b1 was added. A bias shifts the forward pass; its slope by anything else is 0.",
        _TRACE,
    ),
    (
        "hidden gradient normalised",
        {"gate": lambda dA, Z: dA * (Z > 0) / np.linalg.norm(dA * (Z > 0))},
        "You divided the gradient at Z by its length. The chain rule keeps lengths.",
        _TRACE,
    ),
    (
        "first layer left out",
        {"gate": lambda dA, Z: 0 * dA},
        "The first layer's gradients are zeros: nothing was sent on from the second layer to the first.",
        "Nudge an entry of W1. Does S move?",
    ),
    (
        "gradient without signs",
        {"gate": lambda dA, Z: dA * (Z > 0) * np.sign(dA)},
        "Your gradient at Z has lost its signs.",
        _TRACE,
    ),
    (
        "clipped",
        {"finish": lambda X, A, Z, dZ, dS, g: tuple(np.clip(part, -1, 1) for part in g)},
        "Your gradients are cut to the range from -1 to 1. That is a trick of training; the gradient itself is not cut.",
        "Print the largest entry with and without that line.",
    ),
    (
        "factor 2",
        {"upstream": lambda dL_dS: 2 * dL_dS},
        "Your result is twice the right one. The 2 of the squared error is in dL_dS already, where it met its ½.",
        "Put in dL_dS = 0, then any dL_dS, then twice that. What should come back each time?",
    ),
    (
        "second layer first",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[2], g[3], g[0], g[1])},
        "The four gradients are right and stand in another order: the second layer's first.",
        "The order asked for is dL_dW1, dL_db1, dL_dW2, dL_db2.",
    ),
    (
        "weights first, then biases",
        {"finish": lambda X, A, Z, dZ, dS, g: (g[0], g[2], g[1], g[3])},
        "The four gradients are right and stand in another order: both weights, then both biases.",
        "The order asked for is dL_dW1, dL_db1, dL_dW2, dL_db2.",
    ),
)

_SAME = {
    "no mask": ("mask on the activation with >=",),
    "mask on the activation with >=": ("no mask",),
}


_FREE = ("W2 stepped first", "weight decay added", "weight decay on everything")


def _backward_mistakes() -> tuple[Mistake, ...]:
    found = []
    for key, step, says, look in _BACKWARD:
        function = step if callable(step) else _steps(**step)
        same, free = _SAME.get(key, ()), key in _FREE
        found.append(Mistake(key, function, says, look, same_as=same, free=free))
    return (*found, *slips.other_activations(_with_activation))


def _with_activation(value, slope):
    def finish(X, A, Z, dL_dZ, dL_dS, grads):
        return *grads[:2], value(Z).T @ dL_dS, grads[3]

    return _steps(gate=lambda dL_dA, Z: dL_dA * slope(Z), finish=finish)


def _step_mistakes() -> tuple[Mistake, ...]:
    look = "Take param = 1, grad = 2 and rate = 0.1: in which direction, and how far, should it go?"
    return (
        Mistake(
            "uphill",
            lambda param, grad, rate: param + rate * grad,
            "You stepped up the gradient: that makes the loss grow.",
            look,
        ),
        Mistake(
            "rate missing",
            lambda param, grad, rate: param - grad,
            "The rate does not appear: you took a step of the gradient's full length.",
            look,
        ),
        Mistake(
            "step only",
            lambda param, grad, rate: -rate * grad,
            "You returned the step, not the parameter after it.",
            look,
        ),
        Mistake(
            "length of the step only",
            lambda param, grad, rate: rate * grad,
            "You returned rate times gradient, not the parameter after the step.",
            look,
        ),
        Mistake(
            "divided by the rate",
            lambda param, grad, rate: param - grad / rate,
            "You divided by the rate: a smaller rate should give a smaller step.",
            look,
        ),
        Mistake(
            "averaged over the rows",
            lambda param, grad, rate: param - rate * grad / len(grad),
            "You divided the gradient by its number of rows. The mean is in the loss; and the rows of a parameter are no samples.",
            look,
        ),
        Mistake(
            "averaged over the entries",
            lambda param, grad, rate: param - rate * grad / grad.size,
            "You divided the gradient by its number of entries. Each entry of the parameter takes its own full step.",
            look,
        ),
        Mistake(
            "mean of the gradient",
            lambda param, grad, rate: param - rate * grad.mean(),
            "Every entry took the same step, by the mean of the gradient. Each has its own.",
            look,
        ),
        Mistake(
            "length of the gradient",
            lambda param, grad, rate: param - rate * np.linalg.norm(grad),
            "Every entry took the same step, by the length of the gradient. Each has its own.",
            look,
        ),
        Mistake(
            "sum of the gradient",
            lambda param, grad, rate: param - rate * grad.sum(),
            "Every entry took the same step, by the sum of the gradient. Each has its own.",
            look,
        ),
        Mistake(
            "rate without gradient",
            lambda param, grad, rate: param - rate,
            "The gradient does not appear: every entry was made smaller by the rate.",
            look,
        ),
        Mistake(
            "moving average",
            lambda param, grad, rate: (1 - rate) * param + rate * grad,
            "You mixed parameter and gradient: that is a moving average. A step starts at the parameter itself.",
            look,
        ),
        Mistake(
            "decayed as well",
            lambda param, grad, rate: (1 - rate) * param - rate * grad,
            "Besides the step you made the parameter smaller: that is weight decay, which is another method.",
            look,
        ),
        Mistake(
            "arguments exchanged",
            lambda param, grad, rate: grad - rate * param,
            "Parameter and gradient are exchanged: you stepped from the gradient.",
            look,
        ),
        Mistake(
            "squared gradient",
            lambda param, grad, rate: param - rate * grad**2,
            "You squared the gradient: its sign, which says where to go, is lost.",
            look,
        ),
        Mistake(
            "divided by its own size",
            lambda param, grad, rate: param - rate * grad / (np.sqrt(grad**2) + 1e-8),
            "You divided each entry by its own size: that is one step of another method (RMSProp, Adam).",
            look,
        ),
        Mistake(
            "the parameter shrunk",
            lambda param, grad, rate: (1 - rate) * param,
            "The gradient does not appear: you only made the parameter smaller (that is weight decay).",
            look,
        ),
        Mistake(
            "multiplied by the gradient",
            lambda param, grad, rate: param * (1 - rate * grad),
            "You scaled the parameter by the gradient; a step is added or subtracted.",
            look,
        ),
        Mistake(
            "normalised",
            lambda param, grad, rate: param - rate * grad / np.linalg.norm(grad),
            "You divided the gradient by its length: that is another method (normalised descent).",
            look,
        ),
        Mistake(
            "sign of the gradient",
            lambda param, grad, rate: param - rate * np.sign(grad),
            "You used only the sign of the gradient: that is another method (sign descent).",
            look,
        ),
    )


EXERCISES = (
    Exercise(
        name="mlp_forward",
        notebook=NOTEBOOK,
        section="1. The network, forward",
        points=1,
        reference=network.mlp_forward,
        cases=_forward_cases,
        dims={"X": "ND", "W1": "DH", "b1": "H", "W2": "HM", "b2": "M", "": "NM"},
        mistakes=_forward_mistakes(),
        hints=(
            "Three arrays, one after the other: Z, A, S.",
            "Z is a linear layer with its bias. A is ReLU of it. S is a second linear layer with its bias.",
            "Check the shapes as you go: (N, H), (N, H), (N, M).",
        ),
        derivation="Z = X W1 + b1, then A = relu(Z), then S = A W2 + b2. Nothing comes after the second bias.",
    ),
    Exercise(
        name="squared_error_backward",
        notebook=NOTEBOOK,
        section="2. The loss, and its gradient",
        points=1,
        reference=network.squared_error_backward,
        cases=_loss_cases,
        dims={"S": "NM", "T": "NM", "": "NM"},
        mistakes=_loss_mistakes(),
        hints=(
            "Fix one entry S[k, l]. How many terms of the double sum contain it?",
            "One term: a square, with 1/(2N) in front. Differentiate it as you would differentiate (s − t)².",
            "The 2 from the square meets the ½ of the loss. What is left is an error and the 1/N.",
        ),
        derivation="Only one term of the sum contains S[k,l]: (S[k,l] − T[k,l])² / (2N). Its derivative is (S[k,l] − T[k,l]) / N.",
    ),
    Exercise(
        name="mlp_weight_entry",
        notebook=NOTEBOOK,
        section="3. One entry of the chain",
        points=2,
        reference=mlp_weight_entry,
        cases=_entry_cases,
        grid=lambda X, W1, b1, W2: (len(X), W2.shape[1], *W1.shape),
        at_zero=_entry_at_zero,
        dims={"X": "ND", "W1": "DH", "b1": "H", "W2": "HM", "": "NMDH"},
        mistakes=_entry_mistakes(),
        hints=(
            "Which entries of Z move when W1[i, j] is nudged? Follow them to A, and on to S[k, l].",
            "In sample k only Z[k, j] moves. So there is a single way from W1[i, j] to S[k, l], in three steps.",
            "Multiply the three slopes along the way: Z[k, j] by W1[i, j], A[k, j] by Z[k, j], S[k, l] by A[k, j].",
        ),
        derivation="W1[i,j] moves Z[k,j] at rate X[k,i]; that moves A[k,j] at rate 1 where Z[k,j] > 0, else 0; that moves S[k,l] at rate W2[j,l]. One way, three factors.",
    ),
    Exercise(
        name="mlp_backward",
        notebook=NOTEBOOK,
        section="4. The chain, backward",
        points=3,
        reference=mlp_backward,
        cases=_backward_cases,
        at_zero=_backward_at_zero,
        dims={"dL_dS": "NM", "X": "ND", "W1": "DH", "b1": "H", "W2": "HM", "b2": "M"},
        parts=("dL_dW1", "dL_db1", "dL_dW2", "dL_db2"),
        mistakes=_backward_mistakes(),
        hints=(
            "Compute Z and A again, then walk backwards: from S to A, from A to Z. At each layer the condensed maps of the earlier notebooks do the work.",
            "At the second layer the input is A and the upstream is dL_dS: its weight, its bias and its input each get their map. The input's gradient is dL_dA.",
            "Then ReLU turns dL_dA into dL_dZ, with Z as its input. At the first layer the input is X and the upstream is dL_dZ.",
        ),
        derivation="Second layer: dL_dW2 and dL_db2 from A and dL_dS, and dL_dA by W2 transposed. ReLU: dL_dZ is dL_dA where Z > 0, else 0. First layer: dL_dW1 and dL_db1 from X and dL_dZ.",
    ),
    Exercise(
        name="sgd_step",
        notebook=NOTEBOOK,
        section="7. A step downhill",
        points=1,
        reference=network.sgd_step,
        cases=_step_cases,
        mistakes=_step_mistakes(),
        hints=(
            "The gradient points where the loss grows fastest.",
            "Go the other way, and only as far as the rate says.",
            "Make a new array; the old parameter may still be needed.",
        ),
        derivation="The loss falls fastest against its gradient, so the new parameter is the old one minus rate times gradient.",
    ),
)

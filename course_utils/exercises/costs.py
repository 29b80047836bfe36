"""The exercises of 05_what_it_costs."""

from __future__ import annotations

from math import isqrt, prod

import numpy as np

from .. import layers
from .model import Case, Exercise, Mistake

NOTEBOOK = "05_what_it_costs"
GIB = 2**30


def jacobian_bytes(out_shape, in_shape, itemsize):
    """What the whole Jacobian weighs, in bytes."""
    return prod(out_shape) * prod(in_shape) * itemsize


nonzeros = layers.nonzeros


def multiplications(way, N, H):
    """Multiplications for dL_dX of a ReLU, X (N, H), once the arrays are there."""
    if way == "full":
        return (N * H) ** 2  # every output's entry of dL_dY meets every input
    if way == "stack":
        return N * H * H  # a row times its own matrix, for each sample
    return N * H


def doubling_factor(way):
    """How many times the multiplications grow when N and H both double."""
    return multiplications(way, 2, 2) // multiplications(way, 1, 1)


def largest_monster(available, itemsize):
    """The largest N = H for which a Jacobian of shape (N, H, N, H) fits into `available` bytes."""
    return isqrt(isqrt(available // itemsize))


def floor_seconds(multiplications, bytes_moved, multiplications_per_second, bytes_per_second):
    """The least time an operation can take where arithmetic and memory work side by side."""
    return max(multiplications / multiplications_per_second, bytes_moved / bytes_per_second)


def limited_by(operation):
    """'memory' or 'arithmetic': what sets the pace of an operation on large arrays."""
    return "arithmetic" if operation == "linear_input_backward" else "memory"


def touched_bytes(K, page_bytes):
    """Memory in use after the diagonal of a (K, K) float64 array of lazy zeros was written."""
    pages_in_all = -(-(K * K * 8) // page_bytes)  # rounded up
    return min(K, pages_in_all) * page_bytes


# Cases


def _weights(rng) -> list[Case]:
    N, D, M = (int(n) for n in rng.permutation(np.arange(3, 9))[:3])
    shapes = (
        ((N, M), (N, D), 8, ""),
        ((N, M), (D, M), 4, ""),
        ((N, M), (M,), 8, ""),
        ((), (D, M), 8, "one output"),
        ((3, 3), (3, 3), 2, "square"),
        ((128, 1024), (128, 1024), 8, "large"),
    )
    return [
        Case(
            f"Y of shape {out}, X of shape {into}, {size} bytes an entry", (out, into, size), trait
        )
        for out, into, size, trait in shapes
    ]


LAYERS = ("relu", "linear_input", "linear_weight", "bias")


def _layers(rng) -> list[Case]:
    N, D, M = (int(n) for n in rng.permutation(np.arange(3, 12))[:3])
    cases = []
    for n, d, m, trait in ((N, D, M, ""), (1, D, M, "one row"), (4, 4, 4, "square")):
        for layer in LAYERS:
            m_here = d if layer == "relu" else m
            cases.append(
                Case(f"{layer!r} with N, D, M = {n}, {d}, {m_here}", (layer, n, d, m_here), trait)
            )
    return cases


WAYS = ("full", "stack", "condensed")


def _ways(rng) -> list[Case]:
    N, H = (int(n) for n in rng.permutation(np.arange(3, 12))[:2])
    sizes = ((N, H, ""), (128, 1024, ""), (1, H, "one row"), (8, 8, "square"))
    return [
        Case(f"{way!r} with N, H = {n}, {h}", (way, n, h), trait)
        for n, h, trait in sizes
        for way in WAYS
    ]


def _each_way(rng) -> list[Case]:
    return [Case(f"{way!r}", (way,)) for way in WAYS]


def _memories(rng) -> list[Case]:
    odd = int(rng.integers(10**9, 10**10))
    tried = (
        (GIB, 8, "1 GiB of float64", ""),
        (16 * GIB, 8, "16 GiB of float64", ""),
        (odd, 4, f"{odd:,} bytes of float32", ""),
        (8 * 32**4, 8, "8 MiB of float64, which one size fills exactly", "exact"),
        (8 * 32**4 - 1, 8, "one byte less than 8 MiB of float64", "exact"),
        (8, 8, "8 bytes of float64", "one entry"),
    )
    return [Case(what, (available, size), trait) for available, size, what, trait in tried]


def _machines(rng) -> list[Case]:
    """Work that memory limits, and work that arithmetic limits, on machines of several speeds."""
    speed, bandwidth = float(rng.uniform(1e10, 9e10)), float(rng.uniform(4e9, 2e10))
    tried = (
        ("an element-wise product", 10**6, 24 * 10**6, speed, bandwidth, ""),
        ("a matrix product", 10**9, 24 * 10**6, speed, bandwidth, ""),
        ("a sum", 10**7, 8 * 10**7, 2e9, 1e10, ""),
        ("arithmetic alone", 5 * 10**8, 0, 1e9, 1e10, "no bytes"),
        ("a copy", 0, 3 * 10**9, 1e9, 1e10, "no arithmetic"),
    )
    return [Case(what, tuple(args), trait) for what, *args, trait in tried]


OPERATIONS = ("relu_backward", "bias_backward", "linear_input_backward", "contract")


def _operations(rng) -> list[Case]:
    return [Case(f"{operation!r}", (operation,)) for operation in OPERATIONS]


def _pages(rng) -> list[Case]:
    K = int(rng.integers(1_000, 4_000))  # entries fewer than a page has bytes, rows longer
    tried = (
        (46_225, 4096, ""),
        (K, 4096, ""),
        (46_225, 16 * 1024, ""),
        (100, 4096, "rows shorter than a page"),
        (46_225, 2 * 2**20, "rows shorter than a page"),
        (1, 4096, "one entry"),
    )
    return [Case(f"K = {n:,} and pages of {page:,} bytes", (n, page), t) for n, page, t in tried]


# Mistakes


def _bytes_mistakes() -> tuple[Mistake, ...]:
    look = "Take Y of shape (2, 3) and X of shape (2, 3): how many pairs of an output and an input are there?"
    return (
        Mistake(
            "itemsize forgotten",
            lambda out, into, size: prod(out) * prod(into),
            "You counted the entries. Each of them takes several bytes.",
            "How many bytes is one float64?",
        ),
        Mistake(
            "entries added",
            lambda out, into, size: (prod(out) + prod(into)) * size,
            "You added outputs and inputs. The Jacobian has an entry for each pair of them.",
            look,
        ),
        Mistake(
            "entries added, only the inputs weighed",
            lambda out, into, size: prod(out) + prod(into) * size,
            "You added outputs and inputs, and itemsize weighs the inputs alone. The Jacobian has an entry for each pair of them.",
            look,
        ),
        Mistake(
            "output only",
            lambda out, into, size: prod(out) * size,
            "That is what Y weighs. The Jacobian has an entry for each pair of an output and an input.",
            look,
        ),
        Mistake(
            "input only",
            lambda out, into, size: prod(into) * size,
            "That is what X weighs. The Jacobian has an entry for each pair of an output and an input.",
            look,
        ),
        Mistake(
            "output twice",
            lambda out, into, size: prod(out) ** 2 * size,
            "You squared the number of outputs. That is right for ReLU, where Y and X have one shape; in general they differ.",
            look,
        ),
        Mistake(
            "input twice",
            lambda out, into, size: prod(into) ** 2 * size,
            "You squared the number of inputs. That is right for ReLU, where Y and X have one shape; in general they differ.",
            look,
        ),
        Mistake(
            "axes added",
            lambda out, into, size: sum((*out, *into)) * size,
            "You added the lengths of the axes. An array has as many entries as their product.",
            look,
        ),
        Mistake(
            "bits",
            lambda out, into, size: prod(out) * prod(into) * size * 8,
            "Your number is eight times too large: that is bits, if a byte was asked for.",
            "Itemsize is in bytes already.",
        ),
        Mistake(
            "axes added, shapes multiplied",
            lambda out, into, size: sum(out) * sum(into) * size,
            "You added the lengths of each shape's axes. An array has as many entries as their product.",
            look,
        ),
        *(
            Mistake(
                f"in {unit}",
                lambda out, into, size, number=number: prod(out) * prod(into) * size / number,
                f"Your number is {number:,} times too small: that is {unit}. Asked for are bytes.",
                "For Y and X of a single entry and 8 bytes, your function should give 8.",
            )
            for unit, number in (
                ("KiB", 2**10),
                ("MiB", 2**20),
                ("GiB", 2**30),
                ("kB", 10**3),
                ("MB", 10**6),
                ("GB", 10**9),
            )
        ),
        Mistake(
            "numbers of axes",
            lambda out, into, size: len(out) * len(into) * size,
            "You counted axes: `len` of a shape. Asked for are entries, the product of the lengths.",
            look,
        ),
        Mistake(
            "larger one squared",
            lambda out, into, size: max(prod(out), prod(into)) ** 2 * size,
            "You squared the larger of the two. Outputs and inputs may differ in number.",
            look,
        ),
        Mistake(
            "entries one by one",
            lambda out, into, size: out[0] * out[1] * into[0] * into[1] * size,
            "You read two axes of each shape. A shape may have one axis, or three, or none.",
            "What is the length of the tuple (4,), and of ()?",
        ),
        Mistake(
            "always float64",
            lambda out, into, size: prod(out) * prod(into) * 8,
            "You took 8 bytes for every entry and did not look at itemsize.",
            "What does a float32 take?",
        ),
    )


def _nonzeros_mistakes() -> tuple[Mistake, ...]:
    look = "Fix one output Y[k,l]. Which inputs can move it? Then count the outputs."

    def counts(**changed):
        """The right counts, with those of some layers replaced."""

        def wrong(layer, N, D, M):
            if layer in changed:
                return changed[layer](N, D, M)
            return layers.nonzeros(layer, N, D, M)

        return wrong

    return (
        Mistake(
            "all entries",
            counts(
                relu=lambda N, D, M: (N * D) ** 2,
                linear_input=lambda N, D, M: N * M * N * D,
                linear_weight=lambda N, D, M: N * M * D * M,
                bias=lambda N, D, M: N * M * M,
            ),
            "You counted every entry of the array, its zeros too.",
            look,
        ),
        Mistake(
            "blocks on the diagonal in full",
            counts(relu=lambda N, D, M: N * D * D),
            "For ReLU you counted each sample's whole matrix. That matrix is a diagonal one.",
            look,
        ),
        Mistake(
            "one sample",
            counts(
                relu=lambda N, D, M: D,
                linear_input=lambda N, D, M: D * M,
                linear_weight=lambda N, D, M: D * M,
                bias=lambda N, D, M: M,
            ),
            "You counted one sample. There are N of them, and each has outputs of its own.",
            look,
        ),
        Mistake(
            "different numbers",
            counts(
                linear_input=lambda N, D, M: D * M,
                linear_weight=lambda N, D, M: N * D,
                bias=lambda N, D, M: 1,
            ),
            "You counted the different numbers that appear. Asked for is how many places hold them: a number that is repeated counts each time.",
            look,
        ),
        Mistake(
            "bias counted once",
            counts(bias=lambda N, D, M: M),
            "For the bias you counted one row of outputs. b is copied to all N rows.",
            look,
        ),
        Mistake(
            "weights counted once",
            counts(linear_weight=lambda N, D, M: D * M),
            "For the weights you counted the entries of W. Each of them reaches an output in every sample.",
            look,
        ),
        Mistake(
            "input counted once",
            counts(linear_input=lambda N, D, M: D * M),
            "For the input you counted one block. There is one for each sample.",
            look,
        ),
        Mistake(
            "weights by every output",
            counts(linear_weight=lambda N, D, M: N * D * M * M),
            "For the weights you let every column of W reach every feature of the output.",
            look,
        ),
        Mistake(
            "input of other samples",
            counts(linear_input=lambda N, D, M: N * N * D * M),
            "For the input you let every sample reach every sample's outputs.",
            look,
        ),
        Mistake(
            "zeros counted",
            lambda layer, N, D, M: (
                {
                    "relu": (N * D) ** 2,
                    "linear_input": N * M * N * D,
                    "linear_weight": N * M * D * M,
                    "bias": N * M * M,
                }[layer]
                - layers.nonzeros(layer, N, D, M)
            ),
            "You counted the zeros. Asked for are the others.",
            look,
        ),
        Mistake(
            "density",
            lambda layer, N, D, M: {
                "relu": 1 / (N * D),
                "linear_input": 1 / N,
                "linear_weight": 1 / M,
                "bias": 1 / M,
            }[layer],
            "That is the share of entries that differ from zero. Asked for is their number.",
            look,
        ),
        Mistake(
            "every output with every input for ReLU",
            counts(relu=lambda N, D, M: (N * D) ** 2),
            "For ReLU you let every input move every output. Each output answers to its own input alone.",
            look,
        ),
        Mistake(
            "half of them",
            counts(relu=lambda N, D, M: N * D // 2),
            "For ReLU you left out half of the entries, those at negative inputs. Counted are all that *can* differ from zero.",
            look,
        ),
        Mistake(
            "bias by every output",
            counts(bias=lambda N, D, M: N * M * M),
            "For the bias you let every entry of b reach every feature. Each output reads one of them.",
            look,
        ),
        Mistake(
            "outputs counted",
            counts(linear_input=lambda N, D, M: N * M, linear_weight=lambda N, D, M: N * M),
            "For the linear layer you counted the outputs. Each of them answers to several inputs.",
            look,
        ),
        Mistake(
            "inputs counted",
            counts(linear_input=lambda N, D, M: N * D, linear_weight=lambda N, D, M: D * M),
            "For the linear layer you counted the inputs. Each of them moves several outputs.",
            look,
        ),
        Mistake(
            "all like a linear layer",
            lambda layer, N, D, M: N * D * M,
            "You gave all four layers the count of the linear layer.",
            look,
        ),
    )


def _multiplications_mistakes() -> tuple[Mistake, ...]:
    look = "Take N = 2 and H = 3 and count the products in each of the three sums."

    def ways(full=None, stack=None, condensed=None):
        changed = {"full": full, "stack": stack, "condensed": condensed}
        return lambda way, N, H: (changed[way] or (lambda N, H: multiplications(way, N, H)))(N, H)

    return (
        Mistake(
            "stack taken for the full array",
            ways(full=lambda N, H: N * H * H),
            "For the full array you counted only the blocks on its diagonal. A contraction does not know that the others are zero.",
            look,
        ),
        Mistake(
            "one sample's matrix",
            ways(stack=lambda N, H: H * H),
            "For the stack you counted one matrix. Each of the N samples has its own.",
            look,
        ),
        Mistake(
            "every sample with every matrix",
            ways(stack=lambda N, H: N * N * H * H),
            "For the stack you let every row meet every sample's matrix. Each row meets its own.",
            look,
        ),
        Mistake(
            "zeros left out",
            lambda way, N, H: N * H,
            "You counted the products that are not zero. The contraction multiplies by the zeros too: that is its cost.",
            look,
        ),
        Mistake(
            "full not squared",
            ways(full=lambda N, H: N * H),
            "For the full array you counted the entries of X. Each of them has a sum over all outputs.",
            look,
        ),
        Mistake(
            "samples and features exchanged",
            ways(stack=lambda N, H: N * N * H),
            "For the stack you exchanged N and H. There are N matrices, each H × H.",
            look,
        ),
        Mistake(
            "axes added once",
            ways(condensed=lambda N, H: N + H),
            "For the condensed map you added N and H. There is a product for each pair of a sample and a feature.",
            look,
        ),
        Mistake(
            "one product",
            ways(condensed=lambda N, H: 1),
            "For the condensed map you counted one product. It is one for each entry of X.",
            look,
        ),
        Mistake(
            "products and sums",
            lambda way, N, H: 2 * multiplications(way, N, H),
            "Your number is twice too large: did you count additions too? Asked for are multiplications.",
            look,
        ),
        Mistake(
            "axes added",
            ways(
                full=lambda N, H: (N + H) ** 2,
                stack=lambda N, H: N + H * H,
                condensed=lambda N, H: N + H,
            ),
            "You added axis lengths where they multiply.",
            look,
        ),
        Mistake(
            "ways exchanged",
            lambda way, N, H: multiplications(
                {"full": "condensed", "condensed": "full"}.get(way, way), N, H
            ),
            "The full array and the condensed map are exchanged.",
            look,
        ),
        Mistake(
            "bytes",
            lambda way, N, H: 8 * multiplications(way, N, H),
            "Your number is eight times too large: that counts bytes, not products.",
            look,
        ),
    )


def _doubling_mistakes() -> tuple[Mistake, ...]:
    look = "Work out the count at N = H = 1 and at N = H = 2."

    def table(full, stack, condensed):
        answers = {"full": full, "stack": stack, "condensed": condensed}
        return lambda way: answers[way]

    return (
        Mistake(
            "exponents",
            table(4, 3, 2),
            "Those are the powers to which the size is raised. Doubling multiplies by 2 to that power.",
            look,
        ),
        Mistake(
            "only the samples doubled",
            table(4, 2, 2),
            "You doubled N and left H as it was. Here both double.",
            look,
        ),
        Mistake(
            "only the features doubled",
            table(4, 4, 2),
            "You doubled H and left N as it was. Here both double.",
            look,
        ),
        Mistake(
            "all double",
            table(2, 2, 2),
            "You doubled the cost because the sizes double. The cost is a product of several sizes.",
            look,
        ),
        Mistake(
            "all like the entries of X",
            table(4, 4, 4),
            "You gave all three the growth of X itself.",
            look,
        ),
        Mistake(
            "exponent times two",
            table(8, 6, 4),
            "You multiplied the power by 2. Doubling a size doubles the cost once for each time the size stands in the product.",
            look,
        ),
        *(
            Mistake(
                f"{way}: one size {words}",
                lambda asked, way=way, more=more: (
                    doubling_factor(asked) * (more if asked == way else 1)
                ),
                f"For '{way}' you let one size double too {words}. How many sizes stand in the product there?",
                look,
            )
            for way in WAYS
            for words, more in (("few", 0.5), ("many", 2))
        ),
        Mistake(
            "full and condensed exchanged",
            table(4, 8, 16),
            "The full array and the condensed map are exchanged.",
            look,
        ),
    )


def _monster_mistakes() -> tuple[Mistake, ...]:
    look = "Put your size back into N·H·N·H times itemsize, and one size more. Is the limit between the two?"

    def root(power, round_with=int, count=lambda available, size: available / size):
        return lambda available, size: round_with(count(available, size) ** (1 / power) + 1e-9)

    return (
        Mistake(
            "square root",
            lambda available, size: isqrt(available // size),
            "That is how many entries X may have, N times H. Asked for is N itself.",
            look,
        ),
        Mistake(
            "cube root",
            root(3),
            "You took a cube root: that is where the stack (N, H, H) stops fitting.",
            look,
        ),
        Mistake(
            "itemsize forgotten",
            lambda available, size: isqrt(isqrt(available)),
            "You took bytes for entries. Each entry takes several bytes.",
            look,
        ),
        Mistake(
            "first that does not fit",
            lambda available, size: largest_monster(available, size) + 1,
            "Your size is one too large: it is the first that does not fit.",
            look,
        ),
        Mistake(
            "one too small",
            lambda available, size: largest_monster(available, size) - 1,
            "Your size is one too small: the next one still fits.",
            look,
        ),
        Mistake(
            "must stay below",
            lambda available, size: isqrt(isqrt((available - 1) // size)),
            "A monster that fills the memory to the last byte still fits; yours stops one earlier there.",
            look,
        ),
        Mistake(
            "rounded to the nearest",
            root(4, round),
            "You rounded to the nearest size. Half of the time that one does not fit any more.",
            look,
        ),
        Mistake(
            "rounded up",
            root(4, lambda value: int(np.ceil(value - 2e-9))),
            "You rounded up, and the larger size does not fit.",
            look,
        ),
        Mistake(
            "not rounded",
            lambda available, size: (available / size) ** 0.25,
            "Your number has a fraction. A batch has a whole number of samples.",
            look,
        ),
        Mistake(
            "multiplied by itemsize",
            lambda available, size: isqrt(isqrt(available * size)),
            "You multiplied by itemsize. The larger an entry, the fewer of them fit.",
            look,
        ),
        Mistake(
            "whole-number division in the power",
            lambda available, size: int((available / size) ** (1 // 4)),
            "You raised to the power 1 // 4. A division of whole numbers with `//` gives 0 there.",
            "Print your exponent.",
        ),
        Mistake(
            "logarithm",
            lambda available, size: int(np.log(available / size) / np.log(4)),
            "You took a logarithm to base 4. That asks how often 4 is multiplied with itself; here a number is multiplied with itself four times.",
            look,
        ),
        Mistake(
            "cube root of floats",
            lambda available, size: int((available / size) ** (1 / 3)),
            "You took a cube root: that is where the stack (N, H, H) stops fitting.",
            look,
        ),
        Mistake(
            "divided by itemsize at the end",
            lambda available, size: isqrt(isqrt(available)) // size,
            "You took the root of bytes and divided by itemsize then. Bytes become entries before the root is taken.",
            look,
        ),
        Mistake(
            "entries that fit",
            lambda available, size: available // size,
            "That is how many entries fit. The Jacobian has N·H·N·H of them.",
            look,
        ),
        Mistake(
            "divided by four",
            lambda available, size: available // size // 4,
            "You divided by four. The size is multiplied with itself four times.",
            look,
        ),
    )


def _floor_mistakes() -> tuple[Mistake, ...]:
    look = "If arithmetic takes 2 s and memory 3 s, both at the same time: when is all done?"
    return (
        Mistake(
            "times added",
            lambda ops, moved, speed, bandwidth: ops / speed + moved / bandwidth,
            "You added the two times. A processor calculates while the next numbers are on their way.",
            look,
        ),
        Mistake(
            "the smaller one",
            lambda ops, moved, speed, bandwidth: min(ops / speed, moved / bandwidth),
            "You took the smaller of the two times. The slower of the two is waited for.",
            look,
        ),
        Mistake(
            "memory only",
            lambda ops, moved, speed, bandwidth: moved / bandwidth,
            "You counted memory alone. A matrix product waits for arithmetic.",
            look,
        ),
        Mistake(
            "arithmetic only",
            lambda ops, moved, speed, bandwidth: ops / speed,
            "You counted arithmetic alone. An element-wise product waits for memory.",
            look,
        ),
        Mistake(
            "speeds multiplied",
            lambda ops, moved, speed, bandwidth: max(ops * speed, moved * bandwidth),
            "You multiplied by the speeds. What is the unit of multiplications times multiplications per second?",
            "Work out the units.",
        ),
        Mistake(
            "upside down",
            lambda ops, moved, speed, bandwidth: min(
                speed / ops if ops else np.inf, bandwidth / moved if moved else np.inf
            ),
            "Speed was divided by work: that says how often a second it could be done.",
            "Work out the units.",
        ),
        Mistake(
            "speeds exchanged",
            lambda ops, moved, speed, bandwidth: max(ops / bandwidth, moved / speed),
            "The two speeds are exchanged: multiplications were divided by bytes per second.",
            "Work out the units.",
        ),
        Mistake(
            "speed over work",
            lambda ops, moved, speed, bandwidth: max(speed / ops, bandwidth / moved),
            "You divided the speed by the work: that says how often a second it could be done.",
            "Work out the units.",
        ),
        Mistake(
            "times multiplied",
            lambda ops, moved, speed, bandwidth: ops / speed * moved / bandwidth,
            "You multiplied the two times. The result would be in square seconds.",
            "Work out the units.",
        ),
        Mistake(
            "bits moved",
            lambda ops, moved, speed, bandwidth: max(ops / speed, 8 * moved / bandwidth),
            "You multiplied the bytes by 8. The speed is in bytes a second already.",
            "Work out the units.",
        ),
        Mistake(
            "whole seconds",
            lambda ops, moved, speed, bandwidth: max(ops // speed, moved // bandwidth),
            "Your times are cut to whole seconds: `//` is a division without what stands behind the point.",
            "What is 1 // 2 in Python?",
        ),
        Mistake(
            "work added, speeds added",
            lambda ops, moved, speed, bandwidth: (ops + moved) / (speed + bandwidth),
            "You added multiplications to bytes. Each has its own speed, and its own time.",
            "Work out the units.",
        ),
        Mistake(
            "averaged",
            lambda ops, moved, speed, bandwidth: (ops / speed + moved / bandwidth) / 2,
            "You took the mean of the two times. The slower of the two is waited for.",
            look,
        ),
    )


def _limit_mistakes() -> tuple[Mistake, ...]:
    look = "How often is each number used once it has been fetched from memory?"

    def words(**answers):
        return lambda operation: answers.get(operation, limited_by(operation))

    return (
        Mistake(
            "everything by arithmetic",
            lambda operation: "arithmetic",
            "You put all four down to arithmetic. Some of them do one multiplication with each number they fetch, or none.",
            look,
        ),
        Mistake(
            "matrix product by memory",
            words(linear_input_backward="memory"),
            "A matrix product uses each number it fetches many times: once for every row or column of the other factor.",
            look,
            same_as=("everything by memory",),
        ),
        Mistake(
            "everything by memory",
            lambda operation: "memory",
            "You put all four down to memory. One of them uses each number it fetches a thousand times.",
            look,
            same_as=("matrix product by memory",),
        ),
        Mistake(
            "exchanged",
            lambda operation: "memory" if limited_by(operation) == "arithmetic" else "arithmetic",
            "The two words are exchanged.",
            look,
        ),
        Mistake(
            "contraction by arithmetic",
            words(contract="arithmetic"),
            "The contraction does very many multiplications, and fetches a new number of the Jacobian for each of them.",
            look,
        ),
        Mistake(
            "sum by arithmetic",
            words(bias_backward="arithmetic"),
            "The bias's sum adds each number once.",
            look,
        ),
        Mistake(
            "product by arithmetic",
            words(relu_backward="arithmetic"),
            "ReLU's map multiplies each number once.",
            look,
        ),
    )


def _page_mistakes() -> tuple[Mistake, ...]:
    look = "How far apart are two neighbours on the diagonal, in bytes? Is that more or less than a page?"
    return (
        Mistake(
            "whole array",
            lambda K, page: K * K * 8,
            "That is the whole array. Pages that nobody writes to are not there yet.",
            look,
        ),
        Mistake(
            "whole array in pages",
            lambda K, page: -(-(K * K * 8) // page) * page,
            "That is the whole array, in whole pages. Pages that nobody writes to are not there yet.",
            look,
        ),
        Mistake(
            "entries only",
            lambda K, page: K * 8,
            "That is what the diagonal's numbers take. The system hands out memory in whole pages.",
            look,
        ),
        Mistake(
            "a page for each entry",
            lambda K, page: K * page,
            "You gave every entry of the diagonal a page of its own. Where rows are shorter than a page, several entries share one.",
            look,
        ),
        Mistake(
            "a single page",
            lambda K, page: page,
            "One page is not enough: the diagonal is spread over the whole array.",
            look,
        ),
        Mistake(
            "rounded down",
            lambda K, page: min(K, K * K * 8 // page) * page,
            "You rounded the number of pages down. A page that is begun is used whole.",
            look,
        ),
        Mistake(
            "entries compared with bytes",
            lambda K, page: K * page if page <= K else -(-(K * K * 8) // page) * page,
            "You compared K with the size of a page. K counts entries and a page bytes.",
            look,
        ),
        Mistake(
            "whole array in pages, rounded down",
            lambda K, page: K * K * 8 // page * page,
            "That is the whole array, in whole pages. Pages that nobody writes to are not there yet.",
            look,
        ),
        Mistake(
            "pages of 4,096 bytes always",
            lambda K, page: K * 4096,
            "You took 4,096 bytes for a page, and one page for each entry. The size of a page is handed in.",
            look,
        ),
        Mistake(
            "distance in pages",
            lambda K, page: -(-(K + 1) * 8 // page) * page * K,
            "You counted the pages from one entry to the next. Those in between are not touched.",
            look,
        ),
        Mistake(
            "the larger one",
            lambda K, page: max(K * page, K * K * 8),
            "You took the larger of the two numbers. A page that is not there cannot be touched, and no entry touches two.",
            look,
        ),
        Mistake(
            "distance times entries",
            lambda K, page: (K + 1) * 8 * K,
            "You multiplied the distance of two neighbours by their number: that is the whole array. In between, pages may be left out.",
            look,
        ),
        Mistake(
            "never more than the entries need",
            lambda K, page: -(-(K * 8) // page) * page,
            "You packed the diagonal into as few pages as its numbers need. They do not stand side by side.",
            look,
        ),
        Mistake(
            "number of pages",
            lambda K, page: min(K, -(-(K * K * 8) // page)),
            "That is the number of pages. Asked for are bytes.",
            look,
        ),
        Mistake(
            "in part of a page",
            lambda K, page: min(K * page, K * K * 8),
            "Where all of the array is used, it still takes whole pages.",
            look,
        ),
    )


EXERCISES = (
    Exercise(
        name="jacobian_bytes",
        notebook=NOTEBOOK,
        section="1. Bytes",
        points=1,
        reference=jacobian_bytes,
        cases=_weights,
        mistakes=_bytes_mistakes(),
        hints=(
            "How many entries has Y? How many has X? The Jacobian has one entry for each pair.",
            "The number of entries of an array is the product of the lengths of its axes; math.prod multiplies a tuple, and gives 1 for an empty one.",
            "Three factors: outputs, inputs, bytes for each entry.",
        ),
        derivation="An entry for every pair of an output and an input: the product of all axis lengths of both shapes, times the bytes of one entry.",
    ),
    Exercise(
        name="nonzeros",
        notebook=NOTEBOOK,
        section="2. How much of it is not zero",
        points=2,
        reference=nonzeros,
        cases=_layers,
        mistakes=_nonzeros_mistakes(),
        hints=(
            "Count by outputs: how many are there, and how many inputs can move one of them?",
            "ReLU: one input. Linear, by X: a row of X. Linear, by W: a column of W. Bias: one entry of b.",
            "Each Kronecker delta in the rule of an entry lets one index run no more: multiply the lengths of the axes that are left.",
        ),
        derivation="Take the number of outputs, and multiply it by the number of inputs that can move one of them: 1 for ReLU and bias, D for the linear layer, by X as by W.",
    ),
    Exercise(
        name="multiplications",
        notebook=NOTEBOOK,
        section="3. Operations",
        points=1,
        reference=multiplications,
        cases=_ways,
        mistakes=_multiplications_mistakes(),
        hints=(
            "How many entries has the result, and how many products stand in the sum for one of them?",
            "Full: for each entry of X a sum over all entries of Y. Stack: for each entry of X a sum over its own row.",
            "Condensed: no sum is left, one product for each entry.",
        ),
        derivation="All three give the N·H entries of dL_dX. An entry costs N·H products with the full array, H with the stack, and one with the condensed map.",
    ),
    Exercise(
        name="doubling_factor",
        notebook=NOTEBOOK,
        section="4. Seconds",
        points=1,
        reference=doubling_factor,
        cases=_each_way,
        mistakes=_doubling_mistakes(),
        hints=(
            "Put 2N for N and 2H for H into your count.",
            "Each N and each H in the product brings a factor of 2.",
            "Count how many sizes stand in each product: four, three, two.",
        ),
        derivation="Each size that stands in the product brings a factor of 2: four of them for the full array, three for the stack, two for the condensed map.",
    ),
    Exercise(
        name="largest_monster",
        notebook=NOTEBOOK,
        section="5. Where the monster stops fitting",
        points=2,
        reference=largest_monster,
        cases=_memories,
        mistakes=_monster_mistakes(),
        hints=(
            "How many entries fit? Then: N·H·N·H with N = H may be at most that.",
            "Which root undoes a fourth power, and to which side do you round?",
            "math.isqrt is a square root of whole numbers, rounded down. Twice is a fourth root.",
        ),
        derivation="N = H means N⁴ entries. The largest N with N⁴ at most available / itemsize is the fourth root, rounded down.",
    ),
    Exercise(
        name="floor_seconds",
        notebook=NOTEBOOK,
        section="6. The floor",
        points=1,
        reference=floor_seconds,
        cases=_machines,
        mistakes=_floor_mistakes(),
        hints=(
            "How long would the multiplications take alone, and the bytes alone?",
            "Both go on at the same time.",
            "The work is done when the slower of the two is.",
        ),
        derivation="Work divided by speed gives two times. They run side by side, so no operation is done before the longer of the two is over.",
    ),
    Exercise(
        name="limited_by",
        notebook=NOTEBOOK,
        section="6. The floor",
        points=1,
        reference=limited_by,
        cases=_operations,
        mistakes=_limit_mistakes(),
        hints=(
            "Count the multiplications for each number that is read, when all sizes are about a thousand.",
            "A sum, an element-wise product and a contraction use each number of the large array once.",
            "In a matrix product of two (n, n) arrays, in how many sums does one entry stand?",
        ),
        derivation="Where every fetched number is used once, memory sets the pace. In a matrix product every number is used once for each row or column of the other factor, so arithmetic does.",
    ),
    Exercise(
        name="touched_bytes",
        notebook=NOTEBOOK,
        section="7. Sixteen gibibytes in a fifth of one",
        points=2,
        reference=touched_bytes,
        cases=_pages,
        mistakes=_page_mistakes(),
        hints=(
            "A page comes into being when something is first written to it. How many pages does the diagonal touch?",
            "Two neighbours on the diagonal are a row and one entry apart. If that is a page or more, no two share a page.",
            "If it is less, every page of the array has an entry of the diagonal in it. So: the smaller of K pages and all pages.",
        ),
        derivation="Neighbours on the diagonal are (K + 1)·8 bytes apart. If that is at least a page, each of the K entries has a page to itself; otherwise all pages of the array are touched. The smaller of the two numbers of pages, times the size of a page.",
    ),
)

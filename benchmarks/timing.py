"""Fair times: interleaved, in random order, medians, three sets."""

import contextlib
import gc
import os
import random
import statistics
import time

SETS = 3
SAMPLE = 1e-3  # seconds: a call shorter than this is repeated within one sample
MOST_ROUNDS = 150


def race(contenders, seconds=3.0):
    """Time functions without arguments: {name: [median seconds of one call, for each set]}.

    ``seconds`` is shared out among the contenders; a slow one gets fewer rounds, never fewer than
    one a set. What a call returns is freed after the clock has stopped.
    """
    share = seconds / len(contenders)
    plans = {name: _plan(call, share) for name, call in contenders.items()}
    times = {name: [] for name in contenders}
    for _ in range(SETS):
        for name, median in _one_set(contenders, plans).items():
            times[name].append(median)
    return times


def _plan(call, seconds):
    call()  # compiles, fills caches
    once = _sample(call, 1)
    repeats = max(1, min(1000, round(SAMPLE / once)))
    rounds = max(1, min(MOST_ROUNDS, round(seconds / SETS / (once * repeats))))
    return repeats, rounds


def _one_set(contenders, plans):
    samples = {name: [] for name in contenders}
    turns = [
        (turn / rounds + random.random() / rounds, name)
        for name, (_, rounds) in plans.items()
        for turn in range(rounds)
    ]
    gc.disable()
    try:
        for _, name in sorted(turns):
            samples[name].append(_sample(contenders[name], plans[name][0]))
    finally:
        gc.enable()
    return {name: statistics.median(seen) for name, seen in samples.items()}


def _sample(call, repeats):
    if repeats > 1:
        call()  # the caches are those of the contender before
    total = 0.0
    for _ in range(repeats):
        start = time.perf_counter()
        result = call()
        total += time.perf_counter() - start
        del result
    return total / repeats


def once(call):
    """Seconds of a single call, and what it returned."""
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


@contextlib.contextmanager
def one_core():
    """Threads that start in here stay on one core, and see no other (where the system can)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)

"""What a measurement is, what a bar is, and how the cost grows."""

import math
from dataclasses import asdict, dataclass, field

OURS = "ours"
FLOOR = "floor"


@dataclass
class Bar:
    """A ratio that was promised: ``seen`` in each of three sets, and its bound."""

    text: str
    seen: list
    at_most: float | None = None
    at_least: float | None = None

    @property
    def best(self):
        """The best of the sets: what the code can do when it is left alone."""
        return min(self.seen) if self.at_most is not None else max(self.seen)

    @property
    def noise(self):
        """Half the range of the sets, as a part of their middle."""
        low, high = min(self.seen), max(self.seen)
        return (high - low) / (high + low) if high + low else 0.0

    @property
    def verdict(self):
        slack = 1 + self.noise
        if self.at_most is not None:
            bounds = self.best <= self.at_most, self.best <= self.at_most * slack
        else:
            bounds = self.best >= self.at_least, self.best * slack >= self.at_least
        return "met" if bounds[0] else "within noise" if bounds[1] else "MISSED"


@dataclass
class Case:
    """One comparison: the same work by several contenders, at one size.

    ``times`` holds the median seconds of each set. ``base`` is what ratios in the table are taken
    to: the floor where there is one.
    """

    topic: str
    name: str
    size: float
    times: dict
    base: str = FLOOR
    note: str = ""
    bars: list = field(default_factory=list)
    unit: str = "s"

    def best(self, contender):
        return min(self.times[contender])

    def ratios(self, contender, to):
        """Ratio of two contenders, set by set (they ran side by side)."""
        return [a / b for a, b in zip(self.times[contender], self.times[to], strict=True)]

    def at_most(self, text, bound, contender=OURS, to=FLOOR):
        if to in self.times and contender in self.times:
            self.bars.append(Bar(text, self.ratios(contender, to), at_most=bound))

    def at_least(self, text, bound, contender, to=OURS):
        """``contender`` takes at least ``bound`` times as long as ``to``."""
        if to in self.times and contender in self.times:
            self.bars.append(Bar(text, self.ratios(contender, to), at_least=bound))

    def as_data(self):
        data = asdict(self)
        for bar, stored in zip(self.bars, data["bars"], strict=True):
            stored.update(best=bar.best, noise=bar.noise, verdict=bar.verdict)
        return data


@dataclass
class Slope:
    """How the time of a contender grows with size, on log axes: measured, and in theory."""

    topic: str
    contender: str
    measured: float
    theory: float
    meaning: str


def slope(cases, contender, theory, meaning, last=3):
    """The slope through the ``last`` largest sizes, by least squares on logarithms."""
    seen = [c for c in cases if contender in c.times][-last:]
    x, y = [math.log(c.size) for c in seen], [math.log(c.best(contender)) for c in seen]
    mx, my = sum(x) / len(x), sum(y) / len(y)
    rise = sum((a - mx) * (b - my) for a, b in zip(x, y, strict=True))
    measured = rise / sum((a - mx) ** 2 for a in x)
    return Slope(seen[0].topic, contender, measured, theory, meaning)

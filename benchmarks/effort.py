"""How much of it to run, and when to give up on a slow contender."""

import os
from dataclasses import dataclass, field


@dataclass
class Effort:
    """``seconds`` for each comparison; ``quick`` makes them short and leaves out large sizes."""

    quick: bool = False

    @property
    def seconds(self):
        return 0.6 if self.quick else 3.0

    def sizes(self, *sizes, quick):
        return [s for s in sizes if s <= quick] if self.quick else list(sizes)


def free_bytes():
    """Memory that can be had without swapping, or None where the system does not say."""
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


@dataclass
class Patience:
    """Drops contenders that would take longer than ``limit`` seconds a call at the next size.

    ``power`` is how fast the work grows with the size.
    """

    power: float
    limit: float = 4.0
    seen: dict = field(default_factory=dict)

    def keep(self, contenders, size):
        """(those that are still affordable, the names of the others)."""
        kept = {name: call for name, call in contenders.items() if self._expected(name, size) < 1}
        return kept, [name for name in contenders if name not in kept]

    def _expected(self, name, size):
        if name not in self.seen:
            return 0.0
        before, seconds = self.seen[name]
        return seconds * (size / before) ** self.power / self.limit

    def learn(self, times, size):
        for name, medians in times.items():
            self.seen[name] = size, min(medians)

"""How a folder is graded: plain data, which travels to other processes and machines."""

from __future__ import annotations

from dataclasses import dataclass, field

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    cells, cell: seconds for all of its cells, and for one. answer: of the processor, for one
        exercise, all cases; on the clock, `patience` times as long, since others may be busy.
    total: seconds for all of it, however often its process has to be started again.
    memory: bytes of address space of a process. together: bytes that all its processes hold.
    output: bytes printed during one request. scratch: bytes on its scratch disk, and in a file.
    """

    cells: float = 60.0
    cell: float = 20.0
    answer: float = 10.0
    patience: float = 3.0
    total: float = 300.0
    grace: float = 2.0
    start: float = 60.0
    memory: int = 1024 * MIB
    together: int = 1536 * MIB
    processes: int = 64
    output: int = 8 * MIB
    scratch: int = 64 * MIB


@dataclass(frozen=True)
class Options:
    """How a folder is graded.

    seed: of the random cases. boxed: in the sandbox. private: a Python file with further
    exercises. hidden: folders no submission may read. cache: a folder with compiled Python.
    """

    seed: int = 0
    boxed: bool = True
    limits: Limits = field(default_factory=Limits)
    private: str = ""
    hidden: tuple[str, ...] = ()
    cache: str = ""

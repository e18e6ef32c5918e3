"""What a running process and its children have used: CPU seconds and peak memory."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.interop.processes import Process

__all__ = ["INTERVAL", "Meter", "is_connected"]

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")
INTERVAL = 0.01
ESTABLISHED = "01"


class Meter:
    """Watches one process tree from a thread until the context ends.

    CPU is user and system time of every process of the tree, in ticks of 10 ms. The peak
    of memory is the largest sum of their high-water marks, read every 10 ms; mapped files
    count, as the kernel counts them.
    """

    def __init__(self, process: Process) -> None:
        self._process = process
        self._peak = 0
        self._cpu = 0.0
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._done.wait(INTERVAL):
            self._sample()

    def _sample(self) -> None:
        if self._process.returncode is None:
            tree = list(processes_of(self._process.pid))
            self._peak = max(self._peak, sum(peak_of(pid) for pid in tree))
            self._cpu = max(self._cpu, sum(cpu_of(pid) for pid in tree))

    @property
    def peak_bytes(self) -> int:
        return self._peak

    def cpu_seconds(self) -> float:
        """CPU used so far; exact, with children that were waited for, once it has ended."""
        if self._process.usage is not None:
            return self._process.usage.ru_utime + self._process.usage.ru_stime
        self._sample()
        return self._cpu


def is_connected(ports: set[int]) -> bool:
    """Whether a TCP connection over IPv4 stands at one of these local ports."""
    lines = (PROC / "net/tcp").read_text().splitlines()[1:]
    rows = [line.split() for line in lines]
    return any(
        row[3] == ESTABLISHED and int(row[1].rpartition(":")[2], 16) in ports for row in rows
    )


def processes_of(root: int) -> Iterator[int]:
    """The ids of a process and of its descendants."""
    yield root
    try:
        for task in (PROC / str(root) / "task").iterdir():
            for child in (task / "children").read_text().split():
                yield from processes_of(int(child))
    except OSError:
        return


def cpu_of(pid: int) -> float:
    """User and system seconds of one process and of its children that have ended."""
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11:15]) / TICKS


def peak_of(pid: int) -> int:
    """The high-water mark of resident memory of one process, in bytes."""
    try:
        text = (PROC / str(pid) / "status").read_text()
    except OSError:
        return 0
    marks = [line for line in text.splitlines() if line.startswith("VmHWM:")]
    return int(marks[0].split()[1]) * 1024 if marks else 0

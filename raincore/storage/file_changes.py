"""Which of our files somebody else has changed while we had them open.

A file is known again by its size and the time of its last change as the system keeps it
(ctime), which no program can put back. After each read of content that is to be sent, and
around each write of ours, it is looked at: one call of a microsecond for a run of pieces.
While we write to a file, what others do to it in the same moment cannot be told from that.
"""

from __future__ import annotations

import os
import threading
from array import array
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["FileChanges"]

NONE: frozenset[int] = frozenset()


class FileChanges:
    """What the files of one torrent were like when they were last seen. Thread safe.

    Args:
        count: How many files there are; eight bytes are kept for each.
    """

    __slots__ = ("_changed", "_lock", "_stamps", "_writers")

    def __init__(self, count: int) -> None:
        self._lock = threading.Lock()
        self._stamps = array("q", bytes(8 * count))
        self._writers: dict[int, int] = {}
        self._changed: dict[int, None] = {}  # an empty set is three times an empty dictionary

    def first_seen(self, index: int, status: os.stat_result) -> None:
        """Begin to know a file, if it is not known yet."""
        with self._lock:
            if not self._stamps[index] and index not in self._writers:
                self._stamps[index] = stamp(status)

    def look(self, index: int, descriptor: int) -> None:
        """Look at a file that was just read."""
        with self._lock:
            if index not in self._writers:
                self._compare(index, descriptor)

    @contextmanager
    def writing(self, index: int, descriptor: int) -> Iterator[None]:
        """Write to a file in a `with` block: what changes meanwhile is our doing."""
        with self._lock:
            if index not in self._writers and self._stamps[index]:  # else it is new to us
                self._compare(index, descriptor)
            self._writers[index] = self._writers.get(index, 0) + 1
        try:
            yield
        finally:
            with self._lock:
                self._writers[index] -= 1
                if not self._writers[index]:
                    del self._writers[index]
                    self._stamps[index] = stamp(os.fstat(descriptor))

    def take(self) -> frozenset[int]:
        """Files that were found changed since this was last called; each is told once."""
        if not self._changed:  # without the lock: this is asked for each run that is sent
            return NONE
        with self._lock:
            changed = frozenset(self._changed)
            self._changed.clear()
        return changed

    def _compare(self, index: int, descriptor: int) -> None:
        now = stamp(os.fstat(descriptor))
        if self._stamps[index] not in (0, now):
            self._changed[index] = None
        self._stamps[index] = now


def stamp(status: os.stat_result) -> int:
    """A number of 64 bits that another state of the file does not have; never 0."""
    facts = status.st_size, status.st_ctime_ns, status.st_ino, status.st_dev
    return hash(facts) or 1

"""Piece buffers that wait to be used again, by whichever torrent needs one next.

Memory is expensive when it is touched first: the system clears each page of it. A torrent of
few pieces would do so for all that it fetches, if buffers were its own. (200 torrents of 1 MiB:
0.25 of 4 CPU-seconds.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.storage.workers import page_buffer

if TYPE_CHECKING:
    from raincore.policy.budget import Budget

__all__ = ["SpareBuffers"]

A_LITTLE = 8 * 1024 * 1024
"""Bytes that are kept while anything is downloaded."""


class SpareBuffers:
    """The spare buffers of one process: as much memory as pieces may take, and no more.

    Args:
        memory: What pieces take, that are downloaded, hashed and written.
    """

    def __init__(self, memory: Budget) -> None:
        self._memory = memory
        self._buffers: dict[int, list[memoryview]] = {}  # by length
        self.length = 0
        """Bytes of all of them."""

    def take(self, length: int) -> memoryview:
        """Get a buffer of so many bytes, whatever is in it."""
        same = self._buffers.get(length)
        if not same:
            return page_buffer(length)
        self.length -= length
        return same.pop()

    def keep(self, buffer: memoryview) -> None:
        """Have a whole buffer used again, unless there are enough; nobody else may hold it."""
        length = len(buffer)
        if self.length + length <= self._memory.total:
            self._buffers.setdefault(length, []).append(buffer)
            self.length += length

    def shrink(self) -> None:
        """Keep as much as is in use, or a little if anything is: somebody downloads no longer."""
        used = self._memory.used
        enough = max(used, A_LITTLE) if used else 0
        for length, same in list(self._buffers.items()):
            while same and self.length > enough:
                same.pop()
                self.length -= length
            if not same:
                del self._buffers[length]

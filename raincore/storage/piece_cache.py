"""Recently read runs of content for uploads, bounded in bytes, in buffers that are reused.

Memory is expensive to touch for the first time, so buffers go back to a free list and
not to the system. A buffer that a socket may still be sending from has users, and one
with users is neither evicted nor handed out for something else.

Not thread safe: it belongs to the event loop's thread. Only the filling of a reserved
run's `view` may happen elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.storage.workers import page_buffer

if TYPE_CHECKING:
    from collections.abc import Hashable

__all__ = ["CachedRun", "PieceCache"]

GRAIN = 16 * 1024  # capacities are multiples of this, so that buffers fit again
STRAINED = 4  # so many times its memory; peers that do not read would take any amount


class CachedRun:
    """A run of content in a pooled buffer; `view` is valid while the caller uses it."""

    __slots__ = ("age", "buffer", "key", "users", "view")

    def __init__(self, buffer: memoryview, length: int) -> None:
        self.buffer = buffer
        self.view = buffer[:length]
        self.users = 1
        self.age = 0  # rounds since somebody asked for it
        self.key: Hashable | None = None  # None while nobody else can find it


class PieceCache:
    """Least recently used runs of content.

    The life of a run: `reserve` a buffer, fill its view, `publish` it under a key (or
    not), `release` it when the last byte is sent. Others `acquire` it by key meanwhile
    and release it too.

    Args:
        limit_bytes: How much memory to keep, free buffers included. Runs in use may
            exceed it; what exceeds it is given up as soon as it is released.
    """

    def __init__(self, limit_bytes: int) -> None:
        self.limit_bytes = limit_bytes
        self.allocated_bytes = 0
        self.runs: dict[Hashable, CachedRun] = {}  # in order of use
        self.free: dict[int, list[memoryview]] = {}  # by capacity

    @property
    def is_strained(self) -> bool:
        """Whether users hold so much that no more than is needed should be lent to anybody."""
        return self.allocated_bytes > STRAINED * self.limit_bytes

    def acquire(self, key: Hashable) -> CachedRun | None:
        """Find a run and become one of its users; None if it is not here."""
        run = self.runs.get(key)
        if run is not None:
            self.runs[key] = self.runs.pop(key)
            run.users += 1
            run.age = 0
        return run

    def reserve(self, length: int) -> CachedRun:
        """Lend a buffer to fill; the caller is its only user. Content is arbitrary.

        Args:
            length: Bytes, at least 1.
        """
        capacity = -(-length // GRAIN) * GRAIN
        if not self.free.get(capacity) and self.allocated_bytes + capacity > self.limit_bytes:
            self.make_room(capacity)
        stack = self.free.get(capacity)
        if stack:
            return CachedRun(stack.pop(), length)
        self.allocated_bytes += capacity
        return CachedRun(page_buffer(capacity), length)

    def make_room(self, capacity: int) -> None:
        """Evict until a buffer of `capacity` is free, or may be allocated, or all are in use."""
        self.drop_free(capacity)
        for key, run in list(self.runs.items()):
            if self.free.get(capacity) or self.allocated_bytes + capacity <= self.limit_bytes:
                return
            if not run.users:
                del self.runs[key]
                if len(run.buffer) == capacity:
                    self.recycle(run)
                else:
                    self.allocated_bytes -= len(run.buffer)

    def drop_free(self, needed: int) -> None:
        """Give up free buffers of other sizes while `needed` bytes do not fit."""
        for stack in self.free.values():
            while stack and self.allocated_bytes + needed > self.limit_bytes:
                self.allocated_bytes -= len(stack.pop())

    def publish(self, key: Hashable, run: CachedRun) -> None:
        """Let others find a filled run. A run already under that key gives way."""
        old = self.runs.pop(key, None)
        if old is not None:
            self.disown(old)
        run.key = key
        self.runs[key] = run

    def release(self, run: CachedRun) -> None:
        """End one use. A run that nobody can find goes back to the free list."""
        assert run.users > 0, "released more often than acquired"
        run.users -= 1
        if run.users:
            return
        over = self.allocated_bytes > self.limit_bytes
        if run.key is not None and not over:
            return
        if run.key is not None:
            del self.runs[run.key]
            run.key = None
        self.recycle(run)

    def forget(self, key: Hashable) -> None:
        """Drop a run because its content on disk changed; users keep what they have."""
        run = self.runs.pop(key, None)
        if run is not None:
            self.disown(run)

    def grow_old(self, most: int) -> None:
        """Begin a round: give up runs that nobody asked for in so many, and spare memory.

        Args:
            most: Rounds; a run that is used by somebody is kept.
        """
        for stack in self.free.values():
            self.allocated_bytes -= sum(map(len, stack))
        self.free.clear()
        for key, run in list(self.runs.items()):
            run.age += 1
            if run.age > most and not run.users:
                del self.runs[key]
                run.key = None
                self.allocated_bytes -= len(run.buffer)

    def disown(self, run: CachedRun) -> None:
        """Make a run private again; the last user's `release` recycles it."""
        run.key = None
        if not run.users:
            self.recycle(run)

    def recycle(self, run: CachedRun) -> None:
        """Keep an unused run's buffer for the next one, unless there is too much already."""
        capacity = len(run.buffer)
        if self.allocated_bytes > self.limit_bytes:
            self.allocated_bytes -= capacity
        else:
            self.free.setdefault(capacity, []).append(run.buffer)

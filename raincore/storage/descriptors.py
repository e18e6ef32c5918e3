"""Open file descriptors, bounded in number, never closed while somebody uses one."""

from __future__ import annotations

import errno
import os
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from raincore.storage.file_allowance import FileAllowance

__all__ = ["Descriptors"]

EXHAUSTED = (errno.EMFILE, errno.ENFILE)
PATIENCE_SECONDS = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""How long to wait for others to close something, again and again, before giving up."""


class Handle:
    """One open file: its descriptor, whether it may be written, and how many use it now."""

    __slots__ = ("descriptor", "retired", "users", "writable")

    def __init__(self, descriptor: int, writable: bool) -> None:
        self.descriptor = descriptor
        self.writable = writable
        self.users = 0
        self.retired = False  # no longer in the table: the last user closes it


class Descriptors:
    """A table of open files by index, least recently used first out. Thread safe.

    Args:
        open_file: Called as open_file(index, writable) to get a descriptor; it may run
            in several threads at once, and whatever it raises goes to the caller.
        limit: How many may stay open while nobody uses them. Files in use may exceed it.
        allowance: What all torrents together may keep open, which may be less.
        sleep: Waits for so many seconds, while there is no descriptor to be had.
    """

    def __init__(
        self,
        open_file: Callable[[int, bool], int],
        limit: int,
        allowance: FileAllowance | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.open_file = open_file
        self.limit = limit
        self.allowance = allowance
        self.sleep = sleep
        if allowance is not None:
            allowance.join(self)
        self.lock = threading.Lock()
        self.handles: dict[int, Handle] = {}  # in order of use
        self.closed = False

    @contextmanager
    def use(self, index: int, *, writable: bool = False) -> Iterator[int]:
        """Lend a descriptor for the length of a `with` block, opening the file if needed."""
        handle = self.borrow(index, writable)
        if handle is None:
            # Not under the lock: a slow disk must not hold up those whose files are open.
            handle = self.adopt(index, Handle(self.open(index, writable), writable))
        try:
            yield handle.descriptor
        finally:
            self.give_back(handle)

    @contextmanager
    def use_if_open(self, index: int) -> Iterator[int | None]:
        """Lend a descriptor that is open already, or None; never waits for a disk."""
        handle = self.borrow(index, False)
        try:
            yield None if handle is None else handle.descriptor
        finally:
            if handle is not None:
                self.give_back(handle)

    def open(self, index: int, writable: bool) -> int:
        """Open a file; where no descriptor is left, close what is unused, and wait."""
        for seconds in PATIENCE_SECONDS:
            try:
                return self.open_file(index, writable)
            except OSError as error:
                if error.errno not in EXHAUSTED:
                    raise
            if not (
                self.close_unused() if self.allowance is None else self.allowance.close_unused()
            ):
                self.sleep(seconds)
        return self.open_file(index, writable)

    def close_unused(self) -> int:
        """Close the files that nobody uses now; return how many."""
        with self.lock:
            unused = [index for index, handle in self.handles.items() if not handle.users]
            for index in unused:
                self.retire(index)
        return len(unused)

    def borrow(self, index: int, writable: bool) -> Handle | None:
        """Take a handle from the table that is good enough, and make it the newest."""
        with self.lock:
            handle = self.handles.get(index)
            if handle is None or (writable and not handle.writable):
                return None
            self.handles[index] = self.handles.pop(index)
            handle.users += 1
            return handle

    def adopt(self, index: int, handle: Handle) -> Handle:
        """Put a fresh handle into the table; one that can do less gives way to it."""
        handle.users = 1
        with self.lock:
            old = self.handles.get(index)
            if self.closed or (old is not None and old.writable and not handle.writable):
                handle.retired = True  # serves this one use only
                return handle
            if old is not None:
                self.retire(index)
            self.handles[index] = handle
            self.trim()
        return handle

    def give_back(self, handle: Handle) -> None:
        """End one use; close a handle that has left the table meanwhile."""
        with self.lock:
            handle.users -= 1
            if handle.users:
                return
            if handle.retired:
                os.close(handle.descriptor)
            else:
                self.trim()

    def trim(self) -> None:
        """Close the longest unused files above the limit; the lock is held."""
        limit = self.limit if self.allowance is None else min(self.limit, self.allowance.part)
        excess = len(self.handles) - limit
        if excess <= 0:
            return
        unused = [index for index, handle in self.handles.items() if not handle.users]
        for index in unused[:excess]:
            self.retire(index)

    def retire(self, index: int) -> None:
        """Take a handle out of the table and close it as soon as it is free; lock held."""
        handle = self.handles.pop(index)
        handle.retired = True
        if not handle.users:
            os.close(handle.descriptor)

    def close(self) -> None:
        """Close all; a file in use closes when its user is done. Harmless when repeated."""
        if self.allowance is not None:
            self.allowance.leave(self)
        with self.lock:
            self.closed = True
            for index in list(self.handles):
                self.retire(index)

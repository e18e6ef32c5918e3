"""One process at a time writes content at one place: a lock for the file or directory there.

The lock lies in the user's state directory, so it works among the processes of one user, and
nothing appears beside the data. It is a byte of a file that all torrents share (`byte_locks`):
a file of its own would have to be made for each, which takes longer than to write one piece.
It is taken when something is to be written for the first time, so whoever only reads, or
lacks nothing, is in nobody's way.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from raincore.base.storage_errors import InUse
from raincore.storage import state_directory
from raincore.storage.byte_locks import ByteLocks
from raincore.storage.failures import named

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ContentLock", "ContentLocks", "RealPaths"]

FILES = 4
"""The system looks through all locks of a file for each that is taken: 0.3 ms when there are
10,000 of them. So they are spread, over few files, since each needs a descriptor."""
BELIEVED_SECONDS = 1.0


class ContentLocks:
    """The locks that this process holds, each for all of its torrents that write there."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[int, ByteLocks] = {}
        self._held: dict[int, tuple[ByteLocks | None, int]] = {}  # by place, and for how many
        self._real = RealPaths()

    def place_of(self, path: str) -> int:
        """Which lock is that of a path; whatever symlinks lead to it, it has one."""
        directory, name = os.path.split(path)
        real = os.path.join(self._real.of(directory), name)
        return int.from_bytes(hashlib.sha256(os.fsencode(real)).digest()[:8], "big") >> 2

    def take(self, place: int) -> bool:
        """Hold a lock once more; False if another process has it."""
        with self._lock:
            file, holders = self._held.get(place, (None, 0))
            if file is None:
                with suppress(OSError):  # no lock can be had: nobody is kept from anything
                    now = self._file_of(place)
                    if not now.take(place):
                        self._close_unused()
                        return False
                    file = now
            self._held[place] = file, holders + 1
            return True

    def release(self, place: int) -> None:
        """Hold it once less; the last one lets others have it."""
        with self._lock:
            file, holders = self._held.pop(place)
            if holders > 1:
                self._held[place] = file, holders - 1
                return
            with suppress(OSError):
                if file is not None:
                    file.release(place)
            self._close_unused()

    def _file_of(self, place: int) -> ByteLocks:
        """Where a lock is now: whoever is asked next must find the same file there."""
        number = place % FILES
        path = state_directory.path(os.path.join("locks", f"content-{number}"))
        file = self._files.get(number)
        if file is None or not file.is_at(path):  # else somebody has cleared the directory
            file = self._files[number] = ByteLocks.open(path)
        return file

    def _close_unused(self) -> None:
        """A file that was replaced is open until nothing in it is held."""
        if not self._held:
            self._files.clear()


class RealPaths:
    """Real paths of directories: of one to which many torrents go it is found out once.

    That is a system call for each component. It is believed for a second, as long as the way
    leads to the same directory: who has moved that one and put a symlink in its place has
    changed what it is called.

    Args:
        clock: The present in monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        # One tuple, since several threads ask: what was asked, what it was, until when it holds.
        self._known: tuple[tuple[str, int, int], str, float] = ("", 0, 0), "", 0.0

    def of(self, directory: str) -> str:
        """Where a directory really is; it need not be there."""
        try:
            status = os.stat(directory)
        except OSError:
            return os.path.realpath(directory)
        asked, now = (directory, status.st_dev, status.st_ino), self._clock()
        before, real, until = self._known
        if asked != before or now >= until:
            real = os.path.realpath(directory)
            self._known = asked, real, now + BELIEVED_SECONDS
        return real


class ContentLock:
    """The right of one torrent to write at one path.

    Args:
        locks: Those of this process.
        path: The file of the torrent, or the directory of its files. It need not be there.
    """

    def __init__(self, locks: ContentLocks, path: str) -> None:
        self._locks = locks
        self._path = path
        self._lock = threading.Lock()
        self._place: int | None = None

    def obstacle(self) -> InUse | None:
        """Hold it; why not, if another process does. Harmless when repeated."""
        with self._lock:
            if self._place is None:
                place = self._locks.place_of(self._path)
                if not self._locks.take(place):
                    return in_use(self._path)
                self._place = place
            return None

    def release(self) -> None:
        """Hold it no more; harmless when repeated."""
        with self._lock:
            if self._place is not None:
                self._locks.release(self._place)
                self._place = None


def in_use(path: str) -> InUse:
    """The error for content that another process writes."""
    where = named(path)
    text = "another process is writing it; wait for it, or choose another directory"
    return InUse(f"{text}: {where}", where)

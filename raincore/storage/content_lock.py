"""One process at a time writes content at one place: a lock for the file or directory there.

The lock lies in the user's state directory, so it works among the processes of one user, and
nothing appears beside the data. It is taken when something is to be written for the first
time, so whoever only reads, or lacks nothing, is in nobody's way.
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from raincore.base.storage_errors import InUse
from raincore.storage import state_directory
from raincore.storage.failures import named
from raincore.storage.lock_file import LockFile

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ContentLock", "ContentLocks"]


class ContentLocks:
    """The locks that this process holds, each for all of its torrents that write there.

    Args:
        are_scarce: Whether descriptors are: then it is only seen that nobody else holds the
            lock of what is taken. A lock needs one for as long as it is held.
    """

    def __init__(self, are_scarce: Callable[[], bool] = lambda: False) -> None:
        self._are_scarce = are_scarce
        self._lock = threading.Lock()
        self._held: dict[str, tuple[LockFile, int]] = {}

    def take(self, place: str) -> bool:
        """Hold a lock once more; False if another process has it."""
        with self._lock:
            file, holders = self._held.get(place, (LockFile(place), 0))
            was_held = file.is_held
            with suppress(OSError):  # no lock can be had: nobody is kept from anything
                if not file.take():
                    return False
                if not was_held and self._are_scarce():
                    file.release()
            self._held[place] = file, holders + 1
            return True

    def release(self, place: str) -> None:
        """Hold it once less; the last one lets others have it."""
        with self._lock:
            file, holders = self._held.pop(place)
            if holders > 1:
                self._held[place] = file, holders - 1
            else:
                file.release()


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
        self._place: str | None = None

    def obstacle(self) -> InUse | None:
        """Hold it; why not, if another process does. Harmless when repeated."""
        with self._lock:
            if self._place is None:
                place = place_of(self._path)
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


def place_of(path: str) -> str:
    """Where the lock of a path is; whatever symlinks lead to it, it has one."""
    directory, name = os.path.split(path)
    real = os.path.join(os.path.realpath(directory), name)
    key = hashlib.sha256(os.fsencode(real)).hexdigest()[:32]
    return os.path.join(state_directory.path("locks"), f"{key}.lock")


def in_use(path: str) -> InUse:
    """The error for content that another process writes."""
    where = named(path)
    text = "another process is writing it; wait for it, or choose another directory"
    return InUse(f"{text}: {where}", where)

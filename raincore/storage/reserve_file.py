"""Room on the disk that is kept for the moment when there is none left.

A database cannot even be opened on a full disk, so a server could not start there, and nobody
could have it remove what fills the disk. A file that holds nothing is given up then.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ReserveFile"]

LENGTH = 1024 * 1024
"""Enough for some hundred changes, after which their log is used again from its beginning."""
SHARE = 16
"""No more than one part in so many of what is free is taken."""


class ReserveFile:
    """A file of zeros, there or not. Never raises: to have none is no error.

    Args:
        path: Where it is.
        length: How much it keeps, in bytes.
    """

    def __init__(self, path: Path, length: int = LENGTH) -> None:
        self._path = path
        self._length = length

    def keep(self) -> None:
        """Have the room, if there is plenty of it now; harmless when repeated."""
        with suppress(OSError):
            if self._path.stat().st_size == self._length:
                return
        with suppress(OSError):
            room = os.statvfs(self._path.parent)
            if room.f_bavail * room.f_frsize < SHARE * self._length:
                return
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._length)
            finally:
                os.close(descriptor)
        except OSError:
            self.spend()

    def spend(self) -> bool:
        """Give the room up; whether there was any."""
        try:
            self._path.unlink()
        except OSError:
            return False
        return True

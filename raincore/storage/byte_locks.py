"""Many locks in one file: each is a byte of it, which need not be there.

A lock costs one system call, and neither a file nor a descriptor of its own. The system takes
it back when the process ends, however it ends. Locks belong to who has opened the file (they
are Linux's "open file description locks"), so two of one process keep each other out as well.
"""

from __future__ import annotations

import fcntl
import os
import struct
import weakref
from typing import Self

__all__ = ["ByteLocks"]

FLOCK = "hhqqi0q"
"""The C library's `struct flock`: kind, whence, start, length, process."""


class ByteLocks:
    """One file, open for as long as this object lives: its locks end with it.

    Args:
        descriptor: Of the file, open for writing; it is closed with the object.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        weakref.finalize(self, os.close, descriptor)
        self._status = os.fstat(descriptor)

    @classmethod
    def open(cls, path: str) -> Self:
        """Open the file, made first where there is none; nobody ever removes it.

        Args:
            path: Where it is; the directory is made.

        Raises:
            OSError: What the system said.
        """
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            return cls(os.open(path, flags, 0o600))
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            return cls(os.open(path, flags, 0o600))

    def is_at(self, path: str) -> bool:
        """Whether this is the file that others find there now."""
        try:
            return os.path.samestat(os.stat(path), self._status)
        except OSError:
            return False

    def take(self, number: int) -> bool:
        """Hold a lock, below 2**63 - 1; False if somebody else does. Harmless when repeated.

        Raises:
            OSError: There are no locks in this file system.
        """
        try:
            self._set(fcntl.F_WRLCK, number)
        except BlockingIOError:
            return False
        return True

    def release(self, number: int) -> None:
        """Hold it no more.

        Raises:
            OSError: What the system said.
        """
        self._set(fcntl.F_UNLCK, number)

    def _set(self, kind: int, number: int) -> None:
        request = struct.pack(FLOCK, kind, os.SEEK_SET, number, 1, 0)
        fcntl.fcntl(self._descriptor, fcntl.F_OFD_SETLK, request)

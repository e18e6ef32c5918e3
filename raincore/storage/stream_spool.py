"""Bytes of a stream kept for a second look: in memory while few, then in a nameless file."""

from __future__ import annotations

import os

from raincore.storage.failures import read_error, write_error
from raincore.storage.gathered_write import write_all

__all__ = ["Spool"]

COPY_LENGTH = 1024 * 1024


class Spool:
    """Grows at its end, is read anywhere, and is gone when closed, or when the process is.

    Attributes:
        size: Bytes so far.
        directory: Where it lies on disk; None while it is in memory.
    """

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("rain-spool", os.MFD_CLOEXEC)
        self.size = 0
        self.directory: str | None = None

    def write(self, data: memoryview) -> int:
        """Append bytes.

        Returns:
            Where they begin.

        Raises:
            NoSpace: The disk is full.
            WriteError: The system failed.
        """
        place = self.size
        try:
            write_all(self.descriptor, [data], place)
        except OSError as error:
            raise write_error(error, self.directory or "memory", "keep an archive in") from error
        self.size += len(data)
        return place

    def read_at(self, place: int, view: memoryview) -> None:
        """Fill a buffer whole with what was written. Thread safe.

        Raises:
            ReadError: The system failed.
        """
        try:
            while view and (got := os.preadv(self.descriptor, [view], place)):
                place += got
                view = view[got:]
        except OSError as error:
            raise read_error(error, self.directory or "memory") from error
        assert not view

    def to_disk(self) -> str:
        """Move everything into a file without a name in the directory for temporary files.

        Returns:
            That directory.

        Raises:
            NoSpace: The disk is full.
            WriteError: The system failed.
        """
        import tempfile

        directory = tempfile.gettempdir()
        try:
            with tempfile.TemporaryFile(prefix=".rain-", dir=directory) as file:
                descriptor = os.dup(file.fileno())
        except OSError as error:
            raise write_error(error, directory, "keep an archive in") from error
        memory, size = self.descriptor, self.size
        self.descriptor, self.size, self.directory = descriptor, 0, directory
        try:
            while self.size < size:
                self.write(memoryview(os.pread(memory, COPY_LENGTH, self.size)))
        finally:
            os.close(memory)
        return directory

    def clear(self) -> None:
        """Forget everything."""
        os.ftruncate(self.descriptor, 0)
        self.size = 0

    def close(self) -> None:
        """Give the memory or the disk space back."""
        os.close(self.descriptor)

"""The files of a torrent to be, read as content, noticing when one changes meanwhile."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from raincore.base.errors import ReadError
from raincore.storage.descriptors import Descriptors
from raincore.storage.failures import named, read_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.geometry import Geometry
    from raincore.storage.content_scan import SourceFile

__all__ = ["SourceReader"]

FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
OPEN_FILES = 16
READ_LENGTH = 1024 * 1024  # files up to this are opened for one read


class SourceReader:
    """Reads content that is spread over scanned files. Thread safe.

    Args:
        geometry: How the files make up the content.
        files: One for each file of the geometry; None for padding, which reads as zeros.
    """

    def __init__(self, geometry: Geometry, files: Sequence[SourceFile | None]) -> None:
        self.geometry = geometry
        self.files = files
        self.descriptors = Descriptors(self.open_file, OPEN_FILES)

    def open_file(self, index: int, writable: bool) -> int:
        """Open one file; called by `descriptors`."""
        file = self.files[index]
        assert file is not None
        assert not writable
        return os.open(file.path, FLAGS)

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from the content at `offset`, whole.

        Returns:
            The buffer's length, as `hashing` wants it.

        Raises:
            ReadError: A file cannot be read, or is not what the scan found.
        """
        done = 0
        for index, within, length in self.geometry.spans(offset, len(buffer)):
            view = buffer[done : done + length]
            done += length
            file = self.files[index]
            if file is None:
                view[:] = bytes(length)
                continue
            try:
                if file.size > READ_LENGTH:
                    with self.descriptors.use(index) as descriptor:
                        read_unchanged(descriptor, file, within, view)
                else:
                    read_small(file, within, view)
            except OSError as error:
                raise read_error(error, file.path) from error
        return done

    def close(self) -> None:
        """Close all files."""
        self.descriptors.close()


def read_small(file: SourceFile, offset: int, view: memoryview) -> None:
    """Open, read and close: a small file is needed once, or twice at most."""
    descriptor = os.open(file.path, FLAGS)
    try:
        read_unchanged(descriptor, file, offset, view)
    finally:
        os.close(descriptor)


def read_unchanged(descriptor: int, file: SourceFile, offset: int, view: memoryview) -> None:
    """Fill `view`, then make sure that the file is still the one that was scanned.

    Raises:
        ReadError: It is not.
        OSError: What the system said.
    """
    got = os.preadv(descriptor, [view], offset)
    while 0 < got < len(view):
        more = os.preadv(descriptor, [view[got:]], offset + got)
        if not more:
            break
        got += more
    status = os.fstat(descriptor)
    unchanged = status.st_size == file.size and status.st_mtime_ns == file.mtime_ns
    if got != len(view) or not unchanged:
        path = named(file.path)
        raise ReadError(f"file changed while it was hashed: {path}", path)

"""The files of a torrent to be, read as content, noticing when one changes meanwhile."""

from __future__ import annotations

import os
from bisect import bisect_right
from contextlib import ExitStack
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
        # `geometry.spans` says the same, at three times the cost for small files.
        lengths = self.geometry.file_lengths
        index = bisect_right(self.geometry.file_offsets, offset) - 1
        within = offset - self.geometry.file_offsets[index]
        wanted = len(buffer)
        done = 0
        while done < wanted:
            length = min(lengths[index] - within, wanted - done)
            if length:
                self.fill(index, within, buffer[done : done + length])
                done += length
            within = 0
            index += 1
        return done

    def fill(self, index: int, offset: int, view: memoryview) -> None:
        """Fill `view` from one file.

        Raises:
            ReadError: As `read_into`.
        """
        file = self.files[index]
        if file is None:
            view[:] = bytes(len(view))
            return
        try:
            if file.size > READ_LENGTH:
                with self.descriptors.use(index) as descriptor:
                    read_whole(descriptor, file, offset, view)
                    require_same(os.fstat(descriptor), file)
                return
            # A small file is needed once, or twice at most, so it is not kept open; and it
            # is `require_unchanged` that looks at its time, once instead of twice.
            descriptor = os.open(file.path, FLAGS)
            try:
                read_whole(descriptor, file, offset, view)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise read_error(error, file.path) from error

    def require_unchanged(self) -> None:
        """Look at all files again, when all is hashed: 2 µs each.

        Raises:
            ReadError: One is gone, or is not what the scan found.
        """
        with ExitStack() as opened:
            directory = None
            for file in self.files:
                if file is None:
                    continue
                above, slash, name = file.path.rpartition("/")
                try:
                    if above != directory:
                        # Seen from its directory a file costs two thirds of the time.
                        opened.close()
                        descriptor = os.open(above + slash or ".", os.O_PATH | os.O_CLOEXEC)
                        opened.callback(os.close, descriptor)
                        directory = above
                    require_same(os.stat(name, dir_fd=descriptor), file)
                except OSError as error:
                    raise read_error(error, file.path) from error

    def close(self) -> None:
        """Close all files."""
        self.descriptors.close()


def read_whole(descriptor: int, file: SourceFile, offset: int, view: memoryview) -> None:
    """Fill `view` from an open file.

    Raises:
        ReadError: The file is shorter than the scan found.
        OSError: What the system said.
    """
    got = os.preadv(descriptor, [view], offset)
    while got < len(view):
        more = os.preadv(descriptor, [view[got:]], offset + got)
        if not more:
            raise changed(file)
        got += more


def require_same(status: os.stat_result, file: SourceFile) -> None:
    """Make sure that a file is still the one that was scanned.

    Raises:
        ReadError: It is not.
    """
    if status.st_size != file.size or status.st_mtime_ns != file.mtime_ns:
        raise changed(file)


def changed(file: SourceFile) -> ReadError:
    """The error that names a file which is no longer what the scan found."""
    path = named(file.path)
    return ReadError(f"file changed while it was hashed: {path}", path)

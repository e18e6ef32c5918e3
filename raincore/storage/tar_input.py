"""The bytes of a tar archive from front to back: from a file or a pipe, packed or not."""

from __future__ import annotations

import fcntl
import io
import os
import stat
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.storage import tar_packing
from raincore.storage.failures import read_error
from raincore.storage.tar_packing import READ_LENGTH

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MAX_HEADER", "TarInput"]

MAX_HEADER = 4 * 1024 * 1024
"""Bytes that may describe one member: a stranger's header is read into memory whole."""

BLOCK = 512
INDEX_LENGTH = 64 * 1024  # of a file whose data are jumped over, more would be read in vain
MAX_REST = 64 * 1024 * 1024  # padding of a few KiB is usual after the end


class TarInput:
    """An archive as `tarfile` and its reader want it: forward only, bounded.

    To `tarfile` it is a file with `read`, `seek` and `tell`; what is read that way are
    headers, and they may take MAX_HEADER bytes between two calls of `allow_header`.

    Args:
        file: Open for reading in binary, not buffered if it is a file; it stays the
            caller's.
        name: For messages.

    Attributes:
        descriptor: Where the archive can be read again at any offset, `start` being that
            of its first byte; None for pipes and packed archives.
        last_header: What `tarfile` read last.

    Raises:
        FormatError: It is packed in a way that we cannot unpack.
        ReadError: The system failed.
    """

    def __init__(self, file: IO[bytes], name: str) -> None:
        self.name = name
        self.position = 0
        self.allowance = MAX_HEADER
        self.last_header = b""
        self.descriptor: int | None = None
        self.start = 0
        with self.errors():
            self.stream = self.opened(file)

    def opened(self, file: IO[bytes]) -> io.BufferedIOBase:
        """Find out what it is, and what unpacks it."""
        descriptor = descriptor_of(file)
        if descriptor is not None:
            is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
            if is_file:
                self.start = os.lseek(descriptor, 0, os.SEEK_CUR)
            else:
                with suppress(OSError):  # only pipes have it; each read fetches more at once
                    fcntl.fcntl(descriptor, fcntl.F_SETPIPE_SZ, READ_LENGTH)
        head = head_of(file)
        unpack = tar_packing.unpacker_of(head)
        if unpack is None and descriptor is not None and is_file:
            self.descriptor = descriptor
            os.lseek(descriptor, self.start, os.SEEK_SET)
            return io.BufferedReader(io.FileIO(descriptor, closefd=False), INDEX_LENGTH)
        whole = io.BufferedReader(tar_packing.Prefixed(head, file), READ_LENGTH)
        return whole if unpack is None else unpack(whole)

    def allow_header(self) -> None:
        """Let the next member's headers be read."""
        self.allowance = MAX_HEADER

    def read(self, count: int) -> bytes:
        """Read a part of a header; for `tarfile`.

        Raises:
            FormatError: The headers are too long, or what is packed is damaged.
            ReadError: The system failed.
        """
        if not 0 <= count <= self.allowance:
            raise FormatError(f"archive has a header of more than {MAX_HEADER} bytes")
        self.allowance -= count
        with self.errors():
            data = self.stream.read(count)
        self.position += len(data)
        self.last_header = data
        return data

    def seek(self, position: int) -> None:
        """Go forward; for `tarfile`.

        Raises:
            FormatError: A header leads backwards, or what is packed is damaged.
            ReadError: The system failed.
        """
        if position < self.position:
            raise FormatError("archive has a header that leads backwards")
        if self.descriptor is not None:
            with self.errors():
                self.stream.seek(self.start + position)
            self.position = position
        else:
            self.skip(position - self.position)

    def tell(self) -> int:
        """Bytes of the archive read or passed so far; for `tarfile`."""
        return self.position

    def read_at(self, place: int, view: memoryview) -> None:
        """Fill a buffer whole; for the bytes of members.

        Args:
            place: Counted from the archive's first byte. Without a `descriptor` none
                before what was read already; with one it is anywhere, and from any thread.
            view: The buffer.

        Raises:
            FormatError: The archive ends first, or what is packed is damaged.
            ReadError: The system failed.
        """
        if self.descriptor is None:
            self.seek(place)
            with self.errors():
                got = self.stream.readinto(view)
            self.position += got
        else:
            with self.errors():
                got = read_whole(self.descriptor, self.start + place, view)
        if got != len(view):
            raise cut_off()

    def finish(self) -> None:
        """Read what follows the end, so that a writer is not stopped and check sums count.

        Raises:
            FormatError: What is packed is damaged or cut off.
            ReadError: The system failed.
        """
        if self.descriptor is None:
            self.skip(MAX_REST)

    def skip(self, count: int) -> None:
        """Read over bytes, as many as there are."""
        with self.errors():
            while count > 0:
                got = len(self.stream.read(min(count, READ_LENGTH)))
                if not got:
                    break
                count -= got
                self.position += got

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn the errors of the system and of the unpackers into ours."""
        try:
            yield
        except OSError as error:
            if error.errno is None:  # so gzip and bz2 say that data are bad
                raise damaged(error) from error
            raise read_error(error, self.name) from error
        except EOFError as error:
            raise cut_off() from error
        except Exception as error:
            if type(error).__module__ not in ("zlib", "_lzma"):  # neither need be imported
                raise
            raise damaged(error) from error


def head_of(file: IO[bytes]) -> bytes:
    """The first block, shorter only at the end."""
    head = b""
    while len(head) < BLOCK and (more := file.read(BLOCK - len(head))):
        head += more
    return head


def read_whole(descriptor: int, place: int, view: memoryview) -> int:
    """Fill a buffer from a file; what is returned is less only at its end."""
    done = 0
    while done < len(view) and (got := os.preadv(descriptor, [view[done:]], place + done)):
        done += got
    return done


def descriptor_of(file: IO[bytes]) -> int | None:
    """The descriptor of a file that has one."""
    try:
        return file.fileno()
    except OSError:  # io.UnsupportedOperation: something that only looks like a file
        return None


def cut_off() -> FormatError:
    """The error for an archive that ends in the middle."""
    return FormatError("archive is cut off")


def damaged(error: Exception) -> FormatError:
    """The error for packed data that cannot be unpacked."""
    return FormatError(f"archive cannot be unpacked: {str(error).lower().rstrip('.')}")

"""A file of lines that only grows; what was not written whole is noticed and cut off.

    a line of its own that says what the file is
    3fa2b1c0 any text                       CRC-32 of the text, in hexadecimal
    ...

A process that is killed leaves half a line at the end, which is no damage. Everything
behind a line that is damaged is lost with it, because it may build upon it.
"""

from __future__ import annotations

import fcntl
import os
import stat
import threading
import zlib
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from raincore.base.errors import FormatError, WriteError
from raincore.storage.failures import named, read_error, write_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["JournalFile"]

MAX_LINE = 64 * 1024 * 1024
FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOCTTY
WRITE_BUFFER = 256 * 1024


class JournalFile:
    """A journal, locked for this process. `append` and `line_at` are thread safe.

    Args:
        path: Where it is; made if it is not there.
        head: The first line, with its end.

    Raises:
        FormatError: It is there and begins differently; it is left alone.
        ReadError, WriteError: It cannot be read or written, or another process has it.
    """

    def __init__(self, path: str, head: bytes) -> None:
        self.path = path
        self.head = head
        self.end = 0
        self.damaged_line: int | None = None
        self._has_failed = False
        self._lock = threading.Lock()
        self._adopt(locked(path, path))
        try:
            self._begin()
        except BaseException:
            self.close()
            raise

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Read from the start: where each line begins, and its text. Call nothing meanwhile.

        At a line that is not whole the file is cut off; `damaged_line` is its number if
        that is no mere end of a process that was killed.

        Raises:
            ReadError: It cannot be read.
            WriteError: It cannot be cut.
        """
        at, number = len(self.head), 1
        self.flush()
        try:
            self._reader.seek(at)
            while raw := self._reader.readline(MAX_LINE):
                number += 1
                text = unwrapped(raw)
                if text is None:
                    is_torn = not raw.endswith(b"\n") and not self._reader.read(1)
                    self.damaged_line = None if is_torn else number
                    break
                yield at, text
                at += len(raw)
        except OSError as error:
            raise read_error(error, self.path) from error
        try:
            os.ftruncate(self._file.fileno(), at)
        except OSError as error:
            raise write_error(error, self.path) from error
        self.end = at

    def append(self, text: bytes) -> int:
        """Add a line and return where it begins; it reaches the system with `flush`.

        Raises:
            WriteError: It cannot be written.
        """
        line = wrapped(text)
        try:
            with self._lock:
                self._file.write(line)
                at, self.end = self.end, self.end + len(line)
        except OSError as error:
            self._has_failed = True
            raise write_error(error, self.path) from error
        return at

    def line_at(self, at: int) -> bytes:
        """The text of a line that begins there; b"" if none does. `flush` first.

        Raises:
            ReadError: It cannot be read.
        """
        try:
            with self._lock:
                self._reader.seek(at)
                return unwrapped(self._reader.readline(MAX_LINE)) or b""
        except OSError as error:
            raise read_error(error, self.path) from error

    def flush(self) -> None:
        """Hand everything to the system.

        Raises:
            WriteError: It cannot be written.
        """
        try:
            self._file.flush()
        except OSError as error:
            self._has_failed = True
            raise write_error(error, self.path) from error

    def close(self) -> None:
        """Write what is left and close.

        Raises:
            WriteError: It cannot be written, and no call has said so before.
        """
        self._reader.close()
        try:
            self._file.close()
        except OSError as error:
            if not self._has_failed:
                raise write_error(error, self.path) from error

    def replace(self, texts: Iterable[bytes]) -> None:
        """Put other lines in the place of all; whoever is killed has the old or the new.

        Raises:
            WriteError: That failed, and the file is as it was.
        """
        target = os.path.realpath(self.path)
        temporary = f"{target}.{os.urandom(4).hex()}"
        try:
            new = locked(temporary, self.path)
            try:
                new.write(self.head)
                new.writelines(map(wrapped, texts))
                new.flush()
                os.fchmod(new.fileno(), stat.S_IMODE(os.fstat(self._file.fileno()).st_mode))
                os.fsync(new.fileno())
                os.replace(temporary, target)
            except BaseException:
                new.close()
                raise
        except OSError as error:
            raise write_error(error, self.path) from error
        finally:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
        self.close()
        self._adopt(new)

    def _adopt(self, file: IO[bytes]) -> None:
        self._file = file
        self.end = file.seek(0, os.SEEK_END)
        try:
            # Of its own, because appending moves the other's position.
            self._reader: IO[bytes] = open(self.path, "rb")  # noqa: SIM115
        except OSError as error:
            file.close()
            raise read_error(error, self.path) from error

    def _begin(self) -> None:
        """Make sure that the file is a journal of this kind, or make it one."""
        try:
            begin = self._reader.read(len(self.head))
        except OSError as error:
            raise read_error(error, self.path) from error
        if begin == self.head:
            return
        if not self.head.startswith(begin):
            raise FormatError(
                f"not a journal of this kind, so it is left alone: {named(self.path)}"
            )
        try:
            self._file.truncate(0)
            self._file.write(self.head)
        except OSError as error:
            raise write_error(error, self.path) from error
        self.flush()
        self.end = len(self.head)


def locked(path: str, shown: str) -> IO[bytes]:
    """Open a regular file for appending, as the only process.

    Raises:
        FormatError: Something else is there.
        WriteError: It cannot be opened, or another process has it.
    """
    try:
        file = open(os.open(path, FLAGS, 0o666), "ab", WRITE_BUFFER)  # noqa: SIM115
    except (OSError, ValueError) as error:
        problem = error if isinstance(error, OSError) else OSError(0, "not a path")
        raise write_error(problem, shown, "open the journal") from error
    try:
        opened = os.fstat(file.fileno())
        if not stat.S_ISREG(opened.st_mode):
            raise FormatError(f"not a journal, but a device, pipe or directory: {named(shown)}")
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.path.samestat(os.stat(path), opened):
            raise BlockingIOError  # its owner has just put another file in its place
    except OSError as error:
        file.close()
        raise WriteError(f"journal is in use by another process: {named(shown)}", shown) from error
    except BaseException:
        file.close()
        raise
    return file


def wrapped(text: bytes) -> bytes:
    """A line for a text that has no line break."""
    return b"%08x %b\n" % (zlib.crc32(text), text)


def unwrapped(line: bytes) -> bytes | None:
    """The text of a line; None if the line is not whole."""
    text = line[9:-1]
    return text if line == wrapped(text) else None

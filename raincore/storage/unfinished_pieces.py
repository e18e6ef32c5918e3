"""Blocks of pieces that are not whole yet, kept from one run to the next.

They are not verified, so they do not belong into the files. They lie in a log of their own
below the user's state directory: records that are only ever appended, each with a checksum
of its block, and now and then all that counts is written anew. What a killed process or a
power cut has left half written is noticed by its checksum, and what is behind it is
forgotten: it is fetched again and nothing worse happens.

    head, then for each block: piece, number, length, CRC-32 of these and the bytes; bytes
    a record of number GONE and no bytes: nothing of this piece counts from here on
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import struct
import threading
import time
import zlib
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Self

from raincore.base.geometry import BLOCK_LENGTH
from raincore.storage import gathered_write, state_directory
from raincore.storage.failures import read_error, write_error

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from raincore.base.geometry import Geometry

__all__ = ["UnfinishedPieces", "place_of", "remove"]

HEAD = b"rain unfinished pieces 1\n"
RECORD = struct.Struct(">IIII")
GONE = 0xFFFFFFFF
SLACK_BYTES = 8 * 1024 * 1024
"""So much that does not count may be in a log before it is written anew."""
DAY_SECONDS = 24 * 3600.0
OLD_SECONDS = 60 * DAY_SECONDS
"""A log that was not touched for so long is of a torrent that nobody goes on with."""
FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


def place_of(info_hash: str, directory: Path) -> str:
    """Where the log of one torrent, downloaded into one directory, is kept."""
    root = hashlib.sha256(os.fsencode(directory)).hexdigest()[:16]
    return os.path.join(state_directory.path("unfinished"), f"{info_hash}-{root}")


class UnfinishedPieces:
    """The log of one torrent, locked for this process. Thread safe.

    Made with its first block; a torrent that has nothing to keep leaves no file.

    Args:
        path: Where it is, or is to be.
        geometry: Of the torrent.
        limit: How many bytes may be kept.
    """

    def __init__(self, path: str, geometry: Geometry, limit: int) -> None:
        self.path = path
        self.geometry = geometry
        self.limit = limit
        self._lock = threading.Lock()
        self._descriptor = -1
        self._closed = False
        self._end = 0
        self._live: dict[int, dict[int, int]] = {}  # piece → block number → offset in the log

    @classmethod
    def open(cls, path: str, geometry: Geometry, limit: int) -> Self:
        """Open what an earlier run has kept, if anything; logs long forgotten are removed.

        Raises:
            ReadError: The system failed to read it, or another process has it.
        """
        log = cls(path, geometry, limit)
        remove_old(os.path.dirname(path), int(time.time() // DAY_SECONDS))
        try:
            log._begin(create=False)
        except FileNotFoundError:
            return log
        except OSError as error:
            log.close()
            raise read_error(error, path) from error
        return log

    @property
    def blocks(self) -> Mapping[int, tuple[int, ...]]:
        """The blocks that are kept, by piece; never all of one."""
        with self._lock:
            return {piece: tuple(sorted(numbers)) for piece, numbers in self._live.items()}

    def read_into(self, piece: int, buffer: memoryview) -> None:
        """Put the blocks of a piece that are kept where they belong in its buffer.

        Raises:
            ReadError: The system failed to read.
        """
        with self._lock:
            numbers = dict(self._live.get(piece, {}))
            try:
                for number, offset in numbers.items():
                    begin = number * BLOCK_LENGTH
                    os.preadv(self._descriptor, [buffer[begin : begin + BLOCK_LENGTH]], offset)
            except OSError as error:
                raise read_error(error, self.path) from error

    def keep(self, pieces: Mapping[int, tuple[tuple[int, ...], memoryview]]) -> None:
        """Keep blocks of some pieces and nothing of any other; durable when this returns.

        Args:
            pieces: By piece, the blocks that have come, and the buffer that has them.

        Raises:
            NoSpace: The disk or quota is full.
            WriteError: The system failed to write, or another process has the log.
        """
        with self._lock:
            if self._closed:
                return
            if not pieces:
                self._remove()
                return
            try:
                if self._descriptor < 0:
                    self._begin(create=True)
                for piece in [piece for piece in self._live if piece not in pieces]:
                    del self._live[piece]
                    self._append(piece, GONE, memoryview(b""))
                for piece, (numbers, buffer) in pieces.items():
                    self._keep_piece(piece, numbers, buffer)
                if self._end > 2 * self._live_bytes() + SLACK_BYTES:
                    self._write_anew()
                os.fdatasync(self._descriptor)
            except OSError as error:
                raise write_error(error, self.path) from error

    def _keep_piece(self, piece: int, numbers: tuple[int, ...], buffer: memoryview) -> None:
        kept = self._live.setdefault(piece, {})
        for number in numbers:
            if number not in kept and self._live_bytes() < self.limit:
                begin = number * BLOCK_LENGTH
                kept[number] = self._append(piece, number, buffer[begin : begin + BLOCK_LENGTH])

    def _live_bytes(self) -> int:
        return BLOCK_LENGTH * sum(map(len, self._live.values()))

    def _append(self, piece: int, number: int, data: memoryview) -> int:
        """Write one record; where in the log its bytes are."""
        checksum = checksum_of(piece, number, data)
        record = memoryview(RECORD.pack(piece, number, len(data), checksum))
        whole = [record, data] if data else [record]
        gathered_write.write_all(self._descriptor, whole, self._end)
        offset = self._end + RECORD.size
        self._end = offset + len(data)
        return offset

    def _write_anew(self) -> None:
        """Copy what counts into a new log, which then takes the place of this one."""
        old, live, temporary = self._descriptor, self._live, f"{self.path}.new"
        buffer = memoryview(bytearray(BLOCK_LENGTH))
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        self._descriptor = locked(temporary, create=True)
        self._live, self._end = {}, len(HEAD)
        try:
            os.pwrite(self._descriptor, HEAD, 0)
            for piece, numbers in live.items():
                for number, offset in numbers.items():
                    got = os.preadv(old, [buffer[: self._length_of(piece, number)]], offset)
                    copied = self._append(piece, number, buffer[:got])
                    self._live.setdefault(piece, {})[number] = copied
            os.fdatasync(self._descriptor)
            os.rename(temporary, self.path)
        finally:
            os.close(old)

    def _begin(self, *, create: bool) -> None:
        """Open and lock the log, and find out what is in it."""
        if create:
            os.makedirs(os.path.dirname(self.path), mode=0o700, exist_ok=True)
        self._descriptor = locked(self.path, create=create)
        if os.pread(self._descriptor, len(HEAD), 0) != HEAD:
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, HEAD, 0)
        self._end = len(HEAD)
        buffer = memoryview(bytearray(BLOCK_LENGTH))
        while self._read_record(buffer):
            pass
        for piece, numbers in list(self._live.items()):
            if len(numbers) == self.geometry.block_count(piece):
                numbers.popitem()  # somebody must bring the last one for it to be looked at
            if not numbers:
                del self._live[piece]

    def _read_record(self, buffer: memoryview) -> bool:
        """Take one more record, if there is a good one."""
        head = os.pread(self._descriptor, RECORD.size, self._end)
        if len(head) != RECORD.size:
            return False
        piece, number, length, checksum = RECORD.unpack(head)
        if piece >= self.geometry.piece_count or length != self._length_of(piece, number):
            return False
        data, offset = buffer[:length], self._end + RECORD.size
        if os.preadv(self._descriptor, [data], offset) != length:
            return False
        if checksum_of(piece, number, data) != checksum:
            return False
        self._end = offset + length
        if number == GONE:
            self._live.pop(piece, None)
        elif self._live_bytes() < self.limit:
            self._live.setdefault(piece, {})[number] = offset
        return True

    def _length_of(self, piece: int, number: int) -> int:
        """Bytes of a block; -1 if there is no such block."""
        if number == GONE:
            return 0
        begin = number * BLOCK_LENGTH
        left = self.geometry.length_of(piece) - begin
        return min(left, BLOCK_LENGTH) if left > 0 else -1

    def _remove(self) -> None:
        self._live.clear()
        if self._descriptor >= 0:
            with suppress(OSError):
                os.unlink(self.path)
            os.close(self._descriptor)
            self._descriptor = -1

    def close(self) -> None:
        """Close the file; harmless when repeated. Nothing is kept from now on."""
        with self._lock:
            self._closed = True
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1


def remove(path: str) -> None:
    """Forget a torrent that nobody goes on with; harmless when nothing is kept of it.

    Raises:
        WriteError: The system failed to remove the log.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise write_error(error, path, "remove") from error


def checksum_of(piece: int, number: int, data: memoryview) -> int:
    """What a record must have as its last number."""
    return zlib.crc32(data, zlib.crc32(struct.pack(">III", piece, number, len(data))))


def locked(path: str, *, create: bool) -> int:
    """Open a log for this process alone.

    Raises:
        OSError: The system refused, or another process has it.
    """
    descriptor = os.open(path, FLAGS if create else FLAGS & ~os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


@lru_cache(maxsize=4)
def remove_old(directory: str, day: int) -> None:
    """Remove logs that nobody has touched for long; failures do not matter.

    Args:
        day: The present one: once is enough, and thousands of torrents are opened in one.
    """
    before = time.time() - OLD_SECONDS
    with suppress(OSError), os.scandir(directory) as entries:
        for entry in entries:
            if entry.stat(follow_symlinks=False).st_mtime < before:
                os.unlink(entry.path)

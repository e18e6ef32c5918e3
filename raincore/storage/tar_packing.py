"""Packed archives: what gzip, bzip2 and xz made is read as what it was."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Protocol, TypeAlias

from raincore.base.errors import FormatError

if TYPE_CHECKING:
    from collections.abc import Callable

    Unpack: TypeAlias = Callable[[io.BufferedIOBase], io.BufferedIOBase]

__all__ = ["READ_LENGTH", "Prefixed", "Unpacked", "unpacker_of"]

READ_LENGTH = 1024 * 1024
MAX_MEMORY = 256 * 1024 * 1024  # of an xz dictionary; xz -9 wants 65 MiB
GZIP, BZIP2, XZ = b"\x1f\x8b", b"BZh", (b"\xfd7zXZ\0", b"]\0\0")
FOREIGN = {b"\x28\xb5\x2f\xfd": "zstd", b"\x1f\x9d": "compress", b"\x04\x22\x4d\x18": "lz4"}
USTAR = slice(257, 262)


class Unpacker(Protocol):
    """What the unpackers of bz2 and lzma have in common."""

    @property
    def eof(self) -> bool:
        """Whether the end of a packed stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether nothing more comes out without more data."""

    @property
    def unused_data(self) -> bytes:
        """What followed the end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Take packed data, give at most so much."""


class Prefixed(io.RawIOBase):
    """A file of which some bytes were read already."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self.head = head
        self.file = file

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Give the bytes that were read, then the file's."""
        data = self.head[: len(buffer)]
        self.head = self.head[len(data) :]
        if not data:
            if hasattr(self.file, "readinto"):
                return self.file.readinto(buffer) or 0
            data = self.file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class Unpacked(io.RawIOBase):
    """What a packed file unpacks to; several packed streams may follow each other."""

    def __init__(self, file: io.BufferedIOBase, make: Callable[[], Unpacker]) -> None:
        self.file = file
        self.make = make
        self.unpacker = make()

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Unpack some; 0 at the end.

        Raises:
            EOFError: The file ends too early.
        """
        data = b""
        while not data:
            fed = b""
            if self.unpacker.eof:
                fed = self.unpacker.unused_data.lstrip(b"\0") or self.file.read1()
                if not fed:
                    return 0
                if not fed.strip(b"\0"):  # xz allows zeros behind each stream
                    continue
                self.unpacker = self.make()
            elif self.unpacker.needs_input:
                fed = self.file.read1()
                if not fed:
                    raise EOFError
            data = self.unpacker.decompress(fed, len(buffer))
        buffer[: len(data)] = data
        return len(data)


def unpacker_of(head: bytes) -> Unpack | None:
    """What makes a reader for a file whose first block is this; None if it is not packed.

    Raises:
        FormatError: It is packed in a way that we cannot unpack.
    """
    if head[USTAR] == b"ustar":  # the first member may be called like a packed file begins
        return None
    if head.startswith(GZIP):
        import gzip

        return lambda file: gzip.GzipFile(fileobj=file, mode="rb")
    if head.startswith(BZIP2):
        import bz2

        return lambda file: io.BufferedReader(Unpacked(file, bz2.BZ2Decompressor), READ_LENGTH)
    if head.startswith(XZ):
        import lzma

        def make() -> lzma.LZMADecompressor:
            return lzma.LZMADecompressor(memlimit=MAX_MEMORY)

        return lambda file: io.BufferedReader(Unpacked(file, make), READ_LENGTH)
    for magic, name in FOREIGN.items():
        if head.startswith(magic):
            raise FormatError(f"archive must be unpacked first, as in a pipe: {name}")
    return None

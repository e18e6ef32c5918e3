"""SHA-1 of pieces: existing content against its hashes, with all cores.

HOT PATH. Runs for each piece; the time goes to hashlib with the interpreter's lock
released, reading straight into one buffer a thread. Budget: 0.6 CPU-seconds a GiB and
both cores busy; tests/bench/bench_hashing.py measures it.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.geometry import BLOCK_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from raincore.base.geometry import Geometry
    from raincore.storage.interface import Fingerprint

    Buffer = bytes | bytearray | memoryview
    ReadInto = Callable[[int, memoryview], int]

__all__ = [
    "READ_LENGTH",
    "RUN_LENGTH",
    "block_digests",
    "matches",
    "piece_digests",
    "present",
    "runs",
]

READ_LENGTH = 1024 * 1024
"""Bytes read at once: small enough to stay in a core's cache until it is hashed."""

RUN_LENGTH = 4 * 1024 * 1024
"""Bytes hashed before a thread hands in results: each time costs 50 µs when all are busy
(2 GiB with 2 threads: 0.77 s when done each 1 MiB, 0.71 s each 4 MiB)."""


def matches(piece: Buffer, digest: bytes) -> bool:
    """Whether a whole piece has this SHA-1 (BEP 3, "pieces")."""
    return hashlib.sha1(piece).digest() == digest


def block_digests(piece: Buffer) -> tuple[bytes, ...]:
    """SHA-1 of each block of a piece, to find out later which one was bad."""
    view = memoryview(piece)
    return tuple(
        hashlib.sha1(view[begin : begin + BLOCK_LENGTH]).digest()
        for begin in range(0, len(view), BLOCK_LENGTH)
    )


@lru_cache(maxsize=64)
def digest_of_zeros(length: int) -> bytes:
    """SHA-1 of a piece of zeros; a torrent has pieces of two lengths at most."""
    digest = hashlib.sha1()
    zeros = bytes(min(length, READ_LENGTH))
    for begin in range(0, length, READ_LENGTH):
        digest.update(zeros[: length - begin])
    return digest.digest()


def present(geometry: Geometry, fingerprint: Fingerprint) -> Bitfield:
    """The pieces that may be whole, going by the sizes of files. O(files)."""
    there = Bitfield.full(geometry.piece_count)
    for index, (status, length) in enumerate(zip(fingerprint, geometry.file_lengths, strict=True)):
        size = 0 if status is None else status[0]
        if size < length:
            first = (geometry.file_offsets[index] + size) // geometry.piece_length
            there.bits[first : geometry.pieces_of_file(index).stop] = 0
    return there


def runs(pieces: Iterable[int], piece_length: int) -> list[range]:
    """Group ascending pieces into runs of neighbours, each a task for one thread.

    >>> runs([0, 1, 2, 5, 6], RUN_LENGTH // 2)
    [range(0, 2), range(2, 3), range(5, 7)]
    """
    most = max(1, RUN_LENGTH // piece_length)
    grouped: list[range] = []
    first = end = 0
    for piece in pieces:
        if piece != end or end - first == most:
            if end > first:
                grouped.append(range(first, end))
            first = piece
        end = piece + 1
    if end > first:
        grouped.append(range(first, end))
    return grouped


def buffer_length(geometry: Geometry) -> int:
    """Bytes of buffer that `piece_digests` wants: as many pieces as one read fetches, or a part of one."""
    length = geometry.piece_length
    return min(READ_LENGTH, READ_LENGTH // length * length or READ_LENGTH)


def piece_digests(
    read_into: ReadInto, geometry: Geometry, run: range, buffer: memoryview
) -> list[bytes]:
    """SHA-1 of each piece of a run; b"" for a piece that cannot be read whole.

    Args:
        read_into: Fills a buffer from a content offset and returns the bytes read.
        geometry: How the content is cut.
        run: Neighbouring pieces, as `runs` makes them.
        buffer: At least READ_LENGTH or one piece, whichever is less; overwritten.
    """
    step = READ_LENGTH // geometry.piece_length
    if step < 2:
        return [piece_digest(read_into, geometry, piece, buffer) for piece in run]
    digests: list[bytes] = []
    for first in range(run.start, run.stop, step):
        part = range(first, min(first + step, run.stop))
        digests += short_digests(read_into, geometry, part, buffer)
    return digests


def short_digests(
    read_into: ReadInto, geometry: Geometry, run: range, buffer: memoryview
) -> list[bytes]:
    """`piece_digests` of pieces that one read can fetch together."""
    length = geometry.piece_length
    wanted = (len(run) - 1) * length + geometry.length_of(run[-1])
    view = buffer[:wanted]
    if read_into(geometry.offset_of(run[0]), view) != wanted:
        # Something shrank since we looked: what is still whole is found one by one.
        return [piece_digest(read_into, geometry, piece, buffer) for piece in run]
    sha1 = hashlib.sha1
    return [sha1(view[begin : begin + length]).digest() for begin in range(0, wanted, length)]


def piece_digest(read_into: ReadInto, geometry: Geometry, piece: int, buffer: memoryview) -> bytes:
    """SHA-1 of one piece of any length, read through a buffer that may be shorter."""
    begin = geometry.offset_of(piece)
    left = geometry.length_of(piece)
    digest = hashlib.sha1()
    while left:
        view = buffer[:left]
        if read_into(begin, view) != len(view):
            return b""
        digest.update(view)
        begin += len(view)
        left -= len(view)
    return digest.digest()

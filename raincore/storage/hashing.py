"""SHA-1 of pieces: existing content against its hashes, with all cores.

HOT PATH. Runs for each piece; the time goes to hashlib with the interpreter's lock
released, reading straight into one buffer a thread. Budget: 0.6 CPU-seconds a GiB and
both cores busy; tests/bench/bench_hashing.py measures it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.geometry import BLOCK_LENGTH
from raincore.storage import workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from raincore.base.geometry import Geometry
    from raincore.storage.interface import Fingerprint, Storage

    Buffer = bytes | bytearray | memoryview
    ReadInto = Callable[[int, memoryview], int]

__all__ = ["READ_LENGTH", "block_digests", "matches", "piece_digests", "present", "runs", "verify"]

READ_LENGTH = 1024 * 1024
"""Bytes read at once: small enough to stay in a core's cache until it is hashed."""

HASH_LENGTH = 20


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


def verify(
    storage: Storage,
    geometry: Geometry,
    piece_hashes: bytes,
    pieces: Iterable[int],
    *,
    jobs: int | None = None,
    on_piece: Callable[[int, bool], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> Bitfield:
    """Find out which pieces of existing content are good.

    Pieces that are not there whole, going by the sizes of their files, are not read.

    Args:
        storage: The content; read from several threads.
        geometry: How it is cut.
        piece_hashes: 20 bytes for each piece of the torrent.
        pieces: Which to check, ascending.
        jobs: Threads; None for one a core. Each takes 1 MiB of memory.
        on_piece: Told of each piece that was hashed and whether it is good, in the
            caller's thread, in no particular order.
        stop: Asked several times a second; once it says yes, the check ends early.

    Returns:
        The good ones among `pieces`; after a stop, those found so far.

    Raises:
        StorageError: Something could not be read.
    """
    good = Bitfield(geometry.piece_count)
    there = present(geometry, storage.fingerprint())
    tasks = runs((piece for piece in pieces if there.bits[piece]), geometry.piece_length)

    def check(run: range, buffer: memoryview) -> list[tuple[int, bool]]:
        digests = piece_digests(storage.read_into, geometry, run, buffer)
        return [
            (piece, digest == piece_hashes[HASH_LENGTH * piece : HASH_LENGTH * (piece + 1)])
            for piece, digest in zip(run, digests, strict=True)
        ]

    for results in workers.spread(
        tasks, check, buffer_length=buffer_length(geometry), jobs=jobs, stop=stop
    ):
        for piece, is_good in results:
            good.bits[piece] = is_good
            if on_piece is not None:
                on_piece(piece, is_good)
    return good


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
    """Group ascending pieces into runs of neighbours that one read can fetch.

    >>> runs([0, 1, 2, 5, 6], READ_LENGTH // 2)
    [range(0, 2), range(2, 3), range(5, 7)]
    """
    most = max(1, READ_LENGTH // piece_length)
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
    """Bytes of buffer that `piece_digests` wants: all pieces of a run, or a part of one."""
    length = geometry.piece_length
    return min(READ_LENGTH, READ_LENGTH // length * length or READ_LENGTH)


def piece_digests(
    read_into: ReadInto, geometry: Geometry, run: range, buffer: memoryview
) -> Sequence[bytes]:
    """SHA-1 of each piece of a run; b"" for a piece that cannot be read whole.

    Args:
        read_into: Fills a buffer from a content offset and returns the bytes read.
        geometry: How the content is cut.
        run: Neighbouring pieces, as `runs` makes them.
        buffer: At least READ_LENGTH or one piece, whichever is less; overwritten.
    """
    length = geometry.piece_length
    if len(run) == 1:
        return [piece_digest(read_into, geometry, run[0], buffer)]
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

"""Whether pieces of existing content are what a torrent says, by SHA-1, by trees, or by both.

A hybrid's piece is good only if both hashes agree (BEP 52, "upgrade path"): each byte is
read once for the two of them.
"""

from __future__ import annotations

import hashlib
from copy import copy
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

from raincore.base.errors import StorageError
from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle
from raincore.storage import hashing, piece_slots

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.storage.piece_hashes import PieceHashes
    from raincore.storage.piece_slots import Slot

__all__ = ["Checked", "PieceChecker", "Readable"]

ZEROS = memoryview(bytes(hashing.READ_LENGTH))


class Readable(Protocol):
    """What is asked of content; see `interface.Storage`."""

    def read_into(self, offset: int, buffer: memoryview) -> int:
        """Fill `buffer` from the content at `offset`; fewer bytes where they end."""

    def is_hole(self, offset: int, length: int) -> bool:
        """Whether a run of content is known to be zeros without reading it."""


class Checked(NamedTuple):
    """What came of one piece.

    Args:
        piece: Its index.
        good: Whether it is what the torrent says; None if that cannot be told before all
            pieces of its file are hashed, because its piece layer is not known.
        node: The root of its SHA-256 tree; b"" in v1.
        leaves: The hashes of its 16 KiB blocks, 32 bytes each; b"" in v1.
        error: Why it could not be read, if that is so.
    """

    piece: int
    good: bool | None
    node: bytes = b""
    leaves: bytes = b""
    error: StorageError | None = None


class PieceChecker:
    """Reads runs of pieces and compares them. Thread safe.

    Args:
        hashes: What the pieces must hash to.
        storage: The content.
    """

    def __init__(self, hashes: PieceHashes, storage: Readable) -> None:
        self.hashes = hashes
        self.geometry = hashes.geometry
        self.storage = storage
        self.is_v1 = not hashes.nodes
        self.with_sha1 = bool(hashes.sha1)

    def of(self, storage: Readable) -> PieceChecker:
        """The same, for other content; costs nothing."""
        other = copy(self)
        other.storage = storage
        return other

    @property
    def buffer_length(self) -> int:
        """Bytes of buffer that `check` wants."""
        return hashing.buffer_length(self.geometry) if self.is_v1 else hashing.READ_LENGTH

    def check(self, run: range, buffer: memoryview) -> list[Checked]:
        """Read and compare neighbouring pieces, which are there as far as sizes can tell.

        A file that cannot be read makes its pieces bad, and no others.
        """
        try:
            return list(self.v1_pieces(run, buffer) if self.is_v1 else self.trees(run, buffer))
        except StorageError as error:
            if len(run) == 1:
                return [Checked(run.start, False, error=error)]
        return [checked for piece in run for checked in self.check(range(piece, piece + 1), buffer)]

    def v1_pieces(self, run: range, buffer: memoryview) -> Iterator[Checked]:
        """Compare pieces by SHA-1; holes need not be read."""
        geometry = self.geometry
        lengths = [geometry.length_of(piece) for piece in run]
        if self.storage.is_hole(geometry.offset_of(run.start), sum(lengths)):
            digests = [hashing.digest_of_zeros(length) for length in lengths]
        else:
            digests = hashing.piece_digests(self.storage.read_into, geometry, run, buffer)
        for piece, digest in zip(run, digests, strict=True):
            yield Checked(piece, digest == self.hashes.sha1_of(piece))

    def trees(self, run: range, buffer: memoryview) -> Iterator[Checked]:
        """Compare pieces by their trees, and by SHA-1 in a hybrid."""
        slots = piece_slots.slots(self.geometry, run)
        for piece, slot in zip(run, slots, strict=True):
            found = self.hashed(slot, buffer)
            if found is None:  # it has become shorter since we looked
                yield Checked(piece, False)
                continue
            digest, leaves = found
            node = merkle.root(leaves, total_height=slot.height)
            expected = self.hashes.nodes[piece]
            good = None if expected is None else node == expected
            if self.with_sha1 and digest != self.hashes.sha1_of(piece):
                good = False
            yield Checked(piece, good, node, leaves)

    def hashed(self, slot: Slot, buffer: memoryview) -> tuple[bytes, bytes] | None:
        """SHA-1 of a piece (b"" in v2) and its leaves; None if it cannot be read whole."""
        begin, used, length, _ = slot
        if self.storage.is_hole(begin, used):
            digest = hashing.digest_of_zeros(length) if self.with_sha1 else b""
            return digest, leaves_of_zeros(used)
        sha1 = hashlib.sha1() if self.with_sha1 else None
        leaves = []
        for done in range(0, used, len(buffer)):
            view = buffer[: used - done]
            if self.storage.read_into(begin + done, view) != len(view):
                return None
            if sha1 is not None:
                sha1.update(view)
            leaves.append(merkle.leaves(view))
        if sha1 is None:
            return b"", b"".join(leaves)
        for done in range(used, length, len(ZEROS)):
            sha1.update(ZEROS[: length - done])
        return sha1.digest(), b"".join(leaves)


@lru_cache(maxsize=2)
def leaves_of_zeros(length: int) -> bytes:
    """The hashes of the blocks of a hole."""
    whole, rest = divmod(length, BLOCK_LENGTH)
    return merkle.leaves(bytes(BLOCK_LENGTH)) * whole + merkle.leaves(bytes(rest))

"""Leaves of the trees of pieces that are still arriving (BEP 52), hashed as their blocks come.

HOT PATH. Runs for each read of a link; the time goes to hashlib. Budget: 2 µs a block beyond
what its SHA-256 takes, of which the tree above the leaves is one; 3 µs if it comes alone.

hashlib lets go of the interpreter for each leaf, and whoever hashes a whole piece beside the
event loop must get it back 64 times a MiB: that cost both threads more than it gave them. (v2
over loopback on 2 busy cores, medians of 8 rounds: 3.4 CPU-s/GiB, and 3.9 with two threads that
hashed; v1 3.0.) Hashed by the event loop, no leaf waits for anybody, the blocks are in the
processor's cache, and what one read can bring bounds how long others wait.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle
from raincore.storage import piece_slots

if TYPE_CHECKING:
    from raincore.storage.piece_hashes import PieceHashes

__all__ = ["ArrivingLeaves"]


class _Piece(NamedTuple):
    """A piece under way: its bytes without padding, the height of its tree, what is known."""

    used: int
    height: int
    leaves: list[bytes | None]


class ArrivingLeaves:
    """Says of a piece whose blocks were all hashed whether its tree is right.

    Belongs to one thread. Whatever did not come as blocks is unknown here, and so is its
    piece: then it has to be hashed as a whole.

    Args:
        hashes: What the pieces must hash to.
    """

    def __init__(self, hashes: PieceHashes) -> None:
        self._hashes = hashes
        self._pieces: dict[int, _Piece] = {}

    def add(self, piece: int, begin: int, data: memoryview) -> None:
        """Hash blocks that follow each other, of which nothing changes any more.

        Args:
            piece: Its index.
            begin: Where in the piece the first of them begins.
            data: Their bytes; all blocks are whole, but for the last one of a piece.
        """
        found = self._pieces.get(piece)
        if found is None:
            if self._hashes.nodes[piece] is None:
                return  # nobody knows what the tree should be
            (slot,) = piece_slots.slots(self._hashes.geometry, range(piece, piece + 1))
            count = -(-slot.used // BLOCK_LENGTH)
            found = self._pieces[piece] = _Piece(slot.used, slot.height, [None] * count)
        length = min(len(data), found.used - begin)  # padding has no leaves
        if length <= 0:
            return
        if length < len(data):
            data = data[:length]
        sha256 = hashlib.sha256
        digests: list[bytes | None] = [
            sha256(data[at : at + BLOCK_LENGTH]).digest() for at in range(0, length, BLOCK_LENGTH)
        ]
        first = begin // BLOCK_LENGTH
        found.leaves[first : first + len(digests)] = digests

    def prove(self, piece: int) -> bool:
        """Whether all blocks of a piece were hashed, and its tree is right. Forgets the piece.

        False proves nothing: hash the whole piece then.
        """
        found = self._pieces.pop(piece, None)
        if found is None:
            return False
        leaves = [leaf for leaf in found.leaves if leaf is not None]
        if len(leaves) < len(found.leaves):
            return False
        root = merkle.root(b"".join(leaves), total_height=found.height)
        return root == self._hashes.nodes[piece]

    def forget(self, piece: int) -> None:
        """Know nothing more of a piece; harmless when nothing was known."""
        self._pieces.pop(piece, None)

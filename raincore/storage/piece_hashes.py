"""What each piece of a torrent must hash to: SHA-1, the root of a tree, or both (BEP 3, 52)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle
from raincore.storage import hashing, piece_slots

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.geometry import Geometry
    from raincore.formats.info import Info

    Buffer = bytes | bytearray | memoryview

__all__ = ["PieceHashes"]

ZERO_LEAF = merkle.zero_hash(0)


@dataclass(frozen=True, slots=True, eq=False)
class PieceHashes:
    """The hashes of one torrent; what is there must agree (BEP 52, "upgrade path").

    Args:
        geometry: How the content is cut.
        sha1: 20 bytes for each piece; empty for v2 only.
        nodes: The root of each piece's tree; None for a piece whose file's layer is not
            known, and for one that is only padding. Empty for v1.
    """

    geometry: Geometry
    sha1: bytes
    nodes: list[bytes | None]

    @classmethod
    def of(cls, info: Info, layers: Mapping[bytes, bytes]) -> Self:
        """Take them from an info dictionary, and the piece layers beside it, by pieces root."""
        nodes = expected_nodes(info, layers) if info.info_hash_v2 is not None else []
        return cls(info.geometry, info.piece_hashes, nodes)

    def sha1_of(self, piece: int) -> bytes:
        """SHA-1 of a piece, 20 bytes; b"" if there is none."""
        return self.sha1[20 * piece : 20 * piece + 20]

    def matches(self, piece: int, data: Buffer, *, tree_is_right: bool = False) -> bool:
        """Whether a whole piece in memory is what the torrent says.

        Where there is a tree only, of which the layer is not known, nothing matches.

        Args:
            piece: Its index.
            data: All of its bytes.
            tree_is_right: Its tree was looked at before (see `arriving_leaves`).
        """
        if self.sha1 and not hashing.matches(data, self.sha1_of(piece)):
            return False
        if tree_is_right:
            return True
        node = self.nodes[piece] if self.nodes else None
        if node is None:
            return bool(self.sha1)
        return bool(self.leaves(piece, data))

    def leaves(self, piece: int, data: Buffer) -> bytes:
        """The leaf hashes of a whole piece in memory; b"" if its tree says it is not good."""
        (slot,) = piece_slots.slots(self.geometry, range(piece, piece + 1))
        leaves = merkle.leaves(memoryview(data)[: slot.used])
        good = merkle.root(leaves, total_height=slot.height) == self.nodes[piece]
        return leaves if good else b""

    def contradict(self, piece: int, data: Buffer) -> bool:
        """Whether the tree says that a piece is good, and SHA-1 that it is not."""
        if not self.sha1 or not self.nodes or self.nodes[piece] is None:
            return False
        only_tree = PieceHashes(self.geometry, b"", self.nodes)
        return only_tree.matches(piece, data) and not hashing.matches(data, self.sha1_of(piece))

    def block_digests(self, piece: int, data: Buffer) -> tuple[bytes, ...]:
        """A digest of each block of a piece, to find out later which one was bad.

        Where the piece has a tree these are its leaves; in the padding behind a file, which
        a hybrid has, a block of zeros has the hash that fills trees up, and other bytes
        there change the digest. Elsewhere it is SHA-1, which is cheaper.
        """
        if not self.nodes or self.nodes[piece] is None:
            return hashing.block_digests(data)
        (slot,) = piece_slots.slots(self.geometry, range(piece, piece + 1))
        view = memoryview(data)
        digests = []
        for start in range(0, len(view), BLOCK_LENGTH):
            block = view[start : start + BLOCK_LENGTH]
            used = max(min(slot.used - start, len(block)), 0)
            if used == len(block) or any(block[used:]):
                digests.append(hashlib.sha256(block).digest())
            else:
                digests.append(hashlib.sha256(block[:used]).digest() if used else ZERO_LEAF)
        return tuple(digests)


def expected_nodes(info: Info, layers: Mapping[bytes, bytes]) -> list[bytes | None]:
    """The root that each piece's tree should have; None where the layer is not known.

    A file of one piece has no layer: its piece's tree is the file's (BEP 52).
    """
    geometry = info.geometry
    nodes: list[bytes | None] = [None] * geometry.piece_count
    for index, entry in enumerate(info.files):
        if entry.pieces_root is None or not entry.length:
            continue
        first = geometry.file_offsets[index] // geometry.piece_length
        if entry.length <= geometry.piece_length:
            nodes[first] = entry.pieces_root
            continue
        layer = layers.get(entry.pieces_root, b"")
        size = merkle.HASH_LENGTH
        for number, start in enumerate(range(0, len(layer), size)):
            nodes[first + number] = layer[start : start + size]
    return nodes

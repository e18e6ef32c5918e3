"""Where a piece stands in the tree of its file (BEP 52, "pieces root")."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.formats.info import Info

__all__ = ["FileTree", "PieceTree", "file_trees", "piece_tree"]


@dataclass(frozen=True, slots=True)
class FileTree:
    """The tree of one file.

    Args:
        pieces_root: Its root.
        first_piece: Where the file begins.
        leaf_count: Blocks of the file, at least 1.
        piece_height: Levels between the leaves and the nodes of whole pieces; for a file of
            one piece, the root.
    """

    pieces_root: bytes
    first_piece: int
    leaf_count: int
    piece_height: int

    @property
    def height(self) -> int:
        """Levels between the leaves and the root."""
        return (self.leaf_count - 1).bit_length()

    def count_at(self, layer: int) -> int:
        """Nodes of a layer that stand for bytes of the file; others fill it up."""
        return -(-self.leaf_count >> layer)


@dataclass(frozen=True, slots=True)
class PieceTree:
    """The part of it that is one piece.

    Args:
        pieces_root: Of the file.
        node: What the leaves of the piece hash up to.
        height: Levels between these and that, at least 1.
        first_leaf: Index of its first leaf, within the file.
        leaf_count: Leaves that stand for bytes of the file.
    """

    pieces_root: bytes
    node: bytes
    height: int
    first_leaf: int
    leaf_count: int


def file_trees(info: Info) -> dict[bytes, FileTree]:
    """All trees of a v2 torrent, by pieces root; of equal files the first. O(files)."""
    geometry = info.geometry
    full = merkle.height_of(info.piece_length)
    found: dict[bytes, FileTree] = {}
    for index, entry in enumerate(info.files):
        if entry.pieces_root is not None and entry.length:
            leaves = -(-entry.length // BLOCK_LENGTH)
            first = geometry.file_offsets[index] // geometry.piece_length
            height = min(full, (leaves - 1).bit_length())
            tree = FileTree(entry.pieces_root, first, leaves, height)
            found.setdefault(entry.pieces_root, tree)
    return found


def piece_tree(info: Info, layers: Mapping[bytes, bytes], piece: int) -> PieceTree | None:
    """The tree of one piece.

    Args:
        info: The torrent.
        layers: Its piece layers by pieces root, as far as they are known.
        piece: Its index.

    Returns:
        None where there is none of two leaves or more: in a v1 torrent, where the layer is
        not known, and where one block is all.
    """
    geometry = info.geometry
    offset = geometry.offset_of(piece)
    index = bisect_right(geometry.file_offsets, offset) - 1
    entry = info.files[index]
    root = entry.pieces_root
    if root is None:
        return None
    within = offset - geometry.file_offsets[index]
    leaf_count = -(-min(entry.length - within, info.piece_length) // BLOCK_LENGTH)
    number, size = within // info.piece_length, merkle.HASH_LENGTH
    if entry.length <= info.piece_length:
        node, height = root, (leaf_count - 1).bit_length()
    else:
        node = layers.get(root, b"")[number * size : (number + 1) * size]
        height = merkle.height_of(info.piece_length)
    if not node or not height:
        return None
    return PieceTree(root, node, height, number << height, leaf_count)

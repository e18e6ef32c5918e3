"""Which hashes of an older torrent hold for a newer one whose files are partly the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.storage.content_hashing import FileTree
from raincore.storage.stream_trees import height_of, joined

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from raincore.base.geometry import Geometry
    from raincore.formats.info import Info
    from raincore.formats.metainfo import Metainfo

__all__ = ["KnownPieces", "known_pieces", "known_trees"]

HASH_LENGTH = 20


class KnownPieces(NamedTuple):
    """SHA-1 of pieces: 20 bytes each, and for each whether they are known, 1, or not, 0."""

    hashes: bytearray
    known: bytearray


def known_pieces(
    old: Info, geometry: Geometry, same: Mapping[int, int], padding: Collection[int]
) -> KnownPieces:
    """Find the pieces whose bytes are in the older torrent, cut the same way.

    Args:
        old: The older torrent; without piece hashes nothing is known.
        geometry: Of the newer one.
        same: For files of the newer one that have not changed, which of the older they are.
        padding: The padding files of the newer one.
    """
    count, length = geometry.piece_count, geometry.piece_length
    found = KnownPieces(bytearray(HASH_LENGTH * count), bytearray(count))
    if old.piece_length != length or not old.piece_hashes:
        return found
    edges: set[int] = set()
    for index, other in same.items():
        begin = geometry.file_offsets[index]
        end = begin + geometry.file_lengths[index]
        shift, rest = divmod(old.geometry.file_offsets[other] - begin, length)
        if rest or begin == end:
            continue
        first, stop = -(-begin // length), end // length
        if first < stop:  # what lies inside the file
            take(found, old, range(first, stop), shift)
        edges.update((begin // length, (end - 1) // length))
    for piece in sorted(edges):
        if not found.known[piece]:
            spans = geometry.file_spans(piece)
            other = same.get(spans[0].file_index, -1)
            if other < 0:
                continue
            offset = old.geometry.file_offsets[other] + spans[0].offset
            if not offset % length and is_same(
                old, offset // length, geometry, piece, same, padding
            ):
                take(found, old, range(piece, piece + 1), offset // length - piece)
    return found


def take(found: KnownPieces, old: Info, pieces: range, shift: int) -> None:
    """Copy the hashes of a run of pieces."""
    start, stop = HASH_LENGTH * pieces.start, HASH_LENGTH * pieces.stop
    away = HASH_LENGTH * shift
    found.hashes[start:stop] = old.piece_hashes[start + away : stop + away]
    found.known[pieces.start : pieces.stop] = b"\1" * len(pieces)


def is_same(
    old: Info,
    old_piece: int,
    geometry: Geometry,
    piece: int,
    same: Mapping[int, int],
    padding: Collection[int],
) -> bool:
    """Whether two pieces are made of the same runs of the same files."""
    before, now = old.geometry.file_spans(old_piece), geometry.file_spans(piece)
    if len(before) != len(now):
        return False
    for was, span in zip(before, now, strict=True):
        if span.length != was.length:
            return False
        if span.file_index in padding:
            if not old.files[was.file_index].is_padding:
                return False
        elif same.get(span.file_index) != was.file_index or span.offset != was.offset:
            return False
    return True


def known_trees(
    old: Metainfo, lengths: Mapping[int, int], piece_length: int, same: Mapping[int, int]
) -> dict[int, FileTree]:
    """Find the SHA-256 trees of files that have not changed (BEP 52).

    A root does not depend on the piece length. A layer for longer pieces is made of one for
    shorter pieces; the other way round the file must be read.

    Args:
        old: The older torrent, its layers checked against the roots.
        lengths: Bytes of the newer one's files, by index.
        piece_length: Of the newer one, a power of two.
        same: As for `known_pieces`.
    """
    found: dict[int, FileTree] = {}
    for index, other in same.items():
        root = old.info.files[other].pieces_root
        if root is None:
            continue
        if lengths[index] <= piece_length:
            found[index] = FileTree(root, b"")
            continue
        layer = old.piece_layers.get(root)
        if layer and old.info.piece_length <= piece_length:
            heights = height_of(old.info.piece_length), height_of(piece_length)
            found[index] = FileTree(root, joined(layer, *heights))
    return found

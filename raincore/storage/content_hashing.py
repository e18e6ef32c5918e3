"""Hashes of content that becomes a torrent: SHA-1 of pieces, SHA-256 trees, or both at once.

Each byte is read once, by all cores; memory is one read buffer a thread, the hashes, and
32 bytes for each 16 KiB of the pieces in progress.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import Incomplete
from raincore.formats import merkle
from raincore.storage import hashing, workers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from raincore.base.geometry import Geometry
    from raincore.storage.hashing import ReadInto

__all__ = ["FileTree", "hash_pieces", "hash_trees"]

ZEROS = memoryview(bytes(1024 * 1024))


@dataclass(frozen=True, slots=True)
class FileTree:
    """One file's SHA-256 tree (BEP 52).

    Args:
        root: The `pieces root`, 32 bytes.
        layer: The hashes at piece level, 32 bytes each; empty for a file that fits into
            one piece.
    """

    root: bytes
    layer: bytes


class Part(NamedTuple):
    """A run of pieces to hash: where its result goes, and the pieces."""

    number: int
    run: range


def hash_pieces(
    read_into: ReadInto,
    geometry: Geometry,
    *,
    jobs: int | None = None,
    on_progress: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> bytes:
    """SHA-1 of every piece (BEP 3, "pieces").

    Args:
        read_into: Fills a buffer whole from a content offset, or raises; called from
            several threads.
        geometry: How the content is cut.
        jobs: Threads; None for one a core.
        on_progress: Told how many bytes are hashed so far, in the caller's thread.
        stop: Asked several times a second.

    Returns:
        20 bytes for each piece, in order.

    Raises:
        Incomplete: `stop` said yes.
    """
    runs = hashing.runs(range(geometry.piece_count), geometry.piece_length)
    parts = [Part(number, run) for number, run in enumerate(runs)]

    def work(part: Part, buffer: memoryview) -> tuple[Part, bytes]:
        return part, b"".join(hashing.piece_digests(read_into, geometry, part.run, buffer))

    digests = [b""] * len(parts)
    progress = Progress(geometry, on_progress)
    for part, digest in workers.spread(
        parts, work, buffer_length=hashing.buffer_length(geometry), jobs=jobs, stop=stop
    ):
        digests[part.number] = digest
        progress.add(part.run)
    progress.require_all()
    return b"".join(digests)


def hash_trees(
    read_into: ReadInto,
    geometry: Geometry,
    padding: Collection[int],
    *,
    with_pieces: bool,
    jobs: int | None = None,
    on_progress: Callable[[int], None] | None = None,
    stop: Callable[[], bool] | None = None,
) -> tuple[dict[int, FileTree], bytes]:
    """The SHA-256 tree of every file, and on the way SHA-1 of every piece if wanted.

    Args:
        read_into: As for `hash_pieces`.
        geometry: Cut so that every file but padding starts on a piece boundary; pieces
            are a power of two of at least 16 KiB (BEP 52).
        padding: Indices of padding files; they have no tree and are not read.
        with_pieces: Hash pieces too, padding included, for a hybrid.
        jobs: Threads; None for one a core.
        on_progress: Told how many bytes are hashed so far, padding included.
        stop: Asked several times a second.

    Returns:
        A tree for each file that is neither padding nor empty, by file index; and 20
        bytes for each piece, or b"".

    Raises:
        Incomplete: `stop` said yes.
    """
    runs = hashing.runs(range(geometry.piece_count), geometry.piece_length)
    parts = [Part(number, run) for number, run in enumerate(runs)]

    def work(part: Part, buffer: memoryview) -> tuple[Part, list[tuple[bytes, bytes]]]:
        return part, [
            hash_piece(read_into, geometry, piece, with_pieces, buffer) for piece in part.run
        ]

    digests = [b""] * geometry.piece_count
    nodes = [b""] * geometry.piece_count
    progress = Progress(geometry, on_progress)
    for part, results in workers.spread(
        parts, work, buffer_length=hashing.READ_LENGTH, jobs=jobs, stop=stop
    ):
        for piece, (digest, node) in zip(part.run, results, strict=True):
            digests[piece] = digest
            nodes[piece] = node
        progress.add(part.run)
    progress.require_all()
    trees = {
        index: tree_of(geometry, index, nodes)
        for index, length in enumerate(geometry.file_lengths)
        if length and index not in padding
    }
    return trees, b"".join(digests)


def hash_piece(
    read_into: ReadInto, geometry: Geometry, piece: int, with_sha1: bool, buffer: memoryview
) -> tuple[bytes, bytes]:
    """SHA-1 of a piece (b"" if not wanted) and the root of the tree over its file's bytes.

    What follows the file in its piece is padding: zeros, which are not read. A piece of a
    file that is longer than one piece has a tree as wide as a whole piece; a shorter
    file's is as wide as needed.
    """
    begin = geometry.offset_of(piece)
    length = geometry.length_of(piece)
    first = next(geometry.spans(begin, length))
    sha1 = hashlib.sha1()
    leaves = b""
    done = 0
    while done < first.length:
        view = buffer[: first.length - done]
        read_into(begin + done, view)
        if with_sha1:
            sha1.update(view)
        leaves += merkle.leaves(view)
        done += len(view)
    while with_sha1 and done < length:
        zeros = ZEROS[: length - done]
        sha1.update(zeros)
        done += len(zeros)
    is_part = geometry.file_lengths[first.file_index] > geometry.piece_length
    height = geometry.blocks_per_piece.bit_length() - 1 if is_part else 0
    root = merkle.root(leaves, total_height=height)
    return sha1.digest() if with_sha1 else b"", root


def tree_of(geometry: Geometry, index: int, nodes: list[bytes]) -> FileTree:
    """Put a file's tree together from the roots of its pieces."""
    pieces = geometry.pieces_of_file(index)
    layer = b"".join(nodes[pieces.start : pieces.stop])
    if len(pieces) == 1:
        return FileTree(layer, b"")
    return FileTree(merkle.root_of_layer(layer, geometry.piece_length), layer)


class Progress:
    """Counts the bytes hashed and tells somebody."""

    def __init__(self, geometry: Geometry, tell: Callable[[int], None] | None) -> None:
        self.geometry = geometry
        self.tell = tell
        self.done = 0

    def add(self, run: range) -> None:
        """A run of pieces is hashed."""
        length = self.geometry.piece_length
        self.done += min(run.stop * length, self.geometry.total_length) - run.start * length
        if self.tell is not None:
            self.tell(self.done)

    def require_all(self) -> None:
        """Make sure that nothing was left undone.

        Raises:
            Incomplete: Something was, because of a stop.
        """
        total = self.geometry.total_length
        if self.done != total:
            raise Incomplete("stopped before all content was hashed", self.done, total)

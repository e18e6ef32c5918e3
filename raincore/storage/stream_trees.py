"""The SHA-256 tree of a file that comes as a stream, kept as small as its pieces allow.

Only hashes at the piece level are needed, and pieces only get longer while more comes. So
hashes are joined as soon as they can be: a file takes 32 bytes for each of its pieces.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle
from raincore.storage.content_hashing import FileTree

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["PART_LENGTH", "Roots", "TreeSums", "height_of", "joined"]

PART_LENGTH = 1024 * 1024
"""What one job hashes; a power of two."""

PART_HEIGHT = (PART_LENGTH // BLOCK_LENGTH).bit_length() - 1
HASH_LENGTH = merkle.HASH_LENGTH


class Roots(NamedTuple):
    """The tree of a finished file (BEP 52).

    Args:
        size: Bytes of the file.
        root: Its `pieces root`.
        hashes: The level that was kept, b"" if the file fits into a piece.
        height: Of that level above the leaves.
    """

    size: int
    root: bytes
    hashes: bytes
    height: int

    def of(self, piece_length: int) -> FileTree:
        """Root and layer for one of the piece lengths that were kept, or a longer one."""
        if self.size <= piece_length:
            return FileTree(self.root, b"")
        return FileTree(self.root, joined(self.hashes, self.height, height_of(piece_length)))


class TreeSums:
    """Hashes a file as it comes, a part at a time.

    Args:
        size: Bytes of the file, at least 1.
        piece_length: The least that is still possible.
    """

    def __init__(self, size: int, piece_length: int) -> None:
        self.size = size
        # A file of one piece has a tree just as high as it needs.
        self.most = (-(-size // BLOCK_LENGTH) - 1).bit_length()
        self.height = min(height_of(piece_length), self.most)
        self.part_height = min(self.height, PART_HEIGHT)
        self.hashes = bytearray()
        self.pending: dict[int, bytes] = {}  # by height, each waits for its neighbour
        self.results: list[bytes] = []

    def jobs(self, part: memoryview) -> list[Callable[[], None]]:
        """Take the next part of the file and say what is to be done with it.

        Args:
            part: A multiple of PART_LENGTH unless it is the last; must stay as it is
                until the jobs are done.

        Returns:
            Jobs that are independent of each other; all must have been done before the
            next call of any method.
        """
        self.collect()
        self.part_height = min(self.height, PART_HEIGHT)
        starts = range(0, len(part), PART_LENGTH)
        self.results = [b""] * len(starts)
        return [
            partial(self.run, number, part[start : start + PART_LENGTH])
            for number, start in enumerate(starts)
        ]

    def run(self, number: int, part: memoryview) -> None:
        """One job: hash up to a level."""
        self.results[number] = joined(merkle.leaves(part), 0, self.part_height)

    def collect(self) -> None:
        """Put in what the jobs found."""
        for result in self.results:
            for start in range(0, len(result), HASH_LENGTH):
                self.add(result[start : start + HASH_LENGTH], self.part_height)
        self.results = []

    def add(self, node: bytes, height: int) -> None:
        """Put the next hash of some height behind the others."""
        while height < self.height:
            left = self.pending.pop(height, None)
            if left is None:
                self.pending[height] = node
                return
            node = hashlib.sha256(left + node).digest()
            height += 1
        self.hashes += node

    def keep(self, piece_length: int) -> None:
        """Keep no more than this piece length needs."""
        self.collect()
        wanted = min(height_of(piece_length), self.most)
        while self.height < wanted:
            if len(self.hashes) // HASH_LENGTH % 2:
                self.pending[self.height] = bytes(self.hashes[-HASH_LENGTH:])
                del self.hashes[-HASH_LENGTH:]
            self.hashes = bytearray(joined(bytes(self.hashes), self.height, self.height + 1))
            self.height += 1

    def finish(self) -> Roots:
        """What was found, once the file has ended."""
        self.collect()
        for height in range(self.height):  # what waits meets nothing but padding
            if height in self.pending:
                self.add(merkle.zero_hash(height), height)
        hashes = bytes(self.hashes)
        root = merkle.root(hashes, self.height)
        return Roots(self.size, root, hashes if len(hashes) > HASH_LENGTH else b"", self.height)


def joined(hashes: bytes, height: int, wanted: int) -> bytes:
    """Hash one level of a tree up to another, filled up with what stands for padding.

    Args:
        hashes: Of 32 bytes each, concatenated.
        height: Of that level above the leaves.
        wanted: Of the other one, not less.
    """
    size = HASH_LENGTH << (wanted - height)
    return b"".join(
        [
            merkle.root(hashes[start : start + size], height, total_height=wanted)
            for start in range(0, len(hashes), size)
        ]
    )


def height_of(piece_length: int) -> int:
    """Levels between the leaves and the hashes of pieces."""
    return (piece_length // BLOCK_LENGTH).bit_length() - 1

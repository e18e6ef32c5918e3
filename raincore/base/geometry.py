"""Arithmetic between pieces, blocks, files and content offsets. All of it lives here."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, NewType

from raincore.base.errors import FormatError
from raincore.base.nothing import NOTHING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["BLOCK_LENGTH", "BlockIndex", "FileSpan", "Geometry", "PieceIndex"]

BLOCK_LENGTH = 16 * 1024
"""Bytes in a block, the unit of a request (BEP 3: peers drop larger requests)."""

PieceIndex = NewType("PieceIndex", int)
"""An index that was checked: 0 <= piece < piece_count."""

BlockIndex = NewType("BlockIndex", int)
"""A block numbered over the whole content: piece * blocks_per_piece + begin // BLOCK_LENGTH."""


class FileSpan(NamedTuple):
    """A run of bytes inside one file; offset and length in bytes, length at least 1."""

    file_index: int
    offset: int
    length: int


class Geometry:
    """How one torrent's content is cut; immutable.

    The content is all files laid end to end in the order of the info dictionary, padding
    files included (BEP 47), cut into pieces of `piece_length` bytes (BEP 3, "pieces").

    Args:
        piece_length: Bytes in every piece but the last; at least 1.
        file_lengths: Bytes in each file, in content order; zeros allowed.
        short_pieces: Bytes in those pieces that end with their file, in a v2 torrent (BEP
            52); what lies between that and the next piece is padding that is not asked for.

    >>> g = Geometry(piece_length=4, file_lengths=(3, 0, 6))
    >>> g.total_length, g.piece_count, g.length_of(2)
    (9, 3, 1)
    """

    __slots__ = (
        "blocks_per_piece",
        "file_lengths",
        "file_offsets",
        "piece_count",
        "piece_length",
        "short_pieces",
        "total_length",
    )

    def __init__(
        self,
        piece_length: int,
        file_lengths: Sequence[int],
        short_pieces: Mapping[int, int] | None = None,
    ) -> None:
        if piece_length < 1:
            raise FormatError(f"piece length must be positive: {piece_length}")
        self.piece_length = piece_length
        self.file_lengths = tuple(file_lengths)
        self.short_pieces = dict(short_pieces) if short_pieces else NOTHING
        self.file_offsets = tuple(accumulate(self.file_lengths, initial=0))
        self.total_length = self.file_offsets[-1]
        self.piece_count = -(-self.total_length // piece_length)
        self.blocks_per_piece = -(-piece_length // BLOCK_LENGTH)

    def offset_of(self, piece: int) -> int:
        """Content offset of a piece's first byte."""
        return piece * self.piece_length

    def length_of(self, piece: int) -> int:
        """Bytes in a piece; only the last may be shorter, and those that end with a file.

        Raises:
            IndexError: `piece` is out of range, a bug in the caller.
        """
        if not 0 <= piece < self.piece_count:
            raise IndexError(f"piece {piece} of {self.piece_count}")
        length = min(self.piece_length, self.total_length - piece * self.piece_length)
        return self.short_pieces.get(piece, length)

    def block_count(self, piece: int) -> int:
        """Blocks in a piece; the last block of it may be shorter than BLOCK_LENGTH."""
        return -(-self.length_of(piece) // BLOCK_LENGTH)

    def first_block(self, piece: int) -> BlockIndex:
        """Content-wide index of a piece's first block."""
        return BlockIndex(piece * self.blocks_per_piece)

    def request_of(self, block: int) -> tuple[int, int, int]:
        """The (piece, begin, length) by which a block is requested (BEP 3, "request")."""
        piece, number = divmod(block, self.blocks_per_piece)
        begin = number * BLOCK_LENGTH
        return piece, begin, min(BLOCK_LENGTH, self.length_of(piece) - begin)

    def file_spans(self, piece: int) -> tuple[FileSpan, ...]:
        """Say which bytes of which files make up one piece.

        Args:
            piece: Piece index, 0 <= piece < piece_count.

        Returns:
            One span per file touched, in content order; lengths sum to `length_of(piece)`.
            Empty files never appear. O(log files + spans).

        Raises:
            IndexError: `piece` is out of range. That is a bug in the caller: an
                index that came from a peer is checked in wire.peer_protocol.

        >>> g = Geometry(piece_length=4, file_lengths=(3, 0, 6))
        >>> g.file_spans(0)
        (FileSpan(file_index=0, offset=0, length=3), FileSpan(file_index=2, offset=0, length=1))
        """
        return tuple(self.spans(self.offset_of(piece), self.length_of(piece)))

    def spans(self, offset: int, length: int) -> Iterator[FileSpan]:
        """Cut a run of the content into file spans, in content order, empty files left out.

        Raises:
            IndexError: The run leaves the content; a bug in the caller.
        """
        if offset < 0 or length < 0 or offset + length > self.total_length:
            raise IndexError(f"content has no bytes {offset}..{offset + length}")
        index = bisect_right(self.file_offsets, offset) - 1
        while length > 0:
            within = offset - self.file_offsets[index]
            take = min(length, self.file_lengths[index] - within)
            if take > 0:
                yield FileSpan(index, within, take)
            offset += take
            length -= take
            index += 1

    def pieces_of_file(self, file_index: int) -> range:
        """Pieces that hold at least one byte of a file; empty for an empty file."""
        start = self.file_offsets[file_index]
        length = self.file_lengths[file_index]
        if length == 0:
            return range(0)
        return range(start // self.piece_length, (start + length - 1) // self.piece_length + 1)

"""Which 16 KiB blocks of a bad piece are bad, where the hash of each block is known.

BEP 52 puts the hashes of pieces into a torrent, and those of blocks only where a piece is
one block; the others are known where somebody kept them when the piece was good.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats.merkle import HASH_LENGTH
from raincore.storage.piece_runs import runs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.base.geometry import Geometry
    from raincore.storage.piece_checks import Checked

__all__ = ["bad_blocks"]

Run = tuple[int, int]


def bad_blocks(geometry: Geometry, checked: Checked, known: bytes) -> tuple[int, list[Run]]:
    """Compare the blocks of a bad piece.

    Args:
        geometry: Of content in which each file starts on a piece boundary.
        checked: What came of the piece.
        known: The hashes of its blocks when it was good, or b"".

    Returns:
        Index of the file, and (first, last) of its bad blocks, counted in the file; none
        where no hashes are known.
    """
    offset = geometry.offset_of(checked.piece)
    span = next(geometry.spans(offset, geometry.length_of(checked.piece)))
    first = span.offset // BLOCK_LENGTH
    if checked.leaves and len(checked.leaves) == HASH_LENGTH:
        return span.file_index, [(first, first)]
    if not checked.leaves or len(checked.leaves) != len(known):
        return span.file_index, []
    return span.file_index, list(runs_of(first + block for block in differing(checked, known)))


def differing(checked: Checked, known: bytes) -> Iterator[int]:
    """The blocks, counted in the piece, whose hashes are not as they were."""
    for block, at in enumerate(range(0, len(known), HASH_LENGTH)):
        if checked.leaves[at : at + HASH_LENGTH] != known[at : at + HASH_LENGTH]:
            yield block

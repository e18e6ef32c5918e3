"""Which run of pieces a web seed fetches next, and of which files it consists (BEP 19).

Runs should be long: each costs a round trip, and servers read files best in order. So a
web seed takes the largest gap between what peers bring, as BEP 19 proposes; when no gap
is left, the second half of what another one still has to fetch.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.base.bitfield import Bitfield
    from raincore.formats.info import Info

__all__ = ["Part", "first_gap", "largest_gap", "parts", "second_half", "without_files"]

RUN_BYTES = 16 * 1024 * 1024
"""Bytes fetched by one request: enough to hide a round trip, little enough to share."""

RUNS_LOOKED_AT = 20_000
"""Gaps that are compared, which takes 5 ms; the largest of them is large enough."""


class Part(NamedTuple):
    """Bytes of the content that lie in one file.

    Args:
        file_index: Index in the content.
        offset: In the file.
        length: At least 1.
        file_length: Of the whole file.
        is_padding: Zeros that nobody stores (BEP 47).
    """

    file_index: int
    offset: int
    length: int
    file_length: int
    is_padding: bool


def largest_gap(open_pieces: Bitfield, piece_length: int, run_bytes: int = RUN_BYTES) -> range:
    """The pieces to fetch next: the beginning of the largest gap.

    Args:
        open_pieces: Pieces that are wanted, missing, not under way, and that the source has.
        piece_length: Bytes.
        run_bytes: At most so many bytes, but never less than a piece.

    Returns:
        Empty if there is no gap. At most 20,000 gaps are compared.
    """
    most = max(1, run_bytes // piece_length)
    best = range(0)
    for gap in islice(open_pieces.runs(), RUNS_LOOKED_AT):
        if len(gap) > len(best):
            best = gap
    return best[:most]


def first_gap(open_pieces: Bitfield, piece_length: int, run_bytes: int = RUN_BYTES) -> range:
    """As `largest_gap`, but of the first gap, for whoever wants pieces in order."""
    return next(open_pieces.runs(), range(0))[: max(1, run_bytes // piece_length)]


def second_half(rest: range, piece_length: int) -> range:
    """What an idle source takes over of what another one has not begun to fetch.

    Args:
        rest: Pieces that the other one has still to begin.

    Returns:
        Its end, at least half of it; empty if there is nothing.
    """
    most = max(1, RUN_BYTES // piece_length)
    half = rest[len(rest) // 2 :]
    return half[-most:] if len(half) > most else half


def parts(info: Info, begin: int, end: int) -> Iterator[Part]:
    """Cut a run of the content at the borders of files; empty files never appear.

    Args:
        begin: Content offset of the first byte.
        end: Content offset behind the last byte.
    """
    for index, offset, length in info.geometry.spans(begin, end - begin):
        file = info.files[index]
        yield Part(index, offset, length, file.length, file.is_padding)


def without_files(info: Info, has: Bitfield, index: int) -> None:
    """Take the pieces of one file, which a source does not have, out of what it has."""
    pieces = info.geometry.pieces_of_file(index)
    has.bits[pieces.start : pieces.stop] = 0

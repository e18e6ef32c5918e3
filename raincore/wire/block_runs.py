"""Blocks of one read that follow each other, as nearly all do: what is done once for many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH

if TYPE_CHECKING:
    from raincore.wire.messages import Block

__all__ = ["run_end"]


def run_end(blocks: list[Block], start: int) -> int:
    """Where the run of whole blocks that begins at `start` ends; after one block at least."""
    piece, begin, data = blocks[start]
    stop, count = start + 1, len(blocks)
    if len(data) != BLOCK_LENGTH:
        return stop
    while stop < count:
        begin += BLOCK_LENGTH
        next_piece, next_begin, data = blocks[stop]
        if next_begin != begin or next_piece != piece or len(data) != BLOCK_LENGTH:
            break
        stop += 1
    return stop

"""Leaf hashes of content that we have: the command that has them read, and what comes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.wire.messages import HashRequest

__all__ = ["LeavesRead", "ReadLeaves"]


@dataclass(frozen=True, slots=True)
class ReadLeaves:
    """Hash the blocks of pieces that we have, for a peer; answer with LeavesRead.

    Args:
        peer: The key of who asked.
        request: What it asked.
        pieces: Which pieces are needed for the answer; each is of a file of its own or all
            are of one.
    """

    peer: int
    request: HashRequest
    pieces: range


@dataclass(frozen=True, slots=True)
class LeavesRead:
    """A `ReadLeaves` is done.

    Args:
        asked: The command.
        leaves: 32 bytes for each block of each piece; None if they cannot be had.
    """

    asked: ReadLeaves
    leaves: tuple[bytes, ...] | None = field(repr=False)

"""What a torrent asks of its disk beside checking, writing and sealing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KeepBlocks", "ProbeFiles", "RestorePiece", "RetryWrite"]


@dataclass(frozen=True, slots=True)
class RetryWrite:
    """Do again the CheckAndWrite of a piece that the disk refused."""

    piece: int


@dataclass(frozen=True, slots=True)
class RestorePiece:
    """Put the blocks that an earlier run has kept into the buffer of a piece.

    If that fails, the piece fails its hash, as if they had been bad.
    """

    piece: int


@dataclass(frozen=True, slots=True)
class KeepBlocks:
    """Keep blocks of unfinished pieces across a restart, and those of no others.

    Args:
        pieces: The blocks that are in its buffer, by piece; None: as it was kept before.
    """

    pieces: Mapping[int, tuple[int, ...] | None]


@dataclass(frozen=True, slots=True)
class ProbeFiles:
    """Look which files could not be written: FilesProbed."""

    files: tuple[int, ...]

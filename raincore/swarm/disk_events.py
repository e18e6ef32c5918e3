"""What can happen to content on its disk, beside being stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.errors import RainError, StorageError

__all__ = ["FilesProbed", "PieceLost", "StorageFailed"]


@dataclass(frozen=True, slots=True)
class PieceLost:
    """A piece that we have is not what it should be, and why; none of it has left us.

    Args:
        may_replace: Whether it may be fetched again and written over.
    """

    piece: int
    text: str
    may_replace: bool = True


@dataclass(frozen=True, slots=True)
class StorageFailed:
    """The disk refused a check, a piece or a seal.

    Args:
        piece: Which one was not written; the shell keeps it for RetryWrite.
    """

    error: RainError
    piece: int | None = None


@dataclass(frozen=True, slots=True)
class FilesProbed:
    """Which files could not be written if it came to that, and why; the others could."""

    obstacles: Mapping[int, StorageError]

"""A run of a piece in memory, lent to a link until it is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.storage.piece_cache import CachedRun, PieceCache

__all__ = ["RunLease"]


class RunLease:
    """A cached run lent to a link; implements net.outbox.Lease."""

    __slots__ = ("_cache", "_run", "alone", "begin", "view")

    def __init__(
        self, cache: PieceCache, run: CachedRun, begin: int, *, alone: bool = False
    ) -> None:
        self.alone = alone
        self._cache = cache
        self._run = run
        self.begin = begin
        self.view = run.view

    def release(self) -> None:
        """Give the run back."""
        self._cache.release(self._run)

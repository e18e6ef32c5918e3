"""Whether the files of one torrent are its own to write, among torrents and processes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.storage import file_obstacles

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.errors import WriteError
    from raincore.storage.claims import Claims
    from raincore.storage.content_lock import ContentLock

__all__ = ["FileOwners"]


class FileOwners:
    """What one torrent may write.

    Args:
        claims: Which files belong to which torrent; None where there is only one.
        lock: Keeps other processes from writing; None where nobody else can.
    """

    def __init__(self, claims: Claims | None, lock: ContentLock | None) -> None:
        self._claims = claims
        self._lock = lock

    def claim(self, path: str) -> bool:
        """Have a file from now on, unless another torrent has it; whether it is ours."""
        return self._claims is None or self._claims.take(path, self)

    def in_the_way(self, path: str) -> WriteError | None:
        """Who else writes a file: another torrent, or another process; ours if nobody does."""
        if not self.claim(path):
            return file_obstacles.taken(path)
        return None if self._lock is None else self._lock.obstacle()

    def release(self, paths: Iterable[str]) -> None:
        """Let others have all of it; harmless when repeated.

        Args:
            paths: Whatever was claimed, and maybe more.
        """
        if self._claims is not None:
            self._claims.release(paths, self)
        if self._lock is not None:
            self._lock.release()

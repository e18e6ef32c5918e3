"""How many files all torrents of a process may keep open, an equal part each.

Thread safe. A torrent that is added makes the parts of the others smaller; they close what
is too much when they next open something, or at once when the system has none left.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FileAllowance", "Holder"]

FEWEST = 2
"""Files that a torrent may keep open, however many torrents there are."""

MOST = 40
"""Files that one torrent keeps open; more would gain nothing."""


class Holder(Protocol):
    """Who keeps files open."""

    def close_unused(self) -> int:
        """Close the files that nobody uses now; return how many."""


class FileAllowance:
    """Open files of a process.

    Args:
        total: How many may be kept open while nobody uses them.
    """

    def __init__(self, total: int) -> None:
        self.total = total
        self._lock = threading.Lock()
        self._holders: dict[Holder, None] = {}

    @property
    def part(self) -> int:
        """How many one torrent may keep open."""
        return min(MOST, max(FEWEST, self.total // max(1, len(self._holders))))

    def join(self, holder: Holder) -> None:
        """Count one more."""
        with self._lock:
            self._holders[holder] = None

    def leave(self, holder: Holder) -> None:
        """Count one less; harmless when repeated."""
        with self._lock:
            self._holders.pop(holder, None)

    def close_unused(self) -> int:
        """Have everybody close what nobody uses: the system has no descriptor left."""
        with self._lock:
            holders: Iterable[Holder] = list(self._holders)
        return sum(holder.close_unused() for holder in holders)

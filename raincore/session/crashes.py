"""How often a torrent has ended by a bug of ours, and whether it is worth another attempt."""

from __future__ import annotations

__all__ = ["PAUSE_SECONDS", "Crashes"]

MOST = 3
"""So many bugs in one torrent, and it stays stopped."""
PAUSE_SECONDS = 5.0
MEMORY_SECONDS = 3600.0
"""A run that goes well for so long makes up for all before it."""


class Crashes:
    """Counts them."""

    __slots__ = ("_count",)

    def __init__(self) -> None:
        self._count = 0

    def is_worth_another(self, seconds: float) -> bool:
        """Count one, at the end of a run of so many seconds."""
        self._count = 1 if seconds > MEMORY_SECONDS else self._count + 1
        return self._count < MOST

    def forget(self) -> None:
        """Somebody wants it to be tried anew."""
        self._count = 0

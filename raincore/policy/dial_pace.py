"""How fast peers may be dialled: a torrent that starts may hurry, none may flood a router."""

from __future__ import annotations

import math

__all__ = ["DialPace"]


class DialPace:
    """So many dials a second, and a store of some more at the start.

    Args:
        per_second: How many in the long run; also how many may be saved up.
        boost: How many more at the start.
    """

    __slots__ = ("_filled", "_per_second", "_stored")

    def __init__(self, per_second: float = 30.0, boost: float = 30.0) -> None:
        self._per_second = per_second
        self._stored = per_second + boost
        self._filled = math.inf

    def when(self, now: float) -> float:
        """When the next dial may be made; `now` if it may be made at once."""
        if now > self._filled and self._stored < self._per_second:
            earned = (now - self._filled) * self._per_second
            self._stored = min(self._stored + earned, self._per_second)
        self._filled = now
        return now if self._stored >= 1 else now + (1 - self._stored) / self._per_second

    def dialled(self) -> None:
        """Count a dial that `when` allowed."""
        self._stored -= 1

"""Byte rate from recent samples.

A ring of one-second buckets: adding costs one index, reading sums a handful of
numbers, and a connection that went quiet reads exactly 0 once the window has passed,
which an exponential average never does.
"""

from __future__ import annotations

__all__ = ["Rate"]


class Rate:
    """Bytes per second over the last few seconds, and the total.

    Args:
        window_seconds: How far back the rate looks, whole seconds, at least 1.
    """

    __slots__ = ("_buckets", "_first", "_newest", "_window", "total")

    total: int
    """Everything ever added, in bytes."""

    def __init__(self, window_seconds: int = 5) -> None:
        self._window = window_seconds
        self._buckets = [0] * window_seconds
        self._newest = -1
        self._first: int | None = None
        self.total = 0

    def add(self, byte_count: int, now: float) -> None:
        """Count bytes that moved at `now`, which is not negative and never runs backwards."""
        second = int(now)
        if second != self._newest:
            self._advance(second)
        self._buckets[second % self._window] += byte_count
        self.total += byte_count

    def per_second(self, now: float) -> float:
        """Say how many bytes moved per second, averaged over the window.

        Shorter histories are averaged over their own length, but over no less than one
        second, so that the first block of a connection is not mistaken for its rate.
        """
        if self._first is None:
            return 0.0
        second = int(now)
        if second != self._newest:
            self._advance(second)
        oldest = max(self._first, second - self._window + 1)
        return sum(self._buckets) / max(now - oldest, 1.0)

    def _advance(self, second: int) -> None:
        """Empty the buckets of the seconds that passed without a sample."""
        if self._first is None:
            self._first = second
        elif second - self._newest >= self._window:
            self._buckets = [0] * self._window
        else:
            for skipped in range(self._newest + 1, second + 1):
                self._buckets[skipped % self._window] = 0
        self._newest = second

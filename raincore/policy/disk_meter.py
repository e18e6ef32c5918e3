"""What a process reads and writes of content: counted once for each run or piece."""

from __future__ import annotations

from raincore.policy.rates import Rate

__all__ = ["DiskMeter"]

HITS_SECONDS = 60
"""Over how long the use of what is in memory is averaged."""


class DiskMeter:
    """Counters that all torrents of a process share.

    What is read to check content is not among them: it is no traffic.

    Attributes:
        loading: Runs that are being read, or wait for that.
        storing: Pieces that are being hashed and written, or wait for that.
        read: Bytes from disk.
        reads: How often.
        written: Bytes to disk.
        writes: How often.
    """

    __slots__ = ("_hits", "_misses", "loading", "read", "reads", "storing", "writes", "written")

    def __init__(self) -> None:
        self.loading = self.storing = 0
        self.read, self.reads = Rate(), Rate()
        self.written, self.writes = Rate(), Rate()
        self._hits, self._misses = Rate(HITS_SECONDS), Rate(HITS_SECONDS)

    def found(self, now: float) -> None:
        """A run that is wanted is in memory."""
        self._hits.add(1, now)

    def has_read(self, length: int, now: float) -> None:
        """A run has come from disk."""
        self._misses.add(1, now)
        self.reads.add(1, now)
        self.read.add(length, now)

    def has_written(self, length: int, now: float) -> None:
        """A piece has gone to disk."""
        self.writes.add(1, now)
        self.written.add(length, now)

    def percent_found(self, now: float) -> int:
        """How many of a hundred runs that were wanted in the last minute were in memory."""
        hits, misses = self._hits.per_second(now), self._misses.per_second(now)
        return round(100 * hits / (hits + misses)) if hits + misses else 0

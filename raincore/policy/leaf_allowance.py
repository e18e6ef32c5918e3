"""How much of our content a peer may have us hash for the sake of its proofs (BEP 52).

Leaf hashes are asked for when a piece went wrong, which is rare; a request of 50 bytes makes
us read and hash megabytes. So each peer has a store of bytes that fills slowly, and grows by
what it was sent, since what went wrong there may be ours.
"""

from __future__ import annotations

__all__ = ["PEER_BYTES", "PEER_RATE", "TORRENT_BYTES", "TORRENT_RATE", "LeafAllowance"]

PEER_BYTES = 64 << 20
PEER_RATE = 1 << 20
"""Bytes a second."""

TORRENT_BYTES = 256 << 20
TORRENT_RATE = 16 << 20
"""What all peers together may have, lest many do what one may not."""


class LeafAllowance:
    """A store of bytes.

    Args:
        most: What it holds, and holds at first.
        rate: By how much it fills again, in bytes a second.
    """

    __slots__ = ("_credited", "_level", "_most", "_rate", "_then")

    def __init__(self, most: int, rate: int) -> None:
        self._most = most
        self._rate = rate
        self._level = float(most)
        self._then: float | None = None
        self._credited = 0

    def credit(self, total: int) -> None:
        """Let it hold more by what was sent: `total` bytes so far, from the beginning."""
        self._level = min(self._level + total - self._credited, self._most)
        self._credited = total

    def may_take(self, length: int, now: float) -> bool:
        """Whether so many bytes are there."""
        if self._then is not None:
            self._level = min(self._level + self._rate * (now - self._then), self._most)
        self._then = now
        return length <= self._level

    def take(self, length: int) -> None:
        """Take so many bytes, which are there."""
        self._level -= length

"""Several downloads of the metadata side by side, since liars lie about its size too.

Whoever claims a size of its own begins an attempt of its own, and a bounded number of them
goes on at once. The smaller a claim, the sooner it is delivered or found to be a lie, so a
small one displaces a large one: otherwise a few strangers could hold all places for hours
by giving thirty megabytes drop by drop.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.policy.metadata_download import MetadataDownload

if TYPE_CHECKING:
    from raincore.policy.piece_download import PeerKey

__all__ = ["ATTEMPTS_MAX", "MetadataAttempts"]

ATTEMPTS_MAX = 16
LENGTHS_MAX = 4
"""What all attempts together may claim, in multiples of the largest size."""


class MetadataAttempts:
    """One attempt per size that peers claim.

    Args:
        max_length: Largest size that is believed, in bytes (config: 30 MiB).
    """

    __slots__ = ("_attempts", "_max_length")

    def __init__(self, max_length: int) -> None:
        self._max_length = max_length
        self._attempts: dict[int, MetadataDownload] = {}

    def known(self, size: int) -> MetadataDownload | None:
        """The attempt at metadata of a claimed size, if there is one."""
        return self._attempts.get(size)

    def attempt(self, size: int) -> MetadataDownload | None:
        """The attempt at metadata of a claimed size, begun if need be.

        Room is made by dropping those that nobody works on, the oldest first, then the
        largest, if it is larger.

        Returns:
            None if the size is not positive or too large, or too many others that are not
            larger are being delivered.
        """
        known = self._attempts.get(size)
        if known is not None:
            return known
        if not 0 < size <= self._max_length or not self._make_room(size):
            return None
        new = self._attempts[size] = MetadataDownload(size)
        return new

    @property
    def progress(self) -> tuple[int, int]:
        """Bytes that have arrived, and of how many, where most has; (0, 0) if nowhere."""
        found = [(attempt.best_length, size) for size, attempt in self._attempts.items()]
        return max(found, default=(0, 0))

    def peer_left(self, peer: PeerKey) -> None:
        """Give back what a peer owes, in whichever attempt."""
        for attempt in self._attempts.values():
            attempt.peer_left(peer)

    def _make_room(self, size: int) -> bool:
        while not self._has_room(size):
            idle = (known for known, one in self._attempts.items() if not one.is_engaged)
            victim = next(idle, max(self._attempts))
            if victim <= size and self._attempts[victim].is_engaged:
                return False
            del self._attempts[victim]
        return True

    def _has_room(self, size: int) -> bool:
        claimed = sum(self._attempts) + size
        return len(self._attempts) < ATTEMPTS_MAX and claimed <= LENGTHS_MAX * self._max_length

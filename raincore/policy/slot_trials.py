"""How many peers a torrent of few pieces is served to at once: a further one only if it brings more.

What is being sent through eight slots lies at eight peers in parts, and none of them can pass
its own on before it is whole. Of a thousand pieces eight are little; of a hundred they are a
twelfth, and each hop of each piece on its way through the swarm costs as much time. So a small
torrent begins with few slots, and tries one more when what flows has settled: a line that is
full carries no more through five than through four, but of slow readers each brings its part.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.policy import slots

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.config import UploadLimits

__all__ = ["SlotTrials"]

PIECES_PER_SLOT = 32
"""A torrent of fewer pieces than this for each of `slots_min` slots begins with fewer."""

FEWEST = 4
"""With fewer, nobody is left to serve while those who have slots need nothing of us."""

SETTLED = 1.1
"""What flows has settled when it is not more than this times what flowed before."""

WORTH = 1 / 2
"""What a further slot must bring, of what each of the others carries."""

REST_ROUNDS = 6
"""So many rounds pass after a slot that brought too little before another is tried."""


class SlotTrials:
    """Remembers whether the last slot is there on trial.

    Args:
        piece_count: Pieces of the torrent; None while that is not known.
    """

    __slots__ = ("_on_trial", "_rest", "piece_count")

    piece_count: int | None

    def __init__(self, piece_count: int | None = None) -> None:
        self.piece_count = piece_count
        self._on_trial = False
        self._rest = 0

    def first(self, limits: UploadLimits) -> int:
        """Say how many slots to begin with."""
        usual = slots.count(limits, ())
        if limits.slots is not None or self.piece_count is None:
            return usual
        return min(usual, max(FEWEST, self.piece_count // PIECES_PER_SLOT))

    def next(
        self, limits: UploadLimits, count: int, rates: Sequence[float], most_before: float
    ) -> int:
        """Say how many slots the next round has.

        Args:
            count: How many there were in the round that ends.
            rates: What flowed through each that somebody had, in bytes per second.
            most_before: The most that all together have carried in earlier rounds.
        """
        fewest = self.first(limits)
        if count < fewest or count >= slots.count(limits, ()):
            self._on_trial = False
            return fewest if count < fewest else slots.count(limits, rates)
        total = sum(rates)
        if self._on_trial:
            self._on_trial = total >= most_before * (1 + WORTH / (count - 1))
            self._rest = 0 if self._on_trial else REST_ROUNDS
            return count + 1 if self._on_trial else count - 1
        if self._rest:
            self._rest -= 1
            return count
        self._on_trial = len(rates) == count and 0 < total <= most_before * SETTLED
        return count + 1 if self._on_trial else count

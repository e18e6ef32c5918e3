"""Which torrents to announce to the local network, and when: no storms (BEP 14, "usage")."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING

from raincore.wire.lsd import HASHES_MAX

if TYPE_CHECKING:
    import random

    from raincore.base.ids import InfoHash

__all__ = ["LsdPace"]

FIRST_SECONDS = (0.2, 1.0)
"""When a torrent is first announced; several that start together are in one announce."""

EVERY_SECONDS = 300.0
PAUSE_SECONDS = 60.0
"""Between two announces, whatever is in them."""

ANSWER_SECONDS = (1.0, 10.0)
CROWD = 5
"""So many others who announced a torrent within a minute are enough for a newcomer."""


class LsdPace:
    """The turns of torrents, of which one datagram serves several.

    Args:
        rng: Dice that keep neighbours from speaking all at once.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._due: dict[InfoHash, float] = {}
        self._said: dict[InfoHash, float] = {}
        self._heard: dict[InfoHash, deque[float]] = {}
        self._last = -math.inf

    def add(self, info_hash: InfoHash, now: float) -> None:
        """Announce a torrent from now on."""
        if info_hash not in self._due:
            self._due[info_hash] = now + self._rng.uniform(*FIRST_SECONDS)
            self._said[info_hash] = -math.inf
            self._heard[info_hash] = deque(maxlen=CROWD)

    def remove(self, info_hash: InfoHash) -> None:
        """Announce a torrent no more; harmless when it was not announced."""
        for facts in (self._due, self._said, self._heard):
            facts.pop(info_hash, None)

    def heard(self, info_hash: InfoHash, now: float) -> None:
        """Somebody else announced a torrent: let it know of us, unless it does already."""
        if info_hash not in self._due:
            return
        crowd = self._heard[info_hash]
        crowd.append(now)
        is_crowded = len(crowd) == CROWD and crowd[0] > now - PAUSE_SECONDS
        if self._said[info_hash] <= now - PAUSE_SECONDS and not is_crowded:
            answer = now + self._rng.uniform(*ANSWER_SECONDS)
            self._due[info_hash] = min(self._due[info_hash], answer)

    def next_time(self) -> float:
        """When `take` has something; math.inf while no torrent is to be announced."""
        due = min(self._due.values(), default=math.inf)
        return max(due, self._last + PAUSE_SECONDS)

    def take(self, now: float) -> tuple[InfoHash, ...]:
        """Give the torrents of the next announce, and count them as announced.

        Those whose turn comes before the next announce may be made are in it too.
        """
        if self.next_time() > now:
            return ()
        soon = sorted(
            (due, info_hash) for info_hash, due in self._due.items() if due <= now + PAUSE_SECONDS
        )
        taken = tuple(info_hash for _, info_hash in soon[:HASHES_MAX])
        for info_hash in taken:
            self._due[info_hash] = now + EVERY_SECONDS
            self._said[info_hash] = now
        self._last = now
        return taken

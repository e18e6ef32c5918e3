"""The trackers of a torrent in the order in which they are to be asked (BEP 12).

Each tier is shuffled once. A round goes through the tiers in order and, inside a tier, from
its front; it ends with the first tracker that answers, which moves to the front of its tier
and no further. The next round begins with the first tier again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

__all__ = ["MAX_TRACKERS", "Tiers"]

MAX_TRACKERS = 200
"""Of one torrent, whose list may be hostile; further ones are not asked."""


class Tiers:
    """The trackers of one torrent, in the order in which they are to be asked.

    Args:
        tiers: As the torrent has them; repeated URLs count once, where they come first.
        rng: Dice for the order inside each tier.
    """

    def __init__(self, tiers: Iterable[Sequence[str]], rng: random.Random) -> None:
        self._tiers: list[list[str]] = []
        seen: set[str] = set()
        for tier in tiers:
            fresh = [url for url in dict.fromkeys(tier) if url not in seen]
            del fresh[MAX_TRACKERS - len(seen) :]
            seen.update(fresh)
            rng.shuffle(fresh)
            if fresh:
                self._tiers.append(fresh)
        self._note()

    @property
    def urls(self) -> tuple[str, ...]:
        """All trackers, in the order in which a round asks them."""
        return self._urls

    @property
    def tiers(self) -> tuple[tuple[str, ...], ...]:
        """The tiers as they stand."""
        return tuple(map(tuple, self._tiers))

    def succeeded(self, url: str) -> None:
        """A tracker answered: it comes first in its tier."""
        for tier in self._tiers:
            if url in tier:
                tier.remove(url)
                tier.insert(0, url)
        self._note()

    def add(self, url: str) -> bool:
        """Add a tracker as a tier of its own, the last; False if it is there, or one too many."""
        if url in self._urls or len(self._urls) >= MAX_TRACKERS:
            return False
        self._tiers.append([url])
        self._note()
        return True

    def remove(self, url: str) -> bool:
        """Take a tracker away; False if there is no such."""
        if url not in self._urls:
            return False
        self._tiers = [kept for tier in self._tiers if (kept := [u for u in tier if u != url])]
        self._note()
        return True

    def _note(self) -> None:
        self._urls = tuple(url for tier in self._tiers for url in tier)

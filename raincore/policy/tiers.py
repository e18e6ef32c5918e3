"""Which tracker to ask next: tiers in order, the one that worked first (BEP 12).

Each tier is shuffled once. Trackers are asked one after another; the first that answers
moves to the front of its tier and is asked from then on. When it fails, the rest of the
list is tried, and when all have failed, all over again from the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

__all__ = ["Tiers"]


class Tiers:
    """The trackers of one torrent, in the order in which they are to be asked.

    Args:
        tiers: As the torrent has them; repeated URLs count once, where they come first.
        rng: Dice for the order inside each tier.
    """

    def __init__(self, tiers: Iterable[Sequence[str]], rng: random.Random) -> None:
        self._tiers: list[list[str]] = []
        self._current: str | None = None
        seen: set[str] = set()
        for tier in tiers:
            fresh = [url for url in dict.fromkeys(tier) if url not in seen]
            seen.update(fresh)
            rng.shuffle(fresh)
            if fresh:
                self._tiers.append(fresh)
        self.restart()

    @property
    def current(self) -> str | None:
        """The tracker to ask now; None if there is none at all."""
        return self._current

    @property
    def urls(self) -> list[str]:
        """All trackers, in the order in which they would be asked from the start."""
        return [url for tier in self._tiers for url in tier]

    @property
    def tiers(self) -> tuple[tuple[str, ...], ...]:
        """The tiers as they stand."""
        return tuple(map(tuple, self._tiers))

    def restart(self) -> None:
        """Begin with the first tracker again."""
        self._current = next(iter(self.urls), None)

    def succeeded(self, url: str) -> None:
        """A tracker answered: it comes first in its tier, and is the one to ask."""
        for tier in self._tiers:
            if url in tier:
                tier.remove(url)
                tier.insert(0, url)
                self._current = url

    def failed(self, url: str) -> bool:
        """A tracker did not answer or refused: the next in the list is to be asked.

        Returns:
            Whether that was the last, so that the next round is to wait.
        """
        urls = self.urls
        if url != self._current or url not in urls:
            return False
        following = urls.index(url) + 1
        self._current = urls[following % len(urls)]
        return following == len(urls)

    def add(self, url: str) -> bool:
        """Add a tracker as a tier of its own, the last; False if it is there already."""
        if url in self.urls:
            return False
        self._tiers.append([url])
        if self._current is None:
            self._current = url
        return True

    def remove(self, url: str) -> bool:
        """Take a tracker away; False if there is no such."""
        if url not in self.urls:
            return False
        if url == self._current:
            self.failed(url)
        self._tiers = [kept for tier in self._tiers if (kept := [u for u in tier if u != url])]
        if self._current == url:
            self.restart()
        return True

"""Which torrents may be active: so many downloads, seeds and checks at a time.

The oldest go first. Who is active stays so while there is room, so that nothing is started
only to be stopped again; a torrent of one kind never waits for a place of another. A
download that does not get anything keeps its place: that it is idle is not its fault, and
the next one would be so too.
"""

from __future__ import annotations

import enum
from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Kind", "Places", "Waiting"]

_Rank = tuple[bool, int, str]
"""Whether it only waits, its age, and its id."""


class Kind(enum.Enum):
    """What a torrent would do if it were active."""

    DOWNLOAD = "download"
    SEED = "seed"
    CHECK = "check"
    HALTED = "halted"  # waits for its disk: takes nothing that others could have

    __hash__ = object.__hash__  # of one that is only itself; Enum's own is slow, for its name


@dataclass(frozen=True, slots=True)
class Waiting:
    """A torrent that is to be active, or is.

    Args:
        id: Names it.
        kind: What it does, or would do.
        active: Whether it runs now.
    """

    id: str
    kind: Kind
    active: bool


class Places:
    """Who has one. Whatever changes costs O(log n) comparisons, however many wait.

    Those of a kind stand in a row, the active ones first, the oldest of each first; so many
    from its head have a place.

    >>> places = Places({Kind.SEED: 1})
    >>> places.put(Waiting("a", Kind.SEED, False), 1)
    >>> places.put(Waiting("b", Kind.SEED, True), 2)
    >>> list(places.chosen)
    ['b']
    """

    def __init__(self, limits: Mapping[Kind, int]) -> None:
        self._limits = limits
        self._rows: dict[Kind, list[_Rank]] = {kind: [] for kind in Kind}
        self._ranks: dict[str, tuple[Kind, _Rank]] = {}
        self.chosen: dict[str, None] = {}
        """Those who may be active."""
        self._changed: dict[str, None] = {}

    def put(self, torrent: Waiting, age: int) -> None:
        """A torrent is to be active, or is, or has changed.

        Args:
            age: Its place among all, the oldest first; different for each.
        """
        rank = (not torrent.active, age, torrent.id)
        if self._ranks.get(torrent.id) == (torrent.kind, rank):
            return
        self.drop(torrent.id)
        self._ranks[torrent.id] = torrent.kind, rank
        row, limit = self._rows[torrent.kind], self._limits.get(torrent.kind, 0)
        place = bisect_left(row, rank)
        row.insert(place, rank)
        if not limit or place < limit:
            self._choose(torrent.id)
            if limit and len(row) > limit:
                self._reject(row[limit][2])

    def drop(self, id: str) -> None:
        """A torrent is not to be active, or is gone; harmless when it was not known."""
        kind, rank = self._ranks.pop(id, (None, None))
        if kind is None or rank is None:
            return
        row, limit = self._rows[kind], self._limits.get(kind, 0)
        place = bisect_left(row, rank)
        del row[place]
        if not limit or place < limit:
            self._reject(id)
            if limit and len(row) >= limit:
                self._choose(row[limit - 1][2])

    def news(self) -> list[str]:
        """Those who have got a place or lost it since this was asked last, maybe both."""
        changed, self._changed = self._changed, {}
        return list(changed)

    def _choose(self, id: str) -> None:
        self.chosen[id] = self._changed[id] = None

    def _reject(self, id: str) -> None:
        del self.chosen[id]
        self._changed[id] = None

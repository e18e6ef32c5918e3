"""Which torrents may be active: so many downloads, seeds and checks at a time.

The oldest go first. Who is active stays so while there is room, so that nothing is started
only to be stopped again; a torrent of one kind never waits for a place of another. A
download that does not get anything keeps its place: that it is idle is not its fault, and
the next one would be so too.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Kind", "Waiting", "choose"]


class Kind(enum.Enum):
    """What a torrent would do if it were active."""

    DOWNLOAD = "download"
    SEED = "seed"
    CHECK = "check"


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


def choose(torrents: Iterable[Waiting], limits: Mapping[Kind, int]) -> set[str]:
    """Say who may be active. O(n).

    Args:
        torrents: All that are started, the oldest first.
        limits: How many of each kind; 0 or nothing for no limit.

    >>> one, two = Waiting("a", Kind.SEED, False), Waiting("b", Kind.SEED, True)
    >>> sorted(choose([one, two], {Kind.SEED: 1}))
    ['b']
    """
    chosen: set[str] = set()
    count = dict.fromkeys(Kind, 0)
    known = list(torrents)
    for torrent in [one for one in known if one.active] + [one for one in known if not one.active]:
        limit = limits.get(torrent.kind, 0)
        if not limit or count[torrent.kind] < limit:
            count[torrent.kind] += 1
            chosen.add(torrent.id)
    return chosen

"""In which of a hybrid's two swarms an address is dialled (BEP 52, "upgrade path").

Who names an address knows it from one swarm; whether the peer is in the other one too shows
only when it is tried. The v1 swarm comes first, with the offer to go on as v2, which every
client that knows both takes. Who refuses is taken for one that knows v2 alone; and then for
one that stumbles over the offer itself.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.endpoint import Endpoint

__all__ = ["Approach", "SwarmChoice"]

MAX_COUNT = 3000
"""Addresses of which something is known; the oldest is forgotten first."""


class Approach(enum.Enum):
    """How a hybrid's peer is greeted."""

    UPGRADE = enum.auto()
    """By the v1 hash, with the offer to go on as v2."""
    V2 = enum.auto()
    """By the v2 hash."""
    PLAIN = enum.auto()
    """By the v1 hash and nothing else."""


ORDER = (Approach.UPGRADE, Approach.V2, Approach.PLAIN)


class SwarmChoice:
    """Remembers what to try next for addresses that are not like most.

    Args:
        max_count: How many.
    """

    __slots__ = ("_max_count", "_next")

    def __init__(self, max_count: int = MAX_COUNT) -> None:
        self._max_count = max_count
        self._next: dict[Endpoint, int] = {}

    def __len__(self) -> int:
        return len(self._next)

    def named_in_v2(self, endpoints: Iterable[Endpoint]) -> None:
        """Note addresses that the v2 swarm knows; what was tried of them already counts more."""
        for endpoint in endpoints:
            self._note(endpoint, self._next.get(endpoint, ORDER.index(Approach.V2)))

    def next(self, endpoint: Endpoint) -> Approach:
        """How to greet an address now."""
        return ORDER[self._next.get(endpoint, 0)]

    def refused(self, endpoint: Endpoint) -> bool:
        """Note that somebody was there, who did not want to be greeted like this.

        Returns:
            Whether to try the next way at once; the others wait for their turn.
        """
        number = (self._next.get(endpoint, 0) + 1) % len(ORDER)
        self._note(endpoint, number)
        return ORDER[number] is Approach.V2

    def _note(self, endpoint: Endpoint, number: int) -> None:
        self._next[endpoint] = number
        if len(self._next) > self._max_count:
            del self._next[next(iter(self._next))]

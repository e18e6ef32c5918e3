"""Addresses that wait for their time, and of those whose time has come the best one."""

from __future__ import annotations

import heapq
import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.endpoint import Endpoint

__all__ = ["DueQueue"]

SPARE = 10
"""Void entries that may stay in a heap beyond as many as there are valid ones."""


class DueQueue:
    """Two heaps: by time, and of those that are due by rank; each address is in one of them.

    Entries that do not hold any more are left in the heaps and skipped when they surface.

    Args:
        rank: What to order by, the least first; asked when an address becomes due.
    """

    __slots__ = ("_rank", "_ready", "_ticket", "_tickets", "_waiting")

    def __init__(self, rank: Callable[[Endpoint], tuple[Any, ...]]) -> None:
        self._rank = rank
        self._ticket = 0
        self._tickets: dict[Endpoint, int] = {}  # the only entry of each that holds
        self._waiting: list[tuple[float, int, Endpoint]] = []
        self._ready: list[tuple[tuple[Any, ...], int, Endpoint]] = []

    def put(self, endpoint: Endpoint, due: float) -> None:
        """Queue an address, instead of its earlier entry if there is one."""
        self._ticket += 1
        self._tickets[endpoint] = self._ticket
        heapq.heappush(self._waiting, (due, self._ticket, endpoint))
        if len(self._waiting) > 2 * len(self._tickets) + SPARE:
            self._waiting = [entry for entry in self._waiting if self._holds(entry)]
            heapq.heapify(self._waiting)

    def take_out(self, endpoint: Endpoint) -> None:
        """Forget an address; harmless when it is not there."""
        self._tickets.pop(endpoint, None)

    def first(self, now: float) -> Endpoint | None:
        """The best of those that are due; it stays."""
        while self._waiting and self._waiting[0][0] <= now:
            entry = heapq.heappop(self._waiting)
            if self._holds(entry):
                self._make_ready(entry[1], entry[2])
        while self._ready:
            if self._holds(self._ready[0]):
                return self._ready[0][2]
            heapq.heappop(self._ready)
        return None

    def next_time(self, now: float) -> float:
        """When the next address becomes due: `now` if one is, math.inf if none will."""
        if self.first(now) is not None:
            return now
        while self._waiting:
            if self._holds(self._waiting[0]):
                return self._waiting[0][0]
            heapq.heappop(self._waiting)
        return math.inf

    def _holds(self, entry: tuple[Any, int, Endpoint]) -> bool:
        return self._tickets.get(entry[2]) == entry[1]

    def _make_ready(self, ticket: int, endpoint: Endpoint) -> None:
        heapq.heappush(self._ready, (self._rank(endpoint), ticket, endpoint))
        if len(self._ready) > 2 * len(self._tickets) + SPARE:
            self._ready = [entry for entry in self._ready if self._holds(entry)]
            heapq.heapify(self._ready)

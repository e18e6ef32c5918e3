"""Addresses worth dialling, best first.

Best is who failed least often, then who was tried longest ago, then who came from the
better source; ties are random (the order of BEP 40 takes their place one day). Two
heaps hold everybody who is not connected: those that wait for their time, by time, and
those whose time has come, by rank. Entries that no longer hold are left in the heaps
and skipped when they surface.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from raincore.base.endpoint import Endpoint

__all__ = ["SOURCES", "Candidates"]

SOURCES: Final = ("manual", "tracker", "lsd", "dht", "pex")
"""Where addresses come from, the most trusted first; "manual" was given by the user."""

MANUAL_RANK = 0
MAX_COUNT = 3000
REFUSED_MAX = 10_000
DROP_AFTER_FAILS = 3
EXHAUSTED_FAILS = 5
RETRY_SECONDS = 60.0
LASTING_SECONDS = 60.0


@dataclass(slots=True)
class _Candidate:
    rank: int
    ticket: int = 0
    """The only heap entry that holds is the one with this number."""
    fails: int = 0
    last_tried: float = -math.inf
    due: float = -math.inf
    busy: bool = False
    """Being dialled or connected, hence in neither heap."""
    connected_at: float = math.inf


class Candidates:
    """Bounded memory of addresses and what came of dialling them.

    Peers given by the user are retried after 1, 2, 4 … 60 seconds for ever. Others wait
    a minute per failure and are forgotten after the third. A connection that ends
    within a minute and was of no use counts as a failure.

    Args:
        rng: Dice for ties.
        max_count: How many addresses are kept; the best stay, and all in use.
    """

    __slots__ = ("_known", "_max_count", "_ready", "_refused", "_rng", "_ticket", "_waiting")

    def __init__(self, rng: random.Random, max_count: int = MAX_COUNT) -> None:
        self._rng = rng
        self._max_count = max_count
        self._known: dict[Endpoint, _Candidate] = {}
        self._refused: dict[Endpoint, None] = {}  # banned, or our own
        self._waiting: list[tuple[float, int, Endpoint]] = []
        self._ready: list[tuple[int, float, int, float, int, Endpoint]] = []
        self._ticket = 0

    def __len__(self) -> int:
        return len(self._known)

    # -- learning ----------------------------------------------------------------------

    def add(self, source: str, endpoints: Iterable[Endpoint]) -> None:
        """Remember addresses; a known one only gains by a better source.

        Args:
            source: One of `SOURCES`.
            endpoints: May be hostile; those with port 0, banned ones and our own are
                ignored, and so is everything beyond the first `max_count`.

        Raises:
            ValueError: No such source; a bug in the caller.
        """
        if source not in SOURCES:
            raise ValueError(f"no such source: {source}")
        rank = SOURCES.index(source)
        for endpoint in islice(endpoints, self._max_count):
            known = self._known.get(endpoint)
            if known is None:
                if endpoint.port and endpoint not in self._refused:
                    self._known[endpoint] = candidate = _Candidate(rank)
                    self._queue(endpoint, candidate)
            elif rank < known.rank:
                known.rank = rank
                if not known.busy:
                    self._queue(endpoint, known)
        self._weed()

    def ours(self, endpoint: Endpoint) -> None:
        """Never dial an address that turned out to be our own."""
        self.ban(endpoint)

    def ban(self, endpoint: Endpoint) -> None:
        """Forget an address and refuse to learn it again.

        Exactly this port of this host: behind one address there can be honest peers.
        """
        self._known.pop(endpoint, None)
        self._refused[endpoint] = None
        if len(self._refused) > REFUSED_MAX:
            del self._refused[next(iter(self._refused))]

    def knows(self, endpoint: Endpoint) -> bool:
        """Whether an address is remembered, in use or not."""
        return endpoint in self._known

    def forget(self, sources: Iterable[str]) -> frozenset[Endpoint]:
        """Forget every address that no better source than these has named; give those.

        Also those in use: what becomes of them is of no interest any more.
        """
        ranks = {SOURCES.index(source) for source in sources}
        found = frozenset(one for one, known in self._known.items() if known.rank in ranks)
        for endpoint in found:
            del self._known[endpoint]
        return found

    # -- dialling ----------------------------------------------------------------------

    def next(self, now: float) -> Endpoint | None:
        """The best address to dial now, or None. Changes nothing: call `connecting`."""
        while self._waiting and self._waiting[0][0] <= now:
            _, ticket, endpoint = heapq.heappop(self._waiting)
            candidate = self._holds(endpoint, ticket)
            if candidate is not None:
                self._make_ready(endpoint, candidate)
        while self._ready:
            endpoint = self._ready[0][-1]
            if self._holds(endpoint, self._ready[0][-2]) is not None:
                return endpoint
            heapq.heappop(self._ready)
        return None

    def next_time(self, now: float) -> float:
        """When the next address becomes due: `now` if one is, math.inf if none will."""
        if self.next(now) is not None:
            return now
        while self._waiting:
            due, ticket, endpoint = self._waiting[0]
            if self._holds(endpoint, ticket) is not None:
                return due
            heapq.heappop(self._waiting)
        return math.inf

    def connecting(self, endpoint: Endpoint, now: float) -> None:
        """Note that an address is being dialled; unknown ones are ignored, here and below."""
        candidate = self._known.get(endpoint)
        if candidate is not None:
            candidate.last_tried = now
            self._take_out(candidate)

    def connected(self, endpoint: Endpoint, now: float) -> None:
        """Note that a dialled address has shaken hands."""
        candidate = self._known.get(endpoint)
        if candidate is not None:
            candidate.connected_at = now
            self._take_out(candidate)

    def disconnected(self, endpoint: Endpoint, now: float, *, useful: bool = False) -> None:
        """Note that a connection has ended.

        Args:
            endpoint: The address that was dialled.
            now: Monotonic seconds.
            useful: Whether it brought us anything; then it does not count as a failure,
                however short it was.
        """
        candidate = self._known.get(endpoint)
        if candidate is None:
            return
        lasted = now - candidate.connected_at
        candidate.connected_at = math.inf
        if not useful and lasted < LASTING_SECONDS:
            self.failed(endpoint, now)
            return
        candidate.fails = 0
        self._wait(endpoint, candidate, now)

    def failed(self, endpoint: Endpoint, now: float) -> None:
        """Note that nobody answered, or not for this torrent."""
        candidate = self._known.get(endpoint)
        if candidate is None:
            return
        candidate.fails += 1
        if candidate.rank != MANUAL_RANK and candidate.fails >= DROP_AFTER_FAILS:
            del self._known[endpoint]
            return
        self._wait(endpoint, candidate, now)

    def exhausted(self, now: float) -> bool:
        """Whether there is no hope: all that is known was tried, and tried enough.

        True when nobody is connected or being dialled, each address given by the user
        failed at least five times in a row, and no other is due.
        """
        return not any(
            candidate.busy
            or (
                candidate.fails < EXHAUSTED_FAILS
                if candidate.rank == MANUAL_RANK
                else candidate.due <= now
            )
            for candidate in self._known.values()
        )

    # -- the heaps ---------------------------------------------------------------------

    def _holds(self, endpoint: Endpoint, ticket: int) -> _Candidate | None:
        candidate = self._known.get(endpoint)
        return candidate if candidate is not None and candidate.ticket == ticket else None

    def _new_ticket(self, candidate: _Candidate) -> None:
        self._ticket += 1
        candidate.ticket = self._ticket

    def _take_out(self, candidate: _Candidate) -> None:
        candidate.busy = True
        self._new_ticket(candidate)

    def _wait(self, endpoint: Endpoint, candidate: _Candidate, now: float) -> None:
        """Put an address back, due when its fails allow."""
        if candidate.rank == MANUAL_RANK:
            delay = min(2.0 ** min(candidate.fails - 1, 10), RETRY_SECONDS)
            delay = max(delay, 1.0)
        else:
            delay = RETRY_SECONDS * max(candidate.fails, 1)
        candidate.due = now + delay
        candidate.busy = False
        self._queue(endpoint, candidate)

    def _queue(self, endpoint: Endpoint, candidate: _Candidate) -> None:
        self._new_ticket(candidate)
        heapq.heappush(self._waiting, (candidate.due, candidate.ticket, endpoint))
        if len(self._waiting) > 2 * max(self._max_count, len(self._known)):
            self._waiting = [e for e in self._waiting if self._holds(e[2], e[1])]
            heapq.heapify(self._waiting)

    def _make_ready(self, endpoint: Endpoint, candidate: _Candidate) -> None:
        rank = (candidate.fails, candidate.last_tried, candidate.rank, self._rng.random())
        heapq.heappush(self._ready, (*rank, candidate.ticket, endpoint))
        if len(self._ready) > 2 * max(self._max_count, len(self._known)):
            self._ready = [e for e in self._ready if self._holds(e[5], e[4])]
            heapq.heapify(self._ready)

    def _weed(self) -> None:
        """Forget the worst idle addresses beyond the limit, the user's own last."""
        excess = len(self._known) - self._max_count
        if excess > 0:
            idle = (
                (c.rank != MANUAL_RANK, c.fails, c.rank, c.ticket, endpoint)
                for endpoint, c in self._known.items()
                if not c.busy
            )
            for *_, endpoint in heapq.nlargest(excess, idle):
                del self._known[endpoint]

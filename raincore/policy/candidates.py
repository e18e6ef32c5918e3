"""Addresses worth dialling, best first.

Best is who failed least often, then who is near, then who was tried longest ago, then who
came from the better source, then whom the canonical priority prefers (BEP 40), which needs
our own address: while that is in doubt, dice decide.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final

from raincore.base.addresses import is_possible
from raincore.policy import peer_priority
from raincore.policy.due_queue import DueQueue
from raincore.policy.own_addresses import OwnAddresses
from raincore.policy.refusals import Refusals, nothing

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Container, Iterable, Iterator

    from raincore.base.endpoint import Endpoint

__all__ = ["SOURCES", "Candidates"]

SOURCES: Final = ("manual", "tracker", "lsd", "dht", "pex", "incoming")
"""Where addresses come from, the most trusted first; "manual" was given by the user, and
"incoming" is where a peer that dialled us says that it listens."""

MANUAL_RANK = 0
DROP_AFTER_FAILS = 3
EXHAUSTED_FAILS = 5
RETRY_SECONDS = 60.0
LASTING_SECONDS = 60.0


@dataclass(slots=True)
class _Candidate:
    rank: int
    fails: int = 0
    last_tried: float = -math.inf
    due: float = -math.inf
    busy: bool = False
    """Being dialled or connected, hence not queued."""
    connected_at: float = math.inf
    seed: bool = False
    """It asks for nothing."""


class Candidates:
    """Bounded memory of addresses and what came of dialling them.

    Peers given by the user are retried after 1, 2, 4 … 60 seconds for ever. Others wait
    a minute per failure and are forgotten after the third. A connection that ends
    within a minute and was of no use counts as a failure.

    Args:
        rng: Dice for ties, while our own address is in doubt.
        max_count: How many are kept; the best stay, and all in use.
        own: Our own addresses, as far as they are known; see `rerank`.
        blocks: Says which addresses a blocklist has.
    """

    __slots__ = ("_complete", "_known", "_own", "_queue", "_rng", "max_count", "refusals")

    def __init__(
        self,
        rng: random.Random,
        max_count: int = 3000,
        own: OwnAddresses | None = None,
        blocks: Callable[[Endpoint], bool] = nothing,
    ) -> None:
        self._rng, self.max_count = rng, max_count
        self._own = own or OwnAddresses()
        self._complete = False
        self._known: dict[Endpoint, _Candidate] = {}
        self.refusals = Refusals(blocks)  # banned, blocked, or our own
        self._queue = DueQueue(self._rank)

    def __len__(self) -> int:
        return len(self._known)

    def add(
        self, source: str, endpoints: Iterable[Endpoint], seeds: Container[Endpoint] = ()
    ) -> None:
        """Remember addresses; a known one only gains by a better source.

        Args:
            source: One of `SOURCES`.
            endpoints: May be hostile; those that nobody can have, banned ones and our own
                are ignored, and so is everything beyond the first `max_count`.
            seeds: Those of them that are said to ask for nothing.

        Raises:
            ValueError: No such source; a bug in the caller.
        """
        if source not in SOURCES:
            raise ValueError(f"no such source: {source}")
        rank = SOURCES.index(source)
        for endpoint in islice(endpoints, self.max_count):
            known = self._known.get(endpoint)
            if known is None:
                if self._may_be_dialled(endpoint):
                    self._known[endpoint] = candidate = _Candidate(rank)
                    candidate.seed = endpoint in seeds
                    self._put(endpoint, candidate)
                continue
            if endpoint in seeds:
                self.is_seed(endpoint)
            if rank < known.rank:
                known.rank = rank
                if not known.busy:
                    self._put(endpoint, known)
        self._weed()

    def is_seed(self, endpoint: Endpoint) -> None:
        """Note that a peer asks for nothing, which does not change; see `complete`."""
        known = self._known.get(endpoint)
        if known is not None and not known.seed:
            known.seed = True
            if not known.busy:
                self._put(endpoint, known)

    def complete(self, *, now: bool = True) -> None:
        """Stop to offer peers that ask for nothing: we want nothing either `now`, or do again."""
        self._complete = now
        self.rerank()

    def rerank(self) -> None:
        """Order anew, by what is known of our own addresses now, and forget those."""
        for endpoint in [endpoint for endpoint in self._known if self._own.includes(endpoint)]:
            self.ours(endpoint)
        for endpoint, candidate in self._known.items():
            if not candidate.busy:
                self._put(endpoint, candidate)

    def ours(self, endpoint: Endpoint) -> None:
        """Never dial an address that turned out to be our own."""
        self.ban(endpoint)

    def ban(self, endpoint: Endpoint) -> None:
        """Forget an address and refuse to learn it again.

        Exactly this port of this host: behind one address there can be honest peers.
        """
        self._known.pop(endpoint, None)
        self._queue.take_out(endpoint)
        self.refusals.add(endpoint)

    def knows(self, endpoint: Endpoint) -> bool:
        """Whether an address is remembered, in use or not."""
        return endpoint in self._known

    def rests(self, endpoint: Endpoint) -> bool:
        """Whether an address is remembered and not in use."""
        return endpoint in self._known and not self._known[endpoint].busy

    def all(self) -> Iterator[tuple[Endpoint, str, bool]]:
        """Every address, where it is from, and whether it is in use."""
        for endpoint, known in self._known.items():
            yield endpoint, SOURCES[known.rank], known.busy

    def idle(self) -> dict[str, int]:
        """How many addresses are not in use, by where they are from."""
        ranks = [known.rank for known in self._known.values() if not known.busy]
        return {source: ranks.count(rank) for rank, source in enumerate(SOURCES)}

    def forget(self, sources: Iterable[str]) -> frozenset[Endpoint]:
        """Forget every address that no better source than these has named; give those.

        Also those in use: what becomes of them is of no interest any more.
        """
        ranks = {SOURCES.index(source) for source in sources}
        found = frozenset(one for one, known in self._known.items() if known.rank in ranks)
        for endpoint in found:
            del self._known[endpoint]
            self._queue.take_out(endpoint)
        return found

    def next(self, now: float) -> Endpoint | None:
        """The best address to dial now, or None. Changes nothing: call `connecting`."""
        return self._queue.first(now)

    def next_time(self, now: float) -> float:
        """When the next address becomes due: `now` if one is, math.inf if none will."""
        return self._queue.next_time(now)

    def connecting(self, endpoint: Endpoint, now: float) -> None:
        """Note that an address is being dialled; unknown ones are ignored, here and below."""
        candidate = self._known.get(endpoint)
        if candidate is not None:
            candidate.last_tried = now
            candidate.busy = True
            self._queue.take_out(endpoint)

    def connected(self, endpoint: Endpoint, now: float) -> None:
        """Note that a dialled address has shaken hands."""
        candidate = self._known.get(endpoint)
        if candidate is not None:
            candidate.connected_at = now
            candidate.busy = True
            self._queue.take_out(endpoint)

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
            self._queue.take_out(endpoint)
            return
        self._wait(endpoint, candidate, now)

    def exhausted(self, now: float) -> bool:
        """Whether nobody is in use or due, and the user's own have failed five times in a row."""
        return not any(
            c.busy or (c.fails < EXHAUSTED_FAILS if c.rank == MANUAL_RANK else c.due <= now)
            for c in self._known.values()
        )

    def _may_be_dialled(self, endpoint: Endpoint) -> bool:
        return (
            is_possible(endpoint)
            and not self._own.includes(endpoint)
            and not self.refusals.includes(endpoint)
        )

    def _wait(self, endpoint: Endpoint, candidate: _Candidate, now: float) -> None:
        """Put an address back, due when its fails allow."""
        if candidate.rank == MANUAL_RANK:
            delay = max(min(2.0 ** min(candidate.fails - 1, 10), RETRY_SECONDS), 1.0)
        else:
            delay = RETRY_SECONDS * max(candidate.fails, 1)
        candidate.due = now + delay
        candidate.busy = False
        self._put(endpoint, candidate)

    def _put(self, endpoint: Endpoint, candidate: _Candidate) -> None:
        if candidate.seed and self._complete:
            self._queue.take_out(endpoint)
        else:
            self._queue.put(endpoint, candidate.due)

    def _rank(self, endpoint: Endpoint) -> tuple[int, bool, float, int, float]:
        candidate = self._known[endpoint]
        return (
            candidate.fails,
            not self._own.is_near(endpoint),
            candidate.last_tried,
            candidate.rank,
            self._preference(endpoint),
        )

    def _preference(self, endpoint: Endpoint) -> float:
        """The less, the better."""
        facing = self._own.facing(endpoint)
        if facing is None:
            return self._rng.random()
        return -peer_priority.priority(facing, endpoint)

    def _weed(self) -> None:
        """Forget the worst idle addresses beyond the limit, the user's own last."""
        excess = len(self._known) - self.max_count
        if excess > 0:
            idle = (
                (c.rank != MANUAL_RANK, c.fails, c.rank, age, endpoint)
                for age, (endpoint, c) in enumerate(self._known.items())
                if not c.busy
            )
            for *_, endpoint in heapq.nlargest(excess, idle):
                del self._known[endpoint]
                self._queue.take_out(endpoint)

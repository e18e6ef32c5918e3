"""One iterative search towards a target: whom to ask next, and when to stop (BEP 5).

Five questions are under way at once, always to the closest nodes that were not asked yet.
Whoever does not answer within a second is late: another is asked meanwhile, and the late
one counts again if it answers after all. The search ends when the eight closest nodes that
are there have answered.
"""

from __future__ import annotations

from bisect import insort
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING

from raincore.base.addresses import credible, network_of
from raincore.dht import node_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from raincore.base.addresses import Network
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import NodeId
    from raincore.formats.compact import Node

__all__ = ["START", "WIDTH", "Candidate", "Lookup", "Stage"]

WIDTH = 8
"""How many of the closest nodes have to answer (BEP 5's K)."""

START = 3 * WIDTH
"""Nodes of the routing table that a search should know: many may be gone by now."""

AT_ONCE = 5
MAX_CANDIDATES = 150
MAX_ASKED = 120
"""So many questions end any search: nodes that a liar invents have no end."""

FARTHEST = 1 << node_ids.BITS


class Stage(Enum):
    """What became of asking a node."""

    UNASKED = 0
    ASKED = 1
    LATE = 2
    """Asked, and so slow that it is not waited for."""
    ANSWERED = 3
    FAILED = 4


class Candidate:
    """A node that a search has heard of.

    Attributes:
        endpoint: Where it is.
        node_id: Its id; None for an address that was given without one.
        distance: To the target; FARTHEST while the id is not known.
        hops: How many nodes we had to ask one after another to hear of it.
        rtt: Seconds until it answered, once it has.
        stage: What became of asking it.
        token: What it gave for writing.
    """

    __slots__ = ("distance", "endpoint", "hops", "node_id", "rtt", "stage", "token")

    def __init__(
        self, endpoint: Endpoint, node_id: NodeId | None, distance: int, hops: int
    ) -> None:
        self.endpoint = endpoint
        self.node_id = node_id
        self.distance = distance
        self.hops = hops
        self.rtt = 0.0
        self.stage = Stage.UNASKED
        self.token: bytes | None = None

    def __repr__(self) -> str:
        return f"<{self.endpoint} {self.stage.name} {self.distance >> 128:08x}>"


class Lookup:
    """The state of one search.

    Args:
        target: 20 bytes.
        own_id: Ours: nobody else may claim it, and we do not ask ourselves.
        honest_ids_only: Do not count nodes whose id does not suit their address among the
            closest (BEP 42, "enforcement").
    """

    def __init__(self, target: bytes, own_id: NodeId, *, honest_ids_only: bool = False) -> None:
        self.target = target
        self.asked = 0
        """Questions so far."""
        self.answered = 0
        """Of them, those that were answered."""
        self._own_id = own_id
        self._number = int.from_bytes(target, "big")
        self._honest_only = honest_ids_only
        self._order: list[Candidate] = []
        self._networks: set[Network] = set()
        self._in_flight = 0
        self._late = 0

    # -- candidates --------------------------------------------------------------------

    def begin(self, nodes: Iterable[Node], addresses: Iterable[Endpoint] = ()) -> None:
        """Add the nodes to start from; addresses without an id are asked if more is needed."""
        for node in nodes:
            self._add(node.endpoint, node.node_id, 0)
        for endpoint in addresses:
            self._add(endpoint, None, 0)

    def _hear_of(self, nodes: Iterable[Node], teller: Candidate) -> None:
        told_by = teller.endpoint
        for node_id, endpoint in nodes:
            # An IPv4 address can be wrapped into an IPv6 one, which our socket cannot reach.
            reachable = endpoint.is_ipv6 == told_by.is_ipv6 and credible(endpoint, told_by)
            if reachable and node_id != self._own_id:
                self._add(endpoint, node_id, teller.hops + 1)

    def _add(self, endpoint: Endpoint, node_id: NodeId | None, hops: int) -> None:
        network = network_of(endpoint)
        if network in self._networks:
            return
        distance = self._distance(node_id)
        if len(self._order) >= MAX_CANDIDATES and not self._drop_farther(distance):
            return
        self._networks.add(network)
        candidate = Candidate(endpoint, node_id, distance, hops)
        insort(self._order, candidate, key=lambda held: held.distance)

    def _drop_farther(self, distance: int) -> bool:
        """Make room, if somebody farther was not asked yet."""
        for candidate in reversed(self._order):
            if candidate.distance <= distance:
                return False
            if candidate.stage is Stage.UNASKED:
                self._order.remove(candidate)
                self._networks.discard(network_of(candidate.endpoint))
                return True
        return False

    def _distance(self, node_id: NodeId | None) -> int:
        if node_id is None:
            return FARTHEST
        return int.from_bytes(node_id, "big") ^ self._number

    # -- asking ------------------------------------------------------------------------

    def next_to_ask(self) -> list[Candidate]:
        """Take the candidates that are to be asked now; they count as asked."""
        found: list[Candidate] = []
        for candidate in self._window():
            if self._in_flight >= AT_ONCE or self.asked >= MAX_ASKED:
                break
            if candidate.stage is Stage.UNASKED:
                candidate.stage = Stage.ASKED
                self._in_flight += 1
                self.asked += 1
                found.append(candidate)
        return found

    def on_answer(
        self, candidate: Candidate, node_id: NodeId, nodes: Iterable[Node], token: bytes | None
    ) -> bool:
        """Note an answer.

        Args:
            candidate: Who answered; one that was asked.
            node_id: The id it answered with.
            nodes: Nodes that it named, at most a datagram full.
            token: What it gave for writing.

        Returns:
            Whether it counts: not if it claims our own id.
        """
        self._left(candidate)
        self.answered += 1
        if node_id == self._own_id:
            candidate.stage = Stage.FAILED
            return False
        if candidate.node_id != node_id:
            # An address without an id until now, or a node that has taken another one.
            self._order.remove(candidate)
            candidate.node_id = node_id
            candidate.distance = self._distance(node_id)
            insort(self._order, candidate, key=lambda held: held.distance)
        honest = not self._honest_only or node_ids.suits(node_id, candidate.endpoint)
        candidate.stage = Stage.ANSWERED if honest else Stage.FAILED
        candidate.token = token
        self._hear_of(nodes, candidate)
        return True

    def on_late(self, candidate: Candidate) -> None:
        """Note that a candidate takes long."""
        if candidate.stage is Stage.ASKED:
            candidate.stage = Stage.LATE
            self._in_flight -= 1
            self._late += 1

    def on_failure(self, candidate: Candidate) -> None:
        """Note that a candidate does not answer, or refuses."""
        self._left(candidate)
        candidate.stage = Stage.FAILED

    def _left(self, candidate: Candidate) -> None:
        if candidate.stage is Stage.LATE:
            self._late -= 1
        elif candidate.stage is Stage.ASKED:
            self._in_flight -= 1

    # -- the end -----------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether nothing more is to be expected."""
        window = list(self._window())
        if any(candidate.stage is Stage.ASKED for candidate in window):
            return False
        if self.asked >= MAX_ASKED:
            return self._in_flight == 0
        if any(candidate.stage is Stage.UNASKED for candidate in window):
            return False
        # With fewer than eight, even the slow ones are worth waiting for.
        return len(window) >= WIDTH or self._in_flight + self._late == 0

    def closest(self, *, with_token: bool = False) -> list[Candidate]:
        """The closest nodes that answered, the closest first, at most WIDTH.

        Args:
            with_token: Only those that let us write (BEP 33).
        """
        found = (
            held
            for held in self._order
            if held.stage is Stage.ANSWERED and (held.token is not None or not with_token)
        )
        return list(islice(found, WIDTH))

    @property
    def hops(self) -> int:
        """How many nodes had to be asked one after another to reach the closest of all."""
        closest = self.closest()
        return closest[0].hops + 1 if closest else 0

    def _window(self) -> Iterator[Candidate]:
        """The WIDTH closest that may still answer in time, or did."""
        left = WIDTH
        for candidate in self._order:
            if candidate.stage not in (Stage.LATE, Stage.FAILED):
                yield candidate
                left -= 1
                if not left:
                    return

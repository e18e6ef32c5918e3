"""What a node does unasked: to find its place, to keep its table true, to forget (BEP 5)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.dht.errands import FindNodes
from raincore.dht.events import Joined
from raincore.dht.lookup import START
from raincore.dht.search import Search
from raincore.dht.single import Quiet
from raincore.wire.krpc_messages import Ping

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable, Sequence

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import NodeId
    from raincore.dht.routing_table import RoutingTable
    from raincore.dht.search import Asking
    from raincore.formats.compact import Node
    from raincore.wire.krpc_messages import Want

__all__ = ["TICK_SECONDS", "Upkeep"]

TICK_SECONDS = 5.0
CHECK_IDLE_SECONDS = 5 * 60.0
SELF_LOOKUP_SECONDS = 15 * 60.0
FIRST_SELF_LOOKUP_SECONDS = 6.0
"""The second look for ourselves; from then on twice as long each time. The first finds only
those who were there before us, and too few of them know their neighbours yet."""

FIRST_RETRY_SECONDS = 5.0
LAST_RETRY_SECONDS = 300.0
RETRY_GROWTH = 1.5
ENOUGH_NODES = 8
"""With fewer, the bootstrap nodes are asked again."""


class Upkeep:
    """Joins, and every five seconds does one small thing.

    Args:
        node: Asks for us.
        rng: Dice for what to look for.
    """

    def __init__(self, node: Asking, rng: random.Random) -> None:
        self.want: Want | None = None
        """Families of nodes to ask for while joining (BEP 32, "bootstrapping")."""
        self._node = node
        self._rng = rng
        self._nodes: tuple[Node, ...] = ()
        self._addresses: tuple[Endpoint, ...] = ()
        self._joining: Search | None = None
        self._refreshing: Search | None = None
        self._retry = FIRST_RETRY_SECONDS
        self._settling = FIRST_SELF_LOOKUP_SECONDS
        self._look_for_self = math.inf
        self._tick = math.inf

    @property
    def next_timer(self) -> float:
        """When `handle_timer` is wanted; infinite before the start."""
        return self._tick if self._joining else min(self._tick, self._look_for_self)

    def start(
        self, nodes: Sequence[Node], addresses: Sequence[Endpoint], table: RoutingTable, now: float
    ) -> None:
        """Look for ourselves, which makes us known to those who are close.

        Args:
            nodes: From an earlier run.
            addresses: Where to ask if those do not answer; all that are known by now.
            table: Ours.
            now: Monotonic seconds.
        """
        self._nodes = tuple(nodes)
        self._addresses = tuple(addresses)
        self._tick = now + TICK_SECONDS
        self._join(table, now)

    def handle_timer(self, table: RoutingTable, now: float) -> None:
        """Do what is due: look for ourselves, check a node, refresh a bucket."""
        if now >= self._look_for_self and self._joining is None:
            self._join(table, now)
        if now < self._tick:
            return
        self._tick = now + TICK_SECONDS
        for contact in table.to_check(CHECK_IDLE_SECONDS, now):
            node_id, endpoint = contact.node
            self._node.ask(endpoint, node_id, Ping(), Quiet(), now)
        if self._refreshing is None and self._joining is None and len(table):
            target = table.to_refresh(self._rng, now)
            if target is not None:
                self._refreshing = self._search(target, None)
                self._refreshing.begin(_closest(table, target), (), now)

    def look_for_self(self, now: float) -> None:
        """We have another id: find its place soon."""
        self._look_for_self = now
        self._settling = FIRST_SELF_LOOKUP_SECONDS

    def ended(self, search: Search, table: RoutingTable, now: float) -> None:
        """A search is over; perhaps it was one of ours."""
        if search is self._refreshing:
            self._refreshing = None
        if search is not self._joining:
            return
        self._joining = None
        count = table.good_count(now)
        self._node.tell(Joined(count, search.lookup.asked, search.lookup.answered))
        if count >= ENOUGH_NODES:
            self._retry = FIRST_RETRY_SECONDS
            again = now + self._settling
            self._settling = min(2 * self._settling, SELF_LOOKUP_SECONDS)
        else:
            again = now + self._retry
            self._retry = min(RETRY_GROWTH * self._retry, LAST_RETRY_SECONDS)
        self._look_for_self = min(self._look_for_self, again)

    def _join(self, table: RoutingTable, now: float) -> None:
        self._look_for_self = math.inf
        self._joining = self._search(table.own_id, self.want)
        known = _closest(table, table.own_id)
        few = len(known) < ENOUGH_NODES
        # Assigned before it begins: a search that has nobody to ask ends at once.
        nodes: Iterable[Node] = (*known, *self._nodes) if few else known
        self._joining.begin(nodes, self._addresses if few else (), now)

    def _search(self, target: NodeId, want: Want | None) -> Search:
        return Search(self._node, None, FindNodes(target, want))


def _closest(table: RoutingTable, target: NodeId) -> list[Node]:
    return [contact.node for contact in table.closest(target, START)]

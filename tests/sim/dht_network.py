"""Thousands of DHT nodes in one loop: virtual time, latency, loss, churn, one seed.

The nodes have no I/O, so neither sockets nor tasks are needed: a heap of deliveries and
timers is the whole network.
"""

from __future__ import annotations

import heapq
import itertools
import math
import random
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.dht import node_ids
from raincore.dht.node import DhtNode, Saved
from raincore.formats.compact import Node

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.config import DhtLimits
    from raincore.dht.errands import Errand
    from raincore.dht.events import Event, Handle


def trusting(key: bytes, signature: bytes, message: bytes) -> bool:
    """A signature that anybody can make, for tests that are not about signatures."""
    return signature[:32] == key


class Host:
    """One node and what it has told."""

    def __init__(self, endpoint: Endpoint, node: DhtNode) -> None:
        self.endpoint = endpoint
        self.node = node
        self.events: list[Event] = []
        self.is_up = True
        self.due = math.inf


class DhtNetwork:
    """Hosts by address; datagrams that take their time or get lost.

    Args:
        seed: Of every dice.
        loss: Share of datagrams that do not arrive.
    """

    def __init__(self, seed: int, loss: float = 0.0) -> None:
        self.rng = random.Random(seed)
        self.loss = loss
        self.now = 1000.0
        self.hosts: dict[Endpoint, Host] = {}
        self.sent = 0
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._number = itertools.count()
        self._distance: dict[Endpoint, float] = {}

    def add(
        self,
        address: str,
        bootstrap: list[Endpoint],
        *,
        limits: DhtLimits | None = None,
        saved: Saved | None = None,
    ) -> Host:
        """Bring a node up and let it join."""
        host = self._host(Endpoint.parse(address), limits, saved)
        host.node.start(bootstrap, self.now)
        self.flush(host)
        return host

    def add_settled(self, address: str) -> Host:
        """Bring a node up that has joined long ago: `acquaint` fills its table."""
        endpoint = Endpoint.parse(address)
        return self._host(endpoint, None, Saved(node_ids.id_for(endpoint, self.rng), ()))

    def acquaint(self, *, near: int, far: int) -> None:
        """Let every node know its nearest ones, and some of all."""
        hosts = sorted(self.hosts.values(), key=lambda host: host.node.own_id)
        for host in hosts:
            number = int.from_bytes(host.node.own_id, "big")
            nearest = sorted(
                hosts, key=lambda other: number ^ int.from_bytes(other.node.own_id, "big")
            )
            for other in (*nearest[1 : near + 1], *self.rng.sample(hosts, far)):
                known = Node(other.node.own_id, other.endpoint)
                host.node.table.answered(known, self.rng.uniform(0.02, 0.2), self.now)

    def look_up(self, host: Host, errand: Errand) -> Handle:
        """Let a node begin a lookup."""
        handle = host.node.look_up(errand, self.now)
        self.flush(host)
        return handle

    def _host(self, endpoint: Endpoint, limits: DhtLimits | None, saved: Saved | None) -> Host:
        node = DhtNode(
            ipv6=endpoint.is_ipv6,
            rng=random.Random(self.rng.getrandbits(64)),
            verify=trusting,
            now=self.now,
            saved=saved,
            limits=limits,
        )
        host = self.hosts[endpoint] = Host(endpoint, node)
        self._distance[endpoint] = self.rng.uniform(0.005, 0.08)
        return host

    def crash(self, host: Host) -> None:
        """Take a node down without a word."""
        host.is_up = False
        del self.hosts[host.endpoint]

    def flush(self, host: Host) -> None:
        """Send what a node wants to send, read its events, and set its timer."""
        while (event := host.node.next_event()) is not None:
            host.events.append(event)
        for data, to in host.node.datagrams_to_send(self.now):
            self.sent += 1
            if self.rng.random() >= self.loss:
                delay = self._distance[host.endpoint] + self._distance.get(to, 0.0)
                delay *= self.rng.uniform(1.0, 1.2)
                self._at(self.now + delay, lambda d=data, t=to: self._arrive(d, t, host.endpoint))
        due = host.node.next_timer()
        if due < host.due:
            host.due = due
            self._at(due, lambda: self._tick(host))

    def run(self, seconds: float, until: Callable[[], bool] | None = None) -> None:
        """Let time pass, or as much of it as it takes until something is so."""
        end = self.now + seconds
        while self._heap and self._heap[0][0] <= end:
            when, _, action = heapq.heappop(self._heap)
            self.now = max(self.now, when)
            action()
            if until is not None and until():
                return
        self.now = end

    def _at(self, when: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (when, next(self._number), action))

    def _arrive(self, data: bytes, to: Endpoint, sender: Endpoint) -> None:
        host = self.hosts.get(to)
        if host is not None:
            host.node.receive_datagram(data, sender, self.now)
            self.flush(host)

    def _tick(self, host: Host) -> None:
        host.due = math.inf
        if host.is_up:
            if host.node.next_timer() <= self.now:
                host.node.handle_timer(self.now)
            self.flush(host)


def public_address(number: int, *, ipv6: bool = False) -> str:
    """The address of the n-th host; each in a network of its own."""
    if ipv6:
        return f"[2001:db8:{number >> 8:x}:{number & 255:x}::1]:6881"
    return f"{20 + number // 65536}.{(number >> 8) & 255}.{number & 255}.7:6881"

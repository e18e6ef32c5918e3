"""The DHT as this process takes part in it: a node per address, all driven by one task.

Whoever looks something up waits in a task of its own; nothing here starts one for it.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, ListenError
from raincore.dht.node import DhtNode, Saved
from raincore.net.dht_bootstrap import Bootstrap
from raincore.net.dht_gathering import Gathering
from raincore.net.dht_line import DhtLine

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Mapping, Sequence

    from raincore.base.config import DhtLimits
    from raincore.dht.errands import Errand
    from raincore.dht.events import Event, Refused, Replied, Silent
    from raincore.dht.item import Verify
    from raincore.net.dht_gathering import LookupSummary
    from raincore.net.interface import Network
    from raincore.wire.krpc_messages import Question

__all__ = ["ANYWHERE", "DhtService"]

ANYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104  # as peers are listened for


class DhtService:
    """Our nodes of the DHT. `listen`, then `run` in a task, in the end `close`.

    Args:
        network: Makes the sockets and looks names up.
        rng: Dice; outside of tests `random.SystemRandom`, since tokens and transactions
            must not be guessed.
        limits: How much to remember and to say.
        verify: Checks ed25519 signatures of items.
        saved: By family, 4 or 6: what `saved` gave in an earlier run.
        hosts: Addresses to bind, each for a node of its own (BEP 45).
        lookup_seconds: How long the name of a node may take to look up.
    """

    def __init__(
        self,
        network: Network,
        rng: random.Random,
        *,
        limits: DhtLimits,
        verify: Verify,
        saved: Mapping[int, Saved] | None = None,
        hosts: Sequence[str] = ANYWHERE,
        lookup_seconds: float = 10.0,
    ) -> None:
        self.joined = trio.Event()
        """Set when the first join is over on every family, however it went."""
        self._network = network
        self._rng = rng
        self._limits = limits
        self._verify = verify
        self._saved = dict(saved or {})
        self._hosts = tuple(hosts)
        self._lines: list[DhtLine] = []
        self._bootstrap = Bootstrap(
            network, self._start, lambda: not self.node_count, lookup_seconds
        )
        self._asked = trio.Event()
        self._nursery: trio.Nursery | None = None
        self._hosts_added: list[str] = []
        self._gatherings: dict[Gathering, None] = {}
        self._armed = math.inf
        self._rearm = trio.Event()

    # --- life -----------------------------------------------------------------------------

    def listen(self, port: int = 0) -> None:
        """Bind every address, to the same port if that is possible, else to any free one.

        An address family that this machine does not have is left out.

        Raises:
            ListenError: No address at all could be bound.
        """
        failure = ListenError("no address to listen on for the DHT")
        for host in self._hosts:
            wanted = self._lines[0].endpoint.port if self._lines else port
            line = DhtLine(self._node(host), self._on_change)
            try:
                line.open(self._network, Endpoint(host, wanted))
            except ListenError as error:
                failure = error
            else:
                self._lines.append(line)
        if not self._lines:
            raise failure
        ipv4, ipv6 = self._of_family(ipv6=False), self._of_family(ipv6=True)
        for one, other in zip(ipv4, ipv6, strict=False):
            one.node.meet(other.node)

    async def run_when_asked(self, bootstrap: Sequence[str], fallback: Sequence[str] = ()) -> None:
        """Be mute and deaf until something is looked up; then `run`."""
        await self._asked.wait()
        await self.run(bootstrap, fallback)

    async def run(self, bootstrap: Sequence[str], fallback: Sequence[str] = ()) -> None:
        """Take part until cancelled.

        Args:
            bootstrap: "host:port" of nodes to begin with. Names are looked up side by side,
                and again later while nobody is known.
            fallback: Bare addresses for when those lead to nobody.

        Being offline is no error: it is tried again with growing pauses, in silence.
        """
        for line in self._lines:
            if self._saved.get(line.family) is not None:
                line.start(())
        async with trio.open_nursery() as nursery:
            self._nursery = nursery
            hosts = (*bootstrap, *self._hosts_added)
            nursery.start_soon(self._bootstrap.run, hosts, fallback, self._settle)
            await self._run_timer()

    def close(self) -> None:
        """Close the sockets and end all lookups; harmless when repeated."""
        for line in self._lines:
            line.close()
        for gathering in list(self._gatherings):
            gathering.give_up()
        self.joined.set()

    def saved(self) -> dict[int, Saved]:
        """What to keep for the next run, by family; a family that knows nobody is left out."""
        kept: dict[int, Saved] = {}
        for line in self._lines:
            one = line.node.saved()
            if one.nodes and line.family not in kept:
                kept[line.family] = one
        return kept

    # --- what is known --------------------------------------------------------------------

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Where our sockets are bound."""
        return tuple(line.endpoint for line in self._lines)

    @property
    def port(self) -> int:
        """The UDP port that peers are told (BEP 5, "port")."""
        return self._lines[0].endpoint.port

    @property
    def lines(self) -> tuple[DhtLine, ...]:
        """Our nodes, each with its socket."""
        return tuple(self._lines)

    @property
    def external_addresses(self) -> tuple[Endpoint, ...]:
        """Our addresses as others see them, as far as they agree (BEP 42)."""
        return tuple(one for line in self._lines if (one := line.node.external.known) is not None)

    @property
    def node_count(self) -> int:
        """Nodes of all families that are known to be there."""
        return sum(len(line.node.table) for line in self._lines)

    @property
    def bootstrap_endpoints(self) -> tuple[Endpoint, ...]:
        """Bootstrap addresses that are known by now."""
        return tuple(self._bootstrap.endpoints)

    @property
    def bootstrap_answered(self) -> int:
        """Bootstrap addresses that have answered."""
        return sum(line.bootstrap_answered for line in self._lines)

    # --- what may be asked ----------------------------------------------------------------

    def add_node(self, endpoint: Endpoint) -> None:
        """Look at an address that a peer named; if a node answers there, it is known."""
        for line in self._of_family(ipv6=endpoint.is_ipv6)[:1]:
            line.add_node(endpoint)

    def add_hosts(self, hosts: Sequence[str]) -> None:
        """Begin with these nodes too, "host:port", as a torrent names them (BEP 5, "nodes")."""
        if self._nursery is None:
            self._hosts_added += hosts
        elif hosts:
            self._nursery.start_soon(self._bootstrap.look_up, hosts)

    async def look_up(
        self,
        make_errand: Callable[[bool], Errand],
        on_event: Callable[[Event], None] = lambda event: None,
    ) -> LookupSummary:
        """Look something up over all families, as soon as there is somebody to ask.

        Args:
            make_errand: Is given whether it is for an IPv6 node; an errand serves one.
            on_event: Is told what is found; must neither block nor raise. Peers may be told
                by several nodes of ours. `LookupEnded` comes once for each of them.

        Returns:
            The counts of all, when the last is over.

        Waits for the network. Cancelling ends the lookups, and leaves no task behind.
        """
        gathering = Gathering(on_event)
        takers = [(line, gathering.taker()) for line in self._lines]
        self._gatherings[gathering] = None
        self._asked.set()
        try:
            for line, take in takers:
                errand = make_errand(line.node.ipv6)
                line.look_up(errand, take)
            await gathering.over.wait()
        finally:
            del self._gatherings[gathering]
            for line, take in takers:
                line.cancel(take)
        return gathering.summary()

    async def ask(self, endpoint: Endpoint, question: Question) -> Replied | Refused | Silent:
        """Ask one node one thing; cancelling forgets the question.

        Returns:
            What came of it; `Silent` after ten seconds. Handles mean nothing here.

        Raises:
            ConnectError: This machine has no socket of that address family.
        """
        lines = self._of_family(ipv6=endpoint.is_ipv6)
        if not lines:
            family = "IPv6" if endpoint.is_ipv6 else "IPv4"
            raise ConnectError(f"no {family} on this machine: {endpoint}", str(endpoint))
        return await lines[0].ask(endpoint, question)

    # --- inside ---------------------------------------------------------------------------

    def _node(self, host: str) -> DhtNode:
        ipv6 = Endpoint(host, 0).is_ipv6
        kept = self._saved.get(6 if ipv6 else 4)
        if kept is not None and any(line.node.own_id == kept.node_id for line in self._lines):
            kept = None
        return DhtNode(
            ipv6=ipv6,
            rng=self._rng,
            verify=self._verify,
            now=trio.current_time(),
            saved=kept,
            limits=self._limits,
        )

    def _of_family(self, *, ipv6: bool) -> list[DhtLine]:
        return [line for line in self._lines if line.node.ipv6 == ipv6]

    def _start(self, endpoints: Sequence[Endpoint]) -> None:
        """Take bootstrap addresses as they become known."""
        for line in self._lines:
            if own := [one for one in endpoints if one.is_ipv6 == line.node.ipv6]:
                line.start(own)

    def _settle(self) -> None:
        """No address is to be expected any more: whoever has nobody to ask is to know it."""
        for line in self._lines:
            line.settle()

    def _on_change(self) -> None:
        if not self.joined.is_set() and all(line.joined for line in self._lines):
            self.joined.set()
            for line in self._lines:
                line.release()
        if self._next_timer() < self._armed:
            self._rearm.set()

    def _next_timer(self) -> float:
        return min((line.node.next_timer() for line in self._lines), default=math.inf)

    async def _run_timer(self) -> None:
        while True:
            self._armed = self._next_timer()
            self._rearm = trio.Event()
            with trio.move_on_at(self._armed):
                await self._rearm.wait()
            for line in self._lines:
                line.handle_timer()

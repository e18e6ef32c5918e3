"""A DHT node without I/O: datagrams and timers in, datagrams and events out (BEP 5).

One node has one socket, hence one address family: whoever has both runs two and makes them
known to each other (BEP 32); whoever has more addresses runs more (BEP 45).
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from raincore.base import addresses
from raincore.base.config import DhtLimits
from raincore.base.errors import RemoteProtocolError
from raincore.dht import node_ids
from raincore.dht.answering import Answering
from raincore.dht.events import IdChanged
from raincore.dht.external_address import ExternalAddress
from raincore.dht.flood_guard import FloodGuard
from raincore.dht.lookup import START
from raincore.dht.outstanding import Outstanding
from raincore.dht.routing_table import RoutingTable
from raincore.dht.searches import Searches
from raincore.dht.single import Quiet, Single
from raincore.dht.upkeep import Upkeep
from raincore.formats import compact
from raincore.formats.compact import Node
from raincore.formats.dht_state import Saved
from raincore.wire import krpc
from raincore.wire.krpc_messages import Error, ErrorCode, Malformed, Ping, Query, Response, Want

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import NodeId
    from raincore.dht.errands import Errand
    from raincore.dht.events import Event, Handle
    from raincore.dht.item import Verify
    from raincore.dht.outstanding import Listener
    from raincore.dht.search import Search
    from raincore.wire.krpc_messages import Question, Reply

__all__ = ["DhtNode", "Saved"]

FEW_NODES = 8


class DhtNode:
    """One participant of the DHT.

    The shell hands in each datagram with its sender, calls `handle_timer` when
    `next_timer` has come, and after each of these, and after each request, sends what
    `datagrams_to_send` gives and reads `next_event` until it gives None.

    Args:
        ipv6: The family of the socket.
        rng: Dice; outside of tests `random.SystemRandom`, since tokens and transactions
            must not be guessed.
        verify: Checks ed25519 signatures of items.
        now: Monotonic seconds.
        saved: From an earlier run.
        limits: How much to remember and to say.
    """

    def __init__(
        self,
        *,
        ipv6: bool,
        rng: random.Random,
        verify: Verify,
        now: float,
        saved: Saved | None = None,
        limits: DhtLimits | None = None,
    ) -> None:
        limits = limits or DhtLimits()
        self.ipv6 = ipv6
        self.own_id = node_ids.random_id(rng) if saved is None else saved.node_id
        self.honest_ids_only = limits.honest_ids_only
        self.table = RoutingTable(self.own_id, bucket_sizes=limits.bucket_sizes, now=now)
        self.external = ExternalAddress()
        """Our address as others see it."""
        self._rng = rng
        self._read_only = limits.read_only
        self._saved_nodes = () if saved is None else saved.nodes
        self._answering = Answering(self.table, rng, verify, ipv6=ipv6, limits=limits, now=now)
        self._guard = FloodGuard(limits.reply_bytes_per_second, now)
        self._outstanding = Outstanding(rng, read_only=limits.read_only)
        self._searches = Searches(self, limits.lookups_at_once)
        self._upkeep = Upkeep(self, rng)
        self._other: DhtNode | None = None
        self._addresses: tuple[Endpoint, ...] = ()
        self._handle = 0
        self._is_starting = False
        self._last_heard = now
        self._events: deque[Event] = deque()

    # --- what the owner asks for ----------------------------------------------------------

    def start(self, bootstrap: Sequence[Endpoint], now: float) -> None:
        """Join the DHT; `Joined` follows.

        Args:
            bootstrap: Where to ask if nodes from an earlier run do not help; more may follow.
            now: Monotonic seconds.
        """
        own = [endpoint for endpoint in bootstrap if endpoint.is_ipv6 == self.ipv6]
        self._addresses = tuple(dict.fromkeys((*self._addresses, *own)))
        self._upkeep.start(self._saved_nodes, self._addresses, self.table, now)

    def meet(self, other: DhtNode) -> None:
        """Make our node of the other family known: each tells and learns nodes of both."""
        for one, another in ((self, other), (other, self)):
            one._other = another
            one._answering.other_table = another.table
            one._upkeep.want = Want(ipv4=True, ipv6=True)

    def add_node(self, endpoint: Endpoint, now: float) -> None:
        """Look at an address that a peer or a torrent file named (BEP 5, "port")."""
        if endpoint.is_ipv6 == self.ipv6 and endpoint.port and self._outstanding.has_room:
            self.ask(endpoint, None, Ping(), Quiet(), now)

    def look_up(self, errand: Errand, now: float) -> Handle:
        """Begin a lookup, or let it wait for its turn; `LookupEnded` is its last event.

        Args:
            errand: What it is for; its own events are those that its class names.
            now: Monotonic seconds.
        """
        self._handle += 1
        self._searches.add(self._handle, errand)
        self._start_searches(now)
        return self._handle

    def ask_one(self, endpoint: Endpoint, question: Question, now: float) -> Handle:
        """Ask one node; `Replied`, `Refused` or `Silent` follows."""
        self._handle += 1
        self.ask(endpoint, None, question, Single(self._handle, self.tell), now)
        return self._handle

    def cancel(self, handle: Handle, now: float) -> None:
        """End a lookup early; nothing more is told of it."""
        self._searches.cancel(handle)
        self._start_searches(now)

    @property
    def is_asking(self) -> bool:
        """Whether some answer may still come."""
        return bool(self._outstanding)

    @property
    def stored(self) -> tuple[int, int]:
        """How many torrents and items others have left with us."""
        return len(self._answering.peers), len(self._answering.items)

    def saved(self) -> Saved:
        """What to keep for the next run."""
        return Saved(self.own_id, tuple(self.table.saved()))

    # --- the five calls -------------------------------------------------------------------

    def receive_datagram(self, data: bytes, sender: Endpoint, now: float) -> None:
        """Take a datagram from anybody; whatever it is, it is no error."""
        if sender.is_ipv6 != self.ipv6 or not self._guard.admits(sender, now):
            return
        try:
            message = krpc.decode(data)
        except RemoteProtocolError:
            return
        self._last_heard = now
        match message:
            case Query():
                self._on_query(message, sender, now)
            case Malformed(transaction, why):
                text = Error(transaction, ErrorCode.PROTOCOL, why, sender.packed)
                self._send_reply(krpc.encode(text), sender, now)
            case _:
                self._on_answer(message, sender, now)

    def datagrams_to_send(self, now: float) -> list[tuple[bytes, Endpoint]]:
        """Take what is to be sent, and to whom, in order."""
        ready, self._outstanding.datagrams = self._outstanding.datagrams, []
        return ready

    def next_timer(self) -> float:
        """When `handle_timer` is wanted; infinite for never."""
        return min(self._outstanding.next_timer(), self._upkeep.next_timer)

    def handle_timer(self, now: float) -> None:
        """Give up what takes too long, and look after the table and the stores."""
        for asked, given_up in self._outstanding.due(now):
            if not given_up:
                asked.listener.on_late(asked, now)
                continue
            # When nobody at all is heard, our own line is dead, not each of the nodes.
            if asked.node_id is not None and self._last_heard >= asked.sent:
                self.table.failed(Node(asked.node_id, asked.endpoint))
            asked.listener.on_silence(asked, now)
        if now >= self._upkeep.next_timer:
            self._answering.expire(now)
            self._upkeep.handle_timer(self.table, now)

    def cannot_send(self, endpoint: Endpoint, now: float) -> None:
        """Nothing can be sent there from here: do not wait for an answer; the node stays known."""
        for asked in self._outstanding.take_back(endpoint):
            asked.listener.on_silence(asked, now)

    def next_event(self) -> Event | None:
        """Take what happened, oldest first; None when that was all."""
        return self._events.popleft() if self._events else None

    # --- datagrams ------------------------------------------------------------------------

    def _on_query(self, query: Query, sender: Endpoint, now: float) -> None:
        if self._read_only:
            return
        if not query.read_only:
            self.table.asked_us(Node(query.node_id, sender), now)
        reply = self._answering.answer(query, sender, sender.packed, now)
        self._send_reply(reply, sender, now)

    def _send_reply(self, data: bytes, sender: Endpoint, now: float) -> None:
        if not self._read_only and self._guard.may_reply(len(data), now):
            self._outstanding.datagrams.append((data, sender))

    def _on_answer(self, message: Response | Error, sender: Endpoint, now: float) -> None:
        asked = self._outstanding.match(message, sender)
        if asked is None:
            return
        self._guard.forgive(sender)
        if message.seen_as is not None:
            self._on_seen_as(message.seen_as, sender, now)
        if isinstance(message, Error):
            asked.listener.on_refusal(asked, message, now)
            return
        self.table.answered(Node(message.reply.node_id, sender), now - asked.sent, now)
        if self._other is not None:
            self._lend(message.reply, sender, self._other, now)
        asked.listener.on_reply(asked, message.reply, now)

    def _lend(self, reply: Reply, sender: Endpoint, other: DhtNode, now: float) -> None:
        """Give nodes of the other family to our other node, if it knows few (BEP 32)."""
        packed = reply.nodes if self.ipv6 else reply.nodes6
        if packed is None or len(other.table) >= FEW_NODES:
            return
        for node in compact.unpack_nodes(packed, ipv6=other.ipv6, limit=FEW_NODES):
            if addresses.credible(node.endpoint, sender):
                other.add_node(node.endpoint, now)

    def _on_seen_as(self, packed: bytes, voter: Endpoint, now: float) -> None:
        for seen in compact.unpack_peers(packed, ipv6=len(packed) == 18, limit=1):
            if seen.is_ipv6 != self.ipv6 or not self.external.vote(voter, seen, now):
                continue
            known = self.external.known
            if known is None or node_ids.suits(self.own_id, known):
                continue
            self.own_id = node_ids.id_for(known, self._rng)
            self.table = self.table.rebuilt(self.own_id, now)
            self._answering.table = self.table
            if self._other is not None:
                self._other._answering.other_table = self.table
            self._upkeep.look_for_self(now)
            self.tell(IdChanged(self.own_id, known))

    # --- for searches and upkeep ----------------------------------------------------------

    def ask(
        self,
        endpoint: Endpoint,
        node_id: NodeId | None,
        question: Question,
        listener: Listener,
        now: float,
    ) -> None:
        """Send a question; one of the listener's calls follows."""
        self._outstanding.ask(endpoint, node_id, question, listener, own_id=self.own_id, now=now)

    def tell(self, event: Event) -> None:
        """Hand an event to the owner."""
        self._events.append(event)

    def ended(self, search: Search, now: float) -> None:
        """Take note that a search is over; the next may begin."""
        self._searches.ended(search)
        self._upkeep.ended(search, self.table, now)
        self._start_searches(now)

    def _start_searches(self, now: float) -> None:
        """Begin those whose turn has come; some may end at once, and make room for others."""
        if self._is_starting:
            return
        self._is_starting = True
        while (search := self._searches.next()) is not None:
            nodes = [contact.node for contact in self.table.closest(search.lookup.target, START)]
            few = len(nodes) < FEW_NODES
            if few:
                nodes += self._saved_nodes
            search.begin(nodes, self._addresses if few else (), now)
        self._is_starting = False

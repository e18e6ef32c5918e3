"""One lookup under way: its questions, its errand, and the storing at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.dht.events import LookupEnded, Stored, StoreRefused
from raincore.dht.lookup import Lookup
from raincore.formats import compact
from raincore.formats.compact import Node

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import NodeId
    from raincore.dht.errands import Errand
    from raincore.dht.events import Event, Handle
    from raincore.dht.lookup import Candidate
    from raincore.dht.outstanding import Asked, Listener
    from raincore.wire.krpc_messages import Error, Question, Reply

__all__ = ["Asking", "Search"]

MAX_NODES = 32
"""Nodes of one answer that are looked at; honest ones give eight."""


class Asking(Protocol):
    """What a search needs from its node."""

    own_id: NodeId
    ipv6: bool
    honest_ids_only: bool

    def ask(
        self,
        endpoint: Endpoint,
        node_id: NodeId | None,
        question: Question,
        listener: Listener,
        now: float,
    ) -> None:
        """Send a question; one of the listener's calls follows."""

    def tell(self, event: Event) -> None:
        """Hand an event to the owner."""

    def ended(self, search: Search, now: float) -> None:
        """Take note that a search is over."""


class Search:
    """Asks until the lookup is over, then stores at the closest nodes.

    Args:
        node: Asks for us.
        handle: Names the search in events; None if nobody is to hear of it.
        errand: What it is for.
    """

    def __init__(self, node: Asking, handle: Handle | None, errand: Errand) -> None:
        self.handle = handle
        self.lookup = Lookup(errand.target, node.own_id, honest_ids_only=node.honest_ids_only)
        self.is_cancelled = False
        self._node = node
        self._errand = errand
        self._candidates: dict[Endpoint, Candidate] = {}
        self._seqs: dict[Endpoint, int | None] = {}
        self._unanswered = 0
        self._stored = 0
        self._is_storing = False

    def begin(self, nodes: Iterable[Node], addresses: Iterable[Endpoint], now: float) -> None:
        """Ask the first nodes."""
        self.lookup.begin(nodes, addresses)
        self._go_on(now)

    def _go_on(self, now: float) -> None:
        """Ask whom the lookup wants to ask, or end it."""
        if self.is_cancelled or self._is_storing:
            return
        for candidate in self.lookup.next_to_ask():
            self._candidates[candidate.endpoint] = candidate
            question = self._errand.question
            self._node.ask(candidate.endpoint, candidate.node_id, question, self, now)
        if self.lookup.is_over:
            self._store(now)

    def _store(self, now: float) -> None:
        """Tell the closest nodes what is to be stored there, if anything is."""
        self._is_storing = True
        for candidate in self.lookup.closest(with_token=True):
            assert candidate.token is not None
            question = self._errand.store(candidate.token, self._seqs.get(candidate.endpoint))
            if question is None:
                continue
            self._unanswered += 1
            self._node.ask(candidate.endpoint, candidate.node_id, question, self, now)
        self._end_if_done(now)

    def _end_if_done(self, now: float) -> None:
        if self._unanswered or self.is_cancelled:
            return
        if self.handle is not None:
            for event in self._errand.end(self.handle):
                self._node.tell(event)
            lookup = self.lookup
            found = lookup.closest()
            closest = tuple(map(_node, found))
            rtts = tuple(candidate.rtt for candidate in found)
            counts = lookup.asked, lookup.answered, self._stored
            self._node.tell(LookupEnded(self.handle, closest, *counts, lookup.hops, rtts))
        self._node.ended(self, now)

    # -- what became of questions ------------------------------------------------------

    def on_reply(self, asked: Asked, reply: Reply, now: float) -> None:
        """Take an answer, to a question of the lookup or to what was to be stored."""
        candidate = self._candidates[asked.endpoint]
        if asked.question is not self._errand.question:
            self._stored += 1
            handle = self.handle
            self._settle(None if handle is None else Stored(handle, _node(candidate)), now)
            return
        nodes: list[Node] = []
        packed = reply.nodes6 if self._node.ipv6 else reply.nodes
        if packed is not None:
            nodes = compact.unpack_nodes(packed, ipv6=self._node.ipv6, limit=MAX_NODES)
        candidate.rtt = now - asked.sent
        counts = self.lookup.on_answer(candidate, reply.node_id, nodes, reply.token)
        self._seqs[asked.endpoint] = reply.seq
        if counts and self.handle is not None and not self.is_cancelled:
            answering = Node(reply.node_id, asked.endpoint)
            for event in self._errand.hear(self.handle, answering, reply):
                self._node.tell(event)
        self._go_on(now)

    def on_refusal(self, asked: Asked, error: Error, now: float) -> None:
        """A node that refuses a question is of no use; one that does not store says why."""
        self._on_failure(asked, error.code, error.text, now)

    def on_late(self, asked: Asked, now: float) -> None:
        """Ask somebody else meanwhile."""
        if asked.question is self._errand.question:
            self.lookup.on_late(self._candidates[asked.endpoint])
            self._go_on(now)

    def on_silence(self, asked: Asked, now: float) -> None:
        """Do without this node."""
        self._on_failure(asked, None, "no answer", now)

    def _on_failure(self, asked: Asked, code: int | None, text: str, now: float) -> None:
        candidate = self._candidates[asked.endpoint]
        if asked.question is self._errand.question:
            self.lookup.on_failure(candidate)
            self._go_on(now)
            return
        if self.handle is None:
            self._settle(None, now)
        else:
            self._settle(StoreRefused(self.handle, _node(candidate), code, text), now)

    def _settle(self, event: Event | None, now: float) -> None:
        """One node has said whether it stores."""
        self._unanswered -= 1
        if event is not None and not self.is_cancelled:
            self._node.tell(event)
        self._end_if_done(now)


def _node(candidate: Candidate) -> Node:
    assert candidate.node_id is not None
    return Node(candidate.node_id, candidate.endpoint)

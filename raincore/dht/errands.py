"""What a lookup is for: the question it asks, what it takes from answers, what it stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.base.addresses import credible
from raincore.dht.events import ItemFound, PeersFound, ScrapeFound
from raincore.dht.item import Item
from raincore.dht.scrape_filter import ScrapeFilter
from raincore.formats import compact
from raincore.wire.krpc_messages import AnnouncePeer, FindNode, Get, GetPeers, Put

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash, NodeId
    from raincore.dht.events import Event, Handle
    from raincore.dht.item import Verify
    from raincore.formats.compact import Node
    from raincore.wire.krpc_messages import Question, Reply, Want

__all__ = ["Errand", "FindNodes", "FindPeers", "GetItem", "PutItem"]

MAX_PEERS = 5000
"""Peers that one lookup gives at most; liars have more."""


class Errand(Protocol):
    """One purpose of a lookup."""

    @property
    def target(self) -> bytes:
        """Where it leads, 20 bytes."""

    @property
    def question(self) -> Question:
        """What every node on the way is asked."""

    def hear(self, handle: Handle, node: Node, reply: Reply) -> Iterator[Event]:
        """Take from an answer what it is good for."""

    def store(self, token: bytes, reply_seq: int | None) -> Question | None:
        """What the closest nodes are told in the end; None for nothing.

        Args:
            token: What the node gave.
            reply_seq: The sequence number of the item that it holds, if any.
        """

    def end(self, handle: Handle) -> Iterator[Event]:
        """What can be said only when all have answered."""


class FindNodes:
    """Only who is close to a target; `LookupEnded` names them."""

    def __init__(self, target: NodeId, want: Want | None = None) -> None:
        self.target: bytes = target
        self.question: Question = FindNode(target, want)

    def hear(self, handle: Handle, node: Node, reply: Reply) -> Iterator[Event]:
        """Nothing: the lookup itself reads the nodes."""
        yield from ()

    def store(self, token: bytes, reply_seq: int | None) -> Question | None:
        """Nothing."""
        return None

    def end(self, handle: Handle) -> Iterator[Event]:
        """Nothing."""
        yield from ()


class FindPeers(FindNodes):
    """Peers of a torrent; perhaps how many there are; perhaps to become one.

    `PeersFound` may come many times, each with peers that are new; `Stored` or
    `StoreRefused` for each node that is told of us; `ScrapeFound` before the end.

    Args:
        info_hash: The torrent's. That it is not private is for the caller to know.
        announce: Whether the closest nodes are told of us.
        port: Where we accept connections; None for the port of our datagrams.
        seed: Whether we are complete.
        scrape: Whether to ask for bloom filters (BEP 33).
        no_seeds: Whether we want leechers only, being complete.
    """

    def __init__(
        self,
        info_hash: InfoHash,
        *,
        announce: bool = False,
        port: int | None = None,
        seed: bool = False,
        scrape: bool = False,
        no_seeds: bool = False,
    ) -> None:
        self.target = info_hash
        self.question = GetPeers(info_hash, no_seeds=no_seeds, scrape=scrape)
        self._announce = announce
        self._port = port
        self._seed = seed
        self._scrape = scrape
        self._peers: set[Endpoint] = set()
        self._seeds = ScrapeFilter()
        self._leechers = ScrapeFilter()

    def hear(self, handle: Handle, node: Node, reply: Reply) -> Iterator[Event]:
        """The peers that are new."""
        fresh: list[Endpoint] = []
        for packed in reply.values:
            for peer in compact.unpack_peers(packed, ipv6=len(packed) == 18, limit=1):
                if peer in self._peers or not credible(peer, node.endpoint):
                    continue
                if len(self._peers) < MAX_PEERS:
                    self._peers.add(peer)
                    fresh.append(peer)
        if self._scrape:
            self._unite(reply)
        if fresh:
            yield PeersFound(handle, node, tuple(fresh))

    def _unite(self, reply: Reply) -> None:
        if reply.seeds_filter is not None and reply.peers_filter is not None:
            self._seeds.unite(reply.seeds_filter)
            self._leechers.unite(reply.peers_filter)
            return
        # Nodes that do not know the question do not say who is a seed.
        for packed in reply.values:
            if not self._seeds.may_hold(packed[:-2]):
                self._leechers.add_packed(packed[:-2])

    def store(self, token: bytes, reply_seq: int | None) -> Question | None:
        """Our announce, if there is to be one."""
        if not self._announce:
            return None
        assert isinstance(self.question, GetPeers)
        return AnnouncePeer(self.question.info_hash, self._port, token, self._seed)

    def end(self, handle: Handle) -> Iterator[Event]:
        """The counts, if they were asked for."""
        if self._scrape:
            yield ScrapeFound(handle, self._seeds.estimate(), self._leechers.estimate())


class GetItem(FindNodes):
    """The newest item under a target: `ItemFound` for each that is newer (BEP 44).

    Args:
        target: Where it is stored.
        salt: Needed to check a mutable item that has one.
        verify: Checks signatures.
    """

    def __init__(self, target: NodeId, salt: bytes, verify: Verify) -> None:
        super().__init__(target)
        self.question = Get(target)
        self._salt = salt
        self._verify = verify
        self._found: Item | None = None

    def hear(self, handle: Handle, node: Node, reply: Reply) -> Iterator[Event]:
        """The node's item, if it is genuine and newer than what we have."""
        assert isinstance(self.question, Get)
        if reply.value is None:
            return
        if reply.key is None:
            item = Item(reply.value)
        else:
            item = Item(reply.value, reply.key, reply.seq or 0, reply.signature, self._salt)
        found = self._found
        if item.target != self.question.target or (found is not None and item.seq <= found.seq):
            return
        if item.fault(self._verify) is None:
            self._found = item
            yield ItemFound(handle, node, item)


class PutItem(GetItem):
    """To store an item, and to see meanwhile what is stored already (BEP 44).

    `ItemFound` tells of older ones; `Stored` or `StoreRefused` comes from each node.

    Args:
        item: Ours, signed if it is mutable.
        cas: The sequence number that it is to replace; None if any.
        verify: Checks signatures.
    """

    def __init__(self, item: Item, cas: int | None, verify: Verify) -> None:
        super().__init__(item.target, item.salt, verify)
        self._item = item
        self._cas = cas

    def store(self, token: bytes, reply_seq: int | None) -> Question | None:
        """Our item; without "cas" where there is nothing to compare with (BEP 44, "CAS").

        None where that would store it although others have what it is not to replace.
        """
        item, found = self._item, self._found
        conflicts = self._cas is not None and found is not None and found.seq != self._cas
        if conflicts and reply_seq is None:
            return None
        return Put(
            token=token,
            value=item.value,
            key=item.key,
            seq=item.seq,
            signature=item.signature,
            salt=item.salt,
            cas=None if reply_seq is None else self._cas,
        )

"""What a node answers to the questions of others (BEP 5, 32, 33, 44, 51).

A reply does not exceed MAX_SENT bytes, unless a large item has to: what must be there goes
first, and peers fill the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.dht.item import Item
from raincore.dht.item_store import ItemStore
from raincore.dht.peer_store import SAMPLE_SECONDS, PeerStore
from raincore.dht.tokens import Tokens
from raincore.wire import krpc
from raincore.wire.krpc_messages import (
    AnnouncePeer,
    Error,
    ErrorCode,
    FindNode,
    Get,
    GetPeers,
    Ping,
    Put,
    Query,
    Reply,
    Response,
    SampleInfoHashes,
    UnknownQuestion,
    Want,
)

if TYPE_CHECKING:
    import random

    from raincore.base.config import DhtLimits
    from raincore.base.ids import NodeId
    from raincore.dht.item import Verify
    from raincore.dht.routing_table import RoutingTable

__all__ = ["Answering"]

MAX_VALUES = 100
ENVELOPE = 220
"""As much as everything takes that is neither nodes nor peers nor filters."""

TEXTS = {
    ErrorCode.GENERIC: "refused",
    ErrorCode.SERVER: "no room",
    ErrorCode.PROTOCOL: "bad token",
    ErrorCode.UNKNOWN_METHOD: "method unknown",
    ErrorCode.VALUE_TOO_BIG: "value is too big",
    ErrorCode.BAD_SIGNATURE: "bad signature",
    ErrorCode.SALT_TOO_BIG: "salt is too big",
    ErrorCode.CAS_MISMATCH: "another sequence number is stored",
    ErrorCode.OLD_SEQUENCE_NUMBER: "a newer sequence number is stored",
}


class Answering:
    """Answers from the routing tables and the two stores.

    Args:
        table: Of the family of our socket. The owner replaces it when our id changes.
        rng: Dice for tokens and samples.
        verify: Checks signatures of items.
        ipv6: The family of our socket.
        limits: How much is stored.
        now: Monotonic seconds.
    """

    def __init__(
        self,
        table: RoutingTable,
        rng: random.Random,
        verify: Verify,
        *,
        ipv6: bool,
        limits: DhtLimits,
        now: float,
    ) -> None:
        self.table = table
        self.other_table: RoutingTable | None = None
        """Of the other family, if we have a socket there too (BEP 32)."""
        self.peers = PeerStore(
            rng,
            ipv6=ipv6,
            max_torrents=limits.max_torrents,
            max_peers=limits.max_peers_per_torrent,
        )
        self.items = ItemStore(verify, max_items=limits.max_items)
        self._rng = rng
        self._ipv6 = ipv6
        self._tokens = Tokens(rng, now)

    def answer(self, query: Query, sender: Endpoint, seen_as: bytes, now: float) -> bytes:
        """Give the datagram that answers a query: a response or an error.

        Args:
            query: From anybody.
            sender: Where it came from.
            seen_as: The same, packed; told in every answer (BEP 42).
            now: Monotonic seconds.
        """
        reply = self._reply(query, sender, now)
        if isinstance(reply, ErrorCode):
            return krpc.encode(Error(query.transaction, reply, TEXTS[reply], seen_as))
        return krpc.encode(Response(query.transaction, reply, seen_as))

    def expire(self, now: float) -> None:
        """Forget what is too old; to be called every few seconds."""
        self.peers.expire(now)
        self.items.expire(now)

    def _reply(self, query: Query, sender: Endpoint, now: float) -> Reply | ErrorCode:
        match query.question:
            case Ping():
                return Reply(node_id=self.table.own_id)
            case FindNode(target, want):
                return self._with_nodes(target, want)
            case GetPeers():
                return self._get_peers(query.question, sender, now)
            case AnnouncePeer():
                return self._announce(query.question, sender, now)
            case Get():
                return self._get(query.question, sender, now)
            case Put():
                return self._put(query.question, sender, now)
            case SampleInfoHashes(target):
                return self._sample(target, now)
            case UnknownQuestion(_, None):
                return ErrorCode.UNKNOWN_METHOD
            case UnknownQuestion(_, target):
                assert target is not None
                return self._with_nodes(target, None)

    def _with_nodes(self, target: bytes, want: Want | None) -> Reply:
        nodes, nodes6 = self._nodes(target, want)
        return Reply(node_id=self.table.own_id, nodes=nodes, nodes6=nodes6)

    def _nodes(self, target: bytes, want: Want | None) -> tuple[bytes | None, bytes | None]:
        """Packed nodes close to `target`, of the families that are wanted (BEP 32)."""
        own, other = self.table, self.other_table
        want = want or Want(ipv4=not self._ipv6, ipv6=self._ipv6)
        tables = (other, own) if self._ipv6 else (own, other)
        nodes, nodes6 = (
            table.packed_closest(target) if table is not None and wanted else None
            for table, wanted in zip(tables, want, strict=True)
        )
        return nodes, nodes6

    # -- peers -------------------------------------------------------------------------

    def _get_peers(self, question: GetPeers, sender: Endpoint, now: float) -> Reply:
        info_hash = question.info_hash
        # Filters leave no room for nodes of two families (BEP 33).
        nodes, nodes6 = self._nodes(info_hash, None if question.scrape else question.want)
        room = krpc.MAX_SENT - ENVELOPE - len(nodes or b"") - len(nodes6 or b"")
        token: bytes | None = None
        if self.peers.has_room(info_hash, sender, self.table.own_id):
            token = self._tokens.make(sender, info_hash, now)
        values: tuple[bytes, ...] = ()
        seeds_filter = peers_filter = None
        peers = self.peers.get(info_hash)
        if peers is not None:
            if question.scrape:
                seeds_filter, peers_filter = peers.filters(now)
                room -= len(seeds_filter) + len(peers_filter)
            each = 21 if self._ipv6 else 8  # with the length that goes before each
            count = max(0, min(MAX_VALUES, room // each))
            values = tuple(peers.sample(count, self._rng, no_seeds=question.no_seeds))
        return Reply(
            node_id=self.table.own_id,
            nodes=nodes,
            nodes6=nodes6,
            token=token,
            values=values,
            seeds_filter=seeds_filter,
            peers_filter=peers_filter,
        )

    def _announce(self, question: AnnouncePeer, sender: Endpoint, now: float) -> Reply | ErrorCode:
        if not self._tokens.accepts(question.token, sender, question.info_hash, now):
            return ErrorCode.PROTOCOL
        port = sender.port if question.port is None else question.port
        peer = sender if port == sender.port else Endpoint(sender.host, port)
        own_id = self.table.own_id
        if not self.peers.announce(question.info_hash, peer, own_id, now, seed=question.seed):
            return ErrorCode.SERVER
        return Reply(node_id=own_id)

    def _sample(self, target: NodeId, now: float) -> Reply:
        nodes, nodes6 = self._nodes(target, None)  # samples leave no room for two families
        return Reply(
            node_id=self.table.own_id,
            nodes=nodes,
            nodes6=nodes6,
            samples=self.peers.sample(now),
            sampled_from=len(self.peers),
            sample_seconds=SAMPLE_SECONDS,
        )

    # -- items -------------------------------------------------------------------------

    def _get(self, question: Get, sender: Endpoint, now: float) -> Reply:
        target = question.target
        nodes, nodes6 = self._nodes(target, question.want)
        token = self._tokens.make(sender, target, now)
        item = self.items.get(target)
        if item is None:
            return Reply(node_id=self.table.own_id, nodes=nodes, nodes6=nodes6, token=token)
        seq = None if item.key is None else item.seq
        known = question.seq is not None and seq is not None and seq <= question.seq
        # A large value, two families of nodes and a signature are more than one datagram
        # takes: then the nodes go, since the asking node has found what it looks for.
        size = 0 if known else len(item.value)
        if size + len(nodes or b"") + len(nodes6 or b"") > krpc.MAX_SENT - 2 * ENVELOPE:
            nodes = nodes6 = None
        return Reply(
            node_id=self.table.own_id,
            nodes=nodes,
            nodes6=nodes6,
            token=token,
            value=None if known else item.value,
            key=None if known else item.key,
            seq=seq,
            signature=None if known else item.signature,
        )

    def _put(self, question: Put, sender: Endpoint, now: float) -> Reply | ErrorCode:
        item = Item(
            value=question.value,
            key=question.key,
            seq=question.seq,
            signature=question.signature,
            salt=question.salt,
        )
        if not self._tokens.accepts(question.token, sender, item.target, now):
            return ErrorCode.PROTOCOL
        code = self.items.put(item, question.cas, self.table.own_id, now)
        return Reply(node_id=self.table.own_id) if code is None else code

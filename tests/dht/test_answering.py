import random
from typing import Any

import pytest

from raincore.base.config import DhtLimits
from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash
from raincore.dht.answering import Answering
from raincore.dht.item import Item
from raincore.dht.routing_table import RoutingTable
from raincore.formats import compact
from raincore.formats.compact import Node
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
    Question,
    Reply,
    Response,
    SampleInfoHashes,
    UnknownQuestion,
    Want,
)
from tests.dht.places import OWN, node_id, public, public6
from tests.sim.dht_network import trusting

NOW = 1000.0
HASH = InfoHash(b"h" * 20)
ASKING = public(77)
KEY = b"k" * 32
BOTH = Want(ipv4=True, ipv6=True)


def tables(seed: int) -> tuple[RoutingTable, RoutingTable]:
    rng = random.Random(seed)
    made = RoutingTable(OWN, now=NOW), RoutingTable(OWN, now=NOW)
    for number in range(300):
        made[0].answered(Node(node_id(rng.randbytes(2).hex()), public(number)), 0.1, NOW)
        made[1].answered(Node(node_id(rng.randbytes(2).hex()), public6(number)), 0.1, NOW)
    return made


class Play:
    """Somebody who asks one node."""

    def __init__(self, seed: int, *, ipv6: bool = False, limits: DhtLimits | None = None) -> None:
        self.tables = tables(seed)
        table, other = reversed(self.tables) if ipv6 else self.tables
        self.answering = Answering(
            table,
            random.Random(seed),
            trusting,
            ipv6=ipv6,
            limits=limits or DhtLimits(max_torrents=50, max_peers_per_torrent=300),
            now=NOW,
        )
        self.answering.other_table = other
        self.longest = 0

    def ask(self, question: Question, sender: Endpoint = ASKING, now: float = NOW) -> Any:
        """The reply or the error."""
        query = Query(b"t" * 8, node_id("aa"), question)
        data = self.answering.answer(query, sender, sender.packed, now)
        self.longest = max(self.longest, len(data))
        message = krpc.decode(data)
        assert isinstance(message, Response | Error)
        assert message.transaction == b"t" * 8
        assert message.seen_as == sender.packed
        return message.reply if isinstance(message, Response) else message.code

    def announce(self, info_hash: InfoHash, sender: Endpoint, **fields: Any) -> Any:
        token = self.ask(GetPeers(info_hash), sender).token
        return self.ask(AnnouncePeer(info_hash, **{"port": 6881, "token": token, **fields}), sender)

    def put(self, item: Item, cas: int | None = None, **fields: Any) -> Any:
        token = self.ask(Get(item.target)).token
        put = Put(
            token=token,
            value=item.value,
            key=item.key,
            seq=item.seq,
            signature=item.signature,
            salt=item.salt,
            cas=cas,
        )
        return self.ask(put)


@pytest.fixture
def play(seed: int) -> Play:
    return Play(seed)


def test_a_ping_is_answered_with_our_id(play: Play) -> None:
    assert play.ask(Ping()) == Reply(node_id=OWN)


def test_the_eight_closest_nodes_are_named(play: Play) -> None:
    target = node_id("80")
    reply = play.ask(FindNode(target))
    assert reply.nodes == play.tables[0].packed_closest(target)
    assert len(compact.unpack_nodes(reply.nodes, ipv6=False, limit=99)) == 8
    assert reply.nodes6 is None


def test_nodes_are_of_the_families_that_are_wanted(play: Play, seed: int) -> None:
    target = node_id("80")
    packed = play.tables[0].packed_closest(target), play.tables[1].packed_closest(target)
    for want, found in (
        (BOTH, packed),
        (Want(ipv4=False, ipv6=True), (None, packed[1])),
        (Want(ipv4=True, ipv6=False), (packed[0], None)),
    ):
        for question in (FindNode(target, want), GetPeers(InfoHash(target), want)):
            reply = play.ask(question)
            assert (reply.nodes, reply.nodes6) == found
    reply = Play(seed, ipv6=True).ask(FindNode(target), public6(7))
    assert (reply.nodes, reply.nodes6) == (None, packed[1])


def test_a_node_of_one_family_has_no_nodes_of_the_other(play: Play) -> None:
    play.answering.other_table = None
    assert play.ask(FindNode(node_id("80"), BOTH)).nodes6 is None


def test_whoever_announces_is_told_to_others(play: Play) -> None:
    assert play.ask(GetPeers(HASH)).values == ()
    assert play.announce(HASH, public(5), port=1234) == Reply(node_id=OWN)
    assert play.ask(GetPeers(HASH)).values == (public(5, port=1234).packed,)


def test_an_implied_port_is_that_of_the_datagram(play: Play) -> None:
    play.announce(HASH, public(5, port=4321), port=None)
    assert play.ask(GetPeers(HASH)).values == (public(5, port=4321).packed,)


def test_a_token_of_somebody_else_is_refused(play: Play) -> None:
    token = play.ask(GetPeers(HASH), public(5)).token
    for wrong in (b"", b"x" * 8, token):
        assert play.ask(AnnouncePeer(HASH, 1, wrong), public(6)) == ErrorCode.PROTOCOL
    other = InfoHash(b"o" * 20)
    assert play.ask(AnnouncePeer(other, 1, token), public(5)) == ErrorCode.PROTOCOL
    assert play.ask(AnnouncePeer(HASH, 1, token), public(5), now=NOW + 2000) == ErrorCode.PROTOCOL


def test_seeds_are_left_out_on_request(play: Play) -> None:
    play.announce(HASH, public(5), seed=True)
    play.announce(HASH, public(6))
    assert play.ask(GetPeers(HASH, no_seeds=True)).values == (public(6).packed,)
    assert len(play.ask(GetPeers(HASH)).values) == 2


def test_a_full_torrent_gives_no_token_but_to_those_in_it(seed: int) -> None:
    play = Play(seed, limits=DhtLimits(max_peers_per_torrent=2))
    play.announce(HASH, public(5))
    token = play.ask(GetPeers(HASH), public(9)).token
    play.announce(HASH, public(6))
    assert play.ask(GetPeers(HASH), public(7)).token is None
    assert play.ask(GetPeers(HASH), public(5)).token is not None
    assert play.ask(AnnouncePeer(HASH, 1, token), public(9)) == ErrorCode.SERVER


def test_a_scrape_gives_filters_where_there_are_peers(play: Play) -> None:
    assert play.ask(GetPeers(HASH, scrape=True)).seeds_filter is None
    play.announce(HASH, public(5), seed=True)
    reply = play.ask(GetPeers(HASH, scrape=True))
    assert sum(byte.bit_count() for byte in reply.seeds_filter) == 2
    assert not any(reply.peers_filter)


@pytest.mark.parametrize("ipv6", [False, True])
def test_no_reply_is_longer_than_any_tunnel_takes(ipv6: bool, seed: int) -> None:
    play = Play(seed, ipv6=ipv6)
    where = public6 if ipv6 else public
    for number in range(300):
        play.announce(HASH, where(number))
    for number in range(40):
        play.announce(InfoHash(node_id(f"{number:02x}")), where(1))
    for want in (None, BOTH):
        for scrape in (False, True):
            reply = play.ask(GetPeers(HASH, want, scrape=scrape), where(1))
            assert reply.token is not None
            assert scrape or len(reply.values) >= 8
        play.ask(SampleInfoHashes(node_id("80"), want), where(1))
        play.ask(FindNode(node_id("80"), want), where(1))
    assert 900 < play.longest <= krpc.MAX_SENT


def test_samples_come_with_their_number_and_nodes(play: Play) -> None:
    reply = play.ask(SampleInfoHashes(node_id("80")))
    assert (reply.samples, reply.sampled_from) == ((), 0)
    play.announce(HASH, public(5))
    reply = play.ask(SampleInfoHashes(node_id("80")))
    assert (reply.samples, reply.sampled_from, reply.sample_seconds) == ((HASH,), 1, 600)
    assert reply.nodes is not None


def mutable(seq: int, value: bytes = b"i1e") -> Item:
    return Item(value, KEY, seq, KEY + bytes(32))


def test_items_are_stored_and_given(play: Play) -> None:
    immutable = Item(b"5:hello")
    assert play.ask(Get(immutable.target)).value is None
    assert play.put(immutable) == Reply(node_id=OWN)
    reply = play.ask(Get(immutable.target))
    assert (reply.value, reply.key, reply.seq, reply.signature) == (b"5:hello", None, None, None)
    assert reply.nodes is not None
    play.put(mutable(4))
    reply = play.ask(Get(mutable(4).target))
    assert (reply.value, reply.key, reply.seq) == (b"i1e", KEY, 4)
    assert reply.signature == mutable(4).signature


def test_an_item_that_is_known_is_not_sent_again(play: Play) -> None:
    play.put(mutable(4))
    for known, value in ((3, b"i1e"), (4, None), (5, None)):
        reply = play.ask(Get(mutable(4).target, known))
        assert (reply.value, reply.seq) == (value, 4)
        assert (reply.signature is None) == (value is None)


def test_each_reason_to_refuse_an_item_has_its_code(play: Play) -> None:
    play.put(mutable(4))
    cases: list[tuple[Item, int | None, ErrorCode]] = [
        (Item(b"1000:" + b"x" * 1000), None, ErrorCode.VALUE_TOO_BIG),
        (Item(b"i1e", KEY, 5, bytes(64)), None, ErrorCode.BAD_SIGNATURE),
        (Item(b"i1e", KEY, 5, KEY + bytes(32), b"s" * 65), None, ErrorCode.SALT_TOO_BIG),
        (mutable(9), 3, ErrorCode.CAS_MISMATCH),
        (mutable(3), None, ErrorCode.OLD_SEQUENCE_NUMBER),
        (Item(b"i1e", KEY, -1, KEY + bytes(32)), None, ErrorCode.PROTOCOL),
    ]
    assert [play.put(item, cas) for item, cas, _ in cases] == [code for _, _, code in cases]
    assert play.ask(Put(token=b"x", value=b"i1e")) == ErrorCode.PROTOCOL


def test_a_full_item_store_is_the_servers_fault(seed: int) -> None:
    play = Play(seed, limits=DhtLimits(max_items=1))
    near, far = sorted((Item(b"i1e"), Item(b"i2e")), key=lambda item: item.target)
    assert play.put(near) == Reply(node_id=OWN)
    assert play.put(far) == ErrorCode.SERVER


def test_the_largest_item_fits_a_datagram_that_we_would_read(play: Play) -> None:
    large = mutable(2**62, b"996:" + b"x" * 996)
    assert play.put(large) == Reply(node_id=OWN)
    reply = play.ask(Get(large.target, want=BOTH))
    assert reply.value == large.value
    assert reply.nodes is None
    assert play.longest <= 1300


def test_what_we_do_not_know_is_refused_or_helped_on(play: Play) -> None:
    assert play.ask(UnknownQuestion("vote")) == ErrorCode.UNKNOWN_METHOD
    assert play.ask(UnknownQuestion("vote", node_id("80"))).nodes is not None


def test_the_old_is_forgotten(play: Play) -> None:
    play.announce(HASH, public(5))
    play.put(mutable(1))
    play.answering.expire(NOW + 3 * 3600)
    assert play.ask(GetPeers(HASH)).values == ()
    assert play.ask(Get(mutable(1).target)).value is None

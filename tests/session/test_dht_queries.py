"""Each question to the whole DHT: what is found, and what is said when nothing is."""

import math
import os

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, NetworkError, TimedOut
from raincore.base.ids import InfoHash, NodeId
from raincore.dht.item import MAX_SEQ, Item
from raincore.documents.items import Refusal
from raincore.formats import bencoding
from raincore.net import ed25519
from raincore.session import dht_queries
from tests.net import dht_world
from tests.net.dht_world import INFO_HASH, running
from tests.net.memory_network import MemoryNetwork
from tests.session import dht_desk

SEED = bytes(range(32))
PUBLIC = ed25519.public_key(SEED)


@pytest.fixture
def network(monkeypatch) -> MemoryNetwork:
    monkeypatch.setattr(dht_world, "trusting", ed25519.verify)
    return MemoryNetwork()


def signed(text: str, seq: int, salt: bytes = b"") -> Item:
    bare = Item(bencoding.encode(text), PUBLIC, seq, salt=salt)
    signature = ed25519.sign(SEED, bare.signed)
    return Item(bare.value, PUBLIC, seq, signature, salt)


async def test_who_announces_is_found_and_counted(network, autojump_clock):
    async with running(network, 12), dht_desk.client(network) as client:
        found: list[Endpoint] = []
        told = await dht_queries.find_peers(client, INFO_HASH, found.extend, port=7000, seed=True)
        assert (found, told.refusals) == ([], [])
        assert told.stored >= 8
        heard = await dht_queries.find_peers(client, INFO_HASH, found.extend)
        assert found == [Endpoint("20.1.0.7", 7000)]
        assert heard.stored == 0
        seeds, leechers, _ = await dht_queries.scrape(client, INFO_HASH)
        assert (round(seeds), round(leechers)) == (1, 0)


async def test_the_closest_nodes_come_first_and_with_their_time(network, autojump_clock):
    async with running(network, 12) as services, dht_desk.client(network) as client:
        target = NodeId(bytes(20))
        heard = await dht_queries.find_node(client, target)
    ids = sorted(line.node.own_id for service in services for line in service.lines)
    assert [node.node_id for node, _ in heard.closest] == ids[:8]
    assert all(0 <= rtt < 1 for _, rtt in heard.closest)


async def test_an_item_goes_out_and_comes_back(network, autojump_clock):
    async with running(network, 12), dht_desk.client(network) as client:
        item = Item(bencoding.encode("hello"))
        assert (await dht_queries.put_item(client, item)).stored >= 8
        found: list[Item] = []
        await dht_queries.get_item(client, item.target, b"", found.append)
    assert found == [item]


async def test_the_next_number_is_one_more_than_the_newest(network, autojump_clock):
    async with running(network, 12), dht_desk.client(network) as client:
        assert await dht_queries.next_seq(client, PUBLIC, b"salt") == 1
        assert (await dht_queries.put_item(client, signed("a", 5, b"salt"))).stored >= 8
        assert await dht_queries.next_seq(client, PUBLIC, b"salt") == 6
        assert await dht_queries.next_seq(client, PUBLIC, b"") == 1


async def test_refusals_are_counted_and_said_in_words(network, autojump_clock):
    async with running(network, 12), dht_desk.client(network) as client:
        first = await dht_queries.put_item(client, signed("a", 5))
        old = await dht_queries.put_item(client, signed("b", 4))
        other = await dht_queries.put_item(client, signed("c", 6), cas=3)
        right = await dht_queries.put_item(client, signed("c", 6), cas=5)
    count = first.stored
    assert (old.stored, other.stored, right.stored) == (0, 0, count)
    reasons = dht_queries.REASONS
    assert old.refusals == [Refusal(reasons[302], count, 302)]
    assert other.refusals == [Refusal(reasons[301], count, 301)]


async def test_another_value_under_the_same_number_is_an_error(
    network, autojump_clock, monkeypatch
):
    async with running(network, 12) as services, dht_desk.client(network) as client:
        await dht_queries.put_item(client, signed("a", 5))
        again = await dht_queries.put_item(client, signed("a", 5))
        assert again.stored >= 8
        assert (await dht_queries.put_item(client, signed("b", 6), cas=5)).stored >= 8
        for service in services:  # as nodes of libtorrent do, which then keep what they have
            for line in service.lines:
                monkeypatch.setattr(line.node._answering.items, "put", lambda *rest: None)
        with pytest.raises(NetworkError, match="under sequence number 6: use a higher one"):
            await dht_queries.put_item(client, signed("c", 6))


async def test_what_no_node_would_store_is_refused_before_anything_is_sent(network):
    heard: list[bytes] = []
    network.datagrams(Endpoint("20.0.0.7", 6881), lambda data, remote: heard.append(data))
    too_big = Item(bencoding.encode("x" * 1000))
    async with dht_desk.client(network) as client:
        with pytest.raises(FormatError, match="value is too big: 1005 bytes bencoded, 1000 may be"):
            await dht_queries.put_item(client, too_big)
    assert not heard


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (Item(b"1:a", PUBLIC, 1, bytes(64), b"s" * 65), "salt is too big: 65 bytes, 64 may be"),
        (Item(b"1:a", PUBLIC, MAX_SEQ + 1, bytes(64)), "sequence number must be from 0"),
        (Item(b"1:a", PUBLIC, 1, os.urandom(64)), "signature does not fit"),
    ],
)
def test_an_item_that_is_wrong_is_named(item, said):
    with pytest.raises(FormatError, match=said):
        dht_queries.check_item(item)


async def test_what_the_time_did_not_suffice_for_is_said(network, autojump_clock):
    async with running(network, 12) as services, dht_desk.client(network, timeout=2) as client:
        await client.settle()
        for service in services:
            service.close()
        seeds, _, heard = await dht_queries.scrape(client, InfoHash(bytes(20)))
    assert math.isnan(seeds)
    error = heard.nothing("nobody knows a peer")
    assert isinstance(error, TimedOut)
    assert str(error) == "nobody knows a peer: the time was over after 2.0 s"


def test_what_was_heard_adds_up_and_is_a_sentence():
    one = dht_queries.Heard(10, 8, 3, 1.25, refusals=[Refusal("no answer", 1)])
    total = sum([one, one], dht_queries.NOBODY)
    assert (total.asked, total.answered, total.stored, total.seconds) == (20, 16, 6, 2.5)
    assert len(total.refusals) == 2
    assert str(total.nothing("nothing")) == "nothing: 16 of 20 nodes answered in 2.5 s"
    assert type(total.nothing("nothing")) is NetworkError

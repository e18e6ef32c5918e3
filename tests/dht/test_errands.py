from typing import Any

from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash
from raincore.dht.errands import FindNodes, FindPeers, GetItem, PutItem
from raincore.dht.events import ItemFound, PeersFound, ScrapeFound
from raincore.dht.item import Item
from raincore.dht.scrape_filter import ScrapeFilter
from raincore.wire.krpc_messages import (
    AnnouncePeer,
    FindNode,
    Get,
    GetPeers,
    Put,
    Reply,
    Want,
)
from tests.dht import ed25519
from tests.dht.places import node, node_id, public
from tests.dht.test_item import item_of
from tests.sim.dht_network import trusting
from tests.wire.pair import vectors

HASH = InfoHash(b"h" * 20)
NODE = node("aa", 1)


def reply(**fields: Any) -> Reply:
    return Reply(node_id=NODE.node_id, **fields)


def heard(errand: Any, **fields: Any) -> list[Any]:
    return list(errand.hear(1, NODE, reply(**fields)))


def packed(*numbers: int) -> tuple[bytes, ...]:
    return tuple(public(number).packed for number in numbers)


def test_looking_for_nodes_asks_for_nothing_else() -> None:
    errand = FindNodes(node_id("bb"), Want(ipv4=True, ipv6=True))
    assert errand.question == FindNode(node_id("bb"), Want(ipv4=True, ipv6=True))
    assert heard(errand, values=packed(1)) == []
    assert errand.store(b"t", None) is None
    assert list(errand.end(1)) == []


def test_peers_are_told_once() -> None:
    errand = FindPeers(HASH)
    assert errand.question == GetPeers(HASH)
    assert heard(errand, values=packed(1, 2)) == [PeersFound(1, NODE, (public(1), public(2)))]
    assert heard(errand, values=packed(2, 3)) == [PeersFound(1, NODE, (public(3),))]
    assert heard(errand, values=packed(1, 2, 3)) == []


def test_peers_of_both_families_may_come() -> None:
    other = Endpoint("2001:db8::1", 7)
    (event,) = heard(FindPeers(HASH), values=(public(1).packed, other.packed))
    assert event.peers == (public(1), other)


def test_impossible_peers_are_left_out() -> None:
    bad = [("127.0.0.1", 1), ("224.0.0.1", 1), ("20.1.1.1", 0), ("0.0.0.0", 5)]
    values = tuple(Endpoint(*where).packed for where in bad)
    assert heard(FindPeers(HASH), values=values) == []


def test_so_many_peers_are_enough(monkeypatch: Any) -> None:
    monkeypatch.setattr("raincore.dht.errands.MAX_PEERS", 10)
    errand = FindPeers(HASH)
    (event,) = heard(errand, values=packed(*range(100)))
    assert len(event.peers) == 10
    assert heard(errand, values=packed(*range(100, 200))) == []


def test_an_announce_is_stored_where_it_is_wanted() -> None:
    assert FindPeers(HASH).store(b"t", None) is None
    assert FindPeers(HASH, announce=True, port=5, seed=True).store(b"t", None) == (
        AnnouncePeer(HASH, 5, b"t", seed=True)
    )
    assert FindPeers(HASH, announce=True).store(b"t", None) == AnnouncePeer(HASH, None, b"t")


def test_a_scrape_unites_filters_and_lists() -> None:
    errand = FindPeers(HASH, scrape=True)
    assert errand.question == GetPeers(HASH, scrape=True)
    seeds, leechers = ScrapeFilter(), ScrapeFilter()
    for number in range(20):
        seeds.add(public(number))
    for number in range(20, 25):
        leechers.add(public(number))
    heard(errand, seeds_filter=seeds.packed(), peers_filter=leechers.packed())
    heard(errand, seeds_filter=seeds.packed(), peers_filter=leechers.packed())
    heard(errand, values=packed(3, 24, 30, 31))  # from one who does not know filters
    (event,) = errand.end(1)
    assert isinstance(event, ScrapeFound)
    assert 19 < event.seeds < 21
    assert 6.5 < event.leechers < 7.5
    assert heard(errand, nodes=b"") == []


def test_an_immutable_item_must_hash_to_its_target() -> None:
    item = Item(b"12:Hello World!")
    errand = GetItem(item.target, b"", trusting)
    assert errand.question == Get(item.target)
    assert heard(errand, value=b"12:hello World!") == []
    assert heard(errand, value=item.value) == [ItemFound(1, NODE, item)]
    assert heard(errand, value=item.value) == []


def test_a_mutable_item_is_believed_for_its_signature() -> None:
    item = item_of(vectors(44, "items")[1])
    fields = {"value": item.value, "key": item.key, "seq": item.seq, "signature": item.signature}
    assert heard(GetItem(item.target, item.salt, ed25519.verify), **fields) == [
        ItemFound(1, NODE, item)
    ]
    assert heard(GetItem(item.target, b"", ed25519.verify), **fields) == []
    for change in ({"seq": 2}, {"signature": bytes(64)}, {"signature": None}, {"seq": None}):
        errand = GetItem(item.target, item.salt, ed25519.verify)
        assert heard(errand, **(fields | change)) == []


def mutable(seq: int) -> dict[str, Any]:
    key = b"k" * 32
    return {"value": b"i%de" % seq, "key": key, "seq": seq, "signature": key + bytes(32)}


def test_only_newer_items_are_told() -> None:
    target = Item(b"", b"k" * 32).target
    errand = GetItem(target, b"", trusting)
    told = [bool(heard(errand, **mutable(seq))) for seq in (3, 2, 3, 5, 4)]
    assert told == [True, False, False, True, False]


def test_a_put_compares_only_where_there_is_something() -> None:
    item = Item(b"i9e", b"k" * 32, 9, b"k" * 64, b"salt")
    errand = PutItem(item, 8, trusting)
    assert errand.question == Get(item.target)
    assert errand.target == item.target
    expected = {"value": b"i9e", "key": b"k" * 32, "seq": 9, "signature": b"k" * 64}
    assert errand.store(b"t", 7) == Put(token=b"t", salt=b"salt", cas=8, **expected)
    assert errand.store(b"t", None) == Put(token=b"t", salt=b"salt", **expected)


def test_a_put_is_not_taken_in_elsewhere_when_others_have_what_it_is_not_to_replace() -> None:
    item = Item(b"i9e", b"k" * 32, 9, b"k" * 64)
    errand = PutItem(item, 8, trusting)
    assert heard(errand, **mutable(7))
    assert errand.store(b"t", None) is None
    assert errand.store(b"t", 7) is not None, "which refuses, and says why"
    fitting = PutItem(item, 7, trusting)
    assert heard(fitting, **mutable(7))
    assert fitting.store(b"t", None) is not None
    unconditional = PutItem(item, None, trusting)
    assert heard(unconditional, **mutable(7))
    assert unconditional.store(b"t", None) is not None

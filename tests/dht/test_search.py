import pytest

from raincore.base.ids import InfoHash
from raincore.dht.errands import Errand, FindPeers, GetItem, PutItem
from raincore.dht.events import ItemFound, LookupEnded, PeersFound, Stored, StoreRefused
from raincore.dht.item import Item
from raincore.dht.search import Search
from raincore.formats import compact
from raincore.wire.krpc_messages import AnnouncePeer, GetPeers, Put
from tests.dht.desk import NOW, Desk
from tests.dht.places import node, public
from tests.sim.dht_network import trusting

HASH = InfoHash(bytes(20))
KEY = b"k" * 32


@pytest.fixture
def desk() -> Desk:
    return Desk()


def begin(desk: Desk, errand: Errand, count: int = 3, handle: int | None = 1) -> Search:
    search = Search(desk, handle, errand)
    search.begin([node("80", number) for number in range(count)], (), NOW)
    return search


def test_nodes_that_an_answer_names_are_asked_too(desk: Desk) -> None:
    begin(desk, FindPeers(HASH), count=1)
    (asked,) = desk.take()
    assert asked.question == GetPeers(HASH)
    desk.answer(asked, nodes=compact.pack_nodes([node("01", 5), node("01", 6)], ipv6=False))
    assert [asked.endpoint for asked in desk.take()] == [public(5), public(6)]


def test_what_is_found_is_told_and_then_the_end(desk: Desk) -> None:
    search = begin(desk, FindPeers(HASH))
    for asked in desk.take():
        desk.answer(asked, values=(public(99).packed,), token=b"t")
    assert desk.told == [
        PeersFound(1, node("80", 0), (public(99),)),
        LookupEnded(1, tuple(node("80", n) for n in range(3)), 3, 3, 0, 1, (0.0, 0.0, 0.0)),
    ]
    assert desk.over == [search]


def test_an_announce_goes_to_those_who_gave_a_token(desk: Desk) -> None:
    begin(desk, FindPeers(HASH, announce=True, port=9))
    for number, asked in enumerate(desk.take()):
        desk.answer(asked, **({"token": b"t%d" % number} if number else {}))
    stores = desk.take()
    assert [asked.question for asked in stores] == [
        AnnouncePeer(HASH, 9, b"t1"),
        AnnouncePeer(HASH, 9, b"t2"),
    ]
    assert desk.over == []
    desk.answer(stores[0])
    desk.refuse(stores[1], 202)
    assert desk.told[:2] == [
        Stored(1, node("80", 1)),
        StoreRefused(1, node("80", 2), 202, "no"),
    ]
    end = desk.told[-1]
    assert isinstance(end, LookupEnded)
    assert end.stored == 1


def test_a_node_that_does_not_say_whether_it_stores_is_told_too(desk: Desk) -> None:
    begin(desk, FindPeers(HASH, announce=True), count=1)
    desk.answer(desk.take()[0], token=b"t")
    (store,) = desk.take()
    store.listener.on_late(store, NOW)
    assert desk.told == []
    store.listener.on_silence(store, NOW)
    assert desk.told[0] == StoreRefused(1, node("80", 0), None, "no answer")
    assert len(desk.over) == 1


def test_silent_and_refusing_nodes_do_not_stop_it(desk: Desk) -> None:
    begin(desk, FindPeers(HASH), count=3)
    one, other, third = desk.take()
    one.listener.on_late(one, NOW)
    one.listener.on_silence(one, NOW)
    desk.refuse(other)
    desk.answer(third)
    end = desk.told[-1]
    assert isinstance(end, LookupEnded)
    assert (end.asked, end.answered, end.closest) == (3, 1, (node("80", 2),))


def test_a_late_node_lets_another_be_asked(desk: Desk) -> None:
    begin(desk, FindPeers(HASH), count=7)
    first, *_ = desk.take()
    first.listener.on_late(first, NOW)
    assert len(desk.take()) == 1


def test_nobody_to_ask_is_an_end_too(desk: Desk) -> None:
    search = begin(desk, FindPeers(HASH), count=0)
    assert desk.told == [LookupEnded(1, (), 0, 0, 0, 0)]
    assert desk.over == [search]


def test_a_search_without_a_handle_tells_nothing(desk: Desk) -> None:
    begin(desk, FindPeers(HASH, announce=True), count=2, handle=None)
    for asked in desk.take():
        desk.answer(asked, values=(public(9).packed,), token=b"t")
    stored, refused = desk.take()
    desk.answer(stored)
    desk.refuse(refused)
    assert desk.told == []
    assert len(desk.over) == 1


def test_a_cancelled_search_says_and_asks_nothing_more(desk: Desk) -> None:
    search = begin(desk, FindPeers(HASH, announce=True), count=3)
    search.is_cancelled = True
    for asked in desk.take():
        desk.answer(asked, values=(public(9).packed,), token=b"t")
    assert (desk.told, desk.take(), desk.over) == ([], [], [])


def test_a_put_compares_only_with_nodes_that_hold_something(desk: Desk) -> None:
    item = Item(b"i9e", KEY, 9, KEY + bytes(32))
    older = Item(b"i8e", KEY, 8, KEY + bytes(32))
    begin(desk, PutItem(item, 8, trusting), count=2)
    holder, other = desk.take()
    desk.answer(holder, value=older.value, key=KEY, seq=8, signature=older.signature, token=b"t")
    desk.answer(other, token=b"u")
    assert desk.told == [ItemFound(1, node("80", 0), older)]
    puts = [asked.question for asked in desk.take()]
    assert [put.cas for put in puts if isinstance(put, Put)] == [8, None]


def test_answers_after_the_end_of_asking_do_no_harm(desk: Desk) -> None:
    begin(desk, GetItem(node("00", 0).node_id, b"", trusting), count=20)
    late = desk.take()
    for asked in late:
        asked.listener.on_late(asked, NOW)
    while batch := desk.take():
        for asked in batch:
            desk.answer(asked)
    assert len(desk.over) == 1
    for asked in late:
        desk.answer(asked)
    assert len(desk.over) == 1
    assert desk.take() == []

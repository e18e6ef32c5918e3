"""A torrent's searches: peers as they are found, counts at the end, nothing once stopped."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import trio

from raincore.base.endpoint import Endpoint
from raincore.base.ids import InfoHash, NodeId
from raincore.dht.errands import Errand
from raincore.dht.events import Event as DhtEvent
from raincore.dht.events import LookupEnded, PeersFound
from raincore.documents import events as records
from raincore.engine.dht_searches import DhtSearches
from raincore.formats.compact import Node
from raincore.net.dht_gathering import LookupSummary
from raincore.swarm import events
from raincore.swarm.commands import SearchDht
from raincore.swarm.state import Goal
from raincore.wire import messages as m
from raincore.wire.handshake import Handshake, reserved
from tests.engine.desk import Desk, ScriptedPeer

INFO_HASH = InfoHash(bytes(20))
PEER, OTHER = Endpoint("192.0.2.1", 1), Endpoint("192.0.2.2", 2)
NODE = Node(NodeId(bytes(20)), Endpoint("192.0.2.3", 3))


class FakeDht:
    """Two nodes of ours find the same peer, then one finds another."""

    port = 6881
    external_addresses = (Endpoint("80.1.2.3", 6881),)

    def __init__(self) -> None:
        self.errands: list[Errand] = []
        self.nodes: list[Endpoint] = []

    def add_node(self, endpoint: Endpoint) -> None:
        self.nodes.append(endpoint)

    async def look_up(
        self, make_errand: Callable[[bool], Errand], on_event: Callable[[DhtEvent], None]
    ) -> LookupSummary:
        self.errands += [make_errand(False), make_errand(True)]
        await trio.sleep(1)
        on_event(PeersFound(1, NODE, (PEER,)))
        on_event(PeersFound(1, NODE, (PEER,)))
        on_event(PeersFound(1, NODE, (PEER, OTHER)))
        await trio.sleep(1)
        on_event(LookupEnded(1, (), 5, 4, 3, 2))
        return LookupSummary(5, 4, 3)


@pytest.fixture
def dht() -> FakeDht:
    return FakeDht()


async def test_each_peer_is_told_once_and_the_counts_at_the_end(dht, autojump_clock):
    told: list[events.Event] = []
    async with trio.open_nursery() as nursery:
        searches = DhtSearches(dht, INFO_HASH, 7000, nursery.start_soon, told.append)
        searches.search(SearchDht(announce=True, seed=True))
    assert told == [
        events.PeersFound("dht", (PEER,)),
        events.PeersFound("dht", (OTHER,)),
        events.DhtSearched(5, 4, 3, 2, FakeDht.external_addresses),
    ]
    told_nodes = dht.errands[0].store(b"token", None)
    assert told_nodes is not None
    assert (told_nodes.port, told_nodes.seed) == (7000, True)


async def test_both_swarms_of_a_hybrid_are_looked_for_in_one_search(dht, autojump_clock):
    told: list[events.Event] = []
    other = InfoHash(b"v2" * 10)
    async with trio.open_nursery() as nursery:
        searches = DhtSearches(dht, INFO_HASH, 7000, nursery.start_soon, told.append)
        searches.search(SearchDht(announce=True, seed=False, also=other))
    assert {errand.target for errand in dht.errands} == {INFO_HASH, other}
    *found, searched = told
    assert searched == events.DhtSearched(10, 8, 6, 2, FakeDht.external_addresses)
    assert [one.endpoints for one in found] == [(PEER,), (OTHER,)]
    assert len({one.swarm for one in found}) == 1


async def test_who_only_looks_stores_nothing(dht, autojump_clock):
    async with trio.open_nursery() as nursery:
        searches = DhtSearches(dht, INFO_HASH, 7000, nursery.start_soon, lambda event: None)
        searches.search(SearchDht(announce=False, seed=False))
    assert dht.errands[0].store(b"token", None) is None


async def test_a_search_that_is_stopped_tells_nothing_more(dht, autojump_clock):
    told: list[events.Event] = []
    async with trio.open_nursery() as nursery:
        searches = DhtSearches(dht, INFO_HASH, 7000, nursery.start_soon, told.append)
        searches.stop()
        searches.search(SearchDht(announce=False, seed=False))
        await trio.sleep(0.5)
        searches.stop()
    assert told == []


async def test_nodes_that_peers_name_reach_the_service(dht):
    DhtSearches(dht, INFO_HASH, 1, lambda *_: None, lambda event: None).add_node(NODE.endpoint)
    assert dht.nodes == [NODE.endpoint]


async def test_a_torrent_that_peers_may_know_searches_and_tells_them_of_our_node(
    dht, autojump_clock
):
    desk = Desk(whole=True, goal=Goal.SEED, dht=dht)
    desk.network.streams = {}
    async with desk.running():
        desk.offload.finish()
        await trio.sleep(3)
        peer = ScriptedPeer(desk)
        peer.handshake = replace(peer.handshake, reserved=reserved(fast=True, dht=True))
        peer.join()
        assert m.Port(6881) in peer.heard()
        peer.say(m.Port(7000))
        await desk.settle()
        assert dht.nodes == [Endpoint(peer.stream.remote.host, 7000)]
        assert Handshake(INFO_HASH, desk.torrent.own_id, desk.torrent.offer().reserved).dht
        [search] = [r for r in desk.records if isinstance(r, records.DhtEvent)]
        assert (search.asked, search.peers) == (5, 2)
    assert dht.errands


async def test_a_magnets_handshake_says_nothing_of_our_node(dht, autojump_clock):
    desk = Desk(magnet=True, dht=dht)
    async with desk.running():
        assert not Handshake(INFO_HASH, desk.torrent.own_id, desk.torrent.offer().reserved).dht


async def test_without_a_service_nothing_happens():
    searches = DhtSearches(None, INFO_HASH, 1, lambda *_: pytest.fail("a task"), lambda event: None)
    searches.search(SearchDht(announce=False, seed=False))
    searches.add_node(NODE.endpoint)
    searches.stop()

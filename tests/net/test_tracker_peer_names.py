"""Peers that have a name are looked up, a few, for a few seconds."""

import trio

from raincore.base.endpoint import Endpoint
from raincore.net import tracker_peer_names
from raincore.wire.announce import AnnounceReply
from tests.net.memory_network import MemoryNetwork

PEER = Endpoint("192.0.2.1", 1)


def network_of(**names: list[str]) -> MemoryNetwork:
    network = MemoryNetwork()
    network.names.update({f"{name}.example": found for name, found in names.items()})
    return network


async def test_names_become_addresses_behind_those_that_were_given(autojump_clock):
    reply = AnnounceReply(peers=(PEER,), named_peers=(("a.example", 7), ("gone.example", 8)))
    found = await tracker_peer_names.looked_up(reply, network_of(a=["192.0.2.7"]))
    assert found == AnnounceReply(peers=(PEER, Endpoint("192.0.2.7", 7)))


async def test_an_answer_without_names_stays_as_it_is():
    reply = AnnounceReply(peers=(PEER,))
    assert await tracker_peer_names.looked_up(reply, network_of()) is reply


async def test_a_silent_name_server_holds_up_an_answer_for_seconds_only(autojump_clock):
    network = network_of(a=["192.0.2.7"])
    network.lookup_seconds = 1000.0
    reply = AnnounceReply(peers=(PEER,), named_peers=(("a.example", 7),))
    assert (await tracker_peer_names.looked_up(reply, network)).peers == (PEER,)
    assert trio.current_time() == tracker_peer_names.SECONDS


async def test_of_many_names_some_are_looked_up(autojump_clock):
    names = [f"n{n}" for n in range(50)]
    network = network_of(**{name: ["192.0.2.7"] for name in names})
    named = tuple((f"{name}.example", 1 + n) for n, name in enumerate(names))
    found = await tracker_peer_names.looked_up(AnnounceReply(peers=(), named_peers=named), network)
    assert len(found.peers) == tracker_peer_names.MAX_NAMED

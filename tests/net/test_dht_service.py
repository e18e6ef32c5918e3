"""The service joins, looks up over both families, asks, remembers, and ends quietly."""

import random

import pytest
import trio

from raincore.base.config import DhtLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, ListenError
from raincore.dht.errands import FindPeers
from raincore.dht.events import LookupEnded, PeersFound, Replied, Silent
from raincore.net.dht_service import DhtService
from raincore.wire.krpc_messages import Ping
from tests.net.dht_world import INFO_HASH, PORT, SMALL, running, service
from tests.net.memory_network import MemoryNetwork
from tests.sim.dht_network import trusting

NOBODY = Endpoint("20.9.9.9", 1)


@pytest.fixture
def network() -> MemoryNetwork:
    return MemoryNetwork()


def find(ipv6: bool) -> FindPeers:
    return FindPeers(INFO_HASH)


def announce(ipv6: bool) -> FindPeers:
    return FindPeers(INFO_HASH, announce=True, port=7000)


async def test_who_announces_is_found_by_others(network, autojump_clock):
    async with running(network, 12) as services:
        told = await services[3].look_up(announce)
        assert told.stored >= 8
        found: list[object] = []
        summary = await services[9].look_up(find, found.append)
    peers = {peer for one in found if isinstance(one, PeersFound) for peer in one.peers}
    assert peers == {Endpoint("20.0.3.7", 7000)}
    assert summary.answered == summary.asked >= 8
    assert summary.stored == 0


async def test_one_lookup_covers_both_families(network, autojump_clock):
    async with running(network, 12, families=(4, 6)) as services:
        await services[3].look_up(announce)
        found: list[object] = []
        summary = await services[9].look_up(find, found.append)
    peers = {peer for one in found if isinstance(one, PeersFound) for peer in one.peers}
    assert peers == {Endpoint("20.0.3.7", 7000), Endpoint("2001:db8:3::1", 7000)}
    ends = [one for one in found if isinstance(one, LookupEnded)]
    assert sum(end.answered for end in ends) == summary.answered
    families = [{node.endpoint.is_ipv6 for node in end.closest} for end in ends]
    assert families == [{False}, {True}]
    assert all(len(end.closest) >= 8 for end in ends)


async def test_ipv6_nodes_that_ipv4_nodes_tell_are_asked_too(network, autojump_clock):
    async with running(network, 12, families=(4, 6)) as services:
        await services[3].look_up(announce)
        late = service(network, 20, families=(4, 6))
        found: list[object] = []
        async with trio.open_nursery() as nursery:
            nursery.start_soon(late.run, [str(services[0].endpoints[0])])
            await late.look_up(find, found.append)
            late.close()
            nursery.cancel_scope.cancel()
    peers = {peer for one in found if isinstance(one, PeersFound) for peer in one.peers}
    assert peers == {Endpoint("20.0.3.7", 7000), Endpoint("2001:db8:3::1", 7000)}


async def test_the_closest_come_first(network, autojump_clock):
    async with running(network, 12) as services:
        found: list[object] = []
        await services[5].look_up(find, found.append)
    (closest,) = [one.closest for one in found if isinstance(one, LookupEnded)]
    assert len(closest) >= 8
    target = int.from_bytes(INFO_HASH, "big")
    distances = [target ^ int.from_bytes(node.node_id, "big") for node in closest]
    assert distances == sorted(distances)


async def test_both_families_are_bound_to_one_port(network, autojump_clock):
    made = service(network, 1, families=(4, 6))
    assert [endpoint.port for endpoint in made.endpoints] == [PORT, PORT]
    assert made.port == PORT


async def test_a_taken_port_is_replaced_by_a_free_one(network, autojump_clock):
    network.datagrams(Endpoint("20.0.1.7", PORT), lambda data, remote: None)
    made = service(network, 1, families=(4, 6))
    assert made.endpoints[0].port not in (0, PORT)
    assert made.endpoints[1].port == made.port


async def test_a_machine_without_ipv6_has_one_node(autojump_clock):
    made = service(MemoryNetwork(families=(4,)), 1, families=(4, 6))
    assert [endpoint.is_ipv6 for endpoint in made.endpoints] == [False]
    with pytest.raises(ConnectError):
        await made.ask(Endpoint("2001:db8::1", 1), Ping())


async def test_no_address_at_all_is_an_error(autojump_clock):
    with pytest.raises(ListenError):
        service(MemoryNetwork(families=()), 1, families=(4, 6))


async def test_a_node_answers_or_is_silent(network, autojump_clock):
    async with running(network, 2) as (one, other):
        assert isinstance(await one.ask(other.endpoints[0], Ping()), Replied)
        assert isinstance(await one.ask(NOBODY, Ping()), Silent)


async def test_what_was_saved_replaces_the_bootstrap_nodes(network, autojump_clock):
    async with running(network, 12) as services:
        saved = services[5].saved()
        services[5].close()
        again = DhtService(
            network, random.Random(99), limits=SMALL, verify=trusting, saved=saved,
            hosts=["20.0.5.7"],
        )  # fmt: skip
        again.listen(PORT)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(again.run, [])
            await again.joined.wait()
            assert again.node_count >= 8
            assert [line.node.own_id for line in again.lines] == [saved[4].node_id]
            nursery.cancel_scope.cancel()
        again.close()


async def test_a_lookup_waits_until_there_is_somebody_to_ask(network, autojump_clock):
    async with running(network, 12) as services:
        network.names["router.example"] = ["20.0.0.7"]
        network.lookup_seconds = 5.0
        late = service(network, 50)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(late.run, ["router.example:6881"])
            summary = await late.look_up(find)
            assert summary.answered >= 8
            assert late.bootstrap_answered == len(late.bootstrap_endpoints) == 1
            nursery.cancel_scope.cancel()
        late.close()
        assert services


async def test_offline_a_lookup_ends_and_says_that_nobody_answered(network, autojump_clock):
    alone = service(network, 1, families=(4, 6))
    async with trio.open_nursery() as nursery:
        nursery.start_soon(alone.run, ["no.such.name.example:6881"], ["20.1.1.1:6881"])
        summary = await alone.look_up(find)
        assert (summary.asked, summary.answered) == (1, 0)
        await alone.joined.wait()
        nursery.cancel_scope.cancel()
    assert alone.saved() == {}
    alone.close()


async def test_without_any_route_a_lookup_ends_at_once(network, autojump_clock):
    network.is_offline = True
    alone = service(network, 1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(alone.run, ["20.1.1.1:6881", "20.2.2.2:6881"])
        summary = await alone.look_up(find)
        assert (summary.asked, summary.answered) == (2, 0)
        assert isinstance(await alone.ask(NOBODY, Ping()), Silent)
        assert trio.current_time() == 0
        nursery.cancel_scope.cancel()
    alone.close()


async def test_who_comes_online_later_joins_by_itself(network, autojump_clock):
    async with running(network, 12):
        network.is_offline = True
        late = service(network, 50)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(late.run, ["20.0.0.7:6881"])
            await trio.sleep(3600)
            assert late.node_count == 0
            network.is_offline = False
            await trio.sleep(310)
            assert late.node_count >= 8
            nursery.cancel_scope.cancel()
        late.close()


async def test_a_cancelled_lookup_tells_nothing_more(network, autojump_clock):
    async with running(network, 12) as services:
        told: list[object] = []
        with trio.move_on_after(0):
            await services[3].look_up(announce, told.append)
        await trio.sleep(30)
    assert told == []


async def test_closing_ends_lookups(network, autojump_clock):
    one = service(network, 1)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(one.look_up, find)
        await trio.testing.wait_all_tasks_blocked()
        one.close()


async def test_a_node_that_a_peer_named_becomes_known(network, autojump_clock):
    async with running(network, 2) as services:
        alone = service(network, 60)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(alone.run, [])
            await alone.joined.wait()
            assert alone.node_count == 0
            alone.add_node(services[0].endpoints[0])
            alone.add_node(Endpoint("2001:db8::1", 1))
            await trio.sleep(5)
            assert alone.node_count >= 1
            nursery.cancel_scope.cancel()
        alone.close()


@pytest.mark.parametrize("late", [False, True])
async def test_nodes_that_a_torrent_names_are_a_way_in(network, autojump_clock, late):
    async with running(network, 12):
        network.names["node.example"] = ["20.0.3.7"]
        alone = service(network, 60)
        alone.add_hosts([] if late else ["node.example:6881"])
        async with trio.open_nursery() as nursery:
            nursery.start_soon(alone.run_when_asked, ["no.such.example:1"])
            if late:
                assert (await alone.look_up(find)).answered == 0
                alone.add_hosts(["node.example:6881"])
                await trio.sleep(5)
            assert (await alone.look_up(find)).answered >= 8
            nursery.cancel_scope.cancel()
        alone.close()


async def test_several_addresses_of_one_family_have_a_node_each(network, autojump_clock):
    made = DhtService(
        network, random.Random(1), limits=DhtLimits(), verify=trusting,
        hosts=["20.0.1.7", "20.1.1.7", "2001:db8::1"],
    )  # fmt: skip
    made.listen(PORT)
    assert len({line.node.own_id for line in made.lines}) == 3
    assert [str(endpoint) for endpoint in made.endpoints] == [
        "20.0.1.7:6881",
        "20.1.1.7:6881",
        "[2001:db8::1]:6881",
    ]
    made.close()

"""A client joins when it asks, waits no longer than it must, and says who answered."""

import pytest
import trio

from raincore.base.config import BOOTSTRAP
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConfigError, ConnectError, NetworkError, TimedOut
from raincore.base.ids import InfoHash, NodeId
from raincore.dht.errands import FindNodes
from raincore.dht.events import LookupEnded
from raincore.session import dht_client
from raincore.wire.krpc_messages import AnnouncePeer, Ping
from tests.net.dht_world import running
from tests.net.memory_network import MemoryNetwork
from tests.session import dht_desk

TARGET = NodeId(bytes(20))
NOBODY = Endpoint("20.9.9.9", 1)


@pytest.fixture
def network() -> MemoryNetwork:
    return MemoryNetwork()


def errand(ipv6: bool) -> FindNodes:
    return FindNodes(TARGET)


def ignore(event: object) -> None:
    pass


async def test_nothing_is_sent_before_something_is_asked(network, autojump_clock):
    heard: list[bytes] = []
    network.datagrams(Endpoint("20.0.0.7", 6881), lambda data, remote: heard.append(data))
    async with dht_desk.client(network) as client:
        await trio.sleep(100)
        assert not heard
        with pytest.raises(ConnectError):
            await client.settle()
    assert heard


async def test_a_lookup_is_over_as_soon_as_all_have_answered(network, autojump_clock):
    async with running(network, 12), dht_desk.client(network) as client:
        began = trio.current_time()
        ends = await client.look_up(errand, ignore)
        assert trio.current_time() - began < dht_client.SETTLE_SECONDS
    assert sum(end.answered for end in ends) >= 8
    assert all(isinstance(end, LookupEnded) for end in ends)


async def test_a_family_that_leads_nowhere_does_not_hold_up_the_other(network, autojump_clock):
    first = [*dht_desk.FIRST, "[2001:db8::9]:6881"]
    async with running(network, 12), dht_desk.client(network, first) as client:
        began = trio.current_time()
        ends = await client.look_up(errand, ignore)
        assert trio.current_time() - began < dht_client.FAMILY_SECONDS + 1
    assert sum(end.answered for end in ends) >= 8


async def test_nobody_there_is_told_with_numbers(network, autojump_clock):
    silent = ["20.9.9.1:1", "20.9.9.2:1"]
    async with dht_desk.client(network, silent) as client:
        with pytest.raises(ConnectError) as caught:
            await client.look_up(errand, ignore)
    assert str(caught.value) == (
        "nobody answered: 0 of 2 bootstrap nodes, in 10.0 s; are UDP packets let through?"
    )


async def test_the_time_is_over_before_that(network, autojump_clock):
    async with dht_desk.client(network, ["20.9.9.1:1"], timeout=3) as client:
        with pytest.raises(TimedOut, match=r"0 of 1 bootstrap nodes, in 3\.0 s"):
            await client.look_up(errand, ignore)


async def test_a_blocklist_that_has_every_bootstrap_node_is_the_reason(network, autojump_clock):
    silent = ["20.9.9.1:1", "20.9.9.2:1"]
    async with dht_desk.client(network, silent, blocks=lambda endpoint: True) as client:
        with pytest.raises(ConnectError, match=r"the blocklist has every .* 20\.9\.9\.1:1$"):
            await client.look_up(errand, ignore)


async def test_names_that_lead_nowhere_are_told(network, autojump_clock):
    async with dht_desk.client(network, ["no.such.example:1"]) as client:
        with pytest.raises(ConnectError, match="no bootstrap host could be looked up"):
            await client.settle()


async def test_without_any_node_it_says_how_to_name_one(network, autojump_clock):
    async with dht_desk.client(network, []) as client:
        with pytest.raises(ConfigError, match="--bootstrap HOST:PORT"):
            await client.settle()


async def test_nodes_of_a_torrent_are_enough_to_begin_with(network, autojump_clock):
    async with running(network, 12), dht_desk.client(network, []) as client:
        await client.settle(dht_desk.FIRST)
        assert client.service.node_count >= 1
        client.join(["20.0.3.7:6881"])


async def test_the_usual_nodes_have_bare_addresses_behind_them(network, autojump_clock):
    heard: list[bytes] = []
    network.datagrams(Endpoint("87.98.162.88", 6881), lambda data, remote: heard.append(data))
    async with dht_desk.client(network, BOOTSTRAP) as client:
        with pytest.raises(NetworkError):
            await client.settle()
    assert heard


async def test_a_slow_dht_is_not_waited_for_once_somebody_has_answered(network, autojump_clock):
    async with running(network, 2):
        first = [*dht_desk.FIRST, *(f"20.9.{n}.1:1" for n in range(5))]
        async with dht_desk.client(network, first) as client:
            began = trio.current_time()
            await client.settle()
            assert trio.current_time() - began <= dht_client.SETTLE_SECONDS + 0.1
            assert 0 < client.service.node_count < dht_client.ENOUGH_NODES


async def test_stopping_ends_a_lookup_with_what_there_is(network, autojump_clock):
    async with dht_desk.client(network, ["20.9.9.1:1"]) as client, trio.open_nursery() as nursery:

        async def stop():
            await trio.sleep(1)
            client.stop()

        nursery.start_soon(stop)
        assert await client.look_up(errand, ignore) == []
        assert client.stopped
        assert await client.look_up(errand, ignore) == []


async def test_one_node_is_asked_and_nobody_else(network, autojump_clock):
    async with running(network, 12) as services, dht_desk.client(network) as client:
        answer = await client.ask(Endpoint("20.0.3.7", 6881), Ping())
        assert answer.node.node_id in [line.node.own_id for line in services[3].lines]
        assert client.service.node_count == 1


async def test_a_question_is_asked_again_before_it_is_given_up(network, autojump_clock):
    heard: list[float] = []
    network.datagrams(NOBODY, lambda data, remote: heard.append(trio.current_time()))
    async with dht_desk.client(network) as client:
        with pytest.raises(TimedOut, match=r"no answer in 6\.0 s"):
            await client.ask(NOBODY, Ping())
    assert len(heard) == dht_client.PINGS


async def test_a_refusal_and_a_family_that_is_missing_are_errors(autojump_clock):
    network = MemoryNetwork(families=(4,))
    async with running(network, 1), dht_desk.client(network) as client:
        question = AnnouncePeer(InfoHash(bytes(20)), 1, b"wrong")
        with pytest.raises(NetworkError, match=r"the node refuses: bad token \(203\)"):
            await client.ask(Endpoint("20.0.0.7", 6881), question)
        with pytest.raises(ConnectError, match="no IPv6"):
            await client.ask(Endpoint("::1", 1), Ping())


async def test_names_are_looked_up_in_time(network, autojump_clock):
    network.names["node.example"] = ["20.0.0.7", "20.0.1.7"]
    network.lookup_seconds = 1.0
    async with dht_desk.client(network, timeout=2) as client:
        assert await client.resolve("20.0.0.7:5") == [Endpoint("20.0.0.7", 5)]
        assert len(await client.resolve("node.example:5")) == 2
        network.lookup_seconds = 5.0
        with pytest.raises(ConnectError, match="in time"):
            await client.resolve("node.example:5")


async def test_it_knows_the_calendar_and_who_reads_its_output(network, autojump_clock):
    async with dht_desk.client(network) as client:
        assert client.calendar() == 1.5e9
        client.call_when_closed(1, client.stop)
        client.services.hub.watched[1]()
        assert client.stopped

"""A node that is watched tells what becomes of it."""

import pytest

from raincore.dht import node_ids
from raincore.documents import registry
from raincore.session import dht_watch
from tests.net.dht_world import running
from tests.net.memory_network import MemoryNetwork
from tests.session import dht_desk


@pytest.fixture
def network() -> MemoryNetwork:
    return MemoryNetwork()


def of(told, what):
    return [event for event in told if event["event"] == what]


async def test_it_listens_joins_counts_and_stops(network, autojump_clock):
    told: list[dict] = []
    desk = dht_desk.client(network, timeout=35, read_only=False)
    async with running(network, 12), desk as client:
        await dht_watch.watch(client, 10.0, told.append)
        own = [str(endpoint) for endpoint in client.service.endpoints]
    for event in told:
        registry.validate(event)
    assert [event["address"] for event in of(told, "listening")] == own
    assert max(event["nodes"] for event in of(told, "joined")) >= 8
    assert len(of(told, "status")) == 3  # nothing of the family in which nobody is
    assert told[-1]["event"] == "stopped"
    assert told[-1]["nodes"] >= 8


async def test_another_id_is_told(network, autojump_clock, monkeypatch):
    told: list[dict] = []

    async with dht_desk.client(network, ["20.9.9.9:1"], timeout=5) as client:
        line = client.service.lines[0]
        fresh = node_ids.random_id(client.rng)

        def take(event):
            told.append(event)
            line.node.own_id = fresh

        await dht_watch.watch(client, 60.0, take)
    [event] = of(told, "id")
    assert event["id"] == fresh.hex()


async def test_a_node_without_company_is_counted_all_the_same(network, autojump_clock):
    told: list[dict] = []
    async with dht_desk.client(network, ["20.9.9.9:1"], timeout=5) as client:
        await dht_watch.watch(client, 2.0, told.append)
    assert [event["nodes"] for event in of(told, "status")] == [0, 0]

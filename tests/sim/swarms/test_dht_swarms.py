"""Peers that know nobody find each other by the DHT alone, on links that lose datagrams."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
import trio

from raincore.base.errors import ConnectError, TimedOut
from raincore.documents import events as records
from raincore.swarm.state import Limits
from tests.sim.content import sample
from tests.sim.links import Profile
from tests.sim.network import home_connections
from tests.sim.world import SimPeer, Swarm

NODES = 30
ENTRANCE = ["20.0.0.1:6881", "router.example:6881"]


def lossy_connections(rng: random.Random) -> Profile:
    return replace(home_connections(rng), loss=rng.uniform(0.0, 0.05))


async def grow(swarm: Swarm) -> None:
    """Thirty nodes join; a minute later they know each other."""
    swarm.network.names["router.example"] = ["20.0.1.1"]
    for number in range(NODES):
        swarm.add_node(f"20.0.{number}.1", ENTRANCE if number else [])
        await trio.sleep(0.5)
    await trio.sleep(60)


def searches(peer: SimPeer) -> list[records.DhtEvent]:
    return [record for record in peer.records if isinstance(record, records.DhtEvent)]


async def test_peers_find_each_other_by_the_dht_only(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16), lossy_connections)
    async with swarm.running():
        await grow(swarm)
        seeder = swarm.add("30.0.0.1", whole=True, dht=ENTRANCE)
        await trio.sleep(30)
        leechers = [swarm.add(f"30.0.{n}.2", dht=ENTRANCE) for n in range(1, 9)]
        await swarm.all_complete(leechers, within=120)
        first = searches(seeder)[0]
        assert first.stored >= 4
        assert first.answered >= 8


async def test_a_magnet_link_with_nothing_but_its_hash_is_enough(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16), lossy_connections)
    async with swarm.running():
        await grow(swarm)
        swarm.add("30.0.0.1", whole=True, dht=ENTRANCE)
        await trio.sleep(30)
        leecher = swarm.add("30.0.1.2", magnet=True, dht=ENTRANCE)
        await swarm.all_complete([leecher], within=120)


async def test_who_comes_first_finds_who_comes_later(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16), lossy_connections)
    async with swarm.running():
        await grow(swarm)
        leecher = swarm.add("30.0.1.2", magnet=True, dht=ENTRANCE)
        await trio.sleep(300)
        assert len(searches(leecher)) >= 3
        swarm.add("30.0.0.1", whole=True, dht=ENTRANCE)
        await swarm.all_complete([leecher], within=600)


async def test_peers_behind_nat_find_a_seed_that_can_be_reached(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16), lossy_connections)
    async with swarm.running():
        await grow(swarm)
        swarm.add("30.0.0.1", whole=True, dht=ENTRANCE)
        swarm.network.behind_nat("30.0.1.2")
        await trio.sleep(30)
        leecher = swarm.add("30.0.1.2", dht=ENTRANCE)
        await swarm.all_complete([leecher], within=120)


async def test_a_private_torrent_sends_the_dht_not_one_datagram(seed, autojump_clock):
    made = sample(seed, pieces=16, private=True)
    swarm = Swarm(seed, made, lossy_connections)
    sent: list[str] = []
    async with swarm.running():
        await grow(swarm)
        for host in ("30.0.0.1", "30.0.1.2"):
            watch(swarm, host, sent)
        swarm.add("30.0.0.1", whole=True, dht=ENTRANCE, trackers=TRACKERS)
        await trio.sleep(1)
        leecher = swarm.add("30.0.1.2", dht=ENTRANCE, trackers=TRACKERS)
        await swarm.all_complete([leecher], within=120)
        await trio.sleep(3600)
    assert sent == []


TRACKERS: Sequence[Sequence[str]] = [["http://a.example/announce"]]


def watch(swarm: Swarm, address: str, sent: list[str]) -> None:
    """Note what a host sends by UDP."""
    host = swarm.network.host(address)
    throw = host.throw

    def noted(data: bytes, local: object, remote: object) -> None:
        sent.append(f"{local} {remote}")
        throw(data, local, remote)  # type: ignore[arg-type]

    host.throw = noted  # type: ignore[method-assign]


async def test_without_any_node_a_fetch_ends_soon_and_says_so(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=4))
    async with swarm.running():
        begun = trio.current_time()
        leecher = swarm.add("30.0.1.2", dht=["20.9.9.9:1", "20.9.8.9:2"], limits=Limits())
        await leecher.over.wait()
        assert trio.current_time() - begun < 60
    assert isinstance(leecher.outcome, ConnectError)
    assert str(leecher.outcome) == "DHT: 0 of 2 nodes answered"


async def test_a_dht_that_knows_nobody_is_the_reason_when_time_is_up(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=4))
    async with swarm.running():
        await grow(swarm)
        leecher = swarm.add("30.0.1.2", magnet=True, dht=ENTRANCE, limits=Limits(stall_seconds=600))
        await leecher.over.wait()
    assert isinstance(leecher.outcome, TimedOut)
    assert "nodes answered, none knows a peer" in str(leecher.outcome)


@pytest.mark.parametrize("gone", [10])
async def test_nodes_that_vanish_do_not_hide_a_seed(seed, autojump_clock, gone):
    swarm = Swarm(seed, sample(seed, pieces=8), lossy_connections)
    async with swarm.running():
        await grow(swarm)
        swarm.add("30.0.0.1", whole=True, dht=ENTRANCE)
        await trio.sleep(30)
        for scope in swarm.nodes[-gone:]:
            scope.cancel()
        leecher = swarm.add("30.0.1.2", dht=ENTRANCE)
        await swarm.all_complete([leecher], within=300)

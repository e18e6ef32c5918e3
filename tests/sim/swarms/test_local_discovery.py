"""A local network in which nobody is told of anybody (BEP 14)."""

from __future__ import annotations

import trio

from raincore.base.errors import ConnectError
from raincore.swarm.state import Limits
from raincore.wire.lsd import GROUPS
from tests.sim.content import sample
from tests.sim.world import Swarm

HOSTS = [f"192.168.1.{n}" for n in range(1, 9)]


def listen_in(swarm: Swarm, address: str = "192.168.1.200") -> list[bytes]:
    """All that is said in the group, as another host of the network hears it."""
    said: list[bytes] = []
    swarm.network.lan(*HOSTS, address)
    swarm.network.host(address).multicast(GROUPS[0], lambda data, source: said.append(data))
    return said


async def test_neighbours_find_each_other_and_complete(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    said = listen_in(swarm)
    async with swarm.running():
        swarm.add(HOSTS[0], whole=True, looks_nearby=True)
        await trio.sleep(100)
        leechers = [swarm.add(host, looks_nearby=True) for host in HOSTS[1:]]
        took = await swarm.all_complete(leechers, within=60)
        assert took < 20
        before = len(said)
        await trio.sleep(3600)
        # Nine hosts with one torrent: twelve announces an hour each, and a few answers.
        assert 12 * len(HOSTS) - 20 <= len(said) - before <= 15 * len(HOSTS)


async def test_a_magnet_listens_before_it_speaks(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    said = listen_in(swarm)
    async with swarm.running():
        leecher = swarm.add(HOSTS[1], magnet=True, looks_nearby=True)
        await trio.sleep(50)
        assert said == []
        swarm.add(HOSTS[0], whole=True, looks_nearby=True)
        await swarm.all_complete([leecher], within=60)
        assert said


async def test_a_private_torrent_says_nothing_and_hears_nothing(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16, private=True))
    said = listen_in(swarm)
    async with swarm.running():
        for host in HOSTS:
            swarm.add(host, whole=host == HOSTS[0], looks_nearby=True)
        await trio.sleep(2000)
        assert said == []
        assert all(not peer.torrent.machine.state.peers for peer in swarm.peers)
        assert all(not swarm.network.host(host).groups for host in HOSTS)


async def test_who_is_alone_gives_up_when_no_neighbour_has_answered(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        leecher = swarm.add(HOSTS[0], looks_nearby=True, limits=Limits())
        await leecher.over.wait()
        assert isinstance(leecher.outcome, ConnectError)
        assert 10 < trio.current_time() < 20


async def test_a_neighbour_is_in_time_for_who_would_else_give_up(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    swarm.network.lan(*HOSTS)
    async with swarm.running():
        swarm.add(HOSTS[0], whole=True, looks_nearby=True)
        await trio.sleep(100)
        leecher = swarm.add(HOSTS[1], looks_nearby=True, limits=Limits())
        await swarm.all_complete([leecher], within=30)

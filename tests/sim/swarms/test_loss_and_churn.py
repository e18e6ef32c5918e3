"""Links that lose, peers that die and come back, halves that cannot see each other."""

import random
from dataclasses import replace

import trio

from tests.sim.content import sample
from tests.sim.links import Profile
from tests.sim.network import home_connections
from tests.sim.world import Swarm

LINE = 300_000.0


def lossy_connections(rng: random.Random) -> Profile:
    return replace(home_connections(rng), loss=rng.uniform(0.0, 0.05))


async def test_all_complete_over_links_that_lose(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=24, piece_length=32 * 1024), lossy_connections)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True)
        leechers = [swarm.add(f"10.0.1.{n}") for n in range(10)]
        await swarm.all_complete(leechers, within=60)


async def test_peers_that_crash_and_come_back_go_on_with_what_they_had(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=32), lossy_connections)
    dice = random.Random(seed)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=4 * LINE)
        leechers = [swarm.add(f"10.0.1.{n}", rate=LINE) for n in range(8)]
        for _ in range(6):
            await trio.sleep(dice.uniform(0.5, 3))
            victim = dice.choice(leechers)
            had = victim.torrent.machine.state.have.count()
            victim.crash()
            await trio.sleep(dice.uniform(0.1, 5))
            await victim.come_back()
            await trio.sleep(0.01)
            assert victim.torrent.machine.state.have.count() >= had
        await swarm.all_complete(leechers, within=200)


async def test_the_seed_may_leave_when_the_others_have_everything_together(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=4 * LINE)
        leechers = [swarm.add(f"10.0.1.{n}", rate=LINE) for n in range(5)]

        def together() -> int:
            return len({i for p in leechers for i in (p.torrent.machine.state.have or ())})

        while together() < 16:
            await trio.sleep(0.1)
        assert not any(peer.complete.is_set() for peer in leechers)
        origin.crash()
        await swarm.all_complete(leechers, within=120)


async def test_a_swarm_in_two_halves_heals_with_the_network(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=32))
    here, there = ["10.0.0.1", "10.0.1.1", "10.0.1.2"], ["10.0.2.1", "10.0.2.2", "10.0.2.3"]
    async with swarm.running():
        origin = swarm.add(here[0], whole=True, rate=4 * LINE)
        near = [swarm.add(address, rate=LINE) for address in here[1:]]
        far = [swarm.add(address, rate=LINE) for address in there]
        await trio.sleep(2)
        for a in here:
            for b in there:
                swarm.network.partition(a, b)
        await swarm.all_complete(near, within=60)
        await trio.sleep(30)
        assert not any(peer.complete.is_set() for peer in far)
        for a in here:
            for b in there:
                swarm.network.heal(a, b)
        await swarm.all_complete(far, within=120)
    assert origin.warnings == []

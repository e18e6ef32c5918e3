"""Who gives gets more than who only takes, and who takes next to nothing keeps nobody out."""

import random

import trio

from raincore.base.config import UploadLimits
from tests.sim.content import sample
from tests.sim.links import Profile
from tests.sim.world import SimPeer, Swarm

LINE = 40_000.0
GIVERS, RIDERS = 10, 5
NOTHING = UploadLimits(slots=0, allowed_fast=0)
FEW = UploadLimits(slots=4, allowed_fast=0)
READERS = 60


def short_ways(rng: random.Random) -> Profile:
    return Profile(latency=rng.uniform(0.005, 0.05))


def pieces_of(peer: SimPeer) -> int:
    have = peer.torrent.machine.state.have
    assert have is not None
    return have.count()


async def test_free_riders_get_less_than_those_who_give(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=64, piece_length=32 * 1024), short_ways)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE, uploads=FEW)
        givers, riders = [], []
        for n in range(GIVERS):
            givers.append(swarm.add(f"10.0.1.{n}", rate=LINE, uploads=FEW))
            if n < RIDERS:
                riders.append(swarm.add(f"10.0.2.{n}", rate=LINE, uploads=NOTHING))
        took = await swarm.all_complete(givers, within=400)
        got = [pieces_of(rider) for rider in riders]
        print(took, got, [g.completed_at for g in givers])
        assert max(got) < 64, "every giver was done before any rider"
        assert sum(got) / RIDERS < 64 * 3 / 4
        await swarm.all_complete(riders, within=400)


async def test_sixty_slow_readers_do_not_starve_a_good_peer(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=32))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=1e6)
        readers = [swarm.add(f"10.0.2.{n}", rate=500, knows=[origin]) for n in range(READERS)]
        await trio.sleep(60)
        good = swarm.add("10.0.1.1", rate=1e6, knows=[origin])
        took = await swarm.all_complete([good], within=300)
        print(took, [len(r.torrent.machine.state.peers) for r in readers][:3])
        assert not any(reader.complete.is_set() for reader in readers)

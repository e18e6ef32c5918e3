"""Who gives gets more than who only takes, and who takes next to nothing keeps nobody out."""

import random

import trio

from raincore.base.config import Config, PeerLimits, UploadLimits
from tests.sim.content import sample
from tests.sim.links import Profile
from tests.sim.world import SimPeer, Swarm

LINE = 40_000.0
PIECES = 96
GIVERS, RIDERS = 10, 5
NOTHING = UploadLimits(slots=0, allowed_fast=0)
FEW = UploadLimits(slots=4, allowed_fast=0)
READERS = 60
LESS = 0.8
"""What part of what givers have, free riders may have when the first giver is done."""


def short_ways(rng: random.Random) -> Profile:
    return Profile(latency=rng.uniform(0.005, 0.05), window=32 * 1024)


def has(peer: SimPeer, piece: int) -> bool:
    have = peer.torrent.machine.state.have
    return have is not None and have[piece]


def pieces_of(peer: SimPeer) -> int:
    have = peer.torrent.machine.state.have
    assert have is not None
    return have.count()


async def test_free_riders_get_less_than_those_who_give(seed, autojump_clock):
    content = sample(seed, pieces=PIECES, piece_length=32 * 1024)
    few_requests = Config(peers=PeerLimits(requests_out_default=8))
    swarm = Swarm(seed, content, short_ways, few_requests, grain=0.02)
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=10 * LINE, super_seed=True)
        givers, riders = [], []
        for n in range(GIVERS):
            givers.append(swarm.add(f"10.0.1.{n}", rate=LINE, uploads=FEW))
            if n < RIDERS:
                riders.append(swarm.add(f"10.0.2.{n}", rate=LINE, uploads=NOTHING))
        while not all(any(has(g, piece) for g in givers) for piece in range(PIECES)):
            await trio.sleep(0.5)
        origin.crash()  # from now on nobody has anything but what others give
        while not any(giver.complete.is_set() for giver in givers):
            await trio.sleep(0.5)
        given = sum(map(pieces_of, givers)) / GIVERS
        taken = sum(map(pieces_of, riders)) / RIDERS
        assert taken <= LESS * given
        await swarm.all_complete(givers + riders, within=600)


async def test_sixty_slow_readers_do_not_starve_a_good_peer(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=32))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=1e6)
        readers = [swarm.add(f"10.0.2.{n}", rate=500, knows=[origin]) for n in range(READERS)]
        await trio.sleep(60)
        good = swarm.add("10.0.1.1", rate=1e6, knows=[origin])
        await swarm.all_complete([good], within=300)
        assert not any(reader.complete.is_set() for reader in readers)

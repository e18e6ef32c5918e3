"""A hundred peers of one seed take hardly longer than water would.

In the fluid model content flows in drops, everybody passes on at once what has come, and
nobody waits for anything but uploads. Then the last of N peers has a file of F bytes after

    max(F / seed's upload, N * F / upload of all together)

and no swarm is faster: every byte must leave the seed once, and N copies must be sent by
somebody. Pieces, slots, rounds and not knowing what others are getting cost the rest.

The cases are scaled in bytes: pieces of four blocks each, lines of 100 kB/s, unlimited downloads,
and a hundred peers of a seed with twice that, or fifty of one with no more than they have. Each
leecher knows of 15 others and has 30 connections at most, the seed 40. Encryption and peer
exchange are off: they cost time to simulate, and change nothing here. A piece that is under way
through each slot is a larger part of the whole than in a real torrent of a thousand pieces: what
passes through the swarm last takes as long however much there was before.
"""

import random

from raincore.base.config import Config, Encryption, PeerLimits, Sources
from tests.sim.content import KIB, sample
from tests.sim.links import Profile
from tests.sim.world import SimPeer, Swarm

KNOWN = 15
"""Others that each leecher is told of at most, beside the seed."""
LEECHER_PEERS = PeerLimits(max_peers=30, encryption=Encryption.OFF)
SEED_PEERS = PeerLimits(max_peers=40, encryption=Encryption.OFF)
LINE = 100_000.0


def short_ways(rng: random.Random) -> Profile:
    return Profile(latency=rng.uniform(0.005, 0.05), window=64 * KIB)


def optimum(length: int, seed_up: float, ups: list[float]) -> float:
    """Seconds until the last has everything, in the fluid model; rates in bytes per second."""
    return max(length / seed_up, len(ups) * length / (seed_up + sum(ups)))


async def slowness(seed: int, *, leechers: int, pieces: int, seed_line: float) -> float:
    """How many times as long as in the fluid model the last one of some leechers took."""
    config = Config(peers=LEECHER_PEERS, sources=Sources(pex=False))
    content = sample(seed, pieces=pieces, piece_length=64 * KIB)
    swarm = Swarm(seed, content, short_ways, config, grain=0.05)
    dice = random.Random(seed)
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=seed_line, peers=SEED_PEERS)
        others: list[SimPeer] = []
        for n in range(leechers):
            known = [origin, *dice.sample(others, min(KNOWN, len(others)))]
            address = f"{20 + n}.{n}.7.9"  # networks of their own (BEP 6, allowed fast)
            others.append(swarm.add(address, rate=LINE, down=False, knows=known))
        await swarm.all_complete(others, within=1000)
        took = max(peer.completed_at for peer in others)
    return took / optimum(len(content.content), seed_line, [LINE] * leechers)


async def test_a_hundred_peers_take_hardly_longer_than_the_fluid_model(seed, autojump_clock):
    ratio = await slowness(seed, leechers=100, pieces=96, seed_line=2 * LINE)
    assert ratio <= 1.3, f"{ratio:.3f} times the optimum"


async def test_a_seed_no_faster_than_its_peers_holds_them_up_hardly_more(seed, autojump_clock):
    ratio = await slowness(seed, leechers=50, pieces=128, seed_line=LINE)
    assert ratio <= 1.3, f"{ratio:.3f} times the optimum"

"""A hundred peers from one seed take hardly longer than water would.

In the fluid model content flows in drops, everybody passes on at once what has come, and
nobody waits for anything but lines. Then the last of N peers has a file of F bytes after

    max(F / seed's upload, F / slowest download, N * F / upload of all together)

and no swarm is faster: every byte must leave the seed once, must go through each line, and
N copies must be sent by somebody.
"""

import random

from tests.sim.content import KIB, sample
from tests.sim.links import Profile
from tests.sim.world import SimPeer, Swarm

LEECHERS = 100
KNOWN = 6
"""Others that each leecher is told of, beside the seed."""
LINE = 60_000.0
SEED_LINE = 120_000.0
WORSE = 1.3
"""How much longer than in the fluid model it may take."""


def short_ways(rng: random.Random) -> Profile:
    return Profile(latency=rng.uniform(0.005, 0.05))


def optimum(length: int, seed_up: float, downs: list[float], ups: list[float]) -> float:
    """Seconds until the last has everything, in the fluid model; rates in bytes per second."""
    together = seed_up + sum(ups)
    return max(length / seed_up, length / min(downs), len(downs) * length / together)


async def test_a_hundred_peers_take_hardly_longer_than_the_fluid_model(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=64, piece_length=64 * KIB), short_ways)
    dice = random.Random(seed)
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=SEED_LINE)
        leechers: list[SimPeer] = []
        for n in range(LEECHERS):
            known = [origin, *dice.sample(leechers, min(KNOWN, len(leechers)))]
            leechers.append(swarm.add(f"10.0.1.{n}", rate=LINE, knows=known))
        took = await swarm.all_complete(leechers, within=1000)
    best = optimum(len(swarm.sample.content), SEED_LINE, [LINE] * LEECHERS, [LINE] * LEECHERS)
    print(took, best, took / best)
    assert took <= WORSE * best

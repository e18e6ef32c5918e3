"""One scenario with everything in it, as a program: prints the hash of all that happened.

python -m tests.sim.swarms.story SEED
"""

from __future__ import annotations

import hashlib
import random
import sys
from dataclasses import replace

import trio
import trio.testing

from tests.sim.content import sample
from tests.sim.links import Profile
from tests.sim.network import home_connections
from tests.sim.world import Swarm

LIAR, SLOW = "10.0.9.9", "10.0.0.2"
PEERS = 20


def lossy_connections(rng: random.Random) -> Profile:
    return replace(home_connections(rng), loss=rng.uniform(0.0, 0.02))


async def tell(seed: int) -> Swarm:
    """Twenty peers complete from one seed, with loss, churn, a liar and a slow seed.

    Must run on an autojump clock. Whoever was lied to has banned the liar.
    """
    swarm = Swarm(seed, sample(seed, pieces=24, piece_length=32 * 1024), lossy_connections)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=1e6)
        swarm.add(LIAR, lies_about=range(0, 24, 5), rate=200_000)
        swarm.add(SLOW, whole=True, rate=10_000)
        leechers = [swarm.add(f"10.0.1.{n}", rate=400_000) for n in range(PEERS)]
        weak = leechers[3]
        for pause in (1.0, 0.7):
            await trio.sleep(pause)
            weak.crash()
            await trio.sleep(pause)
            await weak.come_back()
        await swarm.all_complete(leechers, within=120)
        for leecher in leechers:
            assert set(leecher.banned) <= {LIAR}
            if leecher.torrent.machine.state.counters.hash_failures:
                assert leecher.banned == [LIAR]
    return swarm


def run(seed: int) -> str:
    """Tell it in a world of its own; the hash of every packet and every record."""
    swarm = trio.run(tell, seed, clock=trio.testing.MockClock(autojump_threshold=0))
    told = "\n".join(str(record) for peer in swarm.peers for record in peer.records)
    return hashlib.sha256(f"{swarm.network.trace}\n{told}".encode()).hexdigest()


if __name__ == "__main__":
    print(run(int(sys.argv[1])))

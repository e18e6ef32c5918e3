"""Peers that come one after the other, and leave when they are done.

No swarm can do better than water (`test_fluid_model`). Let N peers with lines of u bytes per
second come at a_1 … a_N, to a seed with a line of s, and fetch F bytes each. Up to a moment D
the seed has sent s * D at most, and each peer u * (D - a_i). If all have everything at D, N * F
bytes were sent, and each byte has left the seed once, so

    D >= max(F / s, (N * F + u * sum of a_i) / (s + N * u))

Peers that leave before D have sent less. So how long they stay has a bound of its own: N * F
bytes were sent by the seed until D, and by each peer while it was there, so on the average

    stay >= (N * F - s * D) / (N * u)

Peers tell each other of those that come later (BEP 11), as nobody else does here.
"""

import random

import trio

from raincore.base.config import Config
from raincore.swarm.state import Goal
from tests.sim.content import KIB, sample
from tests.sim.swarms.test_fluid_model import (
    KNOWN,
    LEECHER_PEERS,
    LINE,
    SEED_PEERS,
    optimum,
    short_ways,
)
from tests.sim.world import SimPeer, Swarm

PEERS = 40
PIECES = 64
SEED_LINE = 2 * LINE
LATEST = 1 / 2
"""When the last one comes, as a part of the time in which all could be done."""


async def test_who_comes_late_and_who_leaves_early_hold_up_others_hardly(seed, autojump_clock):
    content = sample(seed, pieces=PIECES, piece_length=64 * KIB)
    length = len(content.content)
    swarm = Swarm(seed, content, short_ways, Config(peers=LEECHER_PEERS), grain=0.05)
    dice = random.Random(seed)
    between = optimum(length, SEED_LINE, [LINE] * PEERS) * LATEST / PEERS
    came: list[float] = []
    gone: list[float] = []

    async def stay(peer: SimPeer) -> None:
        await peer.over.wait()
        assert peer.outcome is None
        gone.append(trio.current_time())

    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=SEED_LINE, peers=SEED_PEERS)
        others: list[SimPeer] = []
        async with trio.open_nursery() as nursery:
            for n in range(PEERS):
                here = [peer for peer in others if not peer.over.is_set()]
                known = [origin, *dice.sample(here, min(KNOWN, len(here)))]
                came.append(trio.current_time())
                others.append(
                    swarm.add(
                        f"{20 + n}.{n}.7.9",
                        rate=LINE,
                        down=False,
                        knows=known,
                        goal=Goal.COMPLETE,
                    )
                )
                nursery.start_soon(stay, others[-1])
                await trio.sleep(between)
    all_up = SEED_LINE + PEERS * LINE
    soonest = max(length / SEED_LINE, (PEERS * length + LINE * sum(came)) / all_up)
    shortest = (PEERS * length - SEED_LINE * max(gone)) / (PEERS * LINE)
    stayed = (sum(gone) - sum(came)) / PEERS
    assert max(gone) <= 1.8 * soonest, f"{max(gone) / soonest:.3f} times the optimum"
    assert stayed <= 1.3 * shortest, f"{stayed / shortest:.3f} times the optimum"

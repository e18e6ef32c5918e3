"""A peer that sends bad bytes is found out by all that it harmed; nobody else is blamed."""

import trio

from raincore.base.config import UploadLimits
from raincore.swarm.events import PeersFound
from tests.sim.content import sample
from tests.sim.world import Swarm

LIAR = "10.0.9.9"


def check_justice(peers) -> int:
    """Who was harmed has banned the liar; nobody banned anybody else. How many were."""
    harmed = [p for p in peers if p.torrent.machine.state.counters.hash_failures]
    for peer in peers:
        assert peer.banned == ([LIAR] if peer in harmed else []), peer.address
    return len(harmed)


async def test_a_liar_among_honest_seeds_is_banned_by_all_that_it_harmed(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=48))
    async with swarm.running():
        for n in range(3):
            swarm.add(f"10.0.0.{n}", whole=True, rate=500_000)
        swarm.add(LIAR, lies_about=range(0, 48, 3), uploads=UploadLimits(slots=20))
        leechers = [swarm.add(f"10.0.1.{n}", rate=500_000) for n in range(8)]
        await swarm.all_complete(leechers, within=120)
        assert check_justice(leechers) == len(leechers)
        assert all("banned" in peer.warnings for peer in leechers)


async def test_a_liar_that_lies_seldom_is_found_out_by_whom_it_harmed(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=48))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=500_000)
        swarm.add(LIAR, lies_about=[7], uploads=UploadLimits(slots=20))
        leechers = [swarm.add(f"10.0.1.{n}", rate=500_000) for n in range(8)]
        await swarm.all_complete(leechers, within=120)
        assert check_justice(leechers)


async def test_a_leecher_that_only_knows_a_liar_gets_what_is_true_and_waits(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8))
    async with swarm.running():
        swarm.add(LIAR, lies_about=[3])
        leecher = swarm.add("10.0.1.1", rate=500_000)
        while not leecher.banned:
            await trio.sleep(0.1)
        honest = swarm.add("10.0.0.1", whole=True)
        leecher.torrent.dispatch(PeersFound("tracker", (honest.endpoint,)))
        await swarm.all_complete([leecher], within=60)
        assert check_justice([leecher]) == 1

"""Who is slow, or falls silent, holds up nobody but itself."""

import pytest
import trio

from raincore.swarm.events import PeersFound
from tests.sim.content import sample
from tests.sim.world import Swarm

LINE = 500_000.0


async def download_seconds(seed: int, others: dict[str, float]) -> float:
    """How long one leecher takes with one good seed and others of given rates."""
    swarm = Swarm(seed, sample(seed, pieces=48))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE)
        for address, rate in others.items():
            swarm.add(address, whole=True, rate=rate)
        leecher = swarm.add("10.0.1.1", rate=2 * LINE)
        return await swarm.all_complete([leecher], within=120)


async def test_a_slow_seed_beside_a_fast_one_costs_no_time(seed, autojump_clock):
    alone = await download_seconds(seed, {})
    together = await download_seconds(seed, {"10.0.0.2": 5000, "10.0.0.3": 20_000})
    assert together < 1.2 * alone


@pytest.mark.parametrize("at", [1.0, 4.0, 5.5])
async def test_a_seed_that_falls_silent_is_snubbed_and_its_blocks_come_from_others(
    seed, autojump_clock, at
):
    swarm = Swarm(seed, sample(seed, pieces=48))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE)
        mute = swarm.add("10.0.0.2", whole=True, rate=LINE)
        leecher = swarm.add("10.0.1.1", rate=LINE)
        await trio.sleep(at)
        swarm.network.partition(mute.address, leecher.address)
        # Idle peers are asked for what the mute one owes, so not even the snub is waited for.
        assert at + await swarm.all_complete([leecher], within=120) < 15
        swarm.network.heal(mute.address, leecher.address)


async def test_a_slow_leecher_does_not_hold_up_the_rest(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=32))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=4 * LINE)
        slow = swarm.add("10.0.1.100", rate=20_000)
        leechers = [swarm.add(f"10.0.1.{n}", rate=LINE) for n in range(8)]
        await swarm.all_complete(leechers, within=30)
        assert not slow.complete.is_set()
        await swarm.all_complete([slow], within=600)


async def test_a_torrent_that_nobody_can_finish_is_finished_by_whoever_comes(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=32))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=LINE)
        leecher = swarm.add("10.0.1.1", rate=LINE)
        await trio.sleep(2)
        origin.crash()
        await trio.sleep(100)
        assert not leecher.complete.is_set()
        late = swarm.add("10.0.0.2", whole=True, rate=LINE)
        leecher.torrent.dispatch(PeersFound("tracker", (late.endpoint,)))
        await swarm.all_complete([leecher], within=30)

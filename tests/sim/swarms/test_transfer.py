"""From one seed to twenty peers over lines and links as between homes."""

import random

from raincore.base.errors import ConnectError, NetworkError
from raincore.swarm.state import Goal, Limits
from tests.sim.content import sample
from tests.sim.world import Swarm

LEECHERS = 20
MIB_A_SECOND = 1024 * 1024
VIRTUAL_SECONDS = 15.0
"""2 MiB over lines of 0.5 to 4 MB/s; the slowest line alone needs 4 seconds."""


async def test_one_seed_makes_twenty(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=32))
    lines = random.Random(seed)
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=2 * MIB_A_SECOND)
        leechers = [
            swarm.add(f"10.0.1.{n}", rate=lines.uniform(0.5e6, 4e6)) for n in range(LEECHERS)
        ]
        took = await swarm.all_complete(leechers)
        size = len(swarm.sample.content)
        by_leechers = sum(p.torrent.machine.state.counters.uploaded for p in leechers)
        assert took < VIRTUAL_SECONDS
        assert by_leechers > LEECHERS // 2 * size, "leechers serve each other"
    for leecher in leechers:
        assert leecher.statuses == ["checking", "downloading", "complete", "seeding", "stopped"]
        assert leecher.warnings == []
    assert origin.outcome is None


async def test_a_torrent_that_ends_when_complete_leaves_the_others_to_go_on(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=MIB_A_SECOND)
        leavers = [swarm.add(f"10.0.1.{n}", goal=Goal.COMPLETE) for n in range(5)]
        stayers = [swarm.add(f"10.0.2.{n}", rate=MIB_A_SECOND) for n in range(3)]
        await swarm.all_complete(stayers)
        for leaver in leavers:
            await leaver.over.wait()
            assert leaver.outcome is None
            assert leaver.storage.content == swarm.sample.content
            assert leaver.statuses[-2:] == ["complete", "stopped"]


async def test_peers_behind_nat_are_served_all_the_same(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        swarm.network.behind_nat("10.0.1.1")
        swarm.network.behind_nat("10.0.1.2")
        swarm.add("10.0.0.1", whole=True)
        hidden = [swarm.add("10.0.1.1"), swarm.add("10.0.1.2")]
        await swarm.all_complete(hidden)


async def test_a_torrent_without_peers_says_so(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=2))
    async with swarm.running():
        lonely = swarm.add("10.0.0.1", goal=Goal.COMPLETE, limits=Limits())
        await lonely.over.wait()
        assert isinstance(lonely.outcome, ConnectError)
        assert lonely.statuses[-1] == "error"


async def test_a_seed_that_cannot_be_reached_ends_in_a_clear_error(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=2))
    async with swarm.running():
        swarm.network.behind_nat("10.0.0.1")
        swarm.add("10.0.0.1", whole=True)
        lonely = swarm.add("10.0.0.2", goal=Goal.COMPLETE, limits=Limits(stall_seconds=60))
        await lonely.over.wait()
        assert isinstance(lonely.outcome, NetworkError)
        assert "10.0.0.1:6881" in str(lonely.outcome)

"""A disk that refuses holds up its own torrent for as long as it refuses, and nobody else."""

import trio

from raincore.base.errors import NoSpace
from raincore.documents import events as records
from raincore.swarm.state import Limits
from tests.engine.desk import FaultyStorage
from tests.sim.content import sample
from tests.sim.world import SimPeer, Swarm

LINE = 500_000.0
FULL = NoSpace("cannot write: no space left on device: /sim", "/sim")


def with_disk(swarm: Swarm, peer: SimPeer) -> FaultyStorage:
    """Give a peer that has just been added a disk that can refuse."""
    storage = FaultyStorage(swarm.sample.info)
    peer.storage = storage
    return storage


async def test_a_full_disk_stops_one_download_and_none_of_its_uploads(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=48))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE)
        leecher = swarm.add("10.0.1.1", rate=LINE)
        storage = with_disk(swarm, leecher)
        other = swarm.add("10.0.1.2", rate=LINE)
        await trio.sleep(2)
        storage.write_error = FULL
        await trio.sleep(5)
        state = leecher.torrent.machine.state
        assert state.disk.error is FULL
        stored, downloaded = state.have.count(), state.counters.downloaded
        await swarm.all_complete([other], within=120)
        await trio.sleep(600)
        assert state.have.count() == stored
        budget = leecher.config.disk.write_budget_bytes
        assert state.counters.downloaded - downloaded <= budget
        assert not leecher.complete.is_set()
        assert leecher.torrent.connections, "it has lost its peers"
        storage.write_error = None
        await swarm.all_complete([leecher], within=120)
    assert leecher.warnings.count("disk") == 1
    assert leecher.statuses == [
        "checking",
        "downloading",
        "downloading",
        "complete",
        "seeding",
        "stopped",
    ]


async def test_whoever_is_waited_for_gives_up_in_time(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=48))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE)
        limits = Limits(waits_for_peers=True, disk_seconds=30, stall_seconds=10)
        leecher = swarm.add("10.0.1.1", rate=LINE, limits=limits)
        storage = with_disk(swarm, leecher)
        await trio.sleep(1)
        storage.write_error = FULL
        began = trio.current_time()
        await leecher.over.wait()
        assert 30 <= trio.current_time() - began < 40
    assert leecher.outcome is FULL


async def test_a_disk_that_works_now_and_then_is_enough(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=48))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE)
        leecher = swarm.add("10.0.1.1", rate=LINE)
        storage = with_disk(swarm, leecher)

        async def flicker() -> None:
            while not leecher.complete.is_set():
                storage.write_error = FULL
                await trio.sleep(1.0)
                storage.write_error = None
                await trio.sleep(1.7)  # or each try, after 30 s, would meet the same moment

        assert swarm.outer is not None
        swarm.outer.start_soon(flicker)
        await swarm.all_complete([leecher], within=3000)
    told = [one for one in leecher.records if isinstance(one, records.Warning)]
    assert len(told) < 60

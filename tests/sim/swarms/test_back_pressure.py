"""A slow disk slows the sockets, a slow reader the disk; memory stays flat either way."""

from collections import deque

import pytest
import trio

from raincore.base.config import DiskLimits, UploadLimits
from raincore.net.offload import InlineOffload
from tests.sim.content import KIB, sample
from tests.sim.world import SimPeer, Swarm

LINE = 4_000_000.0
PIECE = 64 * KIB
SLOTS = 8
BUDGET = 8 * PIECE


class SlowDisk(InlineOffload):
    """Writes that take their time, one after the other; all else is done at once."""

    def __init__(self, bytes_per_second: float) -> None:
        super().__init__()
        self.seconds_per_piece = PIECE / bytes_per_second
        self.queue: deque = deque()
        self.most_waiting = 0
        self.busy = False

    def submit_chain(self, steps, done) -> None:
        if steps[-1][0] != "write":
            super().submit_chain(steps, done)
            return
        self.queue.append((steps, done))
        self.most_waiting = max(self.most_waiting, len(self.queue))
        if not self.busy:
            self.busy = True
            trio.lowlevel.spawn_system_task(self.work)

    async def work(self) -> None:
        while self.queue:
            await trio.sleep(self.seconds_per_piece)
            super().submit_chain(*self.queue.popleft())
        self.busy = False


def in_memory(peer: SimPeer) -> int:
    """Bytes of piece buffers, filled or spare, and of those that wait for the disk."""
    piece_io = peer.torrent.piece_io
    filled = sum(map(len, piece_io._buffers.values()))
    return filled + peer.torrent.world.spare.length + piece_io._writing * PIECE


async def watch(peer: SimPeer, seconds: float) -> tuple[int, float]:
    """The most memory it had, and how fast content came in the second half."""
    counters = peer.torrent.machine.state.counters
    most, half = 0, 0
    for tick in range(int(seconds * 10)):
        await trio.sleep(0.1)
        most = max(most, in_memory(peer))
        if tick == seconds * 5:
            half = counters.downloaded
    return most, (counters.downloaded - half) / (seconds / 2)


@pytest.mark.parametrize("disk", [100_000.0, 400_000.0])
async def test_a_slow_disk_slows_the_download_and_memory_stays_flat(seed, autojump_clock, disk):
    swarm = Swarm(seed, sample(seed, pieces=400, piece_length=PIECE))
    async with swarm.running():
        for n in range(4):
            swarm.add(f"10.0.0.{n}", whole=True, rate=LINE)
        swarm.offload = slow = SlowDisk(disk)
        limits = DiskLimits(write_budget_bytes=BUDGET)
        leecher = swarm.add("10.0.1.1", rate=LINE, disk=limits)
        most, rate = await watch(leecher, 40)
        assert most <= BUDGET
        assert slow.most_waiting <= BUDGET // PIECE
        assert rate == pytest.approx(disk, rel=0.2)
        # Requests are not made that the disk could not take: nothing was sent in vain.
        counters = leecher.torrent.machine.state.counters
        assert counters.wasted <= 0.02 * counters.downloaded


async def test_a_disk_that_hangs_stops_the_download_and_it_goes_on_when_it_comes_back(
    seed, autojump_clock
):
    swarm = Swarm(seed, sample(seed, pieces=60, piece_length=PIECE))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE)
        swarm.offload = hanging = SlowDisk(LINE)
        hanging.seconds_per_piece = 300
        leecher = swarm.add("10.0.1.1", rate=LINE, disk=DiskLimits(write_budget_bytes=BUDGET))
        await trio.sleep(60)
        counters = leecher.torrent.machine.state.counters
        assert counters.downloaded <= BUDGET
        hanging.seconds_per_piece = 0.001
        await swarm.all_complete([leecher], within=600)


async def test_a_seed_whose_peers_do_not_read_keeps_little_in_memory(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=400, piece_length=PIECE))
    cache = 16 * PIECE
    async with swarm.running():
        seeder = swarm.add(
            "10.0.0.1",
            whole=True,
            rate=LINE,
            disk=DiskLimits(read_cache_bytes=cache),
            uploads=UploadLimits(slots=SLOTS),
        )
        for n in range(30):
            swarm.add(f"10.0.1.{n}", rate=20_000)
        most = 0
        for _ in range(100):
            await trio.sleep(1)
            most = max(most, seeder.torrent.world.cache.allocated_bytes)
        assert most <= cache + SLOTS * 2 * 1024 * KIB
        assert seeder.torrent.machine.state.counters.uploaded > 0

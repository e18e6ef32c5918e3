"""Limits hold in a swarm: over ten seconds, both ways, changed at any time, and for whom."""

import pytest
import trio

from raincore.base.config import RateLimits
from raincore.base.geometry import BLOCK_LENGTH
from raincore.documents import events as records
from tests.sim.content import sample
from tests.sim.world import SimPeer, Swarm

LINE = 4_000_000.0
TEN_SECONDS = 10.0
KB = 1000


def swarm_of(seed: int, pieces: int = 400) -> Swarm:
    return Swarm(seed, sample(seed, pieces=pieces))


def received(peer: SimPeer) -> int:
    """Bytes of content that came, blocks of started pieces too."""
    return peer.torrent.machine.state.counters.downloaded


async def rate_of(peer: SimPeer, sent: bool = False) -> float:
    counters = peer.torrent.machine.state.counters
    before = counters.uploaded if sent else counters.downloaded
    await trio.sleep(TEN_SECONDS)
    return ((counters.uploaded if sent else counters.downloaded) - before) / TEN_SECONDS


@pytest.mark.parametrize("limit", [20 * KB, 200 * KB, 1000 * KB])
async def test_a_download_keeps_to_its_limit(seed, autojump_clock, limit):
    swarm = swarm_of(seed)
    async with swarm.running():
        for n in range(4):
            swarm.add(f"10.0.0.{n + 1}", whole=True, rate=LINE)
        rates = RateLimits(download_bytes_per_second=limit)
        leecher = swarm.add("10.0.1.1", rate=LINE, rates=rates)
        await trio.sleep(5)
        a_block = BLOCK_LENGTH / TEN_SECONDS
        assert await rate_of(leecher) == pytest.approx(limit, rel=0.05, abs=a_block)
        assert not any(p.snubbed for p in leecher.torrent.machine.state.peers.values())


async def test_an_upload_keeps_to_its_limit_however_many_ask(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        rates = RateLimits(torrent_upload_bytes_per_second=200 * KB)
        seeder = swarm.add("10.0.0.1", whole=True, rate=LINE, rates=rates)
        for n in range(5):
            swarm.add(f"10.0.1.{n}", rate=LINE)
        await trio.sleep(5)
        assert await rate_of(seeder, sent=True) == pytest.approx(200 * KB, rel=0.05)


async def test_a_limit_changes_while_the_torrent_runs(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        seeder = swarm.add("10.0.0.1", whole=True, rate=LINE)
        leecher = swarm.add("10.0.1.1", rate=LINE)
        leecher.torrent.set_limits(down=100 * KB)
        await trio.sleep(3)
        assert await rate_of(leecher) == pytest.approx(100 * KB, rel=0.05)
        leecher.torrent.set_limits(down=300 * KB)
        assert await rate_of(leecher) == pytest.approx(300 * KB, rel=0.05)
        leecher.torrent.set_limits(down=0)
        seeder.torrent.world.up.set_rate(500 * KB)
        await trio.sleep(2)  # what is on its way was sent before
        assert await rate_of(leecher) == pytest.approx(500 * KB, rel=0.05)


async def test_who_is_near_is_exempt_if_wanted(seed, autojump_clock):
    swarm = swarm_of(seed, pieces=100)
    rates = RateLimits(download_bytes_per_second=10 * KB, limit_local=False)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, rate=LINE)
        far = swarm.add("192.0.2.1", whole=True, rate=LINE)
        leecher = swarm.add("10.0.1.1", rate=LINE, rates=rates)
        await swarm.all_complete([leecher], within=20)
        of_far = sum(
            peer.downloaded
            for peer in leecher.torrent.machine.state.peers.values()
            if peer.joined.endpoint == far.endpoint
        )
        assert of_far <= 10 * KB * 21


async def test_a_slow_limit_does_not_make_peers_look_dead(seed, autojump_clock):
    swarm = swarm_of(seed)
    async with swarm.running():
        for n in range(6):
            swarm.add(f"10.0.0.{n + 1}", whole=True, rate=LINE)
        leecher = swarm.add("10.0.1.1", rates=RateLimits(download_bytes_per_second=8 * KB))
        await trio.sleep(120)
        state = leecher.torrent.machine.state
        assert not any(peer.snubbed for peer in state.peers.values())
        assert state.counters.wasted < 0.05 * state.counters.downloaded
        assert not [r for r in leecher.records if isinstance(r, records.Warning)]
        leecher.torrent.set_limits()

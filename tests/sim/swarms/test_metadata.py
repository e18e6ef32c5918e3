"""From an info-hash to the content, though not everybody tells the truth."""

from dataclasses import replace

from raincore.base.errors import TimedOut
from raincore.swarm.state import Goal, Limits
from tests.sim.content import sample
from tests.sim.world import Swarm

METADATA_BYTES = 200_000
"""Thirteen parts: several peers give some each."""


def forged(info):
    """As long, but not what the info-hash promises."""
    raw = bytearray(info.raw)
    raw[len(raw) // 2] ^= 1
    return replace(info, raw=bytes(raw))


async def test_a_magnet_becomes_content(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8, extra_bytes=METADATA_BYTES))
    async with swarm.running():
        for n in range(3):
            swarm.add(f"10.0.0.{n}", whole=True)
        leecher = swarm.add("10.0.1.1", magnet=True)
        await swarm.all_complete([leecher], within=30)
        assert leecher.statuses[:2] == ["metadata", "checking"]
        assert leecher.torrent.info.raw == swarm.sample.info.raw


async def test_metadata_alone_may_be_the_goal(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8, extra_bytes=METADATA_BYTES))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True)
        leecher = swarm.add("10.0.1.1", magnet=True, goal=Goal.METADATA)
        await leecher.over.wait()
        assert leecher.outcome is None
        assert leecher.torrent.reached_goal
        assert not any(leecher.storage.content)


async def test_peers_without_content_have_the_metadata_all_the_same(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8))
    async with swarm.running():
        swarm.add("10.0.0.1")
        leecher = swarm.add("10.0.1.1", magnet=True, goal=Goal.METADATA)
        await leecher.over.wait()
        assert leecher.torrent.reached_goal


async def test_one_liar_among_those_that_give_metadata_does_no_harm(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8, extra_bytes=METADATA_BYTES))
    async with swarm.running():
        swarm.add("10.0.9.9", info=forged(swarm.sample.info), whole=True)
        for n in range(3):
            swarm.add(f"10.0.0.{n}", whole=True)
        leecher = swarm.add("10.0.1.1", magnet=True)
        await swarm.all_complete([leecher], within=60)
        assert set(leecher.banned) <= {"10.0.9.9"}


async def test_a_liar_alone_is_banned_and_the_torrent_times_out(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8))
    async with swarm.running():
        swarm.add("10.0.9.9", info=forged(swarm.sample.info), whole=True)
        limits = Limits(stall_seconds=30, waits_for_peers=True)
        leecher = swarm.add("10.0.1.1", magnet=True, limits=limits)
        await leecher.over.wait()
        assert isinstance(leecher.outcome, TimedOut)
        assert "sent_bad_metadata" in str(leecher.outcome)
        assert leecher.banned == ["10.0.9.9"]

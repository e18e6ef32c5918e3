"""From an info-hash to the content, though not everybody tells the truth."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import TimedOut
from raincore.documents.events import MetadataProgress
from raincore.swarm.state import Goal, Limits
from tests.sim.content import sample
from tests.sim.odd_peers import OddPeer
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


# --- peers that are of no use ----------------------------------------------------------------

MANNERS = ("refuses", "keeps silent", "hangs up", "lies", "cuts", "has none")


def counted(peer):
    """The last thing that the outside was told of the search."""
    return [r for r in peer.records if isinstance(r, MetadataProgress)][-1]


@pytest.mark.parametrize("manner", MANNERS)
async def test_an_odd_peer_does_not_keep_metadata_from_coming(manner, seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8, extra_bytes=METADATA_BYTES))
    async with swarm.running():
        odd = OddPeer(swarm, "10.0.9.9", manner)
        honest = swarm.add("10.0.0.1", whole=True)
        leecher = swarm.add("10.0.1.1", magnet=True, goal=Goal.METADATA, knows=[odd, honest])
        await leecher.over.wait()
        assert leecher.outcome is None
        assert leecher.torrent.info.raw == swarm.sample.info.raw


async def test_five_liars_and_one_honest_peer(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8, extra_bytes=METADATA_BYTES))
    async with swarm.running():
        liars = [OddPeer(swarm, f"10.0.9.{n}", "lies") for n in range(5)]
        honest = swarm.add("10.0.0.1", whole=True)
        leecher = swarm.add("10.0.1.1", magnet=True, goal=Goal.METADATA, knows=[*liars, honest])
        await leecher.over.wait()
        assert leecher.outcome is None
        assert leecher.torrent.info.raw == swarm.sample.info.raw
        assert set(leecher.banned) <= {liar.endpoint.host for liar in liars}


async def test_liars_about_the_size_do_not_fill_memory_or_block_the_rest(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8, extra_bytes=METADATA_BYTES))
    async with swarm.running():
        odd = [OddPeer(swarm, f"10.0.9.{n}", "lies", extra=n + 1) for n in range(6)]
        odd.append(OddPeer(swarm, "10.0.8.1", "keeps silent", extra=29 << 20))
        odd.append(OddPeer(swarm, "10.0.8.2", "keeps silent", extra=40 << 20))
        honest = swarm.add("10.0.0.1", whole=True)
        leecher = swarm.add("10.0.1.1", magnet=True, goal=Goal.METADATA, knows=[*odd, honest])
        await leecher.over.wait()
        assert leecher.outcome is None
        assert leecher.torrent.info.raw == swarm.sample.info.raw


async def test_when_all_are_of_no_use_the_end_says_what_each_kind_of_them_did(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8, extra_bytes=METADATA_BYTES))
    async with swarm.running():
        odd = [OddPeer(swarm, f"10.0.9.{n}", manner) for n, manner in enumerate(MANNERS)]
        nobody = SimpleNamespace(endpoint=Endpoint("10.0.7.7", 6881))
        limits = Limits(metadata_seconds=120, waits_for_peers=True)
        leecher = swarm.add(
            "10.0.1.1", magnet=True, goal=Goal.METADATA, limits=limits, knows=[*odd, nobody]
        )
        await leecher.over.wait()
        assert isinstance(leecher.outcome, TimedOut)
        text = str(leecher.outcome)
        assert text.startswith("no metadata within 2m: 7 peers tried: ")
        for kind in ("1 could not be reached", "1 have no metadata", "1 refused"):
            assert kind in text
        record = counted(leecher)
        kinds = ("unreachable", "waiting", "no_metadata", "refused", "silent", "hung_up", "bad")
        assert sum(getattr(record, kind) for kind in kinds) == record.peers_tried == 7
        assert record.bad >= 1


async def test_a_peer_that_comes_to_us_may_bring_the_metadata(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8))
    async with swarm.running():
        leecher = swarm.add("10.0.1.1", magnet=True, goal=Goal.METADATA)
        swarm.add("10.0.0.1", whole=True)  # knows who was there before, and dials
        await leecher.over.wait()
        assert leecher.outcome is None

"""A new swarm becomes whole for little more than one copy from its only seed (BEP 16)."""

import hashlib
import random

import pytest
import trio

from raincore.formats import bencoding
from raincore.formats import info as info_format
from raincore.policy.file_selection import Selection
from raincore.swarm.events import PeersFound
from raincore.swarm.state import Goal
from raincore.wire import messages as m
from tests.sim.content import KIB, Sample, sample
from tests.sim.stubborn_peers import StubbornPeer
from tests.sim.world import SimPeer, Swarm

LEECHERS = 12
KNOWN = 6
"""Others that each leecher is told of, beside the seed."""
LINE = 500_000.0
COPIES = 1.1


def have_a_copy(peers: list[SimPeer]) -> bool:
    """Whether all of the content is at the peers, together."""
    states = [peer.torrent.machine.state for peer in peers]
    return all(
        any(state.have is not None and state.have[piece] for state in states)
        for piece in range(states[0].info.geometry.piece_count)
    )


async def copies_until_whole(seed: int, *, super_seed: bool) -> float:
    """How many copies the only seed of a new swarm sends before the swarm has one."""
    swarm = Swarm(seed, sample(seed, pieces=48, piece_length=32 * 1024))
    dice = random.Random(seed)
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=LINE, super_seed=super_seed)
        leechers: list[SimPeer] = []
        for n in range(LEECHERS):
            known = [origin, *dice.sample(leechers, min(KNOWN, len(leechers)))]
            leechers.append(swarm.add(f"10.0.1.{n}", rate=LINE, knows=known))
        while not have_a_copy(leechers):
            await trio.sleep(0.05)
        copies = origin.torrent.machine.state.counters.uploaded / len(swarm.sample.content)
        await swarm.all_complete(leechers, within=60)
    return copies


async def test_a_super_seed_sends_hardly_more_than_one_copy(seed, autojump_clock):
    assert await copies_until_whole(seed, super_seed=True) <= COPIES


async def test_a_super_seed_goes_on_for_a_peer_that_nobody_else_can_reach(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=8))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, super_seed=True)
        first = swarm.add("10.0.1.1", knows=[origin])
        await swarm.all_complete([first], within=30)
        for n in (2, 3):
            swarm.network.behind_nat(f"10.0.1.{n}")
        hidden = [swarm.add(f"10.0.1.{n}", knows=[origin]) for n in (2, 3)]
        await swarm.all_complete(hidden, within=600)


async def test_a_super_seed_serves_what_it_has_shown_and_nothing_else(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, super_seed=True)
        leecher = swarm.add("10.0.1.1", knows=[origin], rate=20_000)
        await trio.sleep(2)
        (there,) = leecher.torrent.machine.state.peers.values()
        assert not there.is_seed
        assert there.has.count() == 2
        (here,) = origin.torrent.machine.state.peers
        machine = origin.torrent.machine
        assert [machine.may_send(here, piece) for piece in range(16)] == [
            there.has[piece] for piece in range(16)
        ]
        await swarm.all_complete([leecher], within=120)


PIECE_LENGTH = 32 * KIB
FEW = 4
"""Pieces of each file that somebody selects."""


def equal_files(seed: int, count: int) -> Sample:
    """So many files of a few whole pieces."""
    length = FEW * PIECE_LENGTH
    content = random.Random(seed).randbytes(count * length)
    starts = range(0, len(content), PIECE_LENGTH)
    hashes = [hashlib.sha1(content[n : n + PIECE_LENGTH]).digest() for n in starts]
    value = {
        "files": [{"length": length, "path": [f"{n:03}"]} for n in range(count)],
        "name": "equal",
        "piece length": PIECE_LENGTH,
        "pieces": b"".join(hashes),
    }
    return Sample(content, info_format.parse(bencoding.encode(value)))


async def test_a_super_seed_soon_shows_what_they_want_to_those_who_want_little(
    seed, autojump_clock
):
    content = equal_files(seed, 48)
    swarm = Swarm(seed, content)
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=LINE, super_seed=True)
        others = [
            swarm.add(f"10.0.1.{n}", rate=LINE, knows=[origin], goal=Goal.COMPLETE, select=one)
            for n, one in enumerate((Selection(indices=(31,)), Selection(indices=(7,))))
        ]
        for other in others:
            with trio.fail_after(100):
                await other.over.wait()
        assert min(other.completed_at for other in others) < 20
        uploaded = origin.torrent.machine.state.counters.uploaded
        assert uploaded <= 1.1 * len(others) * FEW * PIECE_LENGTH


async def test_those_who_want_little_hardly_make_it_send_more(seed, autojump_clock):
    content = equal_files(seed, 12)
    swarm = Swarm(seed, content)
    async with swarm.running():
        origin = swarm.add("10.0.0.1", whole=True, rate=LINE, super_seed=True)
        leechers = [swarm.add(f"10.0.1.{n}", rate=LINE) for n in range(8)]
        some = [
            swarm.add(f"10.0.2.{n}", rate=LINE, select=Selection(indices=(n,))) for n in range(4)
        ]
        while not have_a_copy(leechers):
            await trio.sleep(0.05)
        copies = origin.torrent.machine.state.counters.uploaded / len(content.content)
        await swarm.all_complete(leechers, within=60)
        for one in some:
            await one.complete.wait()
        assert copies <= COPIES


@pytest.mark.parametrize("says", [m.NotInterested(), m.Interested()])
async def test_those_who_take_nothing_of_what_they_are_shown_keep_nobody_waiting(
    seed, autojump_clock, says
):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        lazy = [StubbornPeer(swarm, f"10.0.2.{n}", m.HaveNone(), says) for n in range(12)]
        origin = swarm.add("10.0.0.1", whole=True, rate=LINE, super_seed=True)
        endpoints = tuple(one.endpoint for one in lazy)
        origin.torrent.dispatch(PeersFound("tracker", endpoints))
        await trio.sleep(2)
        leechers = [swarm.add(f"10.0.1.{n}", knows=[origin]) for n in range(2)]
        await swarm.all_complete(leechers, within=600)

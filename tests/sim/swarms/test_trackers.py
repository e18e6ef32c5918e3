"""Peers that know nobody find each other by trackers, also by those that fail at times."""

from __future__ import annotations

from itertools import pairwise

import trio

from raincore.wire.announce import AnnounceEvent
from tests.sim.content import sample
from tests.sim.trackers import Told
from tests.sim.world import Swarm

A, B = "http://a.example/announce", "udp://b.example:6969"
FIRST_SECONDS = 60.0


def of(told: list[Told], host: str) -> list[Told]:
    return [one for one in told if one.host == host]


async def test_peers_find_each_other_by_their_tracker_only(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, trackers=[[A]])
        await trio.sleep(1)
        leechers = [swarm.add(f"10.0.1.{n}", trackers=[[A]]) for n in range(1, 9)]
        await swarm.all_complete(leechers, within=FIRST_SECONDS)
        assert len(swarm.trackers.peers(A)) == 9
    assert swarm.trackers.peers(A) == []
    for leecher in leechers:
        events = [one.request.event for one in of(swarm.trackers.told, leecher.address)]
        said = [event for event in events if event is not AnnounceEvent.NONE]
        assert said == [AnnounceEvent.STARTED, AnnounceEvent.COMPLETED, AnnounceEvent.STOPPED]


async def test_counters_are_right_at_the_end(seed, autojump_clock):
    made = sample(seed, pieces=16)
    swarm = Swarm(seed, made)
    async with swarm.running():
        seeder = swarm.add("10.0.0.1", whole=True, trackers=[[A]])
        await trio.sleep(1)
        leecher = swarm.add("10.0.1.1", trackers=[[A]])
        await swarm.all_complete([leecher], within=FIRST_SECONDS)
    first, *_, last = [one.request for one in of(swarm.trackers.told, leecher.address)]
    assert (first.left, first.downloaded) == (len(made.content), 0)
    assert last.left == 0
    assert last.downloaded >= len(made.content)
    assert of(swarm.trackers.told, seeder.address)[-1].request.uploaded >= len(made.content)


async def test_a_tracker_that_is_down_is_replaced_by_the_next_tier(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    swarm.trackers.down(A, 0, 1e9)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, trackers=[[A], [B]])
        await trio.sleep(1)
        leecher = swarm.add("10.0.1.1", trackers=[[A], [B]])
        await swarm.all_complete([leecher], within=FIRST_SECONDS)
    assert len([one for one in swarm.trackers.told if one.url == A]) == 2


async def test_an_outage_is_survived_without_a_storm(seed, autojump_clock):
    swarm = Swarm(seed, sample(seed, pieces=16))
    begin, end = 0.0, 4 * 3600.0
    for url in (A, B):
        swarm.trackers.down(url, begin, end)
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True, trackers=[[A], [B]])
        leechers = [swarm.add(f"10.0.1.{n}", trackers=[[A], [B]]) for n in range(1, 6)]
        await trio.sleep(end)
        for peer in swarm.peers:
            for url in (A, B):
                times = [t.when for t in of(swarm.trackers.told, peer.address) if t.url == url]
                assert 5 <= len(times) <= 20
                assert all(later - earlier > 15 for earlier, later in pairwise(times))
        # They come back at different times: that is what the spread of the waiting is for.
        await swarm.all_complete(leechers, within=2 * 3600)
        first = {t.host: t.when for t in reversed(swarm.trackers.told) if t.when >= end}
        assert len(set(first.values())) == len(swarm.peers)

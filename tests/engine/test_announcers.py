"""Trackers hear things in order; the last of them bounded in time."""

import trio

from raincore.base.config import Config, TrackerLimits
from raincore.documents import events as records
from raincore.swarm.state import Goal, Limits
from raincore.wire.announce import AnnounceEvent, AnnounceReply, ScrapeCounts
from tests.engine.desk import Desk
from tests.sim.content import Sample
from tests.sim.v2_content import v2_sample

A, B = "http://a.example/announce", "udp://b.example:1"
EMPTY = AnnounceReply(interval=1800.0, seeds=0, leechers=1)
STARTED, COMPLETED, STOPPED = (
    AnnounceEvent.STARTED,
    AnnounceEvent.COMPLETED,
    AnnounceEvent.STOPPED,
)


def told(desk: Desk) -> list[tuple[str, AnnounceEvent]]:
    return [(url, request.event) for url, request in desk.trackers.told]


def answered(desk: Desk) -> list[records.TrackerEvent]:
    return [record for record in desk.records if isinstance(record, records.TrackerEvent)]


async def test_a_seed_says_that_it_started_and_that_it_stopped(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A]])
    desk.trackers.replies[A] = EMPTY
    async with desk.running():
        await trio.sleep(1)
        assert told(desk) == [(A, STARTED)]
        assert answered(desk)[0].error is None
    assert told(desk) == [(A, STARTED), (A, STOPPED)]
    assert len(answered(desk)) == 1


async def test_both_swarms_of_a_hybrid_are_announced_side_by_side(autojump_clock):
    hybrid = v2_sample(hybrid=True).info
    assert hybrid.info_hash is not None
    assert hybrid.info_hash_v2 is not None
    v1, v2 = hybrid.info_hash, hybrid.info_hash_v2.truncated()
    desk = Desk(own_sample=Sample(b"", hybrid), goal=Goal.SEED, trackers=[[A]])
    desk.trackers.replies[A] = EMPTY
    async with desk.running():
        desk.offload.finish()
        await trio.sleep(1)
        assert {one.info_hash for one in answered(desk)} == {v1, v2}
    events = [(request.info_hash, request.event) for _, request in desk.trackers.told]
    assert set(events[:2]) == {(v1, STARTED), (v2, STARTED)}
    assert set(events[2:]) == {(v1, STOPPED), (v2, STOPPED)}


async def test_a_failure_is_an_event_with_its_reason(autojump_clock):
    desk = Desk(trackers=[[A]], limits=Limits())
    async with desk.running():
        await desk.over.wait()
    assert [record.error for record in answered(desk)] == ["tracker refused the connection"]
    assert "no tracker answered: tracker refused the connection" in str(desk.outcome)


async def test_the_end_waits_for_the_goodbye_but_not_for_ever(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A]])
    desk.trackers.replies[A] = EMPTY
    async with desk.running():
        await trio.sleep(1)
        desk.trackers.slow = 3600
        before = trio.current_time()
    assert 3 <= trio.current_time() - before <= 5
    assert told(desk) == [(A, STARTED)]


async def test_who_is_in_a_hurry_waits_less_for_the_goodbye_even_once_it_is_waited_for(
    autojump_clock,
):
    desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A]])
    desk.trackers.replies[A] = EMPTY
    async with trio.open_nursery() as nursery:
        async with desk.running():
            await trio.sleep(1)
            desk.trackers.slow = 3600
            desk.torrent.announcers.stop_seconds = 600
            before = trio.current_time()
            nursery.start_soon(hurry, desk.torrent.announcers)
        assert trio.current_time() - before == 12


async def hurry(announcers):
    await trio.sleep(10)
    announcers.hurry(2)


async def test_a_tracker_that_has_never_answered_is_not_waited_for_as_long(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A]])
    desk.trackers.slow = 3600
    async with desk.running():
        await trio.sleep(1)
        before = trio.current_time()
    assert trio.current_time() - before < 1.5


async def test_an_announce_that_nobody_needs_any_more_does_not_delay_the_goodbye(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A]])
    desk.trackers.replies[A] = EMPTY
    desk.trackers.slow = 3600
    async with desk.running():
        await trio.sleep(1)
        desk.trackers.slow = 0.1
        before = trio.current_time()
    assert trio.current_time() - before < 1
    assert told(desk) == [(A, STOPPED)]


async def test_completed_is_heard_before_stopped_also_by_a_slow_tracker(autojump_clock):
    desk = Desk(pieces=1, trackers=[[A]])
    desk.trackers.replies[A] = EMPTY
    async with desk.running():
        await trio.sleep(1)
        desk.trackers.slow = 1
        from tests.engine.desk import ScriptedPeer

        peer = ScriptedPeer(desk)
        peer.give(*peer.seed())
        await desk.settle()
        await desk.over.wait()
    assert told(desk) == [(A, STARTED), (A, COMPLETED), (A, STOPPED)]
    assert desk.outcome is None


async def test_counts_that_answers_do_not_have_are_scraped(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A], [B]])
    desk.trackers.replies[A] = AnnounceReply(interval=1800.0)
    desk.trackers.counts[A] = ScrapeCounts(seeds=3, leechers=4, downloads=5)
    async with desk.running():
        await trio.sleep(1)
        assert [(record.seeds, record.downloads) for record in answered(desk)] == [
            (None, None),
            (3, 5),
        ]


async def test_a_tracker_that_cannot_be_scraped_is_no_matter(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A]])
    desk.trackers.replies[A] = AnnounceReply(interval=1800.0)
    async with desk.running():
        await trio.sleep(1)
    assert len(answered(desk)) == 1
    assert not [record for record in desk.records if isinstance(record, records.Warning)]


async def test_a_refusal_is_told_apart_from_silence(autojump_clock):
    desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A]])
    desk.trackers.refusals[A] = "announce error: unregistered"
    async with desk.running():
        await trio.sleep(1)
    [warning] = [record for record in desk.records if isinstance(record, records.Warning)]
    assert (warning.code, warning.message) == (
        "tracker_refused",
        "a.example: announce error: unregistered",
    )


async def test_fifty_trackers_that_have_died_do_not_hold_up_the_end(autojump_clock):
    urls = [f"http://t{number}.example/announce" for number in range(50)]
    desk = Desk(pieces=1, trackers=[[url] for url in urls], limits=Limits(waits_for_peers=True))
    desk.trackers.replies = dict.fromkeys(urls, EMPTY)
    async with desk.running():
        await trio.sleep(60)
        assert len(desk.trackers.told) == 50
        desk.trackers.slow = 3600
        before = trio.current_time()
    assert trio.current_time() - before < 5


async def test_the_goodbye_may_take_as_long_as_settings_say(autojump_clock):
    for seconds in (0.5, 8.0):
        config = Config(trackers=TrackerLimits(stop_timeout_seconds=seconds))
        desk = Desk(whole=True, goal=Goal.SEED, trackers=[[A]], config=config)
        desk.trackers.replies[A] = EMPTY
        async with desk.running():
            await trio.sleep(1)
            desk.trackers.slow = 3600
            before = trio.current_time()
        assert seconds <= trio.current_time() - before <= seconds + 1

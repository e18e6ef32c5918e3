"""Counters go on from run to run, and what was there is known before it is looked at."""

import trio

from raincore import AddOptions, Session
from raincore.session.torrent_facts import added, remembered
from raincore.storage.resume_record import ResumeRecord, encode
from raincore.storage.torrent_record import Counts
from tests.interop.tracker import Tracker


def test_counters_are_added_up():
    one = Counts(downloaded=1, uploaded=2, wasted=3, seeded_seconds=4.0, next_announces={"u": 1.0})
    assert added(one, one) == Counts(
        downloaded=2, uploaded=4, wasted=6, seeded_seconds=8.0, next_announces={"u": 1.0}
    )


def test_pieces_of_the_last_run_are_known_if_the_record_fits(made):
    have = b"\xff\xff\xf0"
    row = encode(ResumeRecord("ab" * 20, "/d", ((1, 1),), have))
    row["files"] = [[1, 1]]
    assert remembered(row, made.info).count() == 20
    assert remembered({**row, "have": "AA=="}, made.info) is None
    assert remembered(None, made.info) is None
    assert remembered(row, None) is None


async def test_counters_survive_a_restart(made, torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            seed = await session.add_torrent(torrent, AddOptions(id="a"))
            await seed.wait_complete()
            copy = await session.add_uri(f"{seed.magnet()}&x.pe=127.0.0.1:{seed.port}")
            await copy.wait_complete()
            await seed.stop()
        async with Session(config) as session:
            stats = session.get("a").stats()
            assert stats.bytes.uploaded >= len(made.content)
            assert stats.ratio >= 1
            assert stats.pieces.have == 20
            assert stats.bytes.completed == len(made.content)
            assert session.get(copy.id).stats().bytes.downloaded >= len(made.content)


async def test_trackers_that_know_a_seed_are_not_told_again_after_a_kill(torrent, config, put):
    with Tracker() as tracker, trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(
                torrent, AddOptions(id="a", trackers=((tracker.url,), ("http://127.0.0.1:1/x",)))
            )
            await one.wait_complete()
            while not one.life.counts().next_announces:
                await trio.sleep(0.01)
            one.life.keep_counts()
            await session._commons.ledger.flush()
            due = one.life.counts().next_announces[tracker.url]
            # What a kill leaves is what was kept by then.
            one.life.base = one.life.counts()
            one.life.known, run, one.life.run = one.life.have, one.life.run, None
            now, today = trio.current_time(), session._commons.services.world.calendar()
            planned = one.life.announce_at()
            assert abs(planned[tracker.url] - (now + due - today)) < 5
            assert planned["http://127.0.0.1:1/x"] == planned[tracker.url]
            one.life.run = run
            await one.stop()
            await one.wait_stopped()
            assert one.life.counts().next_announces == {}

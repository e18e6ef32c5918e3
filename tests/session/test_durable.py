"""What cannot be remembered is refused, and changes nothing."""

from contextlib import contextmanager

import pytest
import trio

from raincore import AddOptions, Session, TorrentOptions
from raincore.base.errors import NoSpace
from raincore.base.session_errors import TorrentNotFound
from raincore.documents.session_records import TorrentStatus


@contextmanager
def full_disk(session: Session, monkeypatch: pytest.MonkeyPatch):
    """While it lasts nothing can be written to the session's database."""

    def refuse(changes):
        raise NoSpace("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(session._opened.ledger._store, "apply", refuse)
        yield


async def test_a_refused_stop_leaves_it_running(torrent, config, put, monkeypatch):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            run = one.life.run
            with full_disk(session, monkeypatch):
                for stop in (one.stop, session.stop_all):
                    with pytest.raises(NoSpace):
                        await stop()
            assert one.life.run is run
            assert one.status is TorrentStatus.SEEDING
            await session.stop_all()
            await one.wait_stopped()
        async with Session(config) as session:
            assert not session.get("a").life.record.started


async def test_a_refused_start_leaves_it_stopped(torrent, config, monkeypatch):
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(torrent, AddOptions(stopped=True))
            one.life.change(error="why it stopped")
            with full_disk(session, monkeypatch):
                for start in (one.start, session.start_all):
                    with pytest.raises(NoSpace):
                        await start()
            assert (one.status, one.error) == (TorrentStatus.STOPPED, "why it stopped")
            await one.start()
            assert one.status is not TorrentStatus.STOPPED


async def test_other_refused_wishes_are_taken_back(torrent, config, put, monkeypatch):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            await one.add_tracker("http://127.0.0.1:9/x")
            before = one.life.record
            with full_disk(session, monkeypatch):
                for wish in (
                    lambda: one.add_tracker("http://127.0.0.1:9/y"),
                    lambda: one.remove_tracker("http://127.0.0.1:9/x"),
                    lambda: one.add_peer("127.0.0.1:9"),
                    lambda: one.set_options(TorrentOptions(sequential=True)),
                ):
                    with pytest.raises(NoSpace):
                        await wish()
                    assert one.life.record == before
            state = one.life.torrent.machine.state
            while list(state.trackers) != ["http://127.0.0.1:9/x"]:
                await trio.sleep(0.01)


async def test_a_wish_that_came_later_is_the_one_that_counts(torrent, config, put, monkeypatch):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(one.stop)
                await trio.lowlevel.checkpoint()
                nursery.start_soon(one.start)
            assert one.life.record.started
            assert one.status is TorrentStatus.SEEDING


async def test_whoever_goes_before_the_answer_has_stopped_it_all_the_same(torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            with trio.CancelScope() as scope:
                scope.cancel()
                await one.stop()
            await one.wait_stopped()


async def test_nothing_and_what_was_removed_are_not_started(torrent, config):
    async with Session(config) as session:
        await session.start_all()
        one = await session.add_torrent(torrent, AddOptions(stopped=True))
        await session.remove(one.id, keep_data=True)
        for wish in (one.start, one.stop):
            with pytest.raises(TorrentNotFound):
                await wish()

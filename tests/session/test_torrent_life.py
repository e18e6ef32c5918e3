"""Whatever is wanted of a torrent comes to pass, in whatever order it is said."""

from dataclasses import replace

import pytest
import trio
import trio.testing

from raincore import AddOptions, Selection, Session, TorrentOptions
from raincore.base.errors import ConfigError, ConnectError
from raincore.base.session_errors import SessionError
from raincore.documents.session_records import TorrentStatus
from raincore.engine.torrent import Torrent


async def test_stopping_and_starting_at_once_ends_as_the_last_word_was(
    torrent, config, put, reaches
):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            for _ in range(5):
                await one.stop()
                await one.start()
            await reaches(one, TorrentStatus.SEEDING)
            for _ in range(5):
                await one.start()
                await one.stop()
            await one.wait_stopped()
            assert one.status is TorrentStatus.STOPPED


async def test_a_start_while_it_is_verified_comes_after(torrent, config, put, reaches):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            await one.verify()
            await one.start()
            await reaches(one, TorrentStatus.SEEDING)


async def test_a_torrent_that_fails_says_why_and_can_be_started_again(
    torrent, config, put, reaches, monkeypatch
):
    def refuse(record, info) -> None:
        raise ConfigError("no such place")

    with trio.fail_after(60):
        async with Session(config) as session:
            with monkeypatch.context() as patched:
                patched.setattr(session._commons, "make_storage", refuse)
                one = await session.add_torrent(torrent, AddOptions(id="a"))
                with pytest.raises(SessionError, match="no such place"):
                    await one.wait_complete()
            with pytest.raises(SessionError, match="no such place"):
                await one.wait_stopped()
            assert one.status is TorrentStatus.STOPPED
            assert one.summary().error == one.error == "no such place"
            put("a")
            await one.start()
            assert not one.error
            await reaches(one, TorrentStatus.SEEDING)


async def test_a_bug_in_one_torrent_ends_that_torrent_alone(
    torrent, config, put, reaches, monkeypatch, caplog
):
    crashed = trio.Event()

    async def crash(self, peers=()) -> None:
        crashed.set()
        raise ZeroDivisionError("bug")

    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            with monkeypatch.context() as patched:
                patched.setattr(Torrent, "run", crash)
                patched.setattr("raincore.session.crashes.PAUSE_SECONDS", 0.01)
                two = await session.add_torrent(torrent, AddOptions(id="b"))
                with pytest.raises(SessionError, match="internal error: ZeroDivisionError: bug"):
                    await two.wait_complete()
            assert crashed.is_set()
            assert one.status is TorrentStatus.SEEDING
            assert "a torrent needs attention" in caplog.messages
            caplog.clear()
            await two.start()
            await reaches(two, TorrentStatus.DOWNLOADING)


async def test_another_selection_takes_effect_while_it_runs(torrent, config, put, reaches):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            wish = TorrentOptions(select=Selection(indices=(0,)), labels=("b", "a", "b"))
            await one.set_options(wish)
            await reaches(one, TorrentStatus.SEEDING)
            assert one.options.select == Selection(indices=(0,))
            assert one.summary().labels == ("a", "b")
            await one.set_options(replace(one.options, stop_after_download=True))
            await one.wait_stopped()
            await one.set_options(replace(one.options, upload_bytes_per_second=5))
        async with Session(config) as session:
            assert session.get("a").options.labels == ("a", "b")
            assert session.get("a").options.upload_bytes_per_second == 5


async def test_waiting_ends_when_the_torrent_is_removed(torrent, config):
    async def wait(one) -> None:
        with pytest.raises(SessionError, match="removed"):
            await one.wait_complete()

    with trio.fail_after(60):
        async with Session(config) as session, trio.open_nursery() as nursery:
            one = await session.add_torrent(torrent)
            for _ in range(3):
                nursery.start_soon(wait, one)
            await trio.sleep(0.1)
            await session.remove(one.id, keep_data=True)


async def seeding(session, torrent, put):
    """A torrent of which everything is there."""
    put("a")
    seed = await session.add_torrent(torrent, AddOptions(id="a"))
    await seed.wait_complete()
    return seed


async def test_peers_named_before_it_runs_are_met_when_it_does(torrent, config, put, reaches):
    few = replace(config, session=replace(config.session, max_active_downloads=1))
    with trio.fail_after(60):
        async with Session(few) as session:
            seed = await seeding(session, torrent, put)
            stopped = await session.add_torrent(torrent, AddOptions(id="b", stopped=True))
            await stopped.add_peer(f"127.0.0.1:{seed.port}")
            await stopped.start()
            await stopped.wait_complete()
            first = await session.add_torrent(torrent, AddOptions(id="c"))
            await reaches(first, TorrentStatus.DOWNLOADING)
            queued = await session.add_torrent(torrent, AddOptions(id="d"))
            await reaches(queued, TorrentStatus.QUEUED)
            await queued.add_peer(f"localhost:{seed.port}")
            await first.stop()
            await queued.wait_complete()


async def test_peers_named_while_it_is_verified_are_met_after(torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            seed = await seeding(session, torrent, put)
            copy = await session.add_torrent(torrent, AddOptions(id="b", stopped=True))
            await copy.verify()
            await copy.add_peer(f"127.0.0.1:{seed.port}")
            await copy.start()
            await copy.wait_complete()


async def test_peers_named_while_other_names_are_looked_up_are_met(
    torrent, config, put, monkeypatch
):
    with trio.fail_after(60):
        async with Session(config) as session:
            seed = await seeding(session, torrent, put)
            network, answered = session._commons.services.world.network, trio.Event()

            async def resolve(host, port):
                await answered.wait()
                raise ConnectError("no such host", host)

            monkeypatch.setattr(network, "resolve", resolve)
            opening = AddOptions(id="b", peers=("slow.invalid:1",))
            copy = await session.add_torrent(torrent, opening)
            await trio.testing.wait_all_tasks_blocked(0.01)
            await copy.add_peer(f"127.0.0.1:{seed.port}")
            await copy.announce()
            await copy.add_tracker("http://127.0.0.1:1/announce")
            await trio.testing.wait_all_tasks_blocked(0.01)
            assert not copy.peers()
            answered.set()
            await copy.wait_complete()


async def test_peers_outlive_the_session(torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            seed = await session.add_torrent(torrent, AddOptions(id="a"))
            copy = await session.add_torrent(torrent, AddOptions(id="b", stopped=True))
            await copy.add_peer(f"127.0.0.1:{seed.port}")
            await copy.add_peer(f"127.0.0.1:{seed.port}")
            assert len(copy.life.record.added_peers) == 1
            assert "x.pe" not in copy.magnet()
        async with Session(config) as session:
            await session.get("b").start()
            await session.get("b").wait_complete()


async def test_a_name_that_does_not_exist_is_a_warning(torrent, config, monkeypatch):
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(torrent, AddOptions(id="b"))

            async def resolve(host, port):
                raise ConnectError("no such host", host)

            monkeypatch.setattr(session._commons.services.world.network, "resolve", resolve)
            events = session.events()
            await one.add_peer("nobody.invalid:5")
            async for event in events:
                if event.kind == "warning":
                    assert event.message == "nobody.invalid:5: no such host"
                    break


async def test_files_are_fetched_by_priority_also_after_a_restart(
    album, put_album, config, reaches
):
    torrent, length = album, 3 * 16384
    with trio.fail_after(60):
        async with Session(config) as session:
            put_album("a")
            seed = await session.add_torrent(torrent, AddOptions(id="a"))
            await seed.wait_complete()
            wish = TorrentOptions(priorities=((0, 0), (2, 3)))
            opening = AddOptions(id="b", options=wish, peers=(f"127.0.0.1:{seed.port}",))
            copy = await session.add_torrent(torrent, opening)
            await copy.wait_complete()
            assert [file.wanted for file in copy.files()] == [False, True, True]
            assert [one.bytes_completed for one in copy.file_stats()] == [0, length, length]
            with pytest.raises(ConfigError, match="no such file to select: 3"):
                await copy.set_options(TorrentOptions(priorities=((3, 1),)))
            await copy.set_options(replace(wish, edges_first=True))
            state = copy.life.torrent.machine.state
            assert (state.edges_first, dict(state.priorities)) == (True, {0: 0, 2: 3})
        async with Session(config) as session:
            copy = session.get("b")
            assert copy.life.is_complete
            await reaches(copy, TorrentStatus.SEEDING)
            assert copy.options.edges_first
            state = copy.life.torrent.machine.state
            assert (state.edges_first, dict(state.priorities)) == (True, {0: 0, 2: 3})
            await copy.add_peer(f"127.0.0.1:{session.get('a').port}")
            await copy.set_options(TorrentOptions())
            while copy.stats().pieces.missing:
                await trio.sleep(0.01)


async def test_a_torrent_that_is_held_runs_again_when_that_is_said_or_with_the_next_session(
    torrent, config, put, reaches
):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await reaches(one, TorrentStatus.SEEDING)
            one.life.hold()
            await one.wait_stopped()
            await one.start()
            await reaches(one, TorrentStatus.SEEDING)
            one.life.hold()
            await one.wait_stopped()
        async with Session(config) as session:
            await reaches(session.get("a"), TorrentStatus.SEEDING)


async def test_what_is_wanted_holds_at_once_and_after_a_restart(album, put_album, config, reaches):
    wanted = TorrentOptions(
        sequential=True,
        edges_first=True,
        download_bytes_per_second=50_000,
        upload_bytes_per_second=40_000,
        seed_ratio=2.0,
        seed_seconds=3600.0,
        seed_idle_seconds=600.0,
        select=Selection(globs=("one", "two")),
        labels=("tv",),
    )

    def holds(one) -> None:
        torrent, rates = one.life.torrent, one.life.torrent.rates
        limits = rates.down.bytes_per_second, rates.up.bytes_per_second
        assert limits == (50_000, 40_000)
        state = torrent.machine.state
        assert (state.sequential, state.edges_first) == (True, True)
        assert state.wanted.numbers == (0, 1)
        assert one.options == wanted
        assert one.summary().labels == ("tv",)

    with trio.fail_after(60):
        async with Session(config) as session:
            put_album("a")
            one = await session.add_torrent(album, AddOptions(id="a"))
            await one.wait_complete()
            await one.set_options(wanted)
            holds(one)
            await one.set_options(TorrentOptions())
            assert one.life.torrent.rates.down.bytes_per_second == 0
            await one.set_options(wanted)
        async with Session(config) as session:
            one = session.get("a")
            await reaches(one, TorrentStatus.SEEDING)
            holds(one)


async def test_the_queue_hears_of_what_has_changed_and_of_nothing_else(torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            heard: list[str] = []
            session._commons.note = heard.append
            one.life.note()
            assert heard == []
            one.life.hold()
            await one.wait_stopped()
            assert set(heard) == {"a"}

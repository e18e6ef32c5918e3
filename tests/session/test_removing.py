"""What is removed is gone, and takes nothing of others with it."""

import os
import threading
from dataclasses import replace
from functools import partial

import pytest
import trio

from raincore import AddOptions, Session, TorrentOptions
from raincore.base.errors import StorageError
from raincore.base.session_errors import DuplicateId, TorrentNotFound
from raincore.documents.session_records import TorrentStatus, TrackerStatus
from raincore.formats import metainfo
from raincore.session import removing
from raincore.storage import removal, unfinished_pieces
from tests.interop.tracker import Tracker
from tests.sim.content import sample


def plain(config):
    return replace(config, session=replace(config.session, data_dir_includes_torrent_id=False))


async def test_in_a_shared_directory_a_torrent_loses_its_own_files_only(
    made, torrent, config, put, tmp_path
):
    data = tmp_path / "data"
    (data / "foreign").mkdir(parents=True)
    with trio.fail_after(60):
        async with Session(plain(config)) as session:
            put("")
            one = await session.add_torrent(torrent)
            assert one.directory == data
            await one.wait_complete()
            await session.remove(one.id, keep_data=False)
        assert [path.name for path in data.iterdir()] == ["foreign"]


async def test_an_id_is_free_again_when_all_of_its_content_is_deleted(
    torrent, config, put, monkeypatch
):
    going, go_on = threading.Event(), threading.Event()
    remove = removal.remove_own_directory

    def slowly(place):
        going.set()
        assert go_on.wait(30)
        remove(place)

    monkeypatch.setattr(removal, "remove_own_directory", slowly)
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(session.remove, "a", keep_data=False))
                await trio.to_thread.run_sync(going.wait, 30)
                with pytest.raises(DuplicateId):  # what it got would be deleted with the rest
                    await session.add_torrent(torrent, AddOptions(id="a"))
                go_on.set()
            await session.add_torrent(torrent, AddOptions(id="a"))


async def test_content_that_another_torrent_has_too_stays(made, torrent, config, put, tmp_path):
    with trio.fail_after(60):
        async with Session(plain(config)) as session:
            file = put("")
            one, two = [await session.add_torrent(torrent) for _ in range(2)]
            await one.wait_complete()
            await session.remove(one.id, keep_data=False)
            assert file.exists()
            await session.remove(two.id, keep_data=False)
            assert not file.exists()


async def test_content_in_a_place_of_the_users_is_deleted_file_by_file(config, made, tmp_path):
    place = tmp_path / "place"
    place.mkdir()
    (place / "sample").write_bytes(made.content)
    (place / "mine").write_bytes(b"")
    torrent = metainfo.encode(made.info.raw)
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(torrent, AddOptions(data_dir=str(place)))
            await one.wait_complete()
            await session.remove(one.id, keep_data=False)
    assert [path.name for path in place.iterdir()] == ["mine"]


async def test_a_download_can_be_removed_while_it_runs(config, tmp_path):
    other = sample(2, pieces=3)
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(metainfo.encode(other.info.raw), AddOptions(id="a"))
            link = await session.add_uri(f"magnet:?xt=urn:btih:{'ab' * 20}")
            await session.remove(one.id, keep_data=False)
            await session.remove(link.id, keep_data=False)
            await session.remove(link.id, keep_data=False)
            assert session.torrents() == []


async def test_nothing_brings_back_what_was_removed(torrent, config):
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await session.remove("a", keep_data=True)
            for act in (
                one.start,
                one.stop,
                one.verify,
                lambda: one.add_tracker("http://127.0.0.1:1/a"),
                lambda: one.add_peer("127.0.0.1:1"),
                lambda: one.set_options(TorrentOptions(sequential=True)),
            ):
                with pytest.raises(TorrentNotFound):
                    await act()
            assert one.status is TorrentStatus.STOPPED
        async with Session(config) as session:
            assert session.torrents() == []


async def test_a_start_while_it_is_removed_does_not_bring_it_back(torrent, config, put):
    async def start(one) -> None:
        await trio.lowlevel.checkpoint()
        with pytest.raises(TorrentNotFound):
            await one.start()

    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            async with trio.open_nursery() as nursery:
                nursery.start_soon(partial(session.remove, "a", keep_data=True))
                nursery.start_soon(start, one)
        async with Session(config) as session:
            assert session.torrents() == []


async def test_what_the_database_cannot_forget_stays_as_it_was(torrent, config, put, monkeypatch):
    with trio.fail_after(60):
        async with Session(config) as session:
            file = put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            store = session._commons.ledger._store
            with monkeypatch.context() as patched:

                def refuse(changes) -> None:
                    raise StorageError("disk is full", "/d")

                patched.setattr(type(store), "apply", lambda self, changes: refuse(changes))
                with pytest.raises(StorageError):
                    await session.remove("a", keep_data=False)
            assert session.get("a").status is TorrentStatus.STOPPED
            assert session.get("a").error == "it could not be removed: disk is full"
            assert file.exists()
            await one.start()
            await one.wait_complete()
        async with Session(config) as session:
            await session.get("a").wait_complete()


async def test_a_torrent_is_removed_while_it_is_verified(torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            file = put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
            await one.verify()
            await session.remove("a", keep_data=True)
            assert file.exists()
            again = await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
            await again.verify()
            await session.remove("a", keep_data=False)
            assert not file.exists()
            assert session.torrents() == []
        async with Session(config) as session:
            assert session.torrents() == []


def logs(tmp_path):
    """The logs of blocks of unfinished pieces."""
    return sorted(path.name for path in tmp_path.rglob("unfinished/*"))


async def unfinished(session, torrent, seed, *ids):
    """Torrents that have begun and have blocks of unfinished pieces, stopped."""
    slow = TorrentOptions(download_bytes_per_second=60_000)
    for id in ids:
        opening = AddOptions(id=id, peers=(f"127.0.0.1:{seed.port}",), options=slow)
        one = await session.add_torrent(torrent, opening)
        place = unfinished_pieces.place_of(one.info_hash, one.directory)
        before = 0
        while not os.path.exists(place):  # what came may be just a whole piece
            await one.start()
            while one.stats().bytes.downloaded == before:
                await trio.sleep(0.01)
            await one.stop()
            await one.wait_stopped()
            before = one.stats().bytes.downloaded


async def test_the_log_of_unfinished_pieces_goes_with_the_last_torrent_that_has_it(
    torrent, config, put, tmp_path
):
    elsewhere = tmp_path / "seed"
    elsewhere.mkdir()
    with trio.fail_after(60):
        async with Session(plain(config)) as session:
            put("").rename(elsewhere / "sample")
            opening = AddOptions(id="seed", data_dir=str(elsewhere))
            seed = await session.add_torrent(torrent, opening)
            await seed.wait_complete()
            await unfinished(session, torrent, seed, "a", "b")
            assert logs(tmp_path)
            await session.remove("a", keep_data=False)
            assert logs(tmp_path), "the other torrent of that hash goes on from it"
            await session.remove("b", keep_data=False)
            assert logs(tmp_path) == []


async def test_the_log_of_unfinished_pieces_stays_with_kept_content(torrent, config, put, tmp_path):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("seed")
            seed = await session.add_torrent(torrent, AddOptions(id="seed"))
            await seed.wait_complete()
            await unfinished(session, torrent, seed, "a", "b")
            before = logs(tmp_path)
            assert len(before) == 2
            await session.remove("a", keep_data=True)
            assert logs(tmp_path) == before
            await session.remove("b", keep_data=False)
            assert len(logs(tmp_path)) == 1


class Deaf(Tracker):
    """Answers until somebody leaves; then not before the test is over."""

    def __init__(self) -> None:
        super().__init__()
        self.heard, self.over = threading.Event(), threading.Event()

    def answer(self, query):
        if "event=stopped" in query:
            self.heard.set()
            self.over.wait(30)
        return super().answer(query)


async def test_a_session_that_ends_does_not_wait_for_trackers_as_long_as_a_torrent_that_stops(
    torrent, config, put, monkeypatch
):
    patient = replace(config, trackers=replace(config.trackers, stop_timeout_seconds=3600))
    monkeypatch.setattr(removing, "CLOSE_SECONDS", 0.2)
    with Deaf() as tracker:
        with trio.fail_after(60):
            async with Session(patient) as session:
                put("a")
                one = await session.add_torrent(torrent, AddOptions(id="a"))
                await one.add_tracker(tracker.url)
                while [view.status for view in one.trackers()] != [TrackerStatus.WORKING]:
                    await trio.sleep(0.01)
                began = trio.current_time()
        assert trio.current_time() - began < removing.STOP_SECONDS  # not cut off, either
        assert tracker.heard.is_set()
        tracker.over.set()

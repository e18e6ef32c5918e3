"""A run listens at the torrent's port, in the storage that the session was given."""

import math
import socket
from dataclasses import replace

import trio

from raincore import AddOptions, Session
from raincore.documents.session_records import TorrentStatus
from raincore.session.open_files import OpenFiles
from raincore.session.torrent_run import job_of
from raincore.storage.memory_storage import MemoryStorage
from raincore.storage.torrent_record import TorrentRecord


def test_a_job_says_what_the_record_does(made):
    record = TorrentRecord(
        id="a",
        info_hash=made.info.info_hash.hex(),
        hash_v1=made.info.info_hash.hex(),
        data_dir="/d",
        webseeds=("http://w",),
        sources=("http://s",),
    )
    job = job_of(record, made.info, {})
    assert job.info_hash == made.info.info_hash
    assert str(job.directory) == "/d"
    assert job.web.files == ("http://w",)
    assert job.search.sources == ("http://s",)
    assert job.search.hashes.v1 == made.info.info_hash
    assert job_of(replace(record, hash_v1=""), None, {}).search.hashes is None
    assert (job.announce_at, job.seed_turns()) == ({}, {})
    turns = {"http://t": 5.0}
    later = job_of(record, made.info, {}, lambda: turns)
    assert (later.announce_at, later.seed_turns()) == (turns, turns)


async def test_a_torrent_that_waits_for_peers_costs_nothing(torrent, config, reaches):
    """Thousands that wait would otherwise report each second, to nobody, that they do."""
    soon = replace(config, disk=replace(config.disk, save_interval_seconds=0.1))
    with trio.fail_after(60):
        async with Session(soon) as session:
            link = await session.add_uri(f"magnet:?xt=urn:btih:{'ab' * 20}")
            file = await session.add_torrent(torrent)
            await reaches(link, TorrentStatus.METADATA)
            await reaches(file, TorrentStatus.DOWNLOADING)
            for one in (link, file):
                machine = one.life.torrent.machine
                while machine.next_timer() < math.inf:  # what it does when it begins
                    await trio.sleep(0.05)
                assert one.life.torrent is not None


async def test_a_port_that_is_taken_is_a_warning_and_no_more(torrent, config, put):
    narrow = replace(config, session=replace(config.session, port_begin=21990, port_end=21991))
    with trio.fail_after(60), socket.socket() as other:
        other.bind(("127.0.0.1", 21990))
        other.listen()
        async with Session(narrow) as session:
            put("a")
            begin = session.changes_since(0).revision
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            assert one.status is TorrentStatus.SEEDING
            async for event in session.events(begin):
                if event.kind == "warning":
                    assert event.code == "listen"
                    assert "nobody can connect to this torrent" in event.message
                    break


async def test_no_torrent_listens_where_open_files_are_scarce(torrent, config, put, monkeypatch):
    monkeypatch.setattr(OpenFiles, "are_scarce", lambda _: True)
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            begin = session.changes_since(0).revision
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            async for event in session.events(begin):
                if event.kind == "warning":
                    assert event.code == "listen"
                    assert "or use shared-port" in event.message
                    break


async def test_content_may_be_elsewhere_than_in_files(made, torrent, config, put, tmp_path):
    stored = []

    def make_storage(record, info) -> MemoryStorage:
        stored.append((record.id, MemoryStorage(info.geometry)))
        return stored[-1][1]

    other = replace(config, data_dir=str(tmp_path / "other" / "data"))
    with trio.fail_after(60):
        async with Session(config) as here, Session(other, make_storage=make_storage) as there:
            put("a")
            seed = await here.add_torrent(torrent, AddOptions(id="a"))
            await seed.wait_complete()
            copy = await there.add_uri(f"{seed.magnet()}&x.pe=127.0.0.1:{seed.port}")
            await copy.wait_complete()
            [(id, storage)] = stored
            assert id == copy.id
            got = bytearray(len(made.content))
            storage.read_into(0, memoryview(got))
            assert got == made.content
            await there.remove(copy.id, keep_data=False)
            assert not (tmp_path / "other" / "data").exists()

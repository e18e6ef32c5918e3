"""Many torrents in one process: added, run, stopped, removed and remembered; on loopback."""

import textwrap
import threading
from dataclasses import replace

import pytest
import trio

import raincore
from raincore import AddOptions, Session, TorrentOptions
from raincore.base.errors import FormatError
from raincore.base.session_errors import (
    DuplicateId,
    MetadataNotReady,
    NoFreePort,
    SessionError,
    TorrentNotFound,
)
from raincore.documents.session_records import TorrentStatus
from raincore.formats import metainfo

SECONDS = 60
BEGIN, END = 21000, 21900


async def test_content_goes_from_one_session_to_another(made, torrent, config, put, tmp_path):
    other = replace(config, data_dir=str(tmp_path / "other" / "data"))
    with trio.fail_after(SECONDS):
        async with Session(config) as here, Session(other) as there:
            put("seed")
            seed = await here.add_torrent(torrent, AddOptions(id="seed"))
            await seed.wait_complete()
            copy = await there.add_uri(seed.magnet())
            await copy.add_peer(f"127.0.0.1:{seed.port}")
            await copy.wait_metadata()
            await copy.wait_complete()
            assert (copy.directory / made.info.name).read_bytes() == made.content
            assert copy.stats().bytes.downloaded >= len(made.content)
            assert seed.stats().bytes.uploaded >= len(made.content)
            assert copy.name == made.info.name
            assert metainfo.parse(copy.metainfo()).info.raw == made.info.raw


async def test_a_session_remembers_its_torrents(torrent, config, put, reaches):
    with trio.fail_after(SECONDS):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            two = await session.add_torrent(torrent, AddOptions(id="b", stopped=True))
            ports = one.port, two.port
            assert len({*ports}) == 2
            assert all(BEGIN <= port < END for port in ports)
        async with Session(config) as session:
            one, two = session.torrents()
            assert (one.id, two.id) == ("a", "b")
            assert (one.port, two.port) == ports
            assert two.status is TorrentStatus.STOPPED
            await reaches(one, TorrentStatus.SEEDING)
            assert one.stats().pieces.have == 20
            await one.stop()
            await one.wait_stopped()
            await two.start()
        async with Session(config) as session:
            assert session.get("a").status is TorrentStatus.STOPPED
            await reaches(session.get("b"), TorrentStatus.DOWNLOADING)


async def test_removing_deletes_the_content_if_it_is_to(torrent, config, put, tmp_path):
    with trio.fail_after(SECONDS):
        async with Session(config) as session:
            for id, keep in (("kept", True), ("gone", False)):
                put(id)
                added = await session.add_torrent(torrent, AddOptions(id=id))
                await added.wait_complete()
                before = session.stats().ports_available
                await session.remove(id, keep_data=keep)
                assert (tmp_path / "data" / id).exists() is keep
                assert session.stats().ports_available == before + 1
                with pytest.raises(TorrentNotFound, match="torrent not found"):
                    session.get(id)
            await session.remove("never there", keep_data=False)
        async with Session(config) as session:
            assert session.torrents() == []


async def test_a_start_while_it_stops_is_not_lost(torrent, config, put, reaches):
    with trio.fail_after(SECONDS):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            await one.stop()
            await one.start()
            await reaches(one, TorrentStatus.SEEDING)


async def test_verifying_finds_what_has_changed_and_stays_stopped(
    made, torrent, config, put, reaches, tmp_path
):
    with trio.fail_after(SECONDS):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            file = tmp_path / "data" / "a" / made.info.name
            file.write_bytes(b"x" + made.content[1:])
            await one.verify()
            await one.wait_stopped()
            assert one.status is TorrentStatus.STOPPED
            assert one.stats().pieces.have == 19
            assert one.file_stats()[0].bytes_completed < len(made.content)
            file.unlink()
            await one.verify()
            await one.wait_stopped()
            assert one.status is TorrentStatus.STOPPED
            assert one.stats().pieces.have == 0
            await one.start()
            await reaches(one, TorrentStatus.DOWNLOADING)


async def test_stop_after_download_is_for_once(torrent, config, put, reaches):
    with trio.fail_after(SECONDS):
        async with Session(config) as session:
            put("a")
            options = AddOptions(id="a", options=TorrentOptions(stop_after_download=True))
            one = await session.add_torrent(torrent, options)
            await one.wait_stopped()
            assert one.status is TorrentStatus.STOPPED
            assert one.summary().completed_at
            assert not one.options.stop_after_download
            await one.start()
            await reaches(one, TorrentStatus.SEEDING)


async def test_what_cannot_be_added_leaves_nothing_behind(torrent, config):
    async with Session(config) as session:
        free = session.stats().ports_available
        for bad in (b"", b"de", b"d4:infodee", torrent[:-1]):
            with pytest.raises(FormatError):
                await session.add_torrent(bad)
        for id in ("../x", ".x", "a/b", "x" * 101, "a\n", "é"):
            with pytest.raises(FormatError, match="torrent id"):
                await session.add_torrent(torrent, AddOptions(id=id))
        with pytest.raises(SessionError, match="unsupported uri scheme: ftp"):
            await session.add_uri("ftp://x")
        with pytest.raises(SessionError, match="unsupported uri scheme"):
            await session.add_uri("/etc/passwd")
        with pytest.raises(FormatError):
            await session.add_uri("magnet:?dn=x")
        await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
        with pytest.raises(DuplicateId, match="duplicate torrent id"):
            await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
        assert session.stats().ports_available == free - 1
        assert len(session.torrents()) == 1


async def test_a_torrent_without_metadata_says_so(torrent, config):
    async with Session(config) as session:
        one = await session.add_uri(f"magnet:?xt=urn:btih:{'ab' * 20}&dn=x")
        assert one.name == "x"
        for call in (one.files, one.file_stats, one.metainfo):
            with pytest.raises(MetadataNotReady, match="torrent metadata not ready"):
                call()
        with pytest.raises(MetadataNotReady):
            await one.verify()
        assert one.magnet() == f"magnet:?xt=urn:btih:{'ab' * 20}&dn=x"


async def test_every_torrent_needs_a_port(torrent, config):
    few = replace(config, session=replace(config.session, port_end=BEGIN + 1))
    async with Session(few) as session:
        await session.add_torrent(torrent, AddOptions(stopped=True))
        with pytest.raises(NoFreePort, match="no free port"):
            await session.add_torrent(torrent, AddOptions(stopped=True))


async def test_the_example_of_the_documentation_runs(made, torrent, config, put, tmp_path):
    lines = raincore.__doc__.splitlines()
    example = textwrap.dedent("\n".join(line for line in lines if line.startswith("    ")))
    imports, _, body = example.partition("\n")
    other = replace(config, data_dir=str(tmp_path / "other" / "data"))
    with trio.fail_after(SECONDS):
        async with Session(config) as session:
            put("a")
            seed = await session.add_torrent(torrent, AddOptions(id="a"))
            await seed.wait_complete()
            link = f"{seed.magnet()}&x.pe=127.0.0.1:{seed.port}"
            body = body.replace('Config(data_dir="downloads")', "config")
            body = body.replace("magnet:?xt=urn:btih:…", link)
            code = f"{imports}\nasync def example(config):\n{textwrap.indent(body, '    ')}\n"
            code += "    return torrent.directory\n"
            space: dict[str, object] = {}
            exec(code, space)
            directory = await space["example"](other)
    assert (directory / made.info.name).read_bytes() == made.content


async def test_reading_does_not_wait_for_a_disk_that_stands_still(made, torrent, config, put):
    stalled = threading.Event()
    with trio.fail_after(SECONDS):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            offload = session._commons.services.world.offload
            try:
                for worker in ("database", "disk", "check", "hash", "write"):
                    offload.submit(worker, stalled.wait, lambda result: None)
                begun = trio.current_time()
                for _ in range(20):
                    one.stats(), one.files(), one.file_stats(), one.peers(), one.trackers()
                    session.stats(), session.changes_since(0), one.metainfo(), one.explain()
                    await trio.sleep(0)
                assert trio.current_time() - begun < 2
                with trio.move_on_after(0.1) as scope:
                    await session.add_torrent(torrent, AddOptions(id="b", stopped=True))
                assert scope.cancelled_caught
            finally:
                stalled.set()
            await one.stop()
            await one.wait_stopped()


async def test_a_change_while_following_the_list_is_all_that_is_told(torrent, config):
    async with Session(config) as session:
        one = await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
        two = await session.add_torrent(torrent, AddOptions(id="b", stopped=True))
        all_of_it = session.changes_since(0)
        assert [row.id for row in all_of_it.changed] == ["a", "b"]
        assert all_of_it.complete
        assert session.changes_since(all_of_it.revision).changed == ()
        await one.set_options(TorrentOptions(labels=("x",)))
        await session.remove("b", keep_data=True)
        changes = session.changes_since(all_of_it.revision)
        assert [row.id for row in changes.changed] == ["a"]
        assert changes.removed == (two.id,)
        assert not changes.complete
    async with Session(config) as session:
        assert session.changes_since(changes.revision).complete


async def test_records_that_cannot_be_loaded_are_kept_until_they_are_cleaned(torrent, config):
    warnings: list[str] = []
    async with Session(config) as session:
        await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
        session._commons.ledger.put("torrent:bad", {"v": 99})
    for _ in range(2):
        async with Session(config, on_warning=warnings.append) as session:
            assert [one.id for one in session.torrents()] == ["a"]
            assert session.stats().damaged_records == 1
            with pytest.raises(DuplicateId):
                await session.add_torrent(torrent, AddOptions(id="bad"))
    assert len(warnings) == 2
    async with Session(config) as session:
        assert await session.clean_database() == 1
        assert await session.clean_database() == 0
    async with Session(config) as session:
        assert session.stats().damaged_records == 0
        assert [one.id for one in session.torrents()] == ["a"]

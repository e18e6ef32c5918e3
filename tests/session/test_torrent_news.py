"""Metadata and completion have their consequences, once."""

import sys
from dataclasses import replace

import trio

from raincore import AddOptions, Session, TorrentOptions
from raincore.documents.session_records import TorrentStatus


async def link(session, seed, **wishes):
    options = AddOptions(id="copy", options=TorrentOptions(**wishes))
    return await session.add_uri(f"{seed.magnet()}&x.pe=127.0.0.1:{seed.port}", options)


async def test_stop_after_metadata_stops_before_anything_is_written(torrent, config, put, tmp_path):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("seed")
            seed = await session.add_torrent(torrent, AddOptions(id="seed"))
            await seed.wait_complete()
            copy = await link(session, seed, stop_after_metadata=True)
            await copy.wait_metadata()
            await copy.wait_stopped()
            assert copy.files()[0].path == "sample"
            assert not copy.options.stop_after_metadata
            assert not list((tmp_path / "data").glob("copy/*"))
        async with Session(config) as session:
            copy = session.get("copy")
            assert copy.status is TorrentStatus.STOPPED
            assert copy.files()[0].path == "sample"


async def test_a_magnet_link_with_too_many_pieces_is_stopped(torrent, config, put):
    few = replace(config, session=replace(config.session, max_pieces=19))
    with trio.fail_after(60):
        async with Session(config) as session:
            put("seed")
            seed = await session.add_torrent(torrent, AddOptions(id="seed"))
            await seed.wait_complete()
            session.reconfigure(few)
            copy = await link(session, seed)
            while not copy.error:
                await trio.sleep(0.01)
            assert copy.error == "too many pieces: 20"


async def test_completion_is_told_once_and_runs_the_users_command_once(
    torrent, config, put, tmp_path, reaches
):
    out = tmp_path / "out"
    script = "import os, sys; open(sys.argv[1], 'a').write(os.environ['RAIN_TORRENT_ID'] + '\\n')"
    command = (sys.executable, "-c", script, str(out))
    hooked = replace(config, session=replace(config.session, on_complete_command=command))
    with trio.fail_after(60):
        async with Session(hooked) as session:
            put("a")
            begin = session.changes_since(0).revision
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await one.wait_complete()
            while not out.exists():
                await trio.sleep(0.01)
            await one.stop()
            await one.start()
            await reaches(one, TorrentStatus.SEEDING)
            kinds = []
            async for event in session.events(begin):
                kinds.append(event.kind)
                if event.revision == session.changes_since(0).revision:
                    break
            assert kinds.count("completed") == 1
            completed_at = one.summary().completed_at
        async with Session(hooked) as session:
            one = session.get("a")
            await reaches(one, TorrentStatus.SEEDING)
            assert one.summary().completed_at == completed_at
    assert out.read_text() == "a\n"

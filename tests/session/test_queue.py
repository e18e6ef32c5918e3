"""No more torrents are active than may be; the others wait for their turn."""

from dataclasses import replace

import trio

from raincore import AddOptions, Session
from raincore.documents.session_records import TorrentStatus


async def test_downloads_wait_for_a_place(torrent, config, reaches):
    few = replace(config, session=replace(config.session, max_active_downloads=1))
    with trio.fail_after(60):
        async with Session(few) as session:
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await reaches(one, TorrentStatus.DOWNLOADING)
            two = await session.add_torrent(torrent, AddOptions(id="b"))
            await reaches(two, TorrentStatus.QUEUED)
            assert [why.cause for why in two.explain()] == ["queued"]
            await one.stop()
            await reaches(two, TorrentStatus.DOWNLOADING)
            await one.start()
            await reaches(one, TorrentStatus.QUEUED)
        async with Session(few) as session:
            await reaches(session.get("a"), TorrentStatus.DOWNLOADING)
            await reaches(session.get("b"), TorrentStatus.QUEUED)
            session.reconfigure(config)
            await reaches(session.get("b"), TorrentStatus.DOWNLOADING)


async def test_a_place_is_lost_when_there_are_fewer(torrent, config, reaches):
    few = replace(config, session=replace(config.session, max_active_downloads=1))
    with trio.fail_after(60):
        async with Session(config) as session:
            both = [await session.add_torrent(torrent) for _ in range(2)]
            for one in both:
                await reaches(one, TorrentStatus.DOWNLOADING)
            assert session.reconfigure(few) == []
            await reaches(both[1], TorrentStatus.QUEUED)
            assert both[0].status is TorrentStatus.DOWNLOADING

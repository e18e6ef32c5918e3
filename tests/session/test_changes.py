"""What has changed since a revision: torrents, and their rows when they are asked for."""

import trio

from raincore import AddOptions, Session


async def test_torrents_come_in_the_order_of_their_changes(torrent, config):
    with trio.fail_after(60):
        async with Session(config) as session:
            for id in "abc":
                await session.add_torrent(torrent, AddOptions(id=id, stopped=True))
            begin = session.torrents_since(0).revision
            await session.get("c").add_tracker("http://127.0.0.1:1/announce")
            await session.get("a").add_tracker("http://127.0.0.1:1/announce")
            await session.remove("b", keep_data=True)
            found = session.torrents_since(begin)
            assert [one.id for one in found.torrents] == ["c", "a"]
            assert found.removed == ("b",)
            assert not found.complete


async def test_rows_that_are_made_later_are_as_of_then(torrent, config):
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
            found = session.torrents_since(0)
            await one.add_tracker("http://127.0.0.1:1/announce")
            (row,) = found.listed().changed
            assert row.revision == one.revision > found.revision
            assert [late.id for late in session.torrents_since(found.revision).torrents] == ["a"]


async def test_what_is_too_old_gives_everything(torrent, config):
    with trio.fail_after(60):
        async with Session(config) as session:
            await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
            found = session.torrents_since(session.torrents_since(0).revision + 9)
            assert found.complete
            assert found.listed().complete
            assert [one.id for one in found.torrents] == ["a"]

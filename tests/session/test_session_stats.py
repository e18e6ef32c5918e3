"""A session adds up what its torrents do, and what they have done."""

import trio

from raincore import AddOptions, Session


async def test_bytes_of_ended_runs_count(made, torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            seed = await session.add_torrent(torrent, AddOptions(id="a"))
            await seed.wait_complete()
            copy = await session.add_uri(f"{seed.magnet()}&x.pe=127.0.0.1:{seed.port}")
            await copy.wait_complete()
            stats = session.stats()
            assert stats.torrents == 2
            assert stats.ports_available == 898
            assert stats.bytes_downloaded >= len(made.content)
            await session.stop_all()
            for one in (seed, copy):
                await one.wait_stopped()
            await session.remove(copy.id, keep_data=True)
            assert session.stats().bytes_downloaded >= len(made.content)
            assert session.stats().bytes_uploaded >= len(made.content)
            assert session.stats().blocklist_age_seconds is None
            await session.start_all()
            await seed.wait_complete()

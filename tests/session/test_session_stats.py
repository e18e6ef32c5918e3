"""A session adds up what its torrents do, and what they have done."""

import trio

from raincore import AddOptions, Session, TorrentOptions

MOVING = (
    *("peers", "read_cache_objects", "read_cache_length", "read_cache_utilization"),
    *("reads_per_second", "write_cache_objects", "write_cache_length", "writes_per_second"),
    *("download_rate", "upload_rate", "read_rate", "write_rate"),
    *("bytes_downloaded", "bytes_uploaded", "bytes_read", "bytes_written"),
)


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
            assert stats.bytes_written >= len(made.content)
            assert stats.bytes_read == len(made.content)
            assert stats.read_cache_objects == made.info.geometry.piece_count
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


async def test_what_moves_is_told_while_it_moves(made, torrent, config, put):
    slow = TorrentOptions(download_bytes_per_second=400_000)
    seen = dict.fromkeys(MOVING, 0)
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            seed = await session.add_torrent(torrent, AddOptions(id="a"))
            await seed.wait_complete()
            peer = f"127.0.0.1:{seed.port}"
            await session.add_torrent(torrent, AddOptions(id="b", peers=(peer,)))
            await session.get("b").wait_complete()
            opening = AddOptions(id="c", peers=(peer,), options=slow)
            copy = await session.add_torrent(torrent, opening)
            while not copy.life.is_complete:
                stats = session.stats()
                seen = {name: max(most, getattr(stats, name)) for name, most in seen.items()}
                await trio.sleep(0.01)
    assert {name for name, most in seen.items() if not most} == set()

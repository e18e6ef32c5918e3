"""The numbers of a torrent add up, whatever it does."""

import socket

import trio

from raincore import AddOptions, Session
from raincore.documents.session_records import TorrentStatus


async def test_numbers_of_a_torrent_that_never_ran(made, torrent, config):
    async with Session(config) as session:
        one = await session.add_torrent(torrent, AddOptions(stopped=True))
        stats = one.stats()
        assert (stats.name, stats.file_count, stats.piece_length) == ("sample", 1, 65536)
        assert stats.bytes.total == stats.bytes.incomplete == len(made.content)
        assert (stats.pieces.total, stats.pieces.missing) == (20, 20)
        assert stats.eta_seconds is None
        assert stats.status is TorrentStatus.STOPPED


async def test_numbers_of_a_link_and_of_a_seed(made, torrent, config, put):
    with trio.fail_after(60):
        async with Session(config) as session:
            link = await session.add_uri(f"magnet:?xt=urn:btih:{'ab' * 20}&dn=x")
            assert link.stats().name == "x"
            assert link.stats().bytes.total == 0
            put("a")
            seed = await session.add_torrent(torrent, AddOptions(id="a"))
            await seed.wait_complete()
            stats = seed.stats()
            assert stats.bytes.completed == stats.bytes.allocated == len(made.content)
            assert (stats.pieces.have, stats.pieces.missing) == (20, 0)
            assert stats.status is TorrentStatus.SEEDING
            with socket.create_connection(("127.0.0.1", seed.port)):
                while not seed.stats().handshakes.incoming:
                    await trio.sleep(0.01)
                assert seed.stats().handshakes.total == 1
            while seed.stats().handshakes.total:
                await trio.sleep(0.01)

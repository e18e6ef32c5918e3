"""The numbers of a torrent add up, whatever it does."""

import socket
from dataclasses import replace

import pytest
import trio

from raincore import AddOptions, Session
from raincore.base.bitfield import Bitfield
from raincore.base.session_errors import SessionError
from raincore.documents.session_records import TorrentStatus
from raincore.session import torrent_stats
from raincore.storage.torrent_record import Counts


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


def fresh(one):
    """Its numbers as they are made when nothing was remembered."""
    return torrent_stats.reckon(one.life, one.port)


async def test_numbers_of_a_torrent_that_stands_still_are_the_same_object(torrent, config):
    async with Session(config) as session:
        one = await session.add_torrent(torrent, AddOptions(stopped=True))
        assert one.stats() is one.stats()


CHANGES = {
    "error": lambda life: life.fail("disk full"),
    "name": lambda life: life.change(name="other"),
    "counts": lambda life: setattr(life, "base", Counts(uploaded=5, seeded_seconds=9.0)),
    "pieces": lambda life: setattr(life, "known", Bitfield.full(20)),
    "metadata": lambda life: setattr(life, "info", None),
    "port": lambda life: life.change(port=1),
    "status": lambda life: setattr(life, "_held", False),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_whatever_changes_while_it_stands_still_is_in_its_numbers(torrent, config, change):
    async with Session(config) as session:
        one = await session.add_torrent(torrent, AddOptions(stopped=True))
        if change == "status":
            one.life.record = replace(one.life.record, started=True)
            one.life.hold()
        before = one.stats()
        CHANGES[change](one.life)
        assert one.stats() == fresh(one)
        if change != "name":  # the metadata say what it is called
            assert one.stats() != before
        assert one.stats() is one.stats()


async def test_numbers_are_never_of_an_earlier_time_whatever_happens(
    made, torrent, config, put, reaches
):
    """A whole life, asked for its numbers at every step as one that watches would."""
    with trio.fail_after(60):
        async with Session(config) as session:
            one = await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
            assert one.stats().pieces.have == 0
            put("a")
            await one.verify()
            while one.stats().pieces.have < 20:
                await trio.sleep(0.005)
            await one.wait_stopped()
            assert one.stats() == fresh(one)
            assert one.stats().bytes.completed == len(made.content)
            await one.start()
            await reaches(one, TorrentStatus.SEEDING)
            assert one.stats().status is TorrentStatus.SEEDING
            assert one.life.numbers is None
            await one.stop()
            assert one.stats().status in (TorrentStatus.STOPPING, TorrentStatus.STOPPED)
            await one.wait_stopped()
            stopped = one.stats()
            assert (stopped.status, stopped) == (TorrentStatus.STOPPED, fresh(one))
            assert one.stats() is stopped
            one.life.fail("no space left")
            assert one.stats().error == "no space left"
            with pytest.raises(SessionError, match="no space left"):
                await one.wait_stopped()
            await one.start()
            assert one.stats().error == ""
            await reaches(one, TorrentStatus.SEEDING)
            assert one.stats().pieces.have == 20


async def test_a_torrent_that_waits_for_its_turn_says_so_in_its_numbers(torrent, config, reaches):
    narrow = replace(config, session=replace(config.session, max_active_downloads=1))
    with trio.fail_after(60):
        async with Session(narrow) as session:
            first = await session.add_uri(f"magnet:?xt=urn:btih:{'ab' * 20}")
            second = await session.add_torrent(torrent, AddOptions(stopped=True))
            assert second.stats().status is TorrentStatus.STOPPED
            await second.start()
            await reaches(second, TorrentStatus.QUEUED)
            assert second.stats().status is TorrentStatus.QUEUED
            assert second.stats() is second.stats()
            await first.stop()
            await reaches(second, TorrentStatus.DOWNLOADING)
            assert second.stats().status is TorrentStatus.DOWNLOADING

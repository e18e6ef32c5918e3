"""Torrents are taken up whole, or not at all."""

from dataclasses import replace

import pytest

from raincore import AddOptions, Session
from raincore.base.errors import NoSpace
from raincore.formats import metainfo
from raincore.session.enrolment import parsed
from raincore.storage.session_store import Loaded, Saved, SessionStore
from raincore.storage.torrent_record import Counts, TorrentRecord


def saved(info: bytes | None, info_hash: str) -> Saved:
    return Saved(TorrentRecord(id="a", info_hash=info_hash), Counts(), info)


def test_info_dictionaries_are_checked_against_their_hash(made):
    right = made.info.info_hash.hex()
    for info, info_hash, known in (
        (made.info.raw, right, True),
        (made.info.raw, "ab" * 20, False),
        (b"de", right, False),
        (None, right, False),
    ):
        loaded = Loaded([saved(info, info_hash)])
        assert bool(parsed(loaded)) is known
        assert bool(loaded.torrents) is (known or info is None)
        assert bool(loaded.damaged) is not bool(loaded.torrents)


async def test_what_the_disk_refuses_is_not_added(torrent, config, monkeypatch):
    async with Session(config) as session:
        free = session.stats().ports_available
        apply = SessionStore.apply

        def refuse(self, changes) -> None:
            raise NoSpace("cannot write the session's database: no space left on device")

        monkeypatch.setattr(SessionStore, "apply", refuse)
        with pytest.raises(NoSpace):
            await session.add_torrent(torrent, AddOptions(id="a"))
        assert session.torrents() == []
        assert session.stats().ports_available == free
        monkeypatch.setattr(SessionStore, "apply", apply)
        await session.add_torrent(torrent, AddOptions(id="a", stopped=True))
    async with Session(config) as session:
        assert [one.id for one in session.torrents()] == ["a"]


async def test_torrents_keep_to_the_ports_of_a_range_that_has_changed(torrent, config):
    async with Session(config) as session:
        one = await session.add_torrent(torrent, AddOptions(stopped=True))
        assert one.port in range(21000, 21900)

    moved = replace(config.session, port_begin=22000, port_end=22001)
    async with Session(replace(config, session=moved)) as session:
        assert [one.port for one in session.torrents()] == [22000]
        assert metainfo.parse(session.torrents()[0].metainfo()).info.name == "sample"


async def test_nothing_starts_by_itself_where_that_is_not_wanted(torrent, config):

    async with Session(config) as session:
        await session.add_torrent(torrent)
    quiet = replace(config, session=replace(config.session, resume_on_startup=False))
    async with Session(quiet) as session:
        assert [one.status.value for one in session.torrents()] == ["Stopped"]

"""A row is the same object until something in it changes, and then it is another."""

from dataclasses import fields, replace
from types import SimpleNamespace

import pytest
import trio

from raincore import AddOptions, Session
from raincore.base.errors import NoSpace
from raincore.documents import events as records
from raincore.documents.session_records import TorrentStatus, TorrentSummary
from raincore.session import torrent_news, torrent_row
from raincore.storage.torrent_record import TorrentOptions, TorrentRecord

RECORD = TorrentRecord(id="a", name="n", data_dir="/d", port=1, added_at=1.0, info_hash="00" * 20)


def life():
    """What a row is made of."""
    return SimpleNamespace(
        record=RECORD, name="n", status=TorrentStatus.STOPPED, error="", revision=1, row=None
    )


def in_record(**changes):
    def change(life):
        life.record = replace(life.record, **changes)

    return change


def in_life(**changes):
    def change(life):
        for name, value in changes.items():
            setattr(life, name, value)

    return change


CHANGES = {
    "id": in_record(id="b"),
    "name": in_life(name="learned"),
    "info_hash": in_record(info_hash="11" * 20),
    "info_hash_v2": in_record(hash_v2="22" * 32),
    "port": None,  # an argument
    "added_at": in_record(added_at=2.0),
    "status": in_life(status=TorrentStatus.SEEDING),
    "error": in_life(error="disk full"),
    "labels": in_record(options=TorrentOptions(labels=("x",))),
    "completed_at": in_record(completed_at=3.0),
    "revision": in_life(revision=2),
}


def test_the_row_of_a_torrent_that_has_not_changed_is_the_same_object():
    one = life()
    assert torrent_row.of(one, 1) is torrent_row.of(one, 1)


@pytest.mark.parametrize("field", [field.name for field in fields(TorrentSummary)])
def test_a_change_of_any_field_makes_another_row(field):
    one, port = life(), 1
    before = torrent_row.of(one, port)
    if field == "port":
        port = 2
    else:
        CHANGES[field](one)
    after = torrent_row.of(one, port)
    one.row = None
    assert after == torrent_row.of(one, port)
    assert getattr(after, field) != getattr(before, field)


async def test_a_disk_that_refuses_and_works_again_changes_row_and_revision(
    torrent, config, put, reaches
):
    """Whoever follows by revisions must hear of both."""
    with trio.fail_after(60):
        async with Session(config) as session:
            put("a")
            one = await session.add_torrent(torrent, AddOptions(id="a"))
            await reaches(one, TorrentStatus.SEEDING)
            disk = one.life.torrent.machine.state.disk
            told = records.Status(info_hash=one.life.torrent.machine.state.info_hash, status="x")
            seen = []
            for error in (NoSpace("no space left"), None):
                disk.error, since = error, session.torrents_since(0).revision
                torrent_news.take(one.life, told)
                (row,) = session.changes_since(since).changed
                seen.append(row.error)
            assert seen == ["no space left", ""]

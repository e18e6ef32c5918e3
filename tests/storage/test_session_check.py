"""A check says what can be read, of a damaged database too, and changes nothing."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from raincore.base.errors import StorageError
from raincore.storage import database
from raincore.storage.session_check import check
from raincore.storage.session_store import SessionStore
from raincore.storage.torrent_record import TorrentRecord, encode


@pytest.fixture
def place(tmp_path) -> Path:
    with closing(SessionStore.open(tmp_path / "db")) as store:
        for number in range(300):
            record = TorrentRecord(id=f"t{number}", info_hash="ab" * 20)
            store.apply({f"torrent:t{number}": encode(record)})
        store.take_snapshot()
    return tmp_path / "db"


def test_a_sound_database_is_sound(place):
    assert check(place) == (300, [])


def test_records_that_cannot_be_read_are_named(place):
    with closing(sqlite3.connect(place / database.FILE_NAME)) as opened, opened:
        opened.execute("UPDATE Cache SET value = ? WHERE key = 'torrent:t7'", [b"J{"])
    copy = f"a sound copy has 300 torrents: {place / 'snapshot-1.db'}"
    assert check(place) == (299, ["torrent t7 cannot be read: row is not JSON", copy])


def test_a_torn_file_gives_what_it_has(place):
    file = place / database.FILE_NAME
    whole = file.read_bytes()
    half = len(whole) // 2
    torn = whole[:half] + b"\xff" * (len(whole) - half)
    file.write_bytes(torn)
    count, complaints = check(place)
    assert 0 < count < 300
    assert complaints[0].startswith("the database is damaged: ")
    assert "a sound copy has 300 torrents" in complaints[-1]
    assert file.read_bytes() == torn
    file.write_bytes(b"garbage" * 1000)
    count, complaints = check(place)
    assert count == 0
    assert "not a database" in complaints[0]


def test_a_database_that_has_lost_what_its_copy_has_is_not_sound(place):
    file = place / database.FILE_NAME
    lost = "the database is damaged: it has lost what its copy snapshot-1.db has"
    copy = f"a sound copy has 300 torrents: {place / 'snapshot-1.db'}"
    for lose in (lambda: file.write_bytes(b""), file.unlink):
        lose()
        count, complaints = check(place)
        assert count == 0
        assert complaints[0] == lost
        assert complaints[-1] == copy


def test_where_there_is_none_is_told(tmp_path):
    with pytest.raises(StorageError, match="there is no database"):
        check(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_log_that_cannot_be_read_in_is_no_damage(place, monkeypatch):
    (place / f"{database.FILE_NAME}-wal").write_bytes(b"")
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    monkeypatch.setattr(database, "problems", lambda file: ["unable to open database file"])
    with pytest.raises(StorageError, match="where nothing can be written, since it has a log"):
        check(place)

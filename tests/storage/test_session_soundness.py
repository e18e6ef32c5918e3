"""What must not be opened is refused before a byte of it has changed."""

import os
import random
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from raincore.base.errors import NoSpace, StorageError
from raincore.storage import database, session_check, session_soundness
from raincore.storage.session_soundness import Start
from raincore.storage.session_store import SessionStore
from raincore.storage.torrent_record import TorrentRecord, encode

COUNT = 60


@pytest.fixture(scope="module")
def sound(tmp_path_factory) -> Path:
    """A database that was closed."""
    place = tmp_path_factory.mktemp("sound")
    with closing(SessionStore.open(place)) as store:
        records = [TorrentRecord(id=f"t{number}", info_hash="ab" * 20) for number in range(COUNT)]
        store.apply({f"torrent:{record.id}": encode(record) for record in records})
    return place


@pytest.fixture
def place(sound, tmp_path) -> Path:
    return shutil.copytree(sound, tmp_path / "db")


def content(place: Path) -> dict[str, bytes]:
    """What a person would miss; the index of the log is made anew by every reader."""
    found = {p.name: p.read_bytes() for p in place.iterdir() if p.is_file()}
    return {name: data for name, data in found.items() if data and not name.endswith("-shm")}


def execute(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as opened, opened:
        for statement in statements:
            opened.execute(statement)


def refused(place: Path) -> str:
    """Why a database is not opened; that changes nothing of it."""
    before = content(place)
    with pytest.raises(StorageError) as told:
        SessionStore.open(place).close()
    assert content(place) == before
    assert str(place) in str(told.value)
    return str(told.value)


def test_what_is_not_there_or_empty_is_a_beginning(tmp_path):
    assert session_soundness.look(tmp_path) == Start(1, 0)
    (tmp_path / database.FILE_NAME).write_bytes(b"")
    assert session_soundness.look(tmp_path) == Start(1, 0)


def test_what_was_emptied_is_no_beginning(place):
    (place / database.FILE_NAME).write_bytes(b"")
    with pytest.raises(StorageError, match=r"it is empty, .* nothing in it was changed"):
        SessionStore.open(place)
    assert (place / database.FILE_NAME).read_bytes() == b""


def test_a_database_says_its_version_and_its_last_start(place):
    schema, revision = session_soundness.look(place)
    assert schema == 1
    assert revision > 1e12


@pytest.mark.parametrize("made", [("Settings",), ("Settings", "Cache")])
def test_one_that_was_being_made_by_a_killed_process_is_opened(place, made):
    file = place / database.FILE_NAME
    left_out = [name for name in ("Cache", "Settings") if name not in made]
    execute(file, "DELETE FROM Cache", *(f"DROP TABLE {name}" for name in left_out))
    with closing(SessionStore.open(place)) as store:
        assert not store.load().torrents


@pytest.mark.parametrize(
    "statements",
    [
        ["CREATE TABLE bookmarks (url TEXT)"],
        ["CREATE TABLE Cache (key TEXT)", "CREATE TABLE Settings (key TEXT, value TEXT)"],
        ["CREATE TABLE Settings (key TEXT, value TEXT)", 'CREATE TABLE "a b""c" (d)'],
    ],
)
def test_a_database_of_another_program_is_left_alone(tmp_path, statements):
    execute(tmp_path / database.FILE_NAME, *statements)
    assert "of another program; nothing was changed" in refused(tmp_path)


def test_what_is_no_file_is_left_alone(tmp_path):
    (tmp_path / database.FILE_NAME).mkdir()
    assert "cannot open the session's database: " in refused(tmp_path)


def test_a_newer_version_is_left_alone(place):
    file = place / database.FILE_NAME
    execute(file, "UPDATE Cache SET value = CAST('J{\"schema\":7}' AS BLOB) WHERE key = 'session'")
    assert "newer version of rain (7, this one knows 1); nothing was changed" in refused(place)


@pytest.mark.parametrize("value", ["J{", "J7", 'J{"schema":0}', 'J{"schema":true}'])
def test_a_version_that_makes_no_sense_is_damage(place, value):
    file = place / database.FILE_NAME
    execute(file, f"UPDATE Cache SET value = CAST('{value}' AS BLOB) WHERE key = 'session'")
    assert "is damaged" in refused(place)


def test_a_schema_that_is_no_text_is_damage(place):
    file = place / database.FILE_NAME
    file.write_bytes(file.read_bytes().replace(b"AFTER UPDATE", b"AFTER \xff\xd0DATE", 1))
    assert "malformed database schema" in refused(place)
    assert "malformed database schema" in session_check.check(place)[1][0]


@pytest.mark.parametrize("seed", range(12))
def test_whatever_is_torn_loses_nothing_that_could_be_read(place, seed):
    """Cut off anywhere, bits turned, pages cleared: it is refused, or nothing is lost."""
    rng, file = random.Random(seed), place / database.FILE_NAME
    whole = bytearray(file.read_bytes())
    match seed % 4:
        case 0:
            del whole[rng.randrange(1, len(whole)) :]
        case 1:
            del whole[-rng.randrange(1, 4096) :]
        case 2:
            page = rng.randrange(len(whole) // 4096) * 4096
            whole[page : page + 4096] = bytes(4096)
        case _:
            for _ in range(rng.choice([1, 1, 30])):
                whole[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
    file.write_bytes(whole)
    before = content(place)
    try:
        store = SessionStore.open(place)
    except StorageError:
        assert content(place) == before
        session_check.check(place)
        assert content(place) == before
    else:
        with closing(store):
            loaded = store.load()
        assert len(loaded.torrents) + len(loaded.damaged) == COUNT


def test_a_full_disk_is_not_damage(place, monkeypatch):
    monkeypatch.setattr(database, "problems", lambda file: ["database or disk is full"])
    with pytest.raises(NoSpace, match="disk is full; make room"):
        session_soundness.look(place)


def test_the_remedy_names_a_copy_that_is_sound(place):
    with closing(SessionStore.open(place)) as store:
        store.take_snapshot()
        store.take_snapshot()
    os.truncate(place / database.FILE_NAME, 9000)
    assert refused(place).endswith("a sound copy is beside it: snapshot-1.db")
    os.truncate(place / "snapshot-1.db", 9000)
    assert refused(place).endswith("a sound copy is beside it: snapshot-2.db")
    os.truncate(place / "snapshot-2.db", 9000)
    assert refused(place).endswith("--check-database says what can be read")

"""What survives a restart."""

import json
import os
import pickle
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha1, sha256
from pathlib import Path

import pytest

from raincore.base.errors import StorageError
from raincore.storage import database, resume_store
from raincore.storage.resume_store import ResumeRecord, ResumeStore

RECORD = ResumeRecord("ab" * 20, "/data", ((5, 17), None, (3, 0)), b"\xc0")


@pytest.fixture
def store(tmp_path):
    opened = ResumeStore.open(tmp_path / "resume")
    yield opened
    opened.close()


def change_row(store, sql, *values):
    with closing(sqlite3.connect(store.directory / "cache.db")) as connection, connection:
        connection.execute(sql, values)


def test_a_saved_record_is_loaded_by_another_process_later(store):
    store.save(RECORD)
    with closing(ResumeStore.open(store.directory)) as again:
        assert again.load(RECORD.info_hash, RECORD.directory) == (RECORD, "")


def test_nothing_saved_is_no_record_and_no_reason(store):
    assert store.load(RECORD.info_hash, RECORD.directory) == (None, "")


def test_the_same_torrent_in_another_directory_is_another_record(store):
    store.save(RECORD)
    assert store.load(RECORD.info_hash, "/elsewhere") == (None, "")


def test_a_directory_whose_name_is_not_utf_8_works(store):
    record = ResumeRecord("ab" * 20, os.fsdecode(b"/d\xff"), (), b"")
    store.save(record)
    assert store.load(record.info_hash, record.directory) == (record, "")


def test_only_the_owner_may_look(store):
    assert store.directory.stat().st_mode & 0o777 == 0o700


def test_large_values_stay_inside_the_database(store):
    store.save(ResumeRecord("ab" * 20, "/d", (), bytes(1 << 20)))
    names = {path.name for path in store.directory.rglob("*") if path.is_file()}
    assert names <= {"cache.db", "cache.db-wal", "cache.db-shm"}


def damaged(store):
    record, reason = store.load(RECORD.info_hash, RECORD.directory)
    return record is None and "damaged" in reason


@pytest.mark.parametrize("mode", [0, 2, 3, 4, 5])
def test_rows_of_other_modes_are_refused(store, mode):
    store.save(RECORD)
    change_row(store, "UPDATE Cache SET mode = ?", mode)
    assert damaged(store)


def test_a_pickle_is_never_loaded(store, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(tmp_path / "owned"),))

    store.save(RECORD)
    change_row(store, "UPDATE Cache SET mode = 4, value = ?", pickle.dumps(Bomb()))
    assert damaged(store)
    (tmp_path / "evil").write_bytes(pickle.dumps(Bomb()))
    change_row(store, "UPDATE Cache SET value = NULL, filename = ?", "../evil")
    assert damaged(store)
    change_row(store, "UPDATE Cache SET mode = 1")
    assert damaged(store)
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize("value", ["text", 7, None, b"", b"X", b"J", b"J{", b"J" + b"[" * 9999])
def test_values_without_our_tag_are_refused(store, value):
    store.save(RECORD)
    change_row(store, "UPDATE Cache SET value = ?", value)
    assert damaged(store)


GOOD = {
    "v": 1,
    "info_hash": RECORD.info_hash,
    "directory": RECORD.directory,
    "files": [[5, 17], None],
    "have": "wA==",
}


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": None},
        {"info_hash": 5},
        {"info_hash": "cd" * 20},
        {"directory": "/other"},
        {"directory": None},
        {"have": "?"},
        {"have": "é"},
        {"have": []},
        {"files": 5},
        {"files": [5]},
        {"files": [[1, 2, 3]]},
        {"files": [[True, 2]]},
        {"files": [["1", 2]]},
    ],
)
def test_a_record_is_believed_only_if_every_field_is_right(store, change):
    store.save(RECORD)
    change_row(store, "UPDATE Cache SET value = ?", b"J" + json.dumps(GOOD | change).encode())
    assert damaged(store)


@pytest.mark.parametrize("value", [b"J5", b"J[]", b"Braw"])
def test_a_row_of_another_shape_is_no_record(store, value):
    store.save(RECORD)
    change_row(store, "UPDATE Cache SET value = ?", value)
    assert damaged(store)


def test_a_raw_info_dictionary_is_kept_and_checked(store):
    raw = b"d4:name1:ae"
    for name in (sha1(raw).hexdigest(), sha256(raw).hexdigest()[:40]):
        store.save_info(name, raw)
        assert store.load_info(name) == raw
    store.save_info("00" * 20, raw)
    assert store.load_info("00" * 20) is None
    assert store.load_info("11" * 20) is None
    change_row(store, "UPDATE Cache SET value = ?", b"J1")
    assert store.load_info("00" * 20) is None
    change_row(store, "UPDATE Cache SET mode = 4")
    assert store.load_info("00" * 20) is None


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path):
    (tmp_path / "cache.db").write_bytes(b"garbage" * 1000)
    with pytest.raises(StorageError, match="cannot open resume state: file is not a database"):
        ResumeStore.open(tmp_path)


def test_a_place_that_cannot_be_created_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot open resume state: not a directory"):
        ResumeStore.open(tmp_path / "file" / "resume")


def test_a_name_that_would_be_expanded_is_refused(tmp_path):
    with pytest.raises(StorageError, match=r"name with \$"):
        ResumeStore.open(tmp_path / "$HOME")


def test_a_locked_database_is_an_error_soon(store, monkeypatch):
    monkeypatch.setattr(database, "LOCK_TIMEOUT_SECONDS", 0.01)
    with closing(sqlite3.connect(store.directory / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StorageError, match="locked"):
            ResumeStore.open(store.directory)


@pytest.fixture
def broken(store, monkeypatch):
    def fail(*_, **__):
        raise sqlite3.OperationalError("disk I/O error")

    for name in ("get", "set"):
        monkeypatch.setattr(store.cache, name, fail)
    return store


def test_a_failing_database_is_an_error_when_writing_and_a_reason_when_reading(broken):
    with pytest.raises(StorageError, match="disk I/O error"):
        broken.save(RECORD)
    record, reason = broken.load(RECORD.info_hash, RECORD.directory)
    assert record is None
    assert "disk I/O error" in reason
    assert broken.load_info("00" * 20) is None


def test_a_value_that_was_not_stored_is_an_error(store, monkeypatch):
    monkeypatch.setattr(store.cache, "set", lambda *_: False)
    with pytest.raises(StorageError):
        store.save(RECORD)


def test_two_processes_write_at_once(store):
    code = (
        "import sys; from pathlib import Path\n"
        "from raincore.storage.resume_store import ResumeRecord, ResumeStore\n"
        "store = ResumeStore.open(Path(sys.argv[1]))\n"
        "for n in range(20): store.save(ResumeRecord(sys.argv[2], '/d', ((n, n),), b''))\n"
    )
    root = str(Path(resume_store.__file__).parents[2])
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(store.directory), name * 20],
            env={**os.environ, "PYTHONPATH": root},
        )
        for name in ("aa", "bb")
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0]
    for name in ("aa", "bb"):
        assert store.load(name * 20, "/d")[0].files == ((19, 19),)


def test_the_default_place_is_the_users_state_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert resume_store.default_directory() == tmp_path / "rain" / "resume"

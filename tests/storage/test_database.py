"""Only what we write is read; everything else in a database is refused."""

import sqlite3
from contextlib import suppress

import pytest

from raincore.base.errors import FormatError, NoSpace, StorageError
from raincore.storage import database
from raincore.storage.database import InlineDisk


def test_values_come_back_as_they_were(tmp_path):
    opened = database.open_database(tmp_path / "d", "things")
    opened.set("bytes", b"\0\xff")
    opened.set("json", {"a": [1, None, "x"]})
    assert opened.get("bytes") == b"\0\xff"
    assert opened.get("json") == {"a": [1, None, "x"]}
    assert sorted(opened) == ["bytes", "json"]
    opened.close()


def test_numbers_that_json_does_not_have_are_refused(tmp_path):
    opened = database.open_database(tmp_path / "d", "things")
    with pytest.raises(ValueError, match="JSON"):
        opened.set("nan", float("nan"))
    opened.close()


def test_errors_say_what_it_was_about(tmp_path):
    (tmp_path / database.FILE_NAME).write_bytes(b"garbage" * 1000)
    with pytest.raises(StorageError, match="cannot open things: file is not a database"):
        database.open_database(tmp_path, "things")
    said = database.failure(database.FAILURES[1](), tmp_path, "read", "things")
    assert "cannot read things: locked by another process" in str(said)
    said = database.failure(sqlite3.OperationalError("disk I/O error"), tmp_path, "read", "things")
    assert "cannot read things: disk I/O error" in str(said)


def test_the_disk_takes_str_keys_and_no_streams():
    disk = InlineDisk("/nowhere")
    with pytest.raises(TypeError):
        disk.put(5)
    with pytest.raises(TypeError):
        disk.store(b"", read=True)
    for key, raw in ((b"pickle", False), ("text", False), (b"bytes", True)):
        with pytest.raises(FormatError):
            disk.get(key, raw)
    assert disk.get("text", True) == "text"


def test_an_error_of_a_full_disk_is_told_as_what_it_is(tmp_path, monkeypatch):
    error = sqlite3.OperationalError("disk I/O error")
    assert not isinstance(database.failure(error, tmp_path, "open", "things"), NoSpace)
    monkeypatch.setattr(database, "ROOM_BYTES", 1 << 62)
    told = database.failure(error, tmp_path, "open", "things")
    assert isinstance(told, NoSpace)
    assert str(told) == f"cannot open things: disk is full; make room: {tmp_path}"
    assert database.has_room(tmp_path / "nowhere")


def test_many_rows_are_set_and_deleted_together(tmp_path):
    opened = database.open_database(tmp_path / "d", "things")
    old = {f"old {number}": number for number in range(200)}
    database.write(opened, old)
    assert dict(database.rows(tmp_path / "d" / database.FILE_NAME)) == old
    new = {f"new {number}": bytes([number]) for number in range(200)}
    changed = {f"old {number}": [None, "x"] for number in range(150, 200)}
    database.write(opened, {**dict.fromkeys(list(old)[:150]), **new, **changed, "none": None})
    assert dict(database.rows(tmp_path / "d" / database.FILE_NAME)) == {**new, **changed}
    assert len(opened) == 250
    assert opened.get("old 150") == [None, "x"]
    assert opened.check() == []
    opened.close()


def test_a_row_that_was_set_by_diskcache_becomes_like_all_others(tmp_path):
    opened = database.open_database(tmp_path / "d", "things")
    opened.set("one", "old", expire=1e9, tag="t")
    database.write(opened, {"one": "new"})
    assert opened.get("one", expire_time=True, tag=True) == ("new", None, None)
    opened.close()


def test_what_is_written_together_is_written_as_a_whole_or_not_at_all(tmp_path):
    opened = database.open_database(tmp_path / "d", "things")
    database.write(opened, {"one": 1})
    for bad, kind in ((object(), TypeError), (float("nan"), ValueError)):
        with pytest.raises(kind):
            database.write(opened, {"one": None, "two": 2, "bad": bad})
    with suppress(KeyError), opened.transact():
        database.write(opened, {"one": 2})
        raise KeyError
    database.write(opened, {})
    assert dict(database.rows(tmp_path / "d" / database.FILE_NAME)) == {"one": 1}
    opened.close()

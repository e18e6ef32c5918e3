"""Reading a database leaves nothing beside it where nothing can be written."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from raincore.storage import database, read_only
from raincore.storage.session_store import SessionStore


@pytest.fixture
def file(tmp_path) -> Path:
    with closing(SessionStore.open(tmp_path / "db")) as store:
        store.apply({"torrent:a": {}})
    return tmp_path / "db" / database.FILE_NAME


def forbid(monkeypatch, place):
    """Root may write everywhere but on a read-only disk."""
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != place)


def test_a_database_without_a_log_is_read_without_an_index(file, monkeypatch):
    before = sorted(path.name for path in file.parent.iterdir())
    forbid(monkeypatch, file.parent)
    assert database.problems(file) == []
    assert ("torrent:a", {}) in database.rows(file)
    assert database.row(file, "torrent:a") == {}
    assert sorted(path.name for path in file.parent.iterdir()) == before
    assert not read_only.has_unreadable_log(file)


def test_a_log_is_read_where_there_is_one(file, monkeypatch):
    with closing(sqlite3.connect(file)) as writer:
        writer.execute("DELETE FROM Cache")
        writer.commit()
        forbid(monkeypatch, file.parent)
        assert list(database.rows(file)) == []
        assert read_only.has_unreadable_log(file)


def test_what_is_not_there_is_not_made(tmp_path):
    with pytest.raises(sqlite3.Error), closing(read_only.opened(tmp_path / "none")) as opened:
        opened.execute("SELECT 1")
    assert list(tmp_path.iterdir()) == []

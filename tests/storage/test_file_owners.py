"""Whose a file is, among torrents and processes."""

import pytest

from raincore.base.errors import WriteError
from raincore.base.storage_errors import InUse
from raincore.storage.claims import Claims
from raincore.storage.content_lock import ContentLock, ContentLocks
from raincore.storage.file_owners import FileOwners


@pytest.fixture
def path(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return str(tmp_path / "a")


def test_where_there_is_nobody_else_all_is_ours(path):
    alone = FileOwners(None, None)
    assert alone.claim(path)
    assert alone.in_the_way(path) is None
    alone.release([path])


def test_another_torrent_is_in_the_way_until_it_lets_go(path):
    claims, locks = Claims(), ContentLocks()
    first, second = (FileOwners(claims, ContentLock(locks, path)) for _ in "ab")
    assert first.claim(path)
    error = second.in_the_way(path)
    assert isinstance(error, WriteError)
    assert "another torrent" in str(error)
    first.release([path])
    first.release([path])
    assert second.in_the_way(path) is None
    second.release([path])


def test_another_process_is_in_the_way_once_it_writes(path):
    ours, theirs = (FileOwners(Claims(), ContentLock(ContentLocks(), path)) for _ in "ab")
    assert theirs.claim(path), "who only reads is in nobody's way"
    assert ours.in_the_way(path) is None
    assert isinstance(theirs.in_the_way(path), InUse)
    ours.release([path])
    assert theirs.in_the_way(path) is None
    theirs.release([path])

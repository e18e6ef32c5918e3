"""One process at a time writes content at one place."""

import os
import subprocess
import sys

import pytest

from raincore.base.storage_errors import InUse
from raincore.storage import content_lock
from raincore.storage.content_lock import ContentLock, ContentLocks

HOLD = """
import sys
from raincore.storage.content_lock import ContentLock, ContentLocks
lock = ContentLock(ContentLocks(), sys.argv[1])
print(lock.obstacle(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def own_state(monkeypatch, tmp_path):
    """State goes to the test's own directory."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def path(own_state, tmp_path):
    return str(tmp_path / "photos")


def test_another_process_is_told_in_one_line(path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "None\n"
        lock = ContentLock(ContentLocks(), path)
        error = lock.obstacle()
        assert isinstance(error, InUse)
        assert str(error).startswith("another process is writing it; wait for it, or choose")
        assert str(error).endswith(path)
        other.communicate("", timeout=60)
        assert lock.obstacle() is None
        lock.release()


def test_torrents_of_one_process_share_it_and_the_last_gives_it_up(path):
    here, elsewhere = ContentLocks(), ContentLock(ContentLocks(), path)
    first, second = ContentLock(here, path), ContentLock(here, path)
    assert first.obstacle() is None
    assert first.obstacle() is None
    assert second.obstacle() is None
    first.release()
    first.release()
    assert isinstance(elsewhere.obstacle(), InUse)
    second.release()
    assert elsewhere.obstacle() is None
    elsewhere.release()


def test_where_descriptors_are_scarce_it_is_looked_at_and_not_kept(path):
    held, scarce = ContentLock(ContentLocks(), path), ContentLocks(lambda: True)
    assert held.obstacle() is None
    mine, other = ContentLock(scarce, path), ContentLock(scarce, path)
    assert isinstance(mine.obstacle(), InUse)
    held.release()
    before = os.listdir("/proc/self/fd")
    assert [mine.obstacle(), other.obstacle()] == [None, None]
    assert len(os.listdir("/proc/self/fd")) == len(before)
    assert held.obstacle() is None, "nobody is kept from it"
    for lock in (mine, other, held):
        lock.release()


def test_a_way_through_a_symlink_leads_to_the_same_lock(own_state, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    places = {content_lock.place_of(f"{tmp_path}/{name}/photos") for name in ("real", "link")}
    assert len(places) == 1


def test_where_no_lock_can_be_had_nobody_is_kept_from_anything(path, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    first, second = (ContentLock(ContentLocks(), path) for _ in "ab")
    assert first.obstacle() is None
    assert second.obstacle() is None
    first.release()
    second.release()

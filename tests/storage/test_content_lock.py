"""One process at a time writes content at one place."""

import os
import shutil
import subprocess
import sys

import pytest

from raincore.base.storage_errors import InUse
from raincore.storage import content_lock
from raincore.storage.content_lock import ContentLock, ContentLocks, RealPaths

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


def test_locks_need_neither_files_nor_descriptors_of_their_own(own_state, tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    locks = ContentLocks()
    held = [ContentLock(locks, str(tmp_path / f"photos {number}")) for number in range(50)]
    assert {lock.obstacle() for lock in held} == {None}
    assert len(os.listdir(tmp_path / "state" / "rain" / "locks")) <= content_lock.FILES
    assert len(os.listdir("/proc/self/fd")) <= before + content_lock.FILES
    for lock in held:
        lock.release()
    assert len(os.listdir("/proc/self/fd")) == before


def test_one_that_is_held_is_refused_after_all_others_were_given_up(own_state, tmp_path):
    here, there = ContentLocks(), ContentLocks()
    paths = [str(tmp_path / f"photos {number}") for number in range(50)]
    ours = [ContentLock(here, path) for path in paths]
    assert {lock.obstacle() for lock in ours} == {None}
    for lock in ours[1:]:
        lock.release()
    theirs = [ContentLock(there, path) for path in paths]
    assert [lock.obstacle() is None for lock in theirs] == [False] + 49 * [True]
    for lock in (ours[0], *theirs):
        lock.release()


def test_whoever_clears_the_directory_does_not_let_anybody_in_for_long(path, tmp_path):
    one, other = ContentLocks(), ContentLocks()
    elsewhere = str(tmp_path / "films")
    old = ContentLock(one, path)
    assert old.obstacle() is None
    shutil.rmtree(tmp_path / "state")
    first, second = ContentLock(one, elsewhere), ContentLock(other, elsewhere)
    assert first.obstacle() is None
    assert isinstance(second.obstacle(), InUse)
    old.release()
    assert isinstance(second.obstacle(), InUse)
    first.release()


def test_a_way_through_a_symlink_leads_to_the_same_lock(own_state, tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    locks = ContentLocks()
    places = {locks.place_of(f"{tmp_path}/{name}/photos") for name in ("real", "link")}
    assert len(places) == 1


def test_a_way_is_walked_once_for_many_and_anew_when_it_leads_elsewhere(tmp_path, monkeypatch):
    walks = []
    walk = os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path: walks.append(path) or walk(path))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    link = tmp_path / "link"
    link.symlink_to("a")
    now = 0.0
    paths = RealPaths(lambda: now)
    assert [paths.of(str(link)) for _ in range(3)] == 3 * [str(tmp_path / "a")]
    assert len(walks) == 1
    link.unlink()
    link.symlink_to("b")
    assert paths.of(str(link)) == str(tmp_path / "b")
    (tmp_path / "b").rename(tmp_path / "c")
    link.unlink()
    link.symlink_to("c")
    now = 1.0
    assert paths.of(str(link)) == str(tmp_path / "c")


def test_a_directory_that_is_not_there_yet_is_looked_for_each_time(tmp_path):
    paths = RealPaths()
    (tmp_path / "link").symlink_to("real")
    assert paths.of(f"{tmp_path}/link/x") == f"{tmp_path}/real/x"
    (tmp_path / "real").symlink_to("there")
    assert paths.of(f"{tmp_path}/link/x") == f"{tmp_path}/there/x"


def test_where_no_lock_can_be_had_nobody_is_kept_from_anything(path, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    first, second = (ContentLock(ContentLocks(), path) for _ in "ab")
    assert first.obstacle() is None
    assert second.obstacle() is None
    first.release()
    second.release()

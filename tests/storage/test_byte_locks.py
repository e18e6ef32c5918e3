"""Many locks in one file."""

import errno
import fcntl
import os
import subprocess
import sys

import pytest

from raincore.storage.byte_locks import ByteLocks

HOLD = """
import sys
from raincore.storage.byte_locks import ByteLocks
locks = ByteLocks.open(sys.argv[1])
print(locks.take(7), flush=True)
sys.stdin.read()
"""

LAST = 2**63 - 2


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "below" / "locks")


def test_one_at_a_time_holds_a_lock_and_the_others_are_free(path):
    first, second = ByteLocks.open(path), ByteLocks.open(path)
    assert first.take(7)
    assert first.take(7)
    assert not second.take(7)
    assert [second.take(number) for number in (0, 6, 8, LAST)] == 4 * [True]
    assert not first.take(LAST)
    first.release(7)
    assert second.take(7)
    assert os.stat(path).st_size == 0


def test_all_end_with_who_has_opened_the_file(path):
    first, second = ByteLocks.open(path), ByteLocks.open(path)
    assert first.take(7)
    before = len(os.listdir("/proc/self/fd"))
    del first
    assert len(os.listdir("/proc/self/fd")) == before - 1
    assert second.take(7)


def test_all_end_with_a_process_that_is_killed(path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        locks = ByteLocks.open(path)
        assert not locks.take(7)
        other.kill()
        other.wait(60)
        assert locks.take(7)


def test_it_is_seen_when_others_find_another_file(path):
    locks = ByteLocks.open(path)
    assert locks.is_at(path)
    os.unlink(path)
    assert not locks.is_at(path)
    assert ByteLocks.open(path).is_at(path)
    assert not locks.is_at(path)


def test_nobody_else_may_read_the_file_or_lead_us_to_another(path):
    ByteLocks.open(path)
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert os.stat(os.path.dirname(path)).st_mode & 0o777 == 0o700
    os.rename(path, f"{path}.real")
    os.symlink(f"{path}.real", path)
    with pytest.raises(OSError, match="symbolic link"):
        ByteLocks.open(path)


def test_a_file_system_without_locks_is_told_from_a_lock_that_is_held(path, monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    locks = ByteLocks.open(path)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    with pytest.raises(OSError, match="No locks"):
        locks.take(7)

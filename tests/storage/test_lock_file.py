import errno
import fcntl
import os
import subprocess
import sys

import pytest

from raincore.storage.lock_file import LockFile

HOLD = """
import sys
from raincore.storage.lock_file import LockFile
lock = LockFile(sys.argv[1])
print(lock.take(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "below" / "it.lock")


def test_one_at_a_time_holds_it(path):
    first, second = LockFile(path), LockFile(path)
    assert first.take()
    assert first.take()
    assert not second.take()
    first.release()
    first.release()
    assert not os.path.exists(path)
    assert second.take()
    assert not first.take()
    second.release()


def test_a_process_that_was_killed_is_in_nobody_s_way(path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"True\n"
        lock = LockFile(path)
        assert not lock.take()
        holder.kill()
        holder.wait()
        assert os.path.exists(path)
        assert lock.take()
    lock.release()
    assert not os.path.exists(path)


def test_a_file_that_was_removed_while_we_took_it_is_taken_anew(path, monkeypatch):
    lock, real = LockFile(path), fcntl.flock
    calls = []

    def flock(descriptor, operation):
        real(descriptor, operation)
        calls.append(operation)
        if len(calls) == 1:
            os.unlink(path)  # as its holder does, between our opening and locking it
        if len(calls) == 2:
            os.rename(path, path + "x")
            open(path, "wb").close()

    monkeypatch.setattr(fcntl, "flock", flock)
    assert lock.take()
    assert len(calls) == 3
    monkeypatch.undo()
    assert not LockFile(path).take()
    lock.release()


def test_where_there_are_no_locks_everybody_goes_on(path, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(errno.ENOLCK, "no locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    first, second = LockFile(path), LockFile(path)
    assert first.take()
    assert second.take()
    first.release()
    second.release()


def test_what_else_fails_is_told(path, monkeypatch):
    def flock(descriptor, operation):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="input"):
        LockFile(path).take()

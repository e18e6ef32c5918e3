"""Nothing is read on the event loop that might have to be waited for."""

import errno
import os

import pytest

from raincore.storage import unwaited_read


@pytest.fixture
def descriptor(tmp_path):
    (tmp_path / "a").write_bytes(b"abcd")
    opened = os.open(tmp_path / "a", os.O_RDONLY)
    yield opened
    os.close(opened)


def test_a_file_that_is_too_short_fills_nothing(descriptor):
    assert not unwaited_read.fill(descriptor, memoryview(bytearray(9)), 0)


@pytest.mark.parametrize(
    ("first", "then", "in_memory", "answer"),
    [
        (None, None, False, True),
        (errno.EAGAIN, None, True, False),
        (errno.EOPNOTSUPP, None, True, True),
        (errno.EOPNOTSUPP, None, False, False),
        (errno.EOPNOTSUPP, errno.EIO, True, False),
        (errno.EIO, None, True, False),
    ],
)
def test_it_knows_what_the_system_means(descriptor, monkeypatch, first, then, in_memory, answer):
    real = os.preadv

    def preadv(descriptor, buffers, offset, flags=0):
        number = first if flags else then
        if number:
            raise OSError(number, os.strerror(number))
        return real(descriptor, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    monkeypatch.setattr(unwaited_read, "is_in_memory", lambda device: in_memory)
    assert unwaited_read.fill(descriptor, memoryview(bytearray(4)), 0) is answer


def test_what_is_in_memory_is_known():
    if os.path.exists("/dev/shm"):
        assert unwaited_read.is_in_memory(os.stat("/dev/shm").st_dev)
    assert not unwaited_read.is_in_memory(os.makedev(4095, 1234))

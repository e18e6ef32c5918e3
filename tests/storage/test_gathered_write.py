"""Many buffers written as one run of a file."""

import errno
import os

import pytest

from raincore.storage import gathered_write


def views(*parts):
    return [memoryview(part) for part in parts]


@pytest.fixture
def file(tmp_path):
    descriptor = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)
    yield descriptor
    os.close(descriptor)


@pytest.mark.parametrize("length", range(8))
def test_taking_removes_bytes_from_the_front(length):
    buffers = views(b"ab", b"", b"cde", b"fg")
    assert b"".join(gathered_write.take(buffers, length)) == b"abcdefg"[:length]
    assert b"".join(buffers) == b"abcdefg"[length:]


def test_everything_is_written_in_order(file):
    gathered_write.write_all(file, views(b"ab", b"cde"), 3)
    assert os.pread(file, 99, 0) == b"\0\0\0abcde"


def test_more_buffers_than_the_system_takes_at_once(file, monkeypatch):
    monkeypatch.setattr(gathered_write, "BUFFERS_PER_CALL", 2)
    gathered_write.write_all(file, views(b"a", b"b", b"c", b"d", b"e"), 0)
    assert os.pread(file, 99, 0) == b"abcde"


def test_short_writes_go_on(file, monkeypatch):
    real = os.pwritev
    monkeypatch.setattr(os, "pwritev", lambda f, b, o: real(f, [b[0][:2]], o))
    gathered_write.write_all(file, views(b"abc", b"def", b"ghi"), 0)
    assert os.pread(file, 99, 0) == b"abcdefghi"


def test_a_write_that_writes_nothing_is_a_full_disk(file, monkeypatch):
    monkeypatch.setattr(os, "pwritev", lambda *_: 0)
    with pytest.raises(OSError, match="No space") as caught:
        gathered_write.write_all(file, views(b"a"), 0)
    assert caught.value.errno == errno.ENOSPC

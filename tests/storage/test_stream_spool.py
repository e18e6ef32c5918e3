"""Bytes of a stream kept for a second look: in memory while few, then in a nameless file."""

import os
import resource

import pytest

from raincore.base.errors import WriteError
from raincore.storage.stream_spool import Spool
from tests.storage import archives

DATA = archives.content(3_000_000)


def read(spool, place, length):
    view = memoryview(bytearray(length))
    spool.read_at(place, view)
    return bytes(view)


@pytest.fixture
def spool(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    made = Spool()
    yield made
    made.close()


def test_what_was_written_is_read_anywhere_before_and_after_it_went_to_disk(spool, tmp_path):
    assert spool.write(memoryview(DATA[:2_000_000])) == 0
    assert read(spool, 1_000_000, 1000) == DATA[1_000_000:1_001_000]
    assert spool.directory is None
    assert spool.to_disk() == spool.directory == str(tmp_path)
    assert spool.write(memoryview(DATA[2_000_000:])) == 2_000_000
    assert read(spool, 0, len(DATA)) == DATA


def test_on_disk_it_has_no_name(spool, tmp_path):
    spool.write(memoryview(b"secret"))
    spool.to_disk()
    assert os.listdir(tmp_path) == []
    assert os.fstat(spool.descriptor).st_nlink == 0


def test_what_is_forgotten_takes_no_room(spool):
    spool.write(memoryview(DATA))
    spool.clear()
    assert spool.size == 0
    assert os.fstat(spool.descriptor).st_blocks == 0
    assert spool.write(memoryview(b"new")) == 0


def test_a_disk_that_takes_no_more_says_so(spool, tmp_path):
    spool.write(memoryview(DATA))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(
            WriteError, match=f"cannot keep an archive in: file too large: {tmp_path}"
        ):
            spool.to_disk()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

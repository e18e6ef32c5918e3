"""What memory adds to the promises of test_interface."""

import pytest

from raincore.base.geometry import Geometry
from raincore.storage.memory_storage import MemoryStorage


def test_content_may_be_there_from_the_start():
    storage = MemoryStorage(Geometry(4, (3, 2)), content=b"abcde")
    assert bytes(storage.content) == b"abcde"
    assert [size for size, _ in storage.fingerprint()] == [3, 2]


def test_more_content_than_the_torrent_has_is_a_bug():
    with pytest.raises(IndexError):
        MemoryStorage(Geometry(4, (3,)), content=b"abcd")


def test_each_write_changes_the_fingerprint():
    storage = MemoryStorage(Geometry(4, (3, 2)), content=b"abcde")
    before = storage.fingerprint()
    storage.write(0, [memoryview(b"a")])
    after = storage.fingerprint()
    assert before[0] != after[0]
    assert before[1] == after[1]

"""The promises of Storage, kept by every implementation."""

from itertools import product
from random import Random

import pytest

from raincore.base.geometry import Geometry
from raincore.storage.file_storage import FileStorage
from raincore.storage.interface import Storage
from raincore.storage.layout import Layout, PlacedFile
from raincore.storage.memory_storage import MemoryStorage

PIECE = 8
NEAR_PIECE = [0, 1, PIECE - 1, PIECE, PIECE + 1]


def on_disk(tmp_path, geometry, padding):
    files = tuple(
        PlacedFile(() if index in padding else ("t", f"d{index % 2}", str(index)), length)
        for index, length in enumerate(geometry.file_lengths)
    )
    return FileStorage(Layout(tmp_path, files), geometry, writable=True)


def in_memory(tmp_path, geometry, padding):
    return MemoryStorage(geometry, padding)


@pytest.fixture(params=[on_disk, in_memory])
def make(request, tmp_path):
    made = []

    def build(lengths, padding=()):
        geometry = Geometry(PIECE, lengths)
        storage: Storage = request.param(tmp_path / str(len(made)), geometry, padding)
        made.append(storage)
        return storage

    yield build
    for storage in made:
        storage.close()
        storage.close()


def read(storage, offset, length):
    buffer = bytearray(b"?" * length)
    got = storage.read_into(offset, memoryview(buffer))
    return bytes(buffer[:got])


def write(storage, offset, *parts):
    storage.write(offset, [memoryview(part) for part in parts])


def test_what_was_written_is_read_whatever_the_layout(make):
    for lengths in product(NEAR_PIECE, repeat=3):
        storage = make(lengths)
        total = sum(lengths)
        content = Random(total).randbytes(total)
        for offset in reversed(range(0, total, PIECE)):
            write(storage, offset, content[offset : offset + PIECE])
        assert read(storage, 0, total) == content
        storage.sync()
        storage.close()


def test_buffers_may_be_cut_anywhere(make):
    storage = make((3, 9, 4))
    write(storage, 1, b"a", b"", b"bcdefg", b"hijklm", b"n")
    assert read(storage, 1, 14) == b"abcdefghijklmn"


def test_a_missing_file_reads_as_nothing(make):
    storage = make((4, 4))
    assert read(storage, 0, 8) == b""
    assert read(storage, 5, 2) == b""


def test_a_short_file_ends_the_read(make):
    storage = make((8, 8))
    write(storage, 0, b"12345")
    write(storage, 8, b"rest")
    assert read(storage, 0, 16) == b"12345"
    assert read(storage, 6, 10) == b""
    assert read(storage, 8, 8) == b"rest"


def test_a_hole_reads_as_zeros(make):
    storage = make((8,))
    write(storage, 4, b"5678")
    assert read(storage, 0, 8) == b"\0\0\0\x005678"


def test_padding_reads_as_zeros_and_swallows_writes(make):
    storage = make((3, 5, 2), padding=(1,))
    write(storage, 0, b"abcXXXXXde")
    assert read(storage, 0, 10) == b"abc\0\0\0\0\0de"


def test_reading_without_waiting_fills_all_or_says_no(make):
    storage = make((8, 8))
    write(storage, 0, b"12345678abcd")
    buffer = memoryview(bytearray(12))
    assert storage.try_read_into(0, buffer)
    assert bytes(buffer) == b"12345678abcd"
    assert not storage.try_read_into(8, memoryview(bytearray(8)))


def test_bytes_outside_the_content_are_the_callers_bug(make):
    with pytest.raises(IndexError):
        read(make((4,)), 2, 3)
    with pytest.raises(IndexError):
        write(make((4,)), 2, b"abc")


def test_the_fingerprint_tells_missing_written_and_changed_apart(make):
    storage = make((4, 2, 2), padding=(1,))
    assert storage.fingerprint() == (None, (2, 0), None)
    write(storage, 0, b"ab")
    first = storage.fingerprint()
    assert first[0][0] == 2
    assert first[1:] == ((2, 0), None)


def test_finishing_creates_empty_files_and_may_be_repeated(make):
    storage = make((0, 4, 0))
    write(storage, 0, b"data")
    storage.finish()
    storage.finish()
    assert [size for size, _ in storage.fingerprint()] == [0, 4, 0]


def test_empty_content_has_nothing_to_read_or_write(make):
    storage = make((0,))
    write(storage, 0)
    assert read(storage, 0, 0) == b""
    storage.sync()


def test_content_with_data_is_no_hole(make):
    storage = make((8,))
    write(storage, 0, b"12345678")
    assert not storage.is_hole(0, 8)

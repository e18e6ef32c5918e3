"""Content that is read in one place and written in another."""

import random

import pytest

from raincore.base.geometry import Geometry
from raincore.storage.aside_storage import AsideStorage
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout, PlacedFile

LENGTHS = (10, 3, 9)
FILES = tuple(PlacedFile((f"{number}",), length) for number, length in enumerate(LENGTHS))
GEOMETRY = Geometry(8, LENGTHS)
CONTENT = bytes(range(22))


@pytest.fixture
def storage(tmp_path):
    there, aside = tmp_path / "there", tmp_path / "aside"
    there.mkdir()
    aside.mkdir()
    at = 0
    for number, length in enumerate(LENGTHS):
        (there / str(number)).write_bytes(CONTENT[at : at + length])
        at += length
    made = AsideStorage(
        FileStorage(Layout(there, FILES), GEOMETRY, writable=False),
        FileStorage(Layout(aside, FILES), GEOMETRY, writable=True),
        8,
    )
    yield made
    made.close()
    made.close()


def read(storage, offset, length):
    buffer = bytearray(length)
    got = storage.read_into(offset, memoryview(buffer))
    return bytes(buffer[:got])


def test_what_was_not_written_comes_from_there(storage):
    assert read(storage, 0, 22) == CONTENT
    assert read(storage, 7, 3) == CONTENT[7:10]


def test_what_was_written_comes_from_aside_and_nothing_there_changes(storage, tmp_path):
    before = {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()}
    finger = storage.fingerprint()
    storage.write(8, [memoryview(b"ABCD"), memoryview(b"EFGH")])
    expected = CONTENT[:8] + b"ABCDEFGH" + CONTENT[16:]
    dice = random.Random(5)
    for _ in range(50):
        begin = dice.randrange(22)
        length = dice.randrange(22 - begin + 1)
        assert read(storage, begin, length) == expected[begin : begin + length]
        buffer = bytearray(length)
        if storage.try_read_into(begin, memoryview(buffer)):
            assert bytes(buffer) == expected[begin : begin + length]
    storage.choose_files(frozenset({0}))
    storage.finish()
    storage.sync()
    assert {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()} == before
    assert storage.fingerprint() == finger
    assert storage.obstacles(range(3)) == {}
    (tmp_path / "there" / "0").write_bytes(b"x" * 10)
    assert storage.changed() == frozenset()


def test_where_a_file_is_too_short_the_rest_is_missing(storage, tmp_path):
    (tmp_path / "there" / "2").write_bytes(b"x")
    assert read(storage, 0, 22) == CONTENT[:13] + b"x"


def test_a_hole_is_one_only_if_it_is_one_everywhere(storage, tmp_path):
    (tmp_path / "there" / "0").write_bytes(b"")
    assert storage.is_hole(0, 8)
    assert not storage.is_hole(8, 8)
    storage.write(0, [memoryview(b"A" * 8)])
    assert not storage.is_hole(0, 8)

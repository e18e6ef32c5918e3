"""Existing content against its hashes."""

import hashlib
from itertools import product
from random import Random

import pytest

from raincore.base.errors import ReadError
from raincore.base.geometry import Geometry
from raincore.storage import checking, hashing
from raincore.storage.memory_storage import MemoryStorage
from raincore.storage.piece_hashes import PieceHashes

PIECE = 8


@pytest.fixture(autouse=True)
def small_reads(monkeypatch):
    monkeypatch.setattr(hashing, "READ_LENGTH", 3 * PIECE)
    monkeypatch.setattr(hashing, "RUN_LENGTH", 6 * PIECE)


def plain_digests(content, piece_length):
    """The oracle: one line, whole content in memory."""
    return b"".join(
        hashlib.sha1(content[begin : begin + piece_length]).digest()
        for begin in range(0, len(content), piece_length)
    )


def torrent(lengths, piece_length=PIECE):
    geometry = Geometry(piece_length, lengths)
    content = Random(7).randbytes(geometry.total_length)
    return geometry, content, plain_digests(content, piece_length)


def verify(storage, hashes, pieces=None, **how):
    geometry = storage.geometry
    wanted = range(geometry.piece_count) if pieces is None else pieces
    return list(checking.verify(storage, PieceHashes(geometry, hashes, []), wanted, **how))


@pytest.mark.parametrize("jobs", [1, 3])
def test_whole_content_is_good_whatever_the_layout(jobs):
    for lengths in product([0, 1, PIECE - 1, PIECE, PIECE + 1], repeat=3):
        geometry, content, hashes = torrent(lengths)
        storage = MemoryStorage(geometry, content=content)
        assert verify(storage, hashes, jobs=jobs) == list(range(geometry.piece_count))


@pytest.mark.parametrize("piece_length", [1, 5, PIECE, 3 * PIECE, 3 * PIECE + 1, 100])
def test_pieces_shorter_and_longer_than_one_read(piece_length):
    geometry, content, hashes = torrent((250, 3, 50), piece_length)
    storage = MemoryStorage(geometry, content=content)
    assert verify(storage, hashes) == list(range(geometry.piece_count))


def test_a_wrong_byte_spoils_its_piece_only():
    geometry, content, hashes = torrent((100,))
    for wrong in (0, 7, 8, 50, 99):
        changed = bytearray(content)
        changed[wrong] ^= 1
        storage = MemoryStorage(geometry, content=bytes(changed))
        expected = [piece for piece in range(geometry.piece_count) if piece != wrong // PIECE]
        assert verify(storage, hashes) == expected


class Counting(MemoryStorage):
    """Remembers what was read."""

    reads = ()

    def read_into(self, offset, buffer):
        self.reads = (*self.reads, (offset, len(buffer)))
        return super().read_into(offset, buffer)


def test_pieces_that_cannot_be_whole_are_not_read():
    geometry, content, hashes = torrent((20, 20, 20))
    storage = Counting(geometry)
    storage.write(0, [memoryview(content[:20])])
    storage.write(40, [memoryview(content[40:57])])
    assert verify(storage, hashes) == [0, 1, 5, 6]
    assert storage.reads == ((0, 16), (40, 16))


def test_only_the_pieces_asked_for_are_checked():
    geometry, content, hashes = torrent((100,))
    told = []
    good = verify(
        MemoryStorage(geometry, content=content),
        hashes,
        [1, 2, 9],
        jobs=2,
        on_piece=lambda piece, is_good: told.append((piece, is_good)),
    )
    assert good == [1, 2, 9]
    assert sorted(told) == [(1, True), (2, True), (9, True)]


def test_bad_pieces_are_told_too():
    geometry, content, _ = torrent((20,))
    told = []
    verify(
        MemoryStorage(geometry, content=content),
        bytes(60),
        on_piece=lambda *news: told.append(news),
    )
    assert told == [(0, False), (1, False), (2, False)]


class Shrinking(MemoryStorage):
    """Loses the first byte of piece 1 after it was looked at."""

    def read_into(self, offset, buffer):
        got = super().read_into(offset, buffer)
        return min(got, max(0, PIECE - offset)) if offset < 2 * PIECE else got


def test_what_is_still_whole_is_found_when_content_shrinks_meanwhile():
    geometry, content, hashes = torrent((24,))
    assert verify(Shrinking(geometry, content=content), hashes) == [0, 2]


def test_a_stop_keeps_what_was_found():
    geometry, content, hashes = torrent((1000,), 3 * PIECE)
    found = []
    good = verify(
        MemoryStorage(geometry, content=content),
        hashes,
        jobs=1,
        on_piece=lambda piece, _: found.append(piece),
        stop=lambda: len(found) == 2,
    )
    assert good == [0, 1]


def test_a_failing_disk_ends_the_check():
    class Broken(MemoryStorage):
        def read_into(self, offset, buffer):
            raise ReadError("cannot read", "/x")

    geometry, content, hashes = torrent((100,))
    with pytest.raises(ReadError):
        verify(Broken(geometry, content=content), hashes, jobs=2)


class Holey(MemoryStorage):
    """Knows that everything but the last piece is a hole, and refuses to have it read."""

    def is_hole(self, offset, length):
        return offset + length <= 3 * PIECE

    def read_into(self, offset, buffer):
        assert not self.is_hole(offset, len(buffer)), "a hole was read"
        return super().read_into(offset, buffer)


def test_holes_are_not_read_and_count_as_zeros(monkeypatch):
    monkeypatch.setattr(hashing, "READ_LENGTH", PIECE)
    monkeypatch.setattr(hashing, "RUN_LENGTH", PIECE)
    geometry = Geometry(PIECE, (4 * PIECE,))
    content = bytes(3 * PIECE) + b"x" * PIECE
    good = plain_digests(content, PIECE)
    storage = Holey(geometry, content=content)
    assert verify(storage, good) == [0, 1, 2, 3]
    assert verify(storage, b"\1" * 20 + good[20:]) == [1, 2, 3]


def test_a_fingerprint_at_hand_is_not_taken_again():
    geometry, content, hashes = torrent((4 * PIECE, 2 * PIECE))
    storage = MemoryStorage(geometry, content=content)
    seen = (PIECE, 0), (2 * PIECE, 0)
    assert verify(storage, hashes, now=seen) == [0, 4, 5]

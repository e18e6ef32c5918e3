"""SHA-1 of pieces: the primitives that everything else hashes with."""

import hashlib
from random import Random

import pytest

from raincore.base.geometry import BLOCK_LENGTH
from raincore.storage import hashing

PIECE = 8


def test_runs_are_neighbours_up_to_a_length(monkeypatch):
    monkeypatch.setattr(hashing, "RUN_LENGTH", 3 * PIECE)
    assert hashing.runs([0, 1, 2, 3, 5, 9, 10], PIECE) == [
        range(3),
        range(3, 4),
        range(5, 6),
        range(9, 11),
    ]
    assert hashing.runs([4, 5], 100) == [range(4, 5), range(5, 6)]
    assert hashing.runs([], PIECE) == []


def test_one_piece_in_memory_is_checked():
    assert hashing.matches(b"abc", hashlib.sha1(b"abc").digest())
    assert not hashing.matches(memoryview(b"abd"), hashlib.sha1(b"abc").digest())


def test_blocks_are_digested_one_by_one():
    piece = Random(1).randbytes(2 * BLOCK_LENGTH + 5)
    assert hashing.block_digests(piece) == (
        hashlib.sha1(piece[:BLOCK_LENGTH]).digest(),
        hashlib.sha1(piece[BLOCK_LENGTH : 2 * BLOCK_LENGTH]).digest(),
        hashlib.sha1(piece[2 * BLOCK_LENGTH :]).digest(),
    )


@pytest.mark.parametrize("length", [1, PIECE, 3 * PIECE, 3 * PIECE + 1, 100])
def test_zeros_are_digested_without_having_them(length):
    hashing.digest_of_zeros.cache_clear()
    assert hashing.digest_of_zeros(length) == hashlib.sha1(bytes(length)).digest()

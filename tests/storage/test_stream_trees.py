"""The SHA-256 tree of a file that comes as a stream, kept as small as its pieces allow."""

import pytest

from raincore.formats import merkle
from raincore.storage.stream_trees import PART_LENGTH, TreeSums, height_of, joined
from tests.storage import archives

KIB = 1024
MIB = 1024 * KIB
SIZES = [1, 16 * KIB, 16 * KIB + 1, 100 * KIB, MIB, MIB + 1, 5 * MIB + 77]
CONTENT = archives.content(max(SIZES))


def summed(data, piece_length, keeps=()):
    sums = TreeSums(len(data), piece_length)
    keeps = iter(keeps)
    for begin in range(0, len(data), 2 * PART_LENGTH):
        for job in reversed(sums.jobs(memoryview(data)[begin : begin + 2 * PART_LENGTH])):
            job()
        sums.keep(next(keeps, piece_length))
    return sums


def plain(data, piece_length):
    leaves = merkle.leaves(data)
    layer = merkle.piece_layer(leaves, piece_length) if len(data) > piece_length else b""
    return merkle.root(leaves), layer


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("least", [16 * KIB, 128 * KIB, 2 * MIB])
def test_root_and_layer_are_those_of_the_whole_file_for_each_length_kept(size, least):
    data = CONTENT[:size]
    found = summed(data, least).finish()
    for length in (least, 2 * least, 16 * least):
        assert found.of(length) == plain(data, length)


@pytest.mark.parametrize("size", SIZES)
def test_the_least_length_may_grow_meanwhile(size):
    data = CONTENT[:size]
    for keeps in ([32 * KIB, 64 * KIB, 4 * MIB], [2 * MIB] * 3, [16 * KIB, 8 * MIB, 8 * MIB]):
        found = summed(data, 16 * KIB, keeps).finish()
        for length in (8 * MIB, 16 * MIB):
            assert found.of(length) == plain(data, length)
        assert found.of(max(keeps)) == plain(data, max(keeps))


def test_no_more_is_kept_than_a_hash_a_piece():
    sums = summed(CONTENT, 16 * KIB, [MIB] * 3)
    assert len(sums.hashes) // 32 + len(sums.pending) <= 8
    assert summed(CONTENT, 64 * MIB).finish().hashes == b""


def test_levels_are_joined_as_trees_do():
    leaves = merkle.leaves(CONTENT)
    for length in (32 * KIB, MIB):
        assert joined(leaves, 0, height_of(length)) == merkle.piece_layer(leaves, length)
    assert joined(leaves, 0, 0) == leaves

"""Leaves that are hashed as blocks arrive prove what hashing the whole piece proves, and no more."""

from dataclasses import replace
from random import Random

import pytest

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats.info import MetaVersion
from raincore.storage.arriving_leaves import ArrivingLeaves
from raincore.storage.piece_hashes import PieceHashes
from tests.sim.v2_content import v2_sample

TREES = [MetaVersion.V2, MetaVersion.HYBRID]
PIECE = 4 * BLOCK_LENGTH
LENGTHS = (3 * PIECE + 5, 100, PIECE, 2 * PIECE - 1, PIECE - 2 * BLOCK_LENGTH)


class Torrent:
    def __init__(self, version: MetaVersion) -> None:
        hybrid = version is MetaVersion.HYBRID
        made = v2_sample(lengths=LENGTHS, piece_length=PIECE, hybrid=hybrid)
        self.hashes = PieceHashes.of(made.info, made.layers)
        self.content = made.content
        self.geometry = made.info.geometry

    def piece(self, piece: int) -> memoryview:
        begin = self.geometry.offset_of(piece)
        return memoryview(bytearray(self.content[begin : begin + self.geometry.length_of(piece)]))


def runs(dice: Random, length: int) -> list[tuple[int, int]]:
    """A piece cut into runs of whole blocks, in any order."""
    cuts = sorted({0, *(dice.randrange(0, length, BLOCK_LENGTH) for _ in range(3))})
    found = list(zip(cuts, [*cuts[1:], length], strict=True))
    dice.shuffle(found)
    return found


@pytest.fixture(params=TREES)
def torrent(request):
    return Torrent(request.param)


def test_what_is_proven_is_what_matches_whatever_the_order(torrent):
    dice = Random(5)
    for piece in range(torrent.geometry.piece_count):
        for changed in (None, 0, -1):
            data = torrent.piece(piece)
            if changed is not None:
                data[changed] ^= 1
            leaves = ArrivingLeaves(torrent.hashes)
            for begin, end in runs(dice, len(data)):
                leaves.add(piece, begin, data[begin:end])
            only_tree = replace(torrent.hashes, sha1=b"")
            assert leaves.prove(piece) is only_tree.matches(piece, data)


def test_a_piece_is_not_proven_while_a_block_is_missing(torrent):
    leaves = ArrivingLeaves(torrent.hashes)
    data = torrent.piece(0)
    leaves.add(0, BLOCK_LENGTH, data[BLOCK_LENGTH:])
    assert not leaves.prove(0)


def test_a_piece_of_which_nothing_came_is_not_proven(torrent):
    assert not ArrivingLeaves(torrent.hashes).prove(0)


def test_a_block_twice_does_not_make_up_for_another(torrent):
    leaves = ArrivingLeaves(torrent.hashes)
    data = torrent.piece(0)
    for begin in (0, 0, 2 * BLOCK_LENGTH, 3 * BLOCK_LENGTH):
        leaves.add(0, begin, data[begin : begin + BLOCK_LENGTH])
    assert not leaves.prove(0)


def test_what_came_last_counts(torrent):
    leaves = ArrivingLeaves(torrent.hashes)
    data = torrent.piece(0)
    leaves.add(0, 0, data)
    leaves.add(0, 0, memoryview(bytes(BLOCK_LENGTH)))
    assert not leaves.prove(0)


def test_a_piece_is_proven_once_and_forgotten(torrent):
    leaves = ArrivingLeaves(torrent.hashes)
    leaves.add(0, 0, torrent.piece(0))
    leaves.add(1, 0, torrent.piece(1))
    assert leaves.prove(0)
    assert not leaves.prove(0)
    leaves.forget(1)
    leaves.forget(1)
    assert not leaves.prove(1)


def test_without_its_layer_nothing_is_proven(torrent):
    torrent.hashes.nodes[0] = None
    leaves = ArrivingLeaves(torrent.hashes)
    leaves.add(0, 0, torrent.piece(0))
    assert not leaves.prove(0)

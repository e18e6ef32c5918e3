"""Trees against the plain way: all leaves, filled up, hashed pair by pair."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle

TORRENTS = json.loads((Path(__file__).parents[1] / "vectors" / "bep_0052.json").read_text())[
    "torrents"
]


def plain_levels(leaves):
    """All levels of the tree over a list of leaves, filled up to a power of two."""
    size = 1
    while size < len(leaves):
        size *= 2
    level = [*leaves, *[bytes(32)] * (size - len(leaves))]
    levels = [level]
    while len(level) > 1:
        level = [hashlib.sha256(level[n] + level[n + 1]).digest() for n in range(0, len(level), 2)]
        levels.append(level)
    return levels


def random_leaves(count, seed):
    rng = random.Random(seed)
    return [rng.randbytes(32) for _ in range(count)]


@pytest.mark.parametrize("count", range(1, 40))
def test_the_root_is_that_of_the_full_tree(count, seed):
    leaves = random_leaves(count, seed)
    assert merkle.root(b"".join(leaves)) == plain_levels(leaves)[-1][0]


@pytest.mark.parametrize("count", range(2, 40))
@pytest.mark.parametrize("height", [0, 1, 2, 3])
def test_the_piece_layer_is_a_level_of_the_full_tree(count, height, seed):
    if count <= 2**height:
        return  # one piece: there is no layer
    leaves = random_leaves(count, seed)
    levels = plain_levels(leaves)
    pieces = -(-count // 2**height)
    layer = merkle.piece_layer(b"".join(leaves), BLOCK_LENGTH << height)
    assert layer == b"".join(levels[height][:pieces])
    assert merkle.root_of_layer(layer, BLOCK_LENGTH << height) == levels[-1][0]


def test_zero_hashes_cover_trees_of_zeros():
    for height in range(6):
        assert merkle.zero_hash(height) == plain_levels([bytes(32)] * 2**height)[-1][0]


def test_leaves_are_hashes_of_blocks_the_last_one_shorter():
    data = bytes(BLOCK_LENGTH) + b"x" * 5
    expected = hashlib.sha256(bytes(BLOCK_LENGTH)).digest() + hashlib.sha256(b"x" * 5).digest()
    assert merkle.leaves(data) == merkle.leaves(memoryview(data)) == expected
    assert merkle.leaves(b"") == b""


def content(length):
    """What was in the files of the vectors."""
    return bytes(n * 7 % 251 for n in range(length))


def test_libtorrents_roots_are_ours():
    found = {
        (file["length"], file["pieces_root"])
        for torrent in TORRENTS
        for file in torrent["files"]
        if "pieces_root" in file
    }
    assert {length for length, _ in found} == {5, 20_000, 40_000}
    for length, root in found:
        assert merkle.root(merkle.leaves(content(length))).hex() == root

"""Any run of any layer is proved, with only the leaves of the pieces that it lies in."""

import random

import pytest

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle, merkle_run
from raincore.formats.merkle_run import Run

SIZE = 32


def whole_tree(leaves: bytes) -> list[bytes]:
    """Every layer, filled up: the plain way."""
    count = 1 << (len(leaves) // SIZE - 1).bit_length()
    layers = [leaves.ljust(count * SIZE, b"\0")]
    while len(layers[-1]) > SIZE:
        layers.append(merkle.parents(layers[-1], 0))
    return layers


def plain_answer(layers: list[bytes], run: Run) -> bytes:
    found = layers[run.base][run.index * SIZE : (run.index + run.length) * SIZE]
    for level in range(run.proof_layers + 1):
        layer = run.base + level
        if run.length >> level <= 1 and layer < len(layers) - 1:
            sibling = (run.index >> level) ^ 1
            found += layers[layer][sibling * SIZE : (sibling + 1) * SIZE]
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 7, 8, 9, 16, 21, 33])
@pytest.mark.parametrize("piece_height", [0, 1, 2, 3])
def test_it_is_what_the_whole_tree_says(count: int, piece_height: int) -> None:
    leaves = random.Random(count).randbytes(count * SIZE)
    layers = whole_tree(leaves)
    height = min(piece_height, len(layers) - 1)
    per_piece = 1 << height
    pieces = [leaves[at : at + per_piece * SIZE] for at in range(0, len(leaves), per_piece * SIZE)]
    piece_layer = b"".join(merkle.root(one, total_height=height) for one in pieces)
    for base in range(len(layers)):
        width = len(layers[base]) // SIZE
        real = -(-count >> base)
        for length in (1 << n for n in range(width.bit_length())):
            for index in range(0, real, length):
                for proof_layers in range(len(layers) - base):
                    run = Run(base, index, length, proof_layers)
                    inside = merkle_run.pieces_of(run, height)
                    known = pieces[inside.start : inside.stop] if base < height else []
                    got = merkle_run.answer(run, piece_layer, height, known)
                    assert got == plain_answer(layers, run), run


def test_a_run_with_all_its_uncles_leads_to_the_root() -> None:
    data = random.Random(1).randbytes(21 * BLOCK_LENGTH + 5)
    leaves = merkle.leaves(data)
    piece_length = 4 * BLOCK_LENGTH
    layer = merkle.piece_layer(leaves, piece_length)
    run = Run(0, 20, 2, 4)
    assert merkle_run.pieces_of(run, 2) == range(5, 6)
    got = merkle_run.answer(run, layer, 2, [leaves[20 * SIZE :]])
    node = merkle.root(got[: 2 * SIZE])
    assert merkle.climb(node, 10, got[2 * SIZE :]) == merkle.root(leaves)

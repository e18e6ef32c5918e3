"""Each piece of a v2 torrent knows its place in the tree of its file."""

import pytest

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle
from raincore.policy.piece_tree import PieceTree, file_trees, piece_tree
from tests.sim.content import sample
from tests.sim.v2_content import v2_sample

PIECE_LENGTH = 4 * BLOCK_LENGTH
LENGTHS = (5 * PIECE_LENGTH + 5, BLOCK_LENGTH, 3 * BLOCK_LENGTH - 1, PIECE_LENGTH)


@pytest.mark.parametrize("hybrid", [False, True])
def test_its_leaves_hash_up_to_its_node(hybrid: bool) -> None:
    made = v2_sample(lengths=LENGTHS, piece_length=PIECE_LENGTH, hybrid=hybrid)
    files = [one for one in made.info.files if one.pieces_root is not None]
    piece = 0
    for entry in files:
        left = entry.length
        for number in range(-(-entry.length // PIECE_LENGTH)):
            used = min(left, PIECE_LENGTH)
            left -= used
            start = piece * PIECE_LENGTH
            leaves = merkle.leaves(made.content[start : start + used])
            tree = piece_tree(made.info, made.layers, piece)
            if used <= BLOCK_LENGTH and entry.length <= PIECE_LENGTH:
                assert tree is None, "one block is all"
            else:
                assert tree is not None
                assert tree.pieces_root == entry.pieces_root
                assert tree.leaf_count == len(leaves) // 32
                assert tree.first_leaf == number << tree.height
                assert merkle.root(leaves, total_height=tree.height) == tree.node
            piece += 1


def test_there_is_none_where_the_layer_is_not_known_and_none_in_v1() -> None:
    made = v2_sample(lengths=LENGTHS, piece_length=PIECE_LENGTH)
    assert piece_tree(made.info, {}, 0) is None
    assert isinstance(piece_tree(made.info, {}, 7), PieceTree)  # its root is its hash
    assert piece_tree(sample(pieces=2).info, {}, 0) is None


def test_files_are_found_by_their_roots() -> None:
    made = v2_sample(lengths=LENGTHS, piece_length=PIECE_LENGTH)
    trees = file_trees(made.info)
    assert [one.first_piece for one in trees.values()] == [0, 6, 7, 8]
    assert [one.leaf_count for one in trees.values()] == [21, 1, 3, 4]
    assert [one.piece_height for one in trees.values()] == [2, 0, 2, 2]
    assert [one.height for one in trees.values()] == [5, 0, 2, 2]
    assert [one.count_at(1) for one in trees.values()] == [11, 1, 2, 2]


def test_empty_files_have_no_tree_and_v1_files_neither() -> None:
    made = v2_sample(lengths=(5, 0), piece_length=PIECE_LENGTH)
    assert len(file_trees(made.info)) == 1
    assert file_trees(sample(pieces=2).info) == {}

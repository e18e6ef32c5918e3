"""The hashes of a piece's blocks are believed if they lead to the hash of the piece."""

import random

import pytest

from raincore.formats import merkle, merkle_run
from raincore.policy.layer_download import LayerRun
from raincore.policy.leaf_download import LeafDownload
from raincore.policy.piece_tree import PieceTree

SIZE = 32


def tree_of(count: int, height: int, first_leaf: int = 0) -> tuple[PieceTree, bytes]:
    leaves = random.Random(count).randbytes(count * SIZE)
    node = merkle.root(leaves, total_height=height)
    return PieceTree(bytes(SIZE), node, height, first_leaf, count), leaves


def answer(run: LayerRun, tree: PieceTree, leaves: bytes) -> bytes:
    wanted = merkle_run.Run(0, run.index - tree.first_leaf, run.length, run.proof_layers)
    return merkle_run.answer(wanted, tree.node, tree.height, [leaves])


@pytest.mark.parametrize(("count", "height"), [(2, 1), (3, 2), (16, 4), (11, 4), (1500, 11)])
def test_runs_are_asked_for_until_all_are_proved(count: int, height: int) -> None:
    tree, leaves = tree_of(count, height, 5 << height)
    download = LeafDownload(tree)
    assert len(download.missing) == -(-count // 512)
    for run in download.missing:
        assert download.receive(run, answer(run, tree, leaves))
    assert download.missing == []
    got = download.leaves(count + 1)
    assert b"".join(got) == leaves + bytes(SIZE)


def test_what_proves_nothing_is_not_believed() -> None:
    tree, leaves = tree_of(1500, 11)
    download = LeafDownload(tree)
    first, second, *_ = download.missing
    good = answer(first, tree, leaves)
    for bad in (b"", good[:-1], good[:-SIZE], good + bytes(SIZE), bytes(len(good))):
        assert download.receive(first, bad) is False
    assert download.receive(second, good) is False, "another place"
    assert download.receive(first, good)


def test_what_nobody_waits_for_means_nothing() -> None:
    tree, leaves = tree_of(4, 2)
    download = LeafDownload(tree)
    (run,) = download.missing
    assert download.receive(LayerRun(run.pieces_root, 4, 4, 1), b"") is None
    assert download.receive(run, answer(run, tree, leaves))
    assert download.receive(run, answer(run, tree, leaves)) is None

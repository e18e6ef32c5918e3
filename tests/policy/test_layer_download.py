"""Piece layers are believed only with their proof, run by run."""

import hashlib
from random import Random

import pytest

from raincore.formats import merkle
from raincore.policy import layer_download
from raincore.policy.layer_download import LayerDownload, LayerRun

PIECE = 32 * 1024
HEIGHT = 1
ME, OTHER = 1, 2


def made(count, seed=1):
    """A layer of so many hashes, and its root."""
    layer = Random(seed).randbytes(32 * count)
    return layer, merkle.root_of_layer(layer, PIECE)


def answer(layer, run):
    """What an honest peer says."""
    filled = layer + merkle.zero_hash(HEIGHT) * (layer_download.width_of(len(layer) // 32))
    own = filled[32 * run.index : 32 * (run.index + run.length)]
    return own + merkle.proof(layer, HEIGHT, run.index, run.length, run.proof_layers)


def fetch(download, layers):
    while (run := download.take(ME)) is not None:
        assert download.receive(ME, run, answer(layers[run.pieces_root], run))


@pytest.mark.parametrize("count", [2, 3, 4, 5, 511, 512, 513, 1024, 1025, 2500])
def test_layers_of_every_width_come_together(count):
    layer, root = made(count)
    download = LayerDownload({root: count}, PIECE)
    assert not download.is_complete
    fetch(download, {root: layer})
    assert download.is_complete
    assert download.layers == {root: layer}


def test_several_files_come_together():
    layers = {root: layer for layer, root in (made(3, 1), made(700, 2), made(2, 3))}
    download = LayerDownload({root: len(layer) // 32 for root, layer in layers.items()}, PIECE)
    fetch(download, layers)
    assert download.layers == layers


def test_a_wrong_hash_or_uncle_proves_nothing_and_is_asked_of_others_again():
    layer, root = made(600)
    download = LayerDownload({root: 600}, PIECE)
    run = download.take(ME)
    right = answer(layer, run)
    for at in (0, 32 * 512 - 1, len(right) - 1):
        wrong = bytearray(right)
        wrong[at] ^= 1
        assert download.receive(ME, run, bytes(wrong)) is False
        assert run not in iter(lambda: download.take(ME), None)
        download.peer_left(ME)
        assert download.take(ME) == run


def test_an_answer_of_a_wrong_length_proves_nothing():
    layer, root = made(3)
    download = LayerDownload({root: 3}, PIECE)
    run = download.take(ME)
    assert download.receive(ME, run, answer(layer, run)[:-32]) is False
    assert not download.is_complete


def test_what_was_not_asked_for_means_nothing():
    layer, root = made(3)
    download = LayerDownload({root: 3}, PIECE)
    run = download.take(ME)
    assert download.receive(OTHER, run, answer(layer, run)) is None
    stranger = LayerRun(bytes(32), 0, 4, 1)
    assert download.receive(ME, stranger, bytes(128)) is None
    assert download.outstanding(ME) == 1


def test_a_refused_run_is_asked_of_another_peer():
    layer, root = made(4)
    download = LayerDownload({root: 4}, PIECE)
    run = download.take(ME)
    download.reject(OTHER, run)
    assert download.outstanding(ME) == 1
    download.reject(ME, run)
    assert download.take(ME) is None
    assert download.take(OTHER) == run
    assert download.receive(OTHER, run, answer(layer, run))


def test_what_a_silent_peer_owes_is_free_again():
    _, root = made(4)
    download = LayerDownload({root: 4}, PIECE)
    run = download.take(ME)
    assert download.release(OTHER) is False
    assert download.release(ME) is True
    assert download.take(ME) == run
    assert download.base_layer == HEIGHT


@pytest.mark.parametrize(("count", "levels"), [(2, 0), (3, 1), (4, 1), (5, 2), (512, 8), (513, 9)])
def test_the_proof_goes_up_to_below_the_root(count, levels):
    assert layer_download.proof_levels(count) == levels


def test_a_proof_is_the_way_from_a_hash_to_the_root():
    leaves = Random(2).randbytes(32 * 8)
    root = leaves
    while len(root) > 32:  # plainly
        pairs = [root[at : at + 64] for at in range(0, len(root), 64)]
        root = b"".join(hashlib.sha256(pair).digest() for pair in pairs)
    for index in range(8):
        uncles = merkle.proof(leaves, 0, index, 1, 2)
        assert merkle.climb(leaves[32 * index : 32 * index + 32], index, uncles) == root

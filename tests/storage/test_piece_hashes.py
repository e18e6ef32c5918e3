"""Pieces in memory against what the torrent says, in each version."""

import hashlib
from dataclasses import replace

import pytest

from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats.info import MetaVersion
from raincore.storage import hashing
from raincore.storage.piece_hashes import PieceHashes
from tests.storage.verifying import LENGTHS, VERSIONS, make, write


@pytest.fixture
def content(tmp_path):
    write(tmp_path / "t", LENGTHS)
    return tmp_path / "t"


def pieces_of(torrent, content):
    """Each piece as it goes over the wire."""
    info = torrent.info
    everything = b"".join(
        bytes(entry.length)
        if entry.is_padding
        else (content.parent / "/".join(entry.path)).read_bytes()
        for entry in info.files
    )
    geometry = info.geometry
    for piece in range(geometry.piece_count):
        begin = geometry.offset_of(piece)
        yield piece, everything[begin : begin + geometry.length_of(piece)]


@pytest.mark.parametrize("version", VERSIONS)
def test_whole_pieces_match_and_changed_ones_do_not(content, version):
    torrent = make(content, version)
    hashes = PieceHashes.of(torrent.info, torrent.piece_layers)
    for piece, data in pieces_of(torrent, content):
        assert hashes.matches(piece, data)
        assert not hashes.matches(piece, data[:-1] + bytes([data[-1] ^ 1]))


def test_a_hybrid_needs_both_hashes(content):
    torrent = make(content, MetaVersion.HYBRID)
    hashes = PieceHashes.of(torrent.info, torrent.piece_layers)
    hashes.nodes[0] = bytes(32)
    _, data = next(pieces_of(torrent, content))
    assert not hashes.matches(0, data)


def test_without_its_layer_a_hybrid_goes_by_sha1_and_a_v2_piece_is_not_believed(content):
    for version, expected in ((MetaVersion.HYBRID, True), (MetaVersion.V2, False)):
        torrent = replace(make(content, version), piece_layers={})
        hashes = PieceHashes.of(torrent.info, torrent.piece_layers)
        _, data = next(pieces_of(torrent, content))
        assert hashes.nodes[0] is None
        assert hashes.matches(0, data) is expected


def test_digests_of_blocks_are_leaves_where_there_is_a_tree(content):
    for version in VERSIONS:
        torrent = make(content, version)
        hashes = PieceHashes.of(torrent.info, torrent.piece_layers)
        for piece, data in pieces_of(torrent, content):
            digests = hashes.block_digests(piece, data)
            assert len(digests) == -(-len(data) // BLOCK_LENGTH)
            if version in (MetaVersion.V2, MetaVersion.HYBRID):
                leaves = hashes.leaves(piece, data)
                assert leaves
                assert b"".join(digests) == leaves.ljust(32 * len(digests), b"\0")
            else:
                assert digests == hashing.block_digests(data)


def test_each_changed_byte_changes_the_digest_of_its_block_also_in_padding(content):
    torrent = make(content, MetaVersion.HYBRID)
    hashes = PieceHashes.of(torrent.info, torrent.piece_layers)
    for piece, data in pieces_of(torrent, content):
        before = hashes.block_digests(piece, data)
        for at in {0, len(data) // 2, len(data) - 1}:
            changed = bytearray(data)
            changed[at] ^= 1
            after = hashes.block_digests(piece, changed)
            differ = [
                n for n, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1
            ]
            assert differ == [at // BLOCK_LENGTH]


def test_content_that_changed_has_no_leaves_to_give(content):
    torrent = make(content, MetaVersion.V2)
    hashes = PieceHashes.of(torrent.info, torrent.piece_layers)
    _, data = next(pieces_of(torrent, content))
    assert hashes.leaves(0, bytes(len(data))) == b""


def test_a_hybrid_contradicts_itself_where_only_its_tree_fits(content):
    for version in VERSIONS:
        torrent = make(content, version)
        hashes = PieceHashes.of(torrent.info, torrent.piece_layers)
        _, data = next(pieces_of(torrent, content))
        assert not hashes.contradict(0, data)
        assert not hashes.contradict(0, bytes(len(data)))
        lying = replace(hashes, sha1=bytes(len(hashes.sha1)))
        assert lying.contradict(0, data) is (version is MetaVersion.HYBRID)


def test_sha1_of_a_piece_is_cut_out_of_all():
    digest = hashlib.sha1(b"ab").digest()
    assert PieceHashes(None, bytes(20) + digest, []).sha1_of(1) == digest
    assert hashing.matches(b"ab", digest)
    assert not PieceHashes(None, digest, [None]).contradict(0, b"ab")
    assert PieceHashes(None, b"", [None]).sha1_of(0) == b""

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


def test_digests_of_blocks_are_leaves_where_there_is_no_sha1(content):
    for version in VERSIONS:
        torrent = make(content, version)
        hashes = PieceHashes.of(torrent.info, torrent.piece_layers)
        _, data = next(pieces_of(torrent, content))
        plain = hashlib.sha256 if version is MetaVersion.V2 else hashlib.sha1
        digests = hashes.block_digests(data)
        assert digests[0] == plain(data[:BLOCK_LENGTH]).digest()
        assert len(digests) == -(-len(data) // BLOCK_LENGTH)


def test_sha1_of_a_piece_is_cut_out_of_all():
    digest = hashlib.sha1(b"ab").digest()
    assert PieceHashes(None, bytes(20) + digest, []).sha1_of(1) == digest
    assert hashing.matches(b"ab", digest)
    assert PieceHashes(None, b"", [None]).sha1_of(0) == b""

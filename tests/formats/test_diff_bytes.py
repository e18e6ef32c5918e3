"""Which bytes of a file are in another torrent."""

import hashlib

import pytest

from raincore.formats import content_identity, metainfo
from raincore.formats.diff_bytes import Supply
from tests.formats import lint_samples, samples

PIECES = [hashlib.sha1(b"%d" % n).digest() for n in range(5)]


def v1(lengths, pieces, piece_length=16):
    files = [{"length": length, "path": [str(n)]} for n, length in enumerate(lengths)]
    return metainfo.parse(
        lint_samples.torrent(
            {
                "name": "d",
                "piece length": piece_length,
                "files": files,
                "pieces": b"".join(PIECES[number] for number in pieces),
            }
        )
    )


def lacks(old, new):
    supply = Supply(old)
    return [supply.lacks(new, identity) for identity in content_identity.identities(new.info)]


@pytest.mark.parametrize(
    ("lengths", "pieces", "expected"),
    [
        ([40], [0, 1, 2], [0]),
        ([40], [0, 1, 3], [8]),
        ([40], [3, 1, 2], [16]),
        ([40], [2, 1, 0], [0]),  # wherever they were
        ([10, 30], [3, 1, 2], [10, 6]),
        ([10, 30], [0, 3, 2], [0, 16]),
        ([10, 30], [3, 4, 3], [10, 30]),
        ([5, 3, 32], [3, 1, 2], [5, 3, 8]),
        ([0, 40], [3, 1, 2], [0, 16]),
    ],
)
def test_v1_pieces_that_are_not_there_are_counted_by_their_bytes_of_the_file(
    lengths, pieces, expected
):
    assert lacks(v1([40], [0, 1, 2]), v1(lengths, pieces)) == expected


def test_pieces_of_other_lengths_say_nothing():
    assert lacks(v1([40], [0, 1, 2]), v1([40], [0, 1], piece_length=32)) == [40]


def layered(leaves, length):
    from raincore.formats import merkle

    layer = b"".join(hashlib.sha256(b"%d" % n).digest() for n in leaves)
    root = merkle.root_of_layer(layer, 16384)
    tree = {"a": {"": {"length": length, "pieces root": root}}}
    info = samples.v2_multi(**{"file tree": tree})
    return metainfo.parse(lint_samples.torrent(info, **{"piece layers": {root: layer}}))


@pytest.mark.parametrize(
    ("leaves", "length", "expected"),
    [
        ([0, 1, 2], 40_000, 0),
        ([0, 9, 2], 40_000, 16_384),
        ([0, 1, 9], 40_000, 40_000 - 32_768),
        ([9, 0, 1, 2], 60_000, 16_384),
        ([7, 8, 9], 40_000, 40_000),
    ],
)
def test_piece_layers_tell_which_part_of_a_file_is_there(leaves, length, expected):
    assert lacks(layered([0, 1, 2], 40_000), layered(leaves, length)) == [expected]


def test_without_layers_all_of_a_file_is_needed():
    bare = metainfo.parse(lint_samples.torrent(samples.v2_multi()))
    assert lacks(bare, bare) == [20_000, 0, 5]

"""How content is cut, padded and hashed."""

import hashlib

import pytest

from raincore.formats import merkle
from tests.formats import lint_samples
from tests.formats.lint_samples import KIB, file, found, hashes, hybrid, leaf, single, v1, v2

MIB = 1024 * KIB


def severities(info=None, **outside):
    raw = lint_samples.torrent(info, **outside)
    return {one.code: one.severity for one in lint_samples.findings(raw)}


def cut(piece_length, count=20):
    """A single file of so many pieces."""
    return single(
        length=piece_length * count, pieces=hashes(1) * count, **{"piece length": piece_length}
    )


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (16 * KIB, {}),
        (16 * MIB, {}),
        (24 * KIB, {"piece-length-odd": "warning"}),
        (8 * KIB, {"piece-length-small": "warning"}),
        (1000, {"piece-length-small": "warning", "piece-length-odd": "warning"}),
        (32 * MIB, {"piece-length-large": "note"}),
        (128 * MIB, {"piece-length-large": "warning"}),
        (512 * MIB, {"piece-length-large": "error"}),
    ],
)
def test_a_piece_length_out_of_the_usual_is_found(length, expected):
    assert severities(cut(length)) == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(10_000, {}), (10_001, {"many-pieces": "note"}), (100_000, {"many-pieces": "warning"})],
)
def test_many_pieces_are_found(count, expected):
    found_here = severities(cut(16 * KIB, count))
    found_here.pop("torrent-large", None)
    assert found_here == expected


def test_few_large_pieces_are_found():
    assert severities(cut(2 * MIB, 15)) == {"few-pieces": "note"}
    assert severities(cut(2 * MIB, 16)) == {}
    assert severities(cut(MIB, 1)) == {}


def test_a_large_torrent_is_found():
    assert severities(junk=bytes(MIB)) == {"torrent-large": "note"}
    assert severities(junk=bytes(10_000_000)) == {"torrent-large": "warning"}
    assert severities(junk=bytes(MIB - 1000)) == {}


def test_nothing_to_download_is_found():
    empty = v1(file("a", length=0), file("b", length=0), pieces=b"")
    assert found(empty) == [("content-empty", "info")]
    assert found(v2(**{"file tree": {"a": {"": {"length": 0}}}})) == [("content-empty", "info")]


def pad(length, number=0):
    return file(".pad", f"{length}.{number}", length=length, attr="p")


def test_much_padding_is_found_with_its_share():
    info = v1(file("a", length=8 * KIB), pad(8 * KIB), file("b", length=16 * KIB))
    [one] = lint_samples.findings(lint_samples.torrent(info))
    assert (one.code, one.where) == ("padding-overhead", "info.files")
    assert one.message == "25.0 % of the content is padding: 8,192 bytes"
    little = v1(file("a", length=319 * KIB), pad(KIB), file("b", length=16 * KIB))
    assert found(little) == []


def test_the_padding_that_parsing_puts_into_v2_is_not_counted():
    assert found(v2()) == []


def test_padding_at_the_end_is_the_convention_of_libtorrent():
    codes = {code for code, _ in found(hybrid(tail=False))}
    assert "padding-tail-missing" in codes
    assert "padding-tail-missing" not in {code for code, _ in found(hybrid())}


def test_a_last_file_that_ends_with_its_piece_needs_none():
    info = v1(file("a", length=1000 * KIB), pad(8 * KIB), file("b", length=16 * KIB))
    assert found(info) == []


@pytest.mark.parametrize(
    "files",
    [
        (file("a", length=8 * KIB), pad(7), file("b")),
        (file("a", length=16 * KIB), pad(0), file("b")),
        (file("a", length=16 * KIB), pad(16 * KIB), file("b")),
    ],
)
def test_padding_that_does_not_align_is_found(files):
    assert ("padding-useless", "info.files[1]") in found(v1(*files))


LEAVES = b"".join(hashlib.sha256(b"%d" % n).digest() for n in range(2))
ROOT = merkle.root_of_layer(LEAVES, 16 * KIB)


def layered(**changes):
    tree = {"a": {"": {"length": 20 * KIB, "pieces root": ROOT}}, "b": leaf(5, "b")}
    return v2(**{"file tree": tree, **changes})


def test_layers_are_complete_or_their_lack_is_told():
    assert found(layered(), **{"piece layers": {ROOT: LEAVES}}) == []
    assert found(layered()) == [("layers-missing", "piece layers")]


@pytest.mark.parametrize("key", [b"x" * 32, b"short", lint_samples.root("b")])
def test_layers_of_nothing_or_of_one_piece_are_too_many(key):
    layers = {ROOT: LEAVES, key: LEAVES}
    assert severities(layered(), **{"piece layers": layers}) == {"layers-superfluous": "error"}


def test_a_v1_torrent_has_no_layers():
    assert severities(v1(), **{"piece layers": {}}) == {"layers-superfluous": "note"}


def test_the_same_root_twice_is_the_same_content():
    tree = {"a": leaf(9, "x"), "b": leaf(9, "y"), "c": leaf(9, "x"), "d": leaf(8, "x")}
    assert found(v2(**{"file tree": tree})) == [("duplicate-content", "info.file tree.photos/c")]


def test_aligned_v1_files_of_the_same_hashes_are_the_same_content():
    files = [file(name, length=16 * KIB) for name in "abc"]
    once, other = hashes(1), hashes(1, "other")
    assert found(v1(*files, pieces=once + other + once)) == [("duplicate-content", "info.files[2]")]


def test_v1_files_that_share_pieces_are_not_compared():
    info = v1(*(file(str(n), length=8 * KIB) for n in range(4)), pieces=hashes(1) * 2)
    assert found(info) == []


def test_empty_files_are_no_duplicates():
    assert found(v1(file("a"), file("b", length=0), file("c", length=0))) == []

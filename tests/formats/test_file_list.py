"""Listed files: v1 list, v1 single, v2 tree; each rule broken once."""

from __future__ import annotations

import pytest

from raincore.base.errors import MetainfoError
from raincore.formats import file_list
from raincore.formats.file_list import MAX_DIRECTORIES, ListedFile

ROOT = bytes(32)
LEAF = {b"": {b"length": 5, b"pieces root": ROOT}}


def test_files_are_listed_below_the_name():
    files = [{b"length": 1, b"path": [b"d", b"a"]}, {b"length": 0, b"path": [b"b"]}]
    assert file_list.of_list(files, b"n") == [
        ListedFile((b"n", b"d", b"a"), 1),
        ListedFile((b"n", b"b"), 0),
    ]


def test_attributes_are_read_and_unknown_ones_dropped_but_unknown_keys_kept():
    files = [
        {b"length": 1, b"path": [b"a"], b"attr": b"xhz\xff", b"mtime": 7, b"md5sum": b"?"},
        {b"length": 2, b"path": [b".pad", b"2"], b"attr": b"p", b"mtime": b"7"},
        {b"length": 0, b"path": [b"b"], b"mtime": 10**19 - 1},
        {b"path": [b"l"], b"attr": b"l", b"symlink path": [b"d", b"a"]},
    ]
    assert file_list.of_list(files, b"n") == [
        ListedFile((b"n", b"a"), 1, "xh", mtime=7, extra={b"md5sum": b"?"}),
        ListedFile((b"n", b".pad", b"2"), 2, "p"),
        ListedFile((b"n", b"b"), 0),
        ListedFile((b"n", b"l"), 0, "l", (b"d", b"a")),
    ]


@pytest.mark.parametrize("more", [{}, {b"md5sum": b"x"}])
def test_bitcomets_padding_is_known_by_its_name(more):
    entry = {b"length": 1, b"path": [b"_____padding_file_0_x"], **more}
    assert file_list.of_list([entry], b"n")[0].is_padding


def test_a_path_in_utf8_wins_over_one_in_another_encoding():
    entry = {b"length": 1, b"path": [b"\xa4"], b"path.utf-8": ["中".encode()]}
    assert file_list.of_list([entry], b"n")[0].path == (b"n", "中".encode())


def test_a_single_file_is_called_like_the_torrent():
    found = file_list.of_single({b"length": 3, b"attr": b"x", b"pieces": b""}, b"n")
    assert found == [ListedFile((b"n",), 3, "x")]


@pytest.mark.parametrize("files", [None, [], {}, b"x", 1])
def test_there_must_be_a_list_of_files(files):
    with pytest.raises(MetainfoError, match=r"info\.files: must be a list"):
        file_list.of_list(files, b"n")


GOOD = {b"length": 1, b"path": [b"a"]}
BAD_ENTRIES = [
    ("", "must be a dictionary", b"x"),
    (".path", "is missing", {b"length": 1}),
    (".path", "must be a list of", {b"length": 1, b"path": []}),
    (".path", "must be a list of", {b"length": 1, b"path": b"a"}),
    (".path", "must be a list of", {b"length": 1, b"path": [b"a", 1]}),
    (".path", "must be a list of", {b"length": 1, b"path": [b"a"] * (MAX_DIRECTORIES + 1)}),
    (".path.utf-8", "must be a list of", {**GOOD, b"path.utf-8": b"a"}),
    (".length", "is missing", {b"path": [b"a"]}),
    (".length", "must be a number", {**GOOD, b"length": -1}),
    (".length", "must be a number", {**GOOD, b"length": 2**63}),
    (".length", "must be a number", {**GOOD, b"length": b"1"}),
    (".attr", "must be a string", {**GOOD, b"attr": 1}),
    (".symlink path", "is missing", {**GOOD, b"length": 0, b"attr": b"l"}),
    (".symlink path", "must be a list", {**GOOD, b"length": 0, b"attr": b"l", b"symlink path": 1}),
    (".length", "no content of its own", {**GOOD, b"attr": b"l", b"symlink path": [b"b"]}),
]


@pytest.mark.parametrize(("where", "message", "entry"), BAD_ENTRIES)
def test_a_bad_entry_is_named_by_its_index(where, message, entry):
    with pytest.raises(MetainfoError, match=message) as caught:
        file_list.of_list([GOOD, entry], b"n")
    assert caught.value.where == f"info.files[1]{where}"


def test_a_tree_is_read_in_the_order_of_its_keys_as_bytes():
    tree = {b"b": LEAF, b"a.b": LEAF, b"a": {b"x": LEAF, b"A": {}}, b"a-b": LEAF}
    found, is_directory = file_list.of_tree(tree, b"n")
    assert [b"/".join(file.path) for file in found] == [b"n/a/x", b"n/a-b", b"n/a.b", b"n/b"]
    assert is_directory
    assert found[0] == ListedFile((b"n", b"a", b"x"), 5, pieces_root=ROOT)


def test_a_tree_of_one_file_of_the_torrents_name_is_no_directory():
    assert file_list.of_tree({b"n": LEAF}, b"n") == (
        [ListedFile((b"n",), 5, pieces_root=ROOT)],
        False,
    )
    for tree in ({b"m": LEAF}, {b"n": {b"n": LEAF}}, {b"n": LEAF, b"o": LEAF}):
        assert file_list.of_tree(tree, b"n")[1]


def test_an_empty_file_needs_no_root():
    tree = {b"a": {b"": {b"length": 0, b"pieces root": 1}}}
    assert file_list.of_tree(tree, b"n")[0][0].pieces_root is None


def test_a_symlink_in_a_tree_needs_no_length():
    tree = {b"a": {b"": {b"attr": b"l", b"symlink path": [b"b"]}}, b"b": LEAF}
    assert file_list.of_tree(tree, b"n")[0][0] == ListedFile((b"n", b"a"), 0, "l", (b"b",))


def deep(levels):
    tree = LEAF
    for _ in range(levels):
        tree = {b"d": tree}
    return tree


BAD_TREES = [
    ("", "at least one file", None),
    ("", "at least one file", {}),
    ("", "at least one file", [b"a"]),
    ("", "directories only", {b"a": {}}),
    ("", "deeper than 100", deep(102)),
    (".n/a", "must be a dictionary", {b"a": 1}),
    (".n/a", "both a file and a directory", {b"a": {**LEAF, b"b": LEAF}}),
    (".n/a", "both a file and a directory", {b"a": {b"": 1}}),
    (".n/a\\xff.length", "is missing", {b"a\xff": {b"": {b"pieces root": ROOT}}}),
    (".n/a", "32 bytes", {b"a": {b"": {b"length": 1}}}),
    (".n/a", "32 bytes", {b"a": {b"": {b"length": 1, b"pieces root": bytes(31)}}}),
    (".n/a", "32 bytes", {b"a": {b"": {b"length": 1, b"pieces root": 1}}}),
    (".n/a", "padding has no place", {b"a": {b"": {**LEAF[b""], b"attr": b"p"}}}),
]


@pytest.mark.parametrize(("where", "message", "tree"), BAD_TREES)
def test_a_bad_tree_is_named_by_its_path(where, message, tree):
    with pytest.raises(MetainfoError, match=message) as caught:
        file_list.of_tree(tree, b"n")
    assert caught.value.where == f"info.file tree{where}"


def test_a_deep_directory_of_many_files_is_not_spelt_out_without_end():
    entry = {b"": {b"length": 0}}
    tree = {b"%d" % n: entry for n in range(31_000)}
    for _ in range(97):
        tree = {b"d": tree}
    with pytest.raises(MetainfoError, match="more than 3000000 names"):
        file_list.of_tree(tree, b"n")

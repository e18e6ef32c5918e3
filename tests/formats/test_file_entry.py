"""From listed files to content: padding, hybrids, symlinks."""

from __future__ import annotations

import pytest

from raincore.base.errors import MetainfoError
from raincore.formats import file_entry
from raincore.formats.file_list import ListedFile

ROOT = bytes(32)


def file(name, length, **more):
    return ListedFile((b"n", name), length, **more)


def pad(length):
    return ListedFile((b"n", b".pad", b"%d" % length), length, "p")


def test_every_file_starts_on_a_piece_boundary():
    listed = [file(b"a", 10), file(b"b", 16), file(b"c", 0), file(b"d", 1), file(b"e", 3)]
    assert file_entry.aligned(listed, 16) == [
        *[file(b"a", 10), pad(6), file(b"b", 16), file(b"c", 0), file(b"d", 1), pad(15)],
        file(b"e", 3),
    ]


def test_empty_files_neither_need_nor_disturb_padding():
    listed = [file(b"a", 0), file(b"b", 10), file(b"c", 0), file(b"d", 0), file(b"e", 1)]
    assert file_entry.aligned(listed, 16) == [*listed[:4], pad(6), listed[4]]
    assert file_entry.aligned(listed[:4], 16) == listed[:4]


def tree_of(*listed):
    return [one._replace(pieces_root=ROOT) for one in listed if not one.is_padding]


@pytest.mark.parametrize(
    "flat",
    [
        [file(b"a", 10), pad(6), file(b"b", 3)],
        [file(b"a", 10), pad(6), file(b"b", 3), pad(13)],
        [file(b"a", 10), pad(2), pad(4), file(b"b", 3)],
        [file(b"a", 10), file(b"c", 0), pad(6), file(b"b", 3)],
        [file(b"a", 10), pad(6), file(b"c", 0), file(b"b", 3), file(b"d", 0)],
        [file(b"a", 10)],
    ],
)
def test_a_hybrid_whose_halves_agree_is_one(flat):
    merged = file_entry.merged(flat, tree_of(*flat), 16)
    assert [one._replace(pieces_root=None) for one in merged] == flat
    assert all((one.pieces_root is None) == one.is_padding for one in merged)


A, B = file(b"a", 10), file(b"b", 3)


@pytest.mark.parametrize(
    ("flat", "tree", "where", "message"),
    [
        ([A, pad(6), B], [A, file(b"x", 3)], "info.files[2]", "not the same file"),
        ([A, pad(6), B], [A, file(b"b", 4)], "info.files[2]", "not the same file"),
        ([A, pad(6), B], [A], "info.files[2]", "not the same file"),
        ([A], [A, B], "info.file tree", "more files"),
        ([A, B], [A, B], "info.files[1]", "piece boundary"),
        ([A, pad(22), B], [A, B], "info.files[2]", "piece boundary"),
        ([pad(16), A], [A], "info.files[1]", "piece boundary"),
        ([A, pad(22)], [A], "info.files", "padding after the last file"),
    ],
)
def test_a_hybrid_whose_halves_differ_is_refused(flat, tree, where, message):
    with pytest.raises(MetainfoError, match=message) as caught:
        file_entry.merged(flat, tree, 16)
    assert caught.value.where == where


def test_entries_carry_what_was_listed():
    [entry] = file_entry.entries(
        [file(b"a", 1, attr="x", pieces_root=ROOT, mtime=7, extra={b"k": 1})], True
    )
    assert entry.path == entry.disk_path == ("n", "a")
    assert entry.raw_path == (b"n", b"a")
    assert (entry.length, entry.attr, entry.pieces_root, entry.mtime) == (1, "x", ROOT, 7)
    assert entry.symlink is entry.disk_symlink is None
    assert entry.extra == {b"k": 1}


def test_padding_takes_nobodys_name():
    taken = ListedFile((b"n", b".pad", b"6"), 1)
    found = file_entry.entries([pad(6), taken, pad(6)], True)
    assert [entry.is_padding for entry in found] == [True, False, True]
    assert found[1].path == ("n", ".pad", "6")


def link(name, *target):
    return file(name, 0, attr="l", symlink=target)


def test_a_symlink_leads_to_a_file_or_directory_of_the_torrent():
    listed = [link(b"l", b"sub", b"x"), link(b"m", b"sub"), ListedFile((b"n", b"sub", b"x"), 1)]
    found = file_entry.entries(listed, True)
    assert [entry.symlink for entry in found[:2]] == [("n", "sub", "x"), ("n", "sub")]


def test_a_symlink_follows_its_target_to_the_name_it_got():
    listed = [
        file(b"..", 1),
        file(b"__", 1),
        file(b"x\xff", 1),
        link(b"l", b".."),
        link(b"m", b"x\xff"),
    ]
    found = file_entry.entries(listed, True)
    assert found[0].path == ("n", "__.1")
    assert found[3].symlink == ("n", "__.1")
    assert found[4].symlink == ("n", "x�")
    assert found[4].disk_symlink == ("n", "x\udcff")


@pytest.mark.parametrize(
    ("target", "safe"),
    [
        ((b"..", b"..", b"etc"), ("n", "__", "__", "etc")),
        ((b"", b"etc", b"passwd"), ("n", "_", "etc", "passwd")),
        ((b"/etc/passwd",), ("n", "_etc_passwd")),
        ((b"gone",), ("n", "gone")),
    ],
)
def test_a_symlink_never_leads_out(target, safe):
    [entry] = file_entry.entries([link(b"l", *target)], True)
    assert entry.symlink == entry.disk_symlink == safe


def test_a_lone_symlink_leads_beside_itself():
    only = ListedFile((b"n",), 0, "l", (b"other",))
    assert file_entry.entries([only], False)[0].symlink == ("other",)

"""The files of a torrent document, drawn as a tree with sizes."""

import re

from raincore.documents.documents import FileFacts, TorrentDocument
from raintools._kit import file_tree
from raintools._kit.output import Writer

PLAIN = Writer(as_json=False, color="never")
COLORED = Writer(as_json=False, color="always")


def files(*paths):
    return TorrentDocument(files=[FileFacts(path, 1024) for path in paths])


def test_files_are_drawn_as_a_tree():
    document = files("p/a/x", "p/a/b/y", "p/c", "p/a/z", "p/d/w")
    assert file_tree.tree(document, PLAIN).splitlines() == [
        "p/  5.00 KiB",
        "├─ a/  3.00 KiB",
        "│  ├─ x  1.00 KiB",
        "│  ├─ b/  1.00 KiB",
        "│  │  └─ y  1.00 KiB",
        "│  └─ z  1.00 KiB",
        "├─ c  1.00 KiB",
        "└─ d/  1.00 KiB",
        "   └─ w  1.00 KiB",
    ]


def test_a_single_file_is_a_tree_too():
    assert file_tree.tree(files("one.bin"), PLAIN) == "one.bin  1.00 KiB"


def test_a_symlink_shows_where_it_leads():
    document = TorrentDocument(files=[FileFacts("p/a", 0, symlink="p/b")])
    assert file_tree.tree(document, PLAIN).splitlines() == ["p/  0 B", "└─ a -> p/b  0 B"]


def test_a_file_may_share_its_name_with_a_directory():
    assert file_tree.tree(files("p/a", "p/a/b"), PLAIN).splitlines() == [
        "p/  2.00 KiB",
        "├─ a  1.00 KiB",
        "└─ a/  1.00 KiB",
        "   └─ b  1.00 KiB",
    ]


def test_a_link_to_a_directory_is_not_taken_for_one():
    links = [FileFacts("x", 0, symlink="b/"), FileFacts("x -> b/c", 1)]
    lines = file_tree.tree(TorrentDocument(files=links), PLAIN).splitlines()
    assert lines == ["x -> b/  0 B", "x -> b/  1 B", "└─ c  1 B"]


def test_a_deeper_path_than_any_torrent_has_is_not_indented_for_ever():
    shown = file_tree.tree(files("/".join(["d"] * 100_000)), PLAIN).splitlines()
    assert len(shown) == 101
    assert shown[-1].endswith("/d/d/d  1.00 KiB")


def test_no_files_are_an_empty_tree():
    assert file_tree.tree(TorrentDocument(), PLAIN) == ""


def test_nothing_that_a_document_says_reaches_the_terminal_unchecked():
    document = TorrentDocument(files=[FileFacts("p\x1b/\u202e", 0, symlink="\x07")])
    assert not set("\x1b\x07\u202e") & set(file_tree.tree(document, PLAIN))


def test_colour_changes_nothing_but_the_colour():
    colored = file_tree.tree(files("p/a"), COLORED)
    assert "\x1b[" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == file_tree.tree(files("p/a"), PLAIN)

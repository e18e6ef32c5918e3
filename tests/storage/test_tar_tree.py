"""The directory that unpacking a tar archive would make, scanned like one on disk."""

import pytest

from raincore.base.errors import ConfigError, FormatError
from raincore.storage.content_scan import Rules
from raincore.storage.tar_members import Kind, members
from raincore.storage.tar_tree import TarTree
from tests.storage import archives
from tests.storage.archives import link, symlink


def tree_of(*given, name=None, **rules):
    tree = TarTree(Rules(**rules), name)
    for number, member in enumerate(members(archives.opened(archives.archive(*given)))):
        tree.add(member, number if member.kind is Kind.FILE else None)
    return tree


def scan(*given, name=None, **rules):
    return tree_of(*given, name=name, **rules).scan()


def paths(found):
    return [b"/".join(file.parts).decode() for file in found.scan.files]


def test_the_one_directory_at_the_top_gives_the_name_and_files_are_sorted():
    found = scan(("./photos/b", b"2"), ("photos/a-b", b"3"), ("photos/a/x", b"1"), "photos")
    assert (found.name, found.scan.is_directory) == ("photos", True)
    assert paths(found) == ["a/x", "a-b", "b"]
    assert found.contents == {(b"b",): 0, (b"a-b",): 1, (b"a", b"x"): 2}


def test_another_name_takes_the_place_of_that_of_the_directory():
    found = scan(("photos/a", b"1"), name="pictures")
    assert (found.name, paths(found)) == ("pictures", ["a"])


def test_the_one_file_at_the_top_is_a_torrent_of_one_file():
    found = scan(("photo.jpg", b"1"))
    assert (found.name, found.scan.is_directory) == ("photo.jpg", False)
    assert [file.parts for file in found.scan.files] == [()]


@pytest.mark.parametrize(
    "given", [["./", ("./a", b"1"), ("./d/b", b"2")], [("a", b"1"), ("d/b", b"2")]]
)
def test_what_was_packed_from_inside_needs_a_name(given):
    found = scan(*given, name="photos")
    assert (found.name, paths(found)) == ("photos", ["a", "d/b"])
    with pytest.raises(ConfigError, match="a name must be given"):
        scan(*given)


@pytest.mark.parametrize("name", [None, "photos"])
def test_two_directories_at_the_top_are_an_error_that_names_them(name):
    with pytest.raises(FormatError, match="more than one directory at its top: one, two"):
        scan(("two/a", b"1"), ("one/b", b"2"), name=name)


def test_the_last_of_several_with_one_name_counts():
    found = scan(("d/a", b"old"), ("d/a", b"newer"))
    assert [file.size for file in found.scan.files] == [5]
    assert found.contents == {(b"a",): 1}


def test_a_hard_link_is_another_name_of_what_was_there_before_it():
    found = scan(("d/a", {"data": b"old", "mode": 0o755}), ("d/b", link("d/a")), ("d/a", b"newer"))
    assert [(file.size, file.is_executable) for file in found.scan.files] == [(5, False), (3, True)]
    assert found.contents == {(b"a",): 2, (b"b",): 0}


@pytest.mark.parametrize("target", ["d/none", "d/e", "d", "d/a/x"])
def test_a_hard_link_to_no_earlier_file_is_refused(target):
    with pytest.raises(FormatError, match="hard link to no earlier file: d/b"):
        scan(("d/a", b"1"), "d/e", ("d/b", link(target)))


@pytest.mark.parametrize(
    "given",
    [
        [("d/a", b"1"), ("d/a/b", b"2")],
        [("d/a/b", b"1"), ("d/a", b"2")],
        [("d/a", b"1"), "d/a"],
        ["d/a", ("d/a", b"1")],
        [("d/a", symlink(".")), ("d/a/b", b"1")],
    ],
)
def test_one_name_cannot_be_a_directory_and_a_file(given):
    with pytest.raises(FormatError, match="a directory and a file of one name: d/a"):
        scan(*given)


def test_rules_are_those_of_a_directory():
    given = [("d/a.tmp", b"1"), ("d/.h/x", b"2"), ("d/k", b"3"), ("d/.h/y", b"4")]
    assert paths(scan(*given)) == ["a.tmp", "k"]
    assert paths(scan(*given, exclude=("*.tmp",), hidden=True)) == [".h/x", ".h/y", "k"]
    assert paths(scan(*given, include=("y",))) == [".h/y", "a.tmp", "k"]
    with pytest.raises(FormatError, match="nothing to put into a torrent: d"):
        scan(*given, exclude=("*",))


def test_an_archive_without_content_is_refused():
    with pytest.raises(FormatError, match="archive is empty"):
        scan()
    with pytest.raises(FormatError, match="nothing but empty files: d"):
        scan(("d/a", b""))


def test_it_is_guessed_from_the_first_member_what_counts():
    tree = tree_of(("d/.hidden", b"1"), ("d/seen", b"2"), ("d/x.tmp", b"3"), exclude=("*.tmp",))
    data = archives.archive(("d/.hidden", b"1"), ("d/seen", b"2"), ("d/x.tmp", b"3"))
    assert [tree.counts(member) for member in members(archives.opened(data))] == [
        False,
        True,
        False,
    ]
    assert tree_of("./", ("./.h", b"1"), name="d").depth == 0

"""A walk through the tree of an archive, by the rules of a scan."""

import pytest

from raincore.base.errors import FormatError
from raincore.storage import tar_walk
from raincore.storage.content_scan import Rules
from raincore.storage.tar_members import Kind, members
from raincore.storage.tar_tree import TarTree
from tests.storage import archives
from tests.storage.archives import symlink


def scan(*given, **rules):
    tree = TarTree(Rules(**rules), None)
    for number, member in enumerate(members(archives.opened(archives.archive(*given)))):
        tree.add(member, number if member.kind is Kind.FILE else None)
    return tree.scan()


def paths(found):
    return [b"/".join(file.parts).decode() for file in found.scan.files]


def test_what_is_no_file_is_left_out_with_a_note():
    found = scan(("d/a", b"1"), ("d/s", symlink("a")), ("d/f", {"type": b"6"}))
    assert paths(found) == ["a"]
    assert found.scan.notes == (
        "left out, it is a symlink: d/s",
        "left out, it is neither file nor directory: d/f",
    )


def test_symlinks_are_followed_inside_the_archive_if_asked_for():
    found = scan(
        ("d/a", b"1"),
        ("d/e/b", b"22"),
        ("d/s", symlink("e/../a")),
        ("d/t", symlink("./e")),
        ("d/e/up", symlink("..")),
        ("d/out", symlink("/etc/passwd")),
        ("d/far", symlink("../../x")),
        ("d/none", symlink("none")),
        ("d/under", symlink("a/b")),
        follow_symlinks=True,
    )
    assert paths(found) == ["a", "e/b", "s", "t/b"]
    assert found.contents[(b"t", b"b")] == found.contents[(b"e", b"b")]
    broken = ["far", "none", "out", "under"]
    assert [note for note in found.scan.notes if "broken" in note] == [
        f"left out, it is a broken symlink: d/{name}" for name in broken
    ]
    assert "left out, it leads back to a directory above: d/e/up" in found.scan.notes


def test_symlinks_that_lead_in_circles_or_multiply_end(monkeypatch):
    found = scan(("d/a", b"1"), ("d/x", symlink("y")), ("d/y", symlink("x")), follow_symlinks=True)
    assert paths(found) == ["a"]
    monkeypatch.setattr(tar_walk, "MAX_MEMBERS", 1000)
    doubled = [("d/0/a", b"1")]
    for level in range(1, 30):
        for side in "ab":
            doubled.append((f"d/{level}/{side}", symlink(f"../{level - 1}")))
    with pytest.raises(FormatError, match="symlinks that make more than"):
        scan(*doubled, follow_symlinks=True)


def test_symlinks_are_taken_as_such_if_they_lead_to_something_inside():
    found = scan(
        ("d/a", b"1"),
        ("d/e/s", symlink("../a")),
        ("d/e/out", symlink("../../d/a")),
        ("d/abs", symlink("/d/a")),
        symlinks=True,
    )
    assert [(paths(found)[n], file.symlink) for n, file in enumerate(found.scan.files)] == [
        ("a", None),
        ("e/s", (b"a",)),
    ]
    assert found.scan.notes == (
        "left out, it is a symlink to somewhere else: d/abs",
        "left out, it is a symlink to somewhere else: d/e/out",
    )

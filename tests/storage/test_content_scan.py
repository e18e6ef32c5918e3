"""A path on disk to the ordered list of files that a torrent of it holds."""

import os
import socket
from pathlib import Path

import pytest

from raincore.base.errors import ConfigError, FormatError, ReadError
from raincore.storage import content_scan
from raincore.storage.content_scan import Rules


@pytest.fixture
def tree(tmp_path):
    root = tmp_path / "root"
    for name in ["b", "a/x", "a/y.log", "a-b/z", ".git/config", "sub/.env", "sub/deep/k.log"]:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    (root / "empty").write_bytes(b"")
    return root


def listed(path, **rules):
    return [
        b"/".join(file.parts).decode()
        for file in content_scan.scan(str(path), Rules(**rules)).files
    ]


VISIBLE = ["a/x", "a/y.log", "a-b/z", "b", "empty", "sub/deep/k.log"]


def test_files_come_in_the_order_of_a_file_tree_without_hidden_ones(tree):
    assert listed(tree) == VISIBLE


def test_a_file_is_described(tree):
    (tree / "a" / "x").chmod(0o755)
    result = content_scan.scan(str(tree), Rules())
    status = (tree / "a" / "x").stat()
    assert result.is_directory
    assert result.notes == ()
    first = result.files[0]
    assert (first.path, first.parts) == (str(tree / "a" / "x"), (b"a", b"x"))
    assert (first.size, first.mtime_ns) == (3, status.st_mtime_ns)
    assert [file.is_executable for file in result.files[:2]] == [True, False]


def test_a_single_file_is_itself(tree):
    result = content_scan.scan(str(tree / ".git" / "config"), Rules())
    assert not result.is_directory
    assert [file.parts for file in result.files] == [()]


def test_hidden_files_are_taken_when_asked(tree):
    assert listed(tree, hidden=True) == [".git/config", *VISIBLE[:-1], "sub/.env", VISIBLE[-1]]


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        (["*.log"], ["a/x", "a-b/z", "b", "empty"]),
        (["deep"], VISIBLE[:-1]),
        (["a/*"], ["a-b/z", "b", "empty", "sub/deep/k.log"]),
        (["a/x", "b"], ["a/y.log", "a-b/z", "empty", "sub/deep/k.log"]),
        (["[ab]"], ["a-b/z", "empty", "sub/deep/k.log"]),
        (["*.LOG", "x/a"], VISIBLE),
    ],
)
def test_excluded_files_are_left_out(tree, patterns, left):
    assert listed(tree, exclude=tuple(patterns)) == left


def test_included_files_are_taken_though_excluded_or_hidden(tree):
    assert listed(tree, exclude=("*.log", "sub"), include=("k.log", ".git/*")) == [
        ".git/config",
        "a/x",
        "a-b/z",
        "b",
        "empty",
        "sub/deep/k.log",
    ]


def test_names_are_kept_as_bytes(tmp_path):
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_bytes(b"x")
    assert content_scan.scan(str(tmp_path), Rules()).files[0].parts == (b"\xff\xfe",)


def test_symlinks_are_left_out_with_a_note(tree):
    (tree / "link").symlink_to("b")
    (tree / "dir").symlink_to("a")
    result = content_scan.scan(str(tree), Rules())
    assert len(result.files) == len(VISIBLE)
    assert [note.split(":")[0] for note in result.notes] == ["left out, it is a symlink"] * 2


def test_symlinks_are_followed_when_asked(tree):
    (tree / "link").symlink_to("b")
    (tree / "dir").symlink_to("a")
    assert listed(tree, follow_symlinks=True) == [
        *VISIBLE[:4],
        "dir/x",
        "dir/y.log",
        "empty",
        "link",
        "sub/deep/k.log",
    ]


def test_broken_symlinks_and_circles_are_left_out_with_a_note(tree):
    (tree / "gone").symlink_to("nowhere")
    (tree / "sub" / "up").symlink_to("..")
    result = content_scan.scan(str(tree), Rules(follow_symlinks=True))
    assert len(result.files) == len(VISIBLE)
    broken, circle = result.notes
    assert "broken symlink" in broken
    assert "directory above" in circle


def test_the_path_itself_may_be_a_symlink(tree):
    (tree.parent / "alias").symlink_to(tree)
    assert listed(tree.parent / "alias") == VISIBLE


@pytest.fixture
def deep(tmp_path, monkeypatch):
    """Directories in each other, more of them than the interpreter's stack has room for."""
    monkeypatch.chdir(tmp_path)
    for _ in range(1200):
        os.mkdir("d")
        os.chdir("d")
    Path("f").write_bytes(b"x")
    yield tmp_path
    # Level by level: pytest's own way of removing a tree would recurse.
    os.remove("f")
    for _ in range(1200):
        os.chdir("..")
        os.rmdir("d")


def test_a_tree_may_be_deeper_than_the_interpreters_stack(deep):
    [file] = content_scan.scan(str(deep), Rules()).files
    assert len(file.parts) == 1201


def test_special_files_are_left_out_with_a_note(tree):
    os.mkfifo(tree / "fifo")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(tree / "socket"))
        result = content_scan.scan(str(tree), Rules())
    assert len(result.files) == len(VISIBLE)
    assert len(result.notes) == 2


def test_what_was_excluded_is_not_worth_a_note(tree):
    os.mkfifo(tree / "fifo")
    assert content_scan.scan(str(tree), Rules(exclude=("fifo",))).notes == ()


def test_a_directory_that_cannot_be_listed_is_named(tree, monkeypatch):
    real = os.scandir

    def scandir(path):
        if str(path).endswith("deep"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(ReadError, match="cannot list: permission denied") as caught:
        listed(tree)
    assert caught.value.path == str(tree / "sub" / "deep")


def test_a_circle_of_symlinks_is_a_broken_one(tree):
    (tree / "loop").symlink_to("loop")
    (tree / ".loop").symlink_to("loop")
    for include in ((), ("never",)):
        result = content_scan.scan(str(tree), Rules(follow_symlinks=True, include=include))
        assert result.notes == (f"left out, it is a broken symlink: {tree / 'loop'}",)


def test_symlinks_are_taken_as_such_when_asked(tree):
    links = {
        "dir": "a",
        "gone": "sub/./nowhere",
        "sub/up": "../a/x",
        "sub/absolute": str(tree / "b"),
        "sub/deep/odd": "..//../sub/deep/",
    }
    for name, target in links.items():
        (tree / name).symlink_to(target)
    result = content_scan.scan(str(tree), Rules(symlinks=True))
    found = {
        b"/".join(file.parts).decode(): b"/".join(file.symlink).decode()
        for file in result.files
        if file.symlink is not None
    }
    assert found == {
        "dir": "a",
        "gone": "sub/nowhere",
        "sub/up": "a/x",
        "sub/absolute": "b",
        "sub/deep/odd": "sub/deep",
    }
    assert {file.size for file in result.files if file.symlink} == {0}
    assert result.notes == ()


@pytest.mark.parametrize("target", ["/etc/passwd", "..", "../root/b", "../../x", ".", "a/..", "/"])
def test_symlinks_to_somewhere_else_are_left_out_with_a_note(tree, target):
    (tree / "link").symlink_to(target)
    result = content_scan.scan(str(tree), Rules(symlinks=True))
    assert result.notes == (f"left out, it is a symlink to somewhere else: {tree / 'link'}",)
    assert all(file.symlink is None for file in result.files)


def test_what_is_excluded_is_not_taken_as_a_symlink_either(tree):
    (tree / "link").symlink_to("b")
    result = content_scan.scan(str(tree), Rules(symlinks=True, exclude=("link",), include=("b",)))
    assert all(file.symlink is None for file in result.files)
    assert result.notes == ()


def test_files_that_are_apart_are_left_out_by_whatever_name(tree):
    os.link(tree / "b", tree / "sub" / "other")
    status = (tree / "b").stat()
    apart = {(status.st_dev, status.st_ino)}
    result = content_scan.scan(str(tree), Rules(), apart=apart)
    assert [file.parts[-1] for file in result.files] == [b"x", b"y.log", b"z", b"empty", b"k.log"]
    assert [note.split(": ")[1] for note in result.notes] == [
        str(tree / "b"),
        str(tree / "sub" / "other"),
    ]
    with pytest.raises(ConfigError, match="its own torrent"):
        content_scan.scan(str(tree / "b"), Rules(), apart=apart)


def test_a_missing_path_is_named(tmp_path):
    with pytest.raises(ReadError, match="no such file"):
        listed(tmp_path / "missing")
    with pytest.raises(ReadError, match="not a path"):
        listed("a\0b")


def test_a_path_that_is_neither_file_nor_directory_is_refused():
    with pytest.raises(FormatError, match="neither a file nor a directory"):
        listed("/dev/null")


def test_nothing_is_an_error(tmp_path, tree):
    (tmp_path / "none").mkdir()
    with pytest.raises(FormatError, match="nothing to put"):
        listed(tmp_path / "none")
    with pytest.raises(FormatError, match="nothing to put"):
        listed(tree, exclude=("*",))
    with pytest.raises(FormatError, match="nothing but empty files"):
        listed(tree / "empty")

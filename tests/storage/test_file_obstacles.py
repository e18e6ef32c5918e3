"""What is in the way of a file is found by looking, and named."""

import os
import subprocess

import pytest

from raincore.base.bitfield import Bitfield
from raincore.base.errors import UnsafePath
from raincore.base.geometry import Geometry
from raincore.storage import file_obstacles
from raincore.storage.directory_tree import DirectoryTree
from raincore.storage.layout import Layout, PlacedFile

PARTS = ("name", "sub", "file")


@pytest.fixture
def path(tmp_path):
    (tmp_path / "name" / "sub").mkdir(parents=True)
    return tmp_path / "name" / "sub" / "file"


def why(tmp_path, parts=PARTS, length=10) -> str:
    error = file_obstacles.in_the_way(DirectoryTree(tmp_path, follow_symlinks=False), parts, length)
    return "" if error is None else str(error)


@pytest.mark.parametrize("size", [None, 0, 5, 10])
def test_a_file_that_is_missing_short_or_whole_can_be_written(tmp_path, path, size):
    if size is not None:
        path.write_bytes(bytes(size))
    assert why(tmp_path) == ""


def test_where_no_directory_is_yet_one_can_be_made(tmp_path):
    assert why(tmp_path) == ""
    assert why(tmp_path / "not" / "there") == ""


def test_a_path_that_nobody_could_open_is_not_begun(tmp_path):
    room = 4096 - len(f"{tmp_path}/") - 1
    deep = ("d" * 200,) * ((room - 1) // 201)
    last = "f" * (room - 201 * len(deep))
    assert why(tmp_path, (*deep, last)) == ""
    assert why(tmp_path, (*deep, last + "f")).startswith("cannot write: file name too long: /")


def test_a_longer_file_is_not_ours(tmp_path, path):
    path.write_bytes(bytes(11))
    assert why(tmp_path) == f"a file of 11 bytes is where the torrent has one of 10: {path}"


def test_a_directory_in_the_place_of_a_file(tmp_path, path):
    path.mkdir()
    assert why(tmp_path) == f"a directory is where the torrent has a file: {path}"


def test_a_file_in_the_place_of_a_directory(tmp_path, path):
    path.parent.rmdir()
    path.parent.write_bytes(b"")
    assert why(tmp_path) == f"a file is where the torrent has a directory: {path.parent}"


def test_a_pipe(tmp_path, path):
    os.mkfifo(path)
    assert why(tmp_path) == f"not a regular file: {path}"


@pytest.mark.parametrize("depth", [2, 3])
def test_a_symlink_anywhere(tmp_path, path, depth):
    (tmp_path / "elsewhere").mkdir()
    path.parent.rmdir()
    link = tmp_path.joinpath(*PARTS[:depth])
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(tmp_path / "elsewhere")
    error = file_obstacles.in_the_way(DirectoryTree(tmp_path, follow_symlinks=False), PARTS, 10)
    assert isinstance(error, UnsafePath)
    assert str(link) in str(error)


def test_a_name_that_is_too_long_for_the_system(tmp_path):
    assert "file name too long" in why(tmp_path, ("x" * 300,))


@pytest.fixture
def read_only(tmp_path):
    target = tmp_path / "mounted"
    target.mkdir()
    mount = ["mount", "-t", "tmpfs", "tmpfs", str(target)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("needs to mount a tmpfs, which this user may not")
    (target / "file").write_bytes(bytes(5))
    subprocess.run(["mount", "-o", "remount,ro", str(target)], check=True)
    yield target
    subprocess.run(["umount", "--lazy", str(target)], check=True)


def test_a_read_only_file_system(read_only):
    assert why(read_only, ("file",)).startswith("cannot write: read-only file system: ")
    assert why(read_only, ("other",)).startswith("cannot create files: read-only file system: ")


def test_a_read_only_file_system_on_which_not_even_the_directory_is(read_only):
    assert "read-only file system" in why(read_only / "not" / "there")


def test_permissions_that_are_missing(tmp_path, path, monkeypatch):
    path.write_bytes(bytes(5))
    monkeypatch.setattr(os, "access", lambda *_: False)  # nothing is forbidden to root
    assert why(tmp_path) == f"cannot write: permission denied: {path}"
    path.unlink()
    assert why(tmp_path) == f"cannot create files: permission denied: {path.parent}"


def test_only_files_of_which_a_piece_is_missing_are_to_be_written():
    geometry = Geometry(4, (8, 0, 6, 6))
    assert list(file_obstacles.lacking(geometry, Bitfield(5, [0, 1, 4]))) == [2, 3]
    assert list(file_obstacles.lacking(geometry, Bitfield.full(5))) == []


def test_of_a_torrent_all_files_are_looked_at_but_those_that_are_never_written(tmp_path):
    files = (
        PlacedFile(("a",), 5),
        PlacedFile((), 5),
        PlacedFile(("link",), 0, "l", ("a",)),
        PlacedFile(("b",), 5),
        PlacedFile(("c",), 5),
    )
    (tmp_path / "a").mkdir()
    (tmp_path / "link").mkdir()
    tree, layout = DirectoryTree(tmp_path, follow_symlinks=False), Layout(tmp_path, files)
    errors = file_obstacles.found(
        tree,
        layout,
        range(5),
        lambda index: file_obstacles.taken(f"{tmp_path}/c") if index == 4 else None,
    )
    assert {index: str(error) for index, error in errors.items()} == {
        0: f"a directory is where the torrent has a file: {tmp_path}/a",
        4: f"the file belongs to another torrent: {tmp_path}/c",
    }


def test_a_file_in_the_place_of_the_root(tmp_path):
    root = tmp_path / "root"
    root.write_bytes(b"")
    assert why(root) == f"a file is where the torrent has a directory: {root}"
    assert why(root / "below") == f"cannot write: not a directory: {root / 'below'}"


def test_a_link_to_nowhere_in_the_place_of_the_root_is_as_good_as_nothing(tmp_path):
    (tmp_path / "root").symlink_to("nowhere")
    assert why(tmp_path / "root") == ""


def test_the_root_is_not_looked_at_for_a_file_below_it(tmp_path, monkeypatch):
    tree = DirectoryTree(tmp_path, follow_symlinks=False)
    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", None)
        found = file_obstacles.in_the_way(tree, ("file",), 10)
    assert found is None

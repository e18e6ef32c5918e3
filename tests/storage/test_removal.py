"""Only what belongs to a torrent is deleted, and no symlink leads elsewhere."""

import os
from pathlib import Path

import pytest

from raincore.base.errors import StorageError, WriteError
from raincore.storage import removal
from raincore.storage.layout import Layout, PlacedFile
from raincore.storage.parts_file import PartsFile, place_of


def layout(root: Path, *paths: str) -> Layout:
    files = [PlacedFile(tuple(path.split("/")), 1) for path in paths]
    return Layout(root, (*files, PlacedFile((), 7)))


def write(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")


def left(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*")}


def test_a_directory_of_its_own_goes_with_all_that_is_in_it(tmp_path):
    write(tmp_path, "own/a/b", "other")
    (tmp_path / "own" / "link").symlink_to(tmp_path / "other")
    removal.remove_own_directory(tmp_path / "own")
    assert left(tmp_path) == {"other"}
    removal.remove_own_directory(tmp_path / "own")


def test_a_symlink_in_its_place_is_left_alone(tmp_path):
    write(tmp_path, "elsewhere/a")
    (tmp_path / "own").symlink_to(tmp_path / "elsewhere")
    removal.remove_own_directory(tmp_path / "own")
    assert left(tmp_path) == {"own", "elsewhere", "elsewhere/a"}


def test_in_a_shared_directory_only_its_files_go_and_what_is_empty_then(tmp_path):
    write(tmp_path, "t/a/one", "t/a/two", "t/b/three", "t/b/foreign", "other")
    removal.remove_files(layout(tmp_path, "t/a/one", "t/a/two", "t/b/three", "t/none/x"), ())
    assert left(tmp_path) == {"t", "t/b", "t/b/foreign", "other"}


def test_what_another_torrent_has_too_is_spared(tmp_path):
    write(tmp_path, "t/one", "t/two")
    removal.remove_files(layout(tmp_path, "t/one", "t/two"), {("t", "two")})
    assert left(tmp_path) == {"t", "t/two"}


def test_no_symlink_on_the_way_is_followed(tmp_path):
    write(tmp_path, "elsewhere/one", "root/two")
    (tmp_path / "root" / "t").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="symlink"):
        removal.remove_files(layout(tmp_path / "root", "t/one", "two"), ())
    assert left(tmp_path) == {"root", "root/t", "elsewhere", "elsewhere/one"}


def test_a_directory_where_a_file_should_be_is_not_ours(tmp_path):
    write(tmp_path, "t/one/inside")
    removal.remove_files(layout(tmp_path, "t/one"), ())
    assert left(tmp_path) == {"t", "t/one", "t/one/inside"}


def test_what_the_system_refuses_is_an_error(tmp_path, monkeypatch):
    write(tmp_path, "t/one", "t/two")
    unlink = os.unlink

    def refuse(path, **options):
        if path == "one":
            raise PermissionError(13, "Permission denied")
        unlink(path, **options)

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(WriteError, match="cannot delete: permission denied"):
        removal.remove_files(layout(tmp_path, "t/one", "t/two"), ())
    assert left(tmp_path) == {"t", "t/one"}
    with pytest.raises(WriteError, match="cannot delete"):
        removal.remove_own_directory(tmp_path / "t")


def test_parts_of_unwanted_files_go_too(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    place = place_of("ab" * 20, tmp_path)
    parts = PartsFile(place)
    parts.write(0, [memoryview(b"x")])
    parts.close()
    assert os.path.isdir(place)
    removal.remove_parts("ab" * 20, tmp_path)
    removal.remove_parts("ab" * 20, tmp_path)
    assert not any(Path(place).glob("*"))

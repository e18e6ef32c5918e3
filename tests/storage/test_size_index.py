import os
from pathlib import Path

import pytest

from raincore.storage import size_index
from raincore.storage.size_index import SizeIndex


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name, size in {"a/x": 3, "a/b/x": 3, "a/b/y": 3, "z": 5}.items():
        (tmp_path / name).write_bytes(bytes(size))
    return tmp_path


def paths(found: object, place: Path) -> list[str]:
    return [os.path.relpath(local.path, place) for local in found]  # type: ignore[attr-defined]


def test_files_are_found_by_size(place: Path) -> None:
    index = SizeIndex([str(place)])
    assert paths(index.of_size(3), place) == ["a/x", "a/b/x", "a/b/y"]
    assert paths(index.of_size(5), place) == ["z"]
    assert index.of_size(4) == ()


def test_files_are_found_by_name_and_size(place: Path) -> None:
    index = SizeIndex([str(place)])
    assert paths(index.called("x", 3), place) == ["a/x", "a/b/x"]
    assert index.called("x", 5) == ()


def test_directories_within_each_other_count_once_by_file(place: Path) -> None:
    (place / "second").hardlink_to(place / "z")
    index = SizeIndex([str(place), str(place / "a")])
    assert len(index.of_size(5)) == 1


def test_symlinks_are_not_followed(place: Path) -> None:
    (place / "loop").symlink_to(place)
    (place / "link").symlink_to(place / "z")
    index = SizeIndex([str(place)])
    assert paths(index.of_size(5), place) == ["z"]
    assert size_index.look_at(str(place / "link")) is None


def test_a_directory_that_cannot_be_listed_is_told(place: Path) -> None:
    index = SizeIndex([str(place / "nowhere"), str(place)])
    assert [str(error) for error in index.errors] == [
        f"cannot list: no such file or directory: {place / 'nowhere'}"
    ]
    assert len(index.of_size(5)) == 1


def test_a_file_is_known_again_under_another_name(place: Path) -> None:
    (place / "second").hardlink_to(place / "z")
    one, other = (size_index.look_at(str(place / name)) for name in ("z", "second"))
    third = size_index.look_at(str(place / "a" / "x"))
    assert one is not None
    assert other is not None
    assert third is not None
    assert one.is_same_as(other)
    assert not one.is_same_as(third)


@pytest.mark.parametrize("path", ["nowhere", "a", "bad\0name"])
def test_what_is_no_file_is_nothing(place: Path, path: str) -> None:
    assert size_index.look_at(str(place / path)) is None

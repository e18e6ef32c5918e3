from pathlib import Path

import pytest

from raincore.base.geometry import Geometry
from raincore.storage.assigned_files import AssignedFiles

GEOMETRY = Geometry(4, (3, 2, 5))


@pytest.fixture
def files(tmp_path: Path) -> AssignedFiles:
    (tmp_path / "x").write_bytes(b"abc")
    (tmp_path / "y").write_bytes(b"fghij")
    return AssignedFiles(GEOMETRY, {1}, {0: str(tmp_path / "x"), 2: str(tmp_path / "y")})


def read(files: AssignedFiles, offset: int, length: int) -> bytes:
    buffer = bytearray(length)
    return bytes(buffer[: files.read_into(offset, memoryview(buffer))])


def test_content_is_read_from_wherever_its_files_are(files: AssignedFiles) -> None:
    assert read(files, 0, 10) == b"abc\0\0fghij"
    assert read(files, 2, 4) == b"c\0\0f"


def test_a_file_that_nobody_assigned_ends_the_content(files: AssignedFiles) -> None:
    files.paths = {0: files.paths[0]}
    assert read(files, 0, 10) == b"abc\0\0"


@pytest.mark.parametrize("damage", ["gone", "short", "directory"])
def test_a_file_that_cannot_be_read_whole_ends_the_content(
    files: AssignedFiles, damage: str, tmp_path: Path
) -> None:
    path = tmp_path / "y"
    path.unlink()
    if damage == "short":
        path.write_bytes(b"fg")
    elif damage == "directory":
        path.mkdir()
    assert read(files, 0, 10) == b"abc\0\0"


def test_nothing_is_known_of_holes(files: AssignedFiles) -> None:
    assert not files.is_hole(3, 2)

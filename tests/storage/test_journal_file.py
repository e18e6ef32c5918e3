import os
from pathlib import Path

import pytest

from raincore.base.errors import FormatError, StorageError, WriteError
from raincore.storage.journal_file import JournalFile

HEAD = b"a journal 1\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def add(path: Path, *texts: bytes) -> None:
    file = JournalFile(str(path), HEAD)
    assert list(file.lines()) is not None
    for text in texts:
        file.append(text)
    file.close()


def texts(path: Path) -> list[bytes]:
    file = JournalFile(str(path), HEAD)
    try:
        return [text for _, text in file.lines()]
    finally:
        file.close()


def test_what_was_added_is_read(path: Path) -> None:
    add(path, b"one", b"", b"\xff two")
    add(path, b"three")
    assert texts(path) == [b"one", b"", b"\xff two", b"three"]
    assert path.read_bytes().startswith(HEAD)


def test_lines_are_found_by_where_they_begin(path: Path) -> None:
    add(path, b"one", b"two")
    file = JournalFile(str(path), HEAD)
    assert [file.line_at(at) for at, _ in file.lines()] == [b"one", b"two"]
    at = file.append(b"three")
    file.flush()
    assert file.line_at(at) == b"three"
    assert file.line_at(at + 1) == b""
    assert file.line_at(10**6) == b""
    file.close()


def test_every_cut_keeps_the_whole_lines(path: Path) -> None:
    add(path, b"one", b"two", b"three")
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        file = JournalFile(str(path), HEAD)
        found = [text for _, text in file.lines()]
        assert found == [b"one", b"two", b"three"][: max(0, whole.count(b"\n", 0, length) - 1)]
        assert file.damaged_line is None
        file.append(b"more")
        file.close()
        assert texts(path) == [*found, b"more"]


def test_zeros_at_the_end_are_what_a_power_cut_leaves(path: Path) -> None:
    add(path, b"one")
    with path.open("ab") as file:
        file.write(bytes(5000))
    assert texts(path) == [b"one"]
    add(path, b"two")
    assert texts(path) == [b"one", b"two"]


def test_behind_a_damaged_line_nothing_is_believed(path: Path) -> None:
    add(path, b"one", b"two", b"three")
    path.write_bytes(path.read_bytes().replace(b"two", b"twO"))
    file = JournalFile(str(path), HEAD)
    assert [text for _, text in file.lines()] == [b"one"]
    assert file.damaged_line == 3
    file.close()
    assert texts(path) == [b"one"]


@pytest.mark.parametrize("other", [b"hello\n", b"a journal 2\n", b"\0", b"a journal 1\r\n"])
def test_a_file_of_another_kind_is_left_alone(path: Path, other: bytes) -> None:
    path.write_bytes(other)
    with pytest.raises(FormatError, match="left alone"):
        JournalFile(str(path), HEAD)
    assert path.read_bytes() == other


def test_two_processes_cannot_have_the_same_file(path: Path) -> None:
    file = JournalFile(str(path), HEAD)
    with pytest.raises(WriteError, match="in use"):
        JournalFile(str(path), HEAD)
    file.close()
    JournalFile(str(path), HEAD).close()


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", ".", "no/journal", "nul\0"):
        with pytest.raises((FormatError, StorageError)):
            JournalFile(str(tmp_path / name), HEAD)
    with pytest.raises(FormatError):
        JournalFile("/dev/null", HEAD)


def test_lines_can_be_replaced(path: Path) -> None:
    add(path, b"one", b"two")
    path.chmod(0o640)
    file = JournalFile(str(path), HEAD)
    file.replace([b"three"])
    assert [text for _, text in file.lines()] == [b"three"]
    file.append(b"four")
    with pytest.raises(WriteError, match="in use"):
        JournalFile(str(path), HEAD)
    file.close()
    assert texts(path) == [b"three", b"four"]
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(path.parent) == ["journal"]


def test_a_failed_replacement_changes_nothing(path: Path) -> None:
    add(path, b"one")
    file = JournalFile(str(path), HEAD)

    def failing() -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(WriteError):
        file.replace(failing() or b"" for _ in range(1))
    assert [text for _, text in file.lines()] == [b"one"]
    file.append(b"two")
    file.close()
    assert texts(path) == [b"one", b"two"]
    assert os.listdir(path.parent) == ["journal"]


def test_a_symlink_leads_to_the_file_that_is_replaced(path: Path) -> None:
    add(path, b"one")
    link = path.parent / "link"
    link.symlink_to(path)
    file = JournalFile(str(link), HEAD)
    file.replace([b"two"])
    file.close()
    assert link.is_symlink()
    assert texts(path) == [b"two"]

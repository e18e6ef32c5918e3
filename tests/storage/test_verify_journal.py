import json
from pathlib import Path

import pytest

from raincore.base.errors import FormatError, WriteError
from raincore.base.geometry import Geometry
from raincore.storage.content_state import Stamp
from raincore.storage.verify_journal import Journal

GEOMETRY = Geometry(10, (25, 5, 40))
OLD: list[Stamp | None] = [(25, 1, 1, 1, 1), (5, 1, 1, 2, 1), (40, 1, 1, 3, 1)]
NEW: list[Stamp | None] = [OLD[0], (5, 2, 2, 2, 1), OLD[2]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def note(path: Path, stamps: list[Stamp | None], pieces: dict[int, bytes], key: str = "k") -> None:
    book = Journal(str(path))
    chapter = book.chapter(key)
    chapter.begin(stamps, GEOMETRY)
    for piece, leaves in pieces.items():
        chapter.proven(piece, leaves)
    chapter.flush()
    book.close()


def known(path: Path, stamps: list[Stamp | None], key: str = "k") -> list[int]:
    book = Journal(str(path))
    try:
        return list(book.chapter(key).begin(stamps, GEOMETRY))
    finally:
        book.close()


def test_what_was_proven_is_known_again(path: Path) -> None:
    note(path, OLD, {0: b"", 1: b"", 5: b""})
    assert known(path, OLD) == [0, 1, 5]


def test_torrents_and_places_are_told_apart(path: Path) -> None:
    note(path, OLD, {0: b""})
    note(path, OLD, {1: b""}, key="other")
    assert known(path, OLD) == [0]
    assert known(path, OLD, key="other") == [1]
    assert known(path, OLD, key="third") == []


def test_pieces_of_changed_files_are_forgotten(path: Path) -> None:
    note(path, OLD, dict.fromkeys(range(7), b""))
    assert known(path, NEW) == [0, 1, 3, 4, 5, 6]


def test_what_is_proven_after_a_change_counts(path: Path) -> None:
    note(path, OLD, dict.fromkeys(range(7), b""))
    note(path, NEW, {2: b""})
    assert known(path, NEW) == list(range(7))
    assert known(path, OLD) == list(range(7))


def test_a_file_that_vanished_has_no_proven_pieces(path: Path) -> None:
    note(path, OLD, dict.fromkeys(range(7), b""))
    assert known(path, [OLD[0], OLD[1], None]) == [0, 1, 2]


def test_another_number_of_files_is_another_torrent(path: Path) -> None:
    note(path, OLD, {0: b""})
    assert known(path, OLD[:2]) == []


def test_leaves_are_kept_for_pieces_of_several_blocks(path: Path) -> None:
    note(path, OLD, {0: b"a" * 64, 1: b"b" * 32})
    book = Journal(str(path))
    assert book.chapter("k").leaves([0, 1, 2]) == {0: b"a" * 64}
    book.close()


@pytest.mark.parametrize("cut", [2, 5, 20])
def test_a_line_that_was_cut_off_is_ignored(path: Path, cut: int) -> None:
    note(path, OLD, {0: b""})
    note(path, OLD, {1: b"x" * 64, 2: b""})
    path.write_bytes(path.read_bytes()[:-cut])
    assert known(path, OLD) == [0]
    note(path, OLD, {3: b""})
    assert known(path, OLD) == [0, 3]


def test_a_last_line_that_lacks_nothing_but_its_end_counts(path: Path) -> None:
    note(path, OLD, {0: b""})
    path.write_bytes(path.read_bytes()[:-1])
    assert known(path, OLD) == [0]
    note(path, OLD, {3: b""})
    assert known(path, OLD) == [0, 3]


@pytest.mark.parametrize(
    "line",
    [
        "junk",
        "[]",
        '["good"]',
        '["good", "k", [[0]]]',
        '["good", "k", [[5, 2], ["a", 1], [-1, 3]]]',
        '["good", "k", [[0, 99999999999]]]',
        '["good", "unknown", [[0, 1]]]',
        '["files", "k", 3]',
        '["leaves", "k", 0, "!"]',
        "{}",
        "\udcff",
        "[" * 100_000,
    ],
)
def test_damaged_lines_prove_nothing(path: Path, line: str) -> None:
    note(path, OLD, {1: b""})
    with path.open("ab") as file:
        file.write(line.encode("utf-8", "surrogateescape") + b"\n")
    assert known(path, OLD) == [1]
    book = Journal(str(path))
    assert book.chapter("k").leaves([0]) == {}
    book.close()


@pytest.mark.parametrize("other", ["hello\n", "[]\n", '["rain-verify-journal", 2]\n', "\n", "x"])
def test_a_file_of_another_kind_is_left_alone(path: Path, other: str) -> None:
    path.write_text(other)
    with pytest.raises(FormatError, match="not a journal"):
        Journal(str(path))
    assert path.read_text() == other


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    note(path, OLD, {0: b""})
    assert known(path, OLD) == [0]
    assert json.loads(path.read_text().splitlines()[0]) == ["rain-verify-journal", 1]


def test_two_checks_cannot_write_the_same_journal(path: Path) -> None:
    book = Journal(str(path))
    with pytest.raises(WriteError, match="in use"):
        Journal(str(path))
    book.close()
    Journal(str(path)).close()


def test_a_journal_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WriteError):
        Journal(str(tmp_path / "no" / "journal"))


def test_a_check_without_news_writes_nothing(path: Path) -> None:
    note(path, OLD, {0: b""})
    before = path.read_bytes()
    note(path, OLD, {})
    assert path.read_bytes() == before

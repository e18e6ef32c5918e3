import threading
from pathlib import Path

import pytest

from raincore.base.errors import FormatError
from raincore.base.geometry import Geometry
from raincore.storage import verify_journal
from raincore.storage.content_state import Stamp
from raincore.storage.journal_file import JournalFile
from raincore.storage.verify_journal import HEAD, Journal

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


def test_a_file_that_vanished_has_no_proven_pieces_until_it_is_back(path: Path) -> None:
    note(path, OLD, dict.fromkeys(range(7), b""))
    assert known(path, [OLD[0], OLD[1], None]) == [0, 1, 2]
    assert known(path, [None] * 3) == []
    assert known(path, OLD) == list(range(7))


def test_a_file_that_comes_back_changed_has_none(path: Path) -> None:
    note(path, OLD, dict.fromkeys(range(7), b""))
    assert known(path, [OLD[0], OLD[1], None]) == [0, 1, 2]
    assert known(path, [OLD[0], OLD[1], (40, 2, 2, 3, 1)]) == [0, 1, 2]


def test_another_number_of_files_is_another_torrent(path: Path) -> None:
    note(path, OLD, {0: b""})
    assert known(path, OLD[:2]) == []


def leaves(path: Path, *pieces: int, key: str = "k") -> list[bytes]:
    book = Journal(str(path))
    try:
        return [book.chapter(key).leaves(piece) for piece in pieces]
    finally:
        book.close()


def test_leaves_are_kept_for_pieces_of_several_blocks(path: Path) -> None:
    note(path, OLD, {0: b"a" * 64, 1: b"b" * 32, 5: b"c" * 96})
    assert leaves(path, 0, 1, 2, 5, 99) == [b"a" * 64, b"", b"", b"c" * 96, b""]
    assert leaves(path, 0, key="other") == [b""]


def test_leaves_of_a_piece_that_was_proven_again_are_the_new_ones(path: Path) -> None:
    note(path, OLD, {0: b"a" * 64})
    note(path, OLD, {0: b"b" * 64})
    assert leaves(path, 0) == [b"b" * 64]


@pytest.mark.parametrize("cut", [1, 2, 5, 20])
def test_a_line_that_was_cut_off_is_forgotten_without_a_word(path: Path, cut: int) -> None:
    note(path, OLD, {0: b""})
    note(path, OLD, {1: b""})
    path.write_bytes(path.read_bytes()[:-cut])
    book = Journal(str(path))
    assert book.damage is None
    book.close()
    assert known(path, OLD) == [0]
    note(path, OLD, {3: b""})
    assert known(path, OLD) == [0, 3]


def test_every_changed_byte_is_noticed_and_proves_nothing(path: Path) -> None:
    note(path, OLD, {0: b"", 1: b"x" * 64})
    note(path, NEW, {2: b"", 6: b""})
    whole = path.read_bytes()
    for at in range(len(HEAD), len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        book = Journal(str(path))
        if at < len(whole) - 1:
            number = 1 + whole.count(b"\n", 0, at)
            assert f": line {number} and " in (book.damage or "")
        good = book.chapter("k").begin(NEW, GEOMETRY)
        assert set(good) <= {0, 1, 2, 6}
        assert book.chapter("k").leaves(1) in (b"", b"x" * 64)
        book.close()


def test_what_precedes_damage_is_kept(path: Path) -> None:
    note(path, OLD, {0: b""})
    before = len(path.read_bytes())
    note(path, OLD, {1: b""})
    note(path, OLD, {2: b""})
    data = bytearray(path.read_bytes())
    data[before + 12] ^= 4
    path.write_bytes(data)
    assert known(path, OLD) == [0]


@pytest.mark.parametrize(
    "text",
    [
        "junk",
        "good",
        "good 0",
        "good x [[0,1]]",
        "good 0 [[0]]",
        'good 0 [[5,2],["a",1],[-1,3]]',
        "good 0 [[0,99999999999]]",
        "good 0 {}",
        "good 7 [[0,1]]",
        "files 0 x",
        "files 0 5 [[1,2,3,4,5]]",
        'files 0 3 ["a",null]',
        "leaves 0 0 !",
        "leaves 0 -1 AAAA",
        "leaves 0 99999999999 AAAA",
        "leaves 0 2097152 AAAA",
        "torrent 1 [",
        "later 0 things",
        "good 0 " + "[" * 100_000,
    ],
)
def test_strange_lines_prove_nothing(path: Path, text: str) -> None:
    note(path, OLD, {1: b""})
    file = JournalFile(str(path), HEAD)
    assert list(file.lines())
    file.append(text.encode())
    file.close()
    assert set(known(path, OLD)) <= {1}
    assert leaves(path, 0) == [b""]


def test_stamps_of_many_files_take_several_lines(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_journal, "STAMPS_A_LINE", 2)
    note(path, OLD, {0: b"", 5: b""})
    assert path.read_bytes().count(b" files ") == 2
    assert known(path, OLD) == [0, 5]


def test_a_check_that_is_killed_between_lines_of_stamps_has_proven_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify_journal, "STAMPS_A_LINE", 2)
    note(path, OLD, {0: b"", 5: b""})
    lines = path.read_bytes().splitlines(keepends=True)
    last = max(number for number, line in enumerate(lines) if b" files " in line)
    path.write_bytes(b"".join(lines[:last]))
    assert known(path, OLD) == []


# --- compaction ------------------------------------------------------------------------------


def test_a_journal_that_is_mostly_stale_is_made_smaller(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(path, OLD, {0: b"a" * 64, 5: b"b" * 64}, key="first")
    for turn in range(20):
        stamps = [(25, turn, turn, 1, 1), OLD[1], OLD[2]]
        note(path, stamps, {0: b"c" * 64, 1: b"d" * 640, 6: b""})
    before = path.stat().st_size
    monkeypatch.setattr(verify_journal, "COMPACT_LENGTH", 1)
    assert known(path, stamps) == [0, 1, 6]
    assert path.stat().st_size < before / 5
    assert known(path, OLD, key="first") == [0, 5]
    assert leaves(path, 0, 1, 6) == [b"c" * 64, b"d" * 640, b""]
    assert leaves(path, 0, 5, key="first") == [b"a" * 64, b"b" * 64]
    note(path, stamps, {3: b"e" * 64})
    assert known(path, stamps) == [0, 1, 3, 6]


def test_a_journal_that_is_all_of_use_stays(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_journal, "COMPACT_LENGTH", 1)
    note(path, OLD, {0: b"a" * 64, 5: b""})
    before = path.read_bytes()
    assert known(path, OLD) == [0, 5]
    assert path.read_bytes() == before


def test_chapters_may_be_written_by_several_threads(path: Path) -> None:
    book = Journal(str(path))

    def fill(key: str) -> None:
        chapter = book.chapter(key)
        chapter.begin(OLD, GEOMETRY)
        for turn in range(300):
            chapter.proven(turn % 7, key.encode() * 64)
        chapter.flush()

    threads = [threading.Thread(target=fill, args=(key,)) for key in "pqr"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book.close()
    for key in "pqr":
        assert known(path, OLD, key=key) == list(range(7))
        assert leaves(path, 3, key=key) == [key.encode() * 64]


@pytest.mark.parametrize("other", ["hello\n", "rain-verify-journal 2\n", "\n", "x"])
def test_a_file_of_another_kind_is_left_alone(path: Path, other: str) -> None:
    path.write_text(other)
    with pytest.raises(FormatError, match="not a journal"):
        Journal(str(path))
    assert path.read_text() == other


def test_an_empty_file_becomes_a_journal(path: Path) -> None:
    path.touch()
    note(path, OLD, {0: b""})
    assert known(path, OLD) == [0]
    assert path.read_bytes().startswith(HEAD)


def test_a_check_without_news_writes_nothing(path: Path) -> None:
    note(path, OLD, {0: b""})
    before = path.read_bytes()
    note(path, OLD, {})
    assert path.read_bytes() == before

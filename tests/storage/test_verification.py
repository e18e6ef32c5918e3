import os
from dataclasses import replace
from itertools import product
from pathlib import Path
from random import Random

import pytest

from raincore.base.errors import Incomplete
from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats.info import MetaVersion
from raincore.formats.metainfo import Metainfo
from raincore.storage import verification
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout
from raincore.storage.verification import Verification
from raincore.storage.verify_journal import Journal
from tests.storage.verifying import LENGTHS, PIECE, VERSIONS, layout_of, make, write


@pytest.fixture
def content(tmp_path: Path) -> Path:
    write(tmp_path / "t", LENGTHS)
    return tmp_path / "t"


def flip(path: Path, *offsets: int) -> None:
    """Turn bits, as rotting disks do: size and, here, mtime stay."""
    status, data = path.stat(), bytearray(path.read_bytes())
    for offset in offsets:
        data[offset] ^= 0x10
    path.write_bytes(data)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def by_path(torrent: Metainfo, found: Verification) -> dict[str, tuple[bool, int]]:
    return {
        "/".join(torrent.info.files[file.index].path[1:]): (file.ok, file.bytes_ok)
        for file in found.files
    }


class Reads:
    """Counts the bytes of content that are read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        read = FileStorage.read_span

        def counted(storage: FileStorage, index: int, offset: int, buffer: memoryview) -> int:
            self.count += len(buffer)
            return read(storage, index, offset, buffer)

        monkeypatch.setattr(FileStorage, "read_span", counted)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("jobs", [1, 3])
def test_what_was_made_is_complete(content: Path, version: MetaVersion, jobs: int) -> None:
    torrent = make(content, version)
    found = verification.verify(torrent, layout_of(torrent, content), jobs=jobs)
    assert found.is_complete
    assert found.good.all()
    assert by_path(torrent, found) == {name: (True, n) for name, n in LENGTHS.items()}


@pytest.mark.parametrize("version", VERSIONS)
def test_every_layout_around_the_size_of_a_piece(tmp_path: Path, version: MetaVersion) -> None:
    sizes = [0, 1, PIECE - 1, PIECE, PIECE + 1]
    for number, lengths in enumerate(product(sizes, repeat=2)):
        if not any(lengths):
            continue
        place = tmp_path / str(number)
        write(place, {"x": lengths[0], "y": lengths[1]}, seed=number)
        torrent = make(place, version)
        found = verification.verify(torrent, layout_of(torrent, place))
        assert found.is_complete
        assert sum(file.bytes_ok for file in found.files) == sum(lengths)


@pytest.mark.parametrize("version", VERSIONS)
def test_each_byte_is_read_once(
    content: Path, version: MetaVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    torrent = make(content, version)
    reads = Reads(monkeypatch)
    verification.verify(torrent, layout_of(torrent, content))
    assert reads.count == sum(LENGTHS.values())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_turned_bit_is_found_in_its_piece(content: Path, version: MetaVersion) -> None:
    torrent = make(content, version)
    flip(content / "a", PIECE + 7)
    found = verification.verify(torrent, layout_of(torrent, content))
    assert list(found.bad) == [1]
    assert not found.missing.any()
    assert by_path(torrent, found)["a"] == (False, LENGTHS["a"] - PIECE)
    assert by_path(torrent, found)["e"] == (True, LENGTHS["e"])


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_cut_off_is_missing_and_not_bad(content: Path, version: MetaVersion) -> None:
    torrent = make(content, version)
    data = (content / "a").read_bytes()
    (content / "a").write_bytes(data[: 2 * PIECE])
    found = verification.verify(torrent, layout_of(torrent, content))
    assert list(found.missing)[:2] == [2, 3]
    assert not found.bad.any()
    assert by_path(torrent, found)["a"] == (False, 2 * PIECE)


@pytest.mark.parametrize("version", VERSIONS)
def test_nothing_at_all_is_missing(content: Path, version: MetaVersion, tmp_path: Path) -> None:
    torrent = make(content, version)
    elsewhere = Layout.of(torrent.info, tmp_path / "nowhere")
    found = verification.verify(torrent, elsewhere)
    assert found.missing.all()
    assert not any(file.ok or file.state.exists for file in found.files)


def test_a_file_that_is_too_long_is_not_the_torrents_file(content: Path) -> None:
    torrent = make(content, MetaVersion.V2)
    with (content / "b" / "c").open("ab") as file:
        file.write(b"more")
    found = verification.verify(torrent, layout_of(torrent, content))
    assert found.good.all()
    assert not found.is_complete
    assert by_path(torrent, found)["b/c"] == (False, LENGTHS["b/c"])


@pytest.mark.parametrize("version", VERSIONS)
def test_an_empty_file_must_be_there(content: Path, version: MetaVersion) -> None:
    torrent = make(content, version)
    (content / "b" / "empty").unlink()
    found = verification.verify(torrent, layout_of(torrent, content))
    assert found.good.all()
    assert not found.is_complete


@pytest.mark.parametrize("version", VERSIONS)
def test_a_quick_look_reads_nothing(
    content: Path, version: MetaVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    torrent = make(content, version)
    reads = Reads(monkeypatch)
    flip(content / "a", 0)
    layout = layout_of(torrent, content)
    assert verification.quick(torrent, layout).is_complete
    (content / "e").unlink()
    assert by_path(torrent, verification.quick(torrent, layout))["e"] == (False, 0)
    assert reads.count == 0


@pytest.mark.parametrize("version", VERSIONS)
def test_holes_are_zeros(
    tmp_path: Path, version: MetaVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "zeros").open("wb") as file:
        file.truncate(40 * PIECE + 5)
    torrent = make(tmp_path / "zeros", version)
    reads = Reads(monkeypatch)
    layout = layout_of(torrent, tmp_path / "zeros")
    assert verification.verify(torrent, layout).is_complete
    assert reads.count == 0
    with (tmp_path / "zeros").open("r+b") as file:
        file.seek(40 * PIECE)
        file.write(b"x")
    assert list(verification.verify(torrent, layout).bad) == [40]


@pytest.mark.parametrize("spoiled", [False, True])
def test_without_piece_layers_a_file_is_good_or_bad_as_a_whole(
    content: Path, spoiled: bool
) -> None:
    torrent = replace(make(content, MetaVersion.V2), piece_layers={})
    if spoiled:
        flip(content / "a", 0)
    found = verification.verify(torrent, layout_of(torrent, content))
    assert list(found.bad) == ([0, 1, 2, 3] if spoiled else [])


def test_files_without_piece_layers_are_judged_whole_with_a_journal_too(
    content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torrent = replace(make(content, MetaVersion.V2), piece_layers={})
    journal = tmp_path / "journal"
    verify_again(torrent, content, journal, monkeypatch)
    found, read = verify_again(torrent, content, journal, monkeypatch)
    assert (found.is_complete, read) == (True, 0)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(line for line in lines if b" good " not in line))
    book = Journal(str(journal))
    chapter = book.chapter("key")
    chapter.proven(1, b"")  # as if killed before the rest was written
    chapter.flush()
    book.close()
    found, read = verify_again(torrent, content, journal, monkeypatch)
    assert found.is_complete
    assert read == sum(LENGTHS.values())
    flip(content / "a", BLOCK_LENGTH)
    found, _ = verify_again(torrent, content, journal, monkeypatch)
    assert list(found.bad) == [0, 1, 2, 3]
    assert next(file.bad_blocks for file in found.files if file.bad_blocks)[0] == (1, 1)


def test_a_stop_ends_the_check(content: Path) -> None:
    torrent = make(content, MetaVersion.V1)
    with pytest.raises(Incomplete):
        verification.verify(torrent, layout_of(torrent, content), stop=lambda: True)


# --- with a journal ------------------------------------------------------------------------


def verify_again(
    torrent: Metainfo, content: Path, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Verification, int]:
    """Check with a journal; also say how many bytes were read."""
    book = Journal(str(journal))
    with monkeypatch.context() as patch:
        reads = Reads(patch)
        chapter = book.chapter("key")
        found = verification.verify(torrent, layout_of(torrent, content), journal=chapter)
        chapter.flush()
    book.close()
    return found, reads.count


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_proven_is_not_read_again(
    content: Path, version: MetaVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torrent, journal = make(content, version), tmp_path / "journal"
    first, read = verify_again(torrent, content, journal, monkeypatch)
    assert read == sum(LENGTHS.values())
    second, read = verify_again(torrent, content, journal, monkeypatch)
    assert read == 0
    assert first == second
    assert second.is_complete


def test_only_what_changed_is_read_again(
    content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torrent, journal = make(content, MetaVersion.V2), tmp_path / "journal"
    verify_again(torrent, content, journal, monkeypatch)
    flip(content / "b" / "c", 5)  # mtime is as before, ctime is not
    found, read = verify_again(torrent, content, journal, monkeypatch)
    assert list(found.bad) == [4]
    assert read == PIECE


def test_a_bad_block_is_named_if_its_piece_was_good_once(
    content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torrent, journal = make(content, MetaVersion.HYBRID), tmp_path / "journal"
    verify_again(torrent, content, journal, monkeypatch)
    flip(content / "a", BLOCK_LENGTH, 4 * BLOCK_LENGTH, 5 * BLOCK_LENGTH)
    flip(content / "b" / "d", 3)
    found, _ = verify_again(torrent, content, journal, monkeypatch)
    blocks = {file.index: file.bad_blocks for file in found.files if file.bad_blocks}
    names = {torrent.info.files[index].path[-1]: runs for index, runs in blocks.items()}
    assert names == {"a": ((1, 1), (4, 5)), "d": ((0, 0),)}


def test_without_a_journal_bad_blocks_are_known_where_a_piece_is_one(content: Path) -> None:
    torrent = make(content, MetaVersion.V2, piece_length=BLOCK_LENGTH)
    flip(content / "a", 3 * BLOCK_LENGTH)
    found = verification.verify(torrent, layout_of(torrent, content))
    assert [file.bad_blocks for file in found.files if file.bad_blocks] == [((3, 3),)]


@pytest.mark.parametrize("seed", range(5))
def test_exactly_the_turned_blocks_are_reported(
    content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    torrent, journal, dice = make(content, MetaVersion.V2), tmp_path / "j", Random(seed)
    verify_again(torrent, content, journal, monkeypatch)
    offsets = [dice.randrange(LENGTHS["a"]) for _ in range(3)]
    flip(content / "a", *set(offsets))
    found, _ = verify_again(torrent, content, journal, monkeypatch)
    (runs,) = [file.bad_blocks for file in found.files if file.bad_blocks]
    told = {block for first, last in runs for block in range(first, last + 1)}
    assert told == {offset // BLOCK_LENGTH for offset in offsets}


def test_a_check_that_was_stopped_goes_on_where_it_was(
    content: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification.hashing, "RUN_LENGTH", PIECE)
    torrent, journal = make(content, MetaVersion.V1), tmp_path / "journal"
    book, asked = Journal(str(journal)), iter([False] * 3 + [True] * 100)
    chapter = book.chapter("key")
    with pytest.raises(Incomplete):
        verification.verify(
            torrent,
            layout_of(torrent, content),
            jobs=1,
            journal=chapter,
            stop=lambda: next(asked),
        )
    chapter.flush()
    book.close()
    _, read = verify_again(torrent, content, journal, monkeypatch)
    assert read == sum(LENGTHS.values()) - 3 * PIECE

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from raincore.base.errors import ReadError
from raincore.base.geometry import BLOCK_LENGTH
from raincore.formats import merkle
from raincore.formats.info import MetaVersion
from raincore.formats.metainfo import Metainfo
from raincore.storage.file_storage import FileStorage
from raincore.storage.piece_checks import Checked, PieceChecker
from raincore.storage.piece_hashes import PieceHashes
from tests.storage.verifying import LENGTHS, VERSIONS, layout_of, make, write


@pytest.fixture
def content(tmp_path: Path) -> Path:
    write(tmp_path / "t", LENGTHS)
    return tmp_path / "t"


def hashes_of(torrent: Metainfo) -> PieceHashes:
    return PieceHashes.of(torrent.info, torrent.piece_layers)


def check(content: Path, version: MetaVersion, spoil: str = "", **options: object) -> list[Checked]:
    """Check all pieces, after one bit of a file was turned."""
    torrent = make(content, version, **options)
    if spoil:
        data = bytearray((content / spoil).read_bytes())
        data[-1] ^= 1
        (content / spoil).write_bytes(data)
    geometry = torrent.info.geometry
    with closing(FileStorage(layout_of(torrent, content), geometry, writable=False)) as storage:
        checker = PieceChecker(hashes_of(torrent), storage)
        buffer = memoryview(bytearray(checker.buffer_length))
        return checker.check(range(geometry.piece_count), buffer)


@pytest.mark.parametrize("version", VERSIONS)
def test_whole_content_is_good(content: Path, version: MetaVersion) -> None:
    results = check(content, version)
    assert [checked.piece for checked in results] == list(range(len(results)))
    assert all(checked.good for checked in results)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("spoiled", ["a", "b/c", "b/d", "e"])
def test_one_wrong_bit_spoils_one_piece(content: Path, version: MetaVersion, spoiled: str) -> None:
    results = check(content, version, spoiled)
    assert [checked.good for checked in results].count(False) == 1


def test_leaves_are_the_hashes_of_blocks(content: Path) -> None:
    results = check(content, MetaVersion.V2)
    data = (content / "a").read_bytes()
    assert results[0].leaves == merkle.leaves(data[: 2 * BLOCK_LENGTH])
    assert len(results[3].leaves) == merkle.HASH_LENGTH
    assert check(content, MetaVersion.V1)[0].leaves == b""


def test_a_hybrid_needs_both_hashes(content: Path) -> None:
    torrent = make(content, MetaVersion.HYBRID)
    geometry = torrent.info.geometry
    with closing(FileStorage(layout_of(torrent, content), geometry, writable=False)) as storage:
        checker = PieceChecker(hashes_of(torrent), storage)
        buffer = memoryview(bytearray(checker.buffer_length))
        checker.hashes.nodes[1] = bytes(32)
        assert [one.good for one in checker.check(range(3), buffer)] == [True, False, True]


def test_a_file_that_cannot_be_read_spoils_its_own_pieces_only(
    content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = FileStorage.read_span

    def fail(self: FileStorage, index: int, offset: int, buffer: memoryview) -> int:
        if self.layout.files[index].parts[-1] == "c":
            raise OSError(5, "Input/output error")
        return read(self, index, offset, buffer)

    monkeypatch.setattr(FileStorage, "read_span", fail)
    results = check(content, MetaVersion.V2)
    assert {one.piece for one in results if not one.good} == {4}
    (error,) = [one.error for one in results if one.error]
    assert isinstance(error, ReadError)
    assert str(error).startswith("cannot read: input/output error: ")


def test_a_file_that_shrinks_meanwhile_makes_bad_pieces(content: Path) -> None:
    torrent = make(content, MetaVersion.V2)
    geometry = torrent.info.geometry
    with closing(FileStorage(layout_of(torrent, content), geometry, writable=False)) as storage:
        checker = PieceChecker(hashes_of(torrent), storage)
        buffer = memoryview(bytearray(checker.buffer_length))
        (content / "a").write_bytes(b"short")
        assert [one.good for one in checker.check(range(5), buffer)] == [False] * 4 + [True]


def test_without_its_layer_a_file_of_many_pieces_is_not_judged(content: Path) -> None:
    torrent = replace(make(content, MetaVersion.V2), piece_layers={})
    geometry = torrent.info.geometry
    with closing(FileStorage(layout_of(torrent, content), geometry, writable=False)) as storage:
        checker = PieceChecker(hashes_of(torrent), storage)
        buffer = memoryview(bytearray(checker.buffer_length))
        results = checker.check(range(geometry.piece_count), buffer)
    assert [one.good for one in results] == [None, None, None, None, True, True, None, None]
    assert all(one.node for one in results)

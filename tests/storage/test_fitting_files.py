"""Local files whose own pieces are those of a torrent's file."""

from pathlib import Path

import pytest

from raincore.formats.info import MetaVersion
from raincore.formats.metainfo import Metainfo
from raincore.storage import own_pieces, size_index
from raincore.storage.fitting_files import MOST_UNPROVEN, FittingFiles, Memory
from raincore.storage.size_index import LocalFile, SizeIndex
from tests.storage.verifying import PIECE, VERSIONS, make, write

LENGTH = 3 * PIECE
each_version = pytest.mark.parametrize("version", VERSIONS)


class Heap:
    """Copies of one file, and others of its size."""

    def __init__(self, root: Path) -> None:
        self.root = root
        write(root, {"t/d/a": LENGTH})
        self.data = (root / "t" / "d" / "a").read_bytes()

    def add(self, name: str, *flipped: int) -> None:
        data = bytearray(self.data)
        for offset in flipped:
            data[offset] ^= 1
        path = self.root / "heap" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def fitting(
        self, torrent: Metainfo, read: list[int] | None = None, memory: Memory | None = None
    ) -> FittingFiles:
        return FittingFiles(
            torrent,
            frozenset(),
            SizeIndex([str(self.root / "heap")]),
            memory or Memory(),
            jobs=1,
            on_read=([] if read is None else read).append,
            stop=lambda: False,
        )

    def found(self, fitting: FittingFiles, target: LocalFile | None = None) -> list[str]:
        pieces = own_pieces.of_files(fitting.geometry, ())[0]
        found = fitting.of(0, pieces, target)
        return [str(Path(local.path).relative_to(self.root)) for local in found]


@pytest.fixture
def heap(tmp_path: Path) -> Heap:
    return Heap(tmp_path)


@each_version
def test_only_files_that_are_good_to_the_last_piece_fit(heap: Heap, version: MetaVersion) -> None:
    for offset in (0, PIECE, LENGTH - 1):
        heap.add(f"{offset}", offset)
    heap.add("z")
    assert heap.found(heap.fitting(make(heap.root / "t", version))) == ["heap/z"]


@each_version
def test_strangers_are_given_up_after_one_piece(heap: Heap, version: MetaVersion) -> None:
    for name in "abc":
        heap.add(name, 5)
    heap.add("z")
    read: list[int] = []
    heap.found(heap.fitting(make(heap.root / "t", version), read))
    assert sum(read) == LENGTH - PIECE


@each_version
def test_what_is_in_place_comes_first_then_what_has_the_name(
    heap: Heap, version: MetaVersion
) -> None:
    for name in ("0", "a", "d/a", "target"):
        heap.add(name)
    target = size_index.look_at(str(heap.root / "heap" / "target"))
    names = heap.found(heap.fitting(make(heap.root / "t", version)), target)
    assert names == ["heap/target", "heap/d/a", "heap/a", "heap/0"]


def test_a_file_of_several_names_is_given_once(heap: Heap) -> None:
    heap.add("x")
    target = heap.root / "target"
    target.hardlink_to(heap.root / "heap" / "x")
    fitting = heap.fitting(make(heap.root / "t", MetaVersion.V1))
    assert heap.found(fitting, size_index.look_at(str(target))) == ["target"]


@each_version
@pytest.mark.parametrize("length", [PIECE, 2 * PIECE])
def test_what_was_proven_is_not_read_again(heap: Heap, version: MetaVersion, length: int) -> None:
    """In version 2 a file is the same whatever the length of pieces."""
    heap.add("x")
    memory, read = Memory(), list[int]()
    torrents = (make(heap.root / "t", version), make(heap.root / "t", version, piece_length=length))
    for torrent in torrents:
        assert heap.found(heap.fitting(torrent, read, memory)) == ["heap/x"]
    is_shared = version is MetaVersion.V2 or length == PIECE
    assert (sum(read) == LENGTH - PIECE) == is_shared


def test_files_that_nothing_can_be_said_of_are_bounded(tmp_path: Path) -> None:
    write(tmp_path / "t", {"a": 10, "b": 10})
    write(tmp_path / "heap", {f"{number}": 10 for number in range(MOST_UNPROVEN + 20)})
    write(tmp_path / "heap", {"z/a": 10}, seed=3)
    heap = Heap(tmp_path / "other")
    heap.root = tmp_path
    found = heap.found(heap.fitting(make(tmp_path / "t", MetaVersion.V1)))
    assert len(found) == MOST_UNPROVEN
    assert found[0] == "heap/z/a"


def test_what_cannot_be_read_is_noted(heap: Heap) -> None:
    heap.add("x")
    memory = Memory()
    fitting = heap.fitting(make(heap.root / "t", MetaVersion.V2), memory=memory)
    (heap.root / "heap" / "x").unlink()
    assert heap.found(fitting) == []
    assert [str(error) for error in memory.errors.values()] == [
        f"cannot read: no such file or directory: {heap.root / 'heap' / 'x'}"
    ]

from pathlib import Path
from random import Random

import pytest

from raincore.formats.info import MetaVersion
from raincore.formats.metainfo import Metainfo
from raincore.storage import matching
from raincore.storage.layout import Layout
from raincore.storage.matching import Match
from raincore.storage.size_index import SizeIndex
from tests.storage.verifying import LENGTHS, PIECE, VERSIONS, make, write

KINDS = [(version, align) for version in VERSIONS for align in (False, True)]
EVERY_KIND = pytest.mark.parametrize(("version", "align"), KINDS)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    write(tmp_path / "t", LENGTHS)
    return tmp_path / "t"


def torrent_of(content: Path, version: MetaVersion, align: bool = False) -> Metainfo:
    return make(content, version, align=align)


def find(torrent: Metainfo, *directories: Path, root: Path) -> dict[str, Match]:
    index = SizeIndex(map(str, directories))
    found = matching.match(torrent, index, Layout.of(torrent.info, root), jobs=1)
    return {"/".join(torrent.info.files[one.index].path[1:]): one for one in found}


def scramble(content: Path, heap: Path, seed: int = 1) -> dict[str, Path]:
    """Move files under other names into other directories; say where each went."""
    dice, places = Random(seed), {}
    for number, name in enumerate(LENGTHS):
        place = heap / dice.choice("xyz") / f"{number * 7}.dat"
        place.parent.mkdir(parents=True, exist_ok=True)
        (content / name).rename(place)
        places[name] = place
    return places


@EVERY_KIND
def test_files_are_found_under_any_name(content: Path, version: MetaVersion, align: bool) -> None:
    torrent = torrent_of(content, version, align)
    places = scramble(content, content.parent / "heap")
    found = find(torrent, content.parent / "heap", root=content.parent / "new")
    for name, one in found.items():
        assert one.status == "exact", name
        if LENGTHS[name]:
            assert one.source is not None
            assert one.source.path == str(places[name])
            assert one.pieces_proven == one.pieces_total > 0


@EVERY_KIND
def test_decoys_of_the_same_size_and_name_are_never_taken(
    content: Path, version: MetaVersion, align: bool
) -> None:
    torrent = torrent_of(content, version, align)
    places = scramble(content, content.parent / "heap")
    write(content.parent / "decoys", LENGTHS, seed=2)
    for number, (name, place) in enumerate(places.items()):
        twin = content.parent / "decoys" / f"twin{number}"
        data = bytearray(place.read_bytes())
        if data:
            data[Random(name).randrange(len(data))] ^= 1
        twin.write_bytes(data)
    found = find(
        torrent, content.parent / "decoys", content.parent / "heap", root=content.parent / "new"
    )
    for name, one in found.items():
        assert one.status == "exact", name
        assert one.source is None or one.source.path == str(places[name])


@EVERY_KIND
def test_what_is_in_place_is_said_to_be(content: Path, version: MetaVersion, align: bool) -> None:
    torrent = torrent_of(content, version, align)
    found = find(torrent, content.parent, root=content.parent)
    assert {one.status for one in found.values()} == {"in_place"}


@EVERY_KIND
def test_what_is_not_there_is_missing(content: Path, version: MetaVersion, align: bool) -> None:
    torrent = torrent_of(content, version, align)
    write(content.parent / "decoys", LENGTHS, seed=2)
    found = find(torrent, content.parent / "decoys", root=content.parent / "new")
    sure = {one.status for name, one in found.items() if LENGTHS[name] > PIECE}
    assert sure == {"missing"}
    assert not {"exact", "likely", "in_place"} & {
        one.status for name, one in found.items() if LENGTHS[name]
    }


def test_a_file_whose_neighbours_are_gone_is_likely(content: Path) -> None:
    torrent = torrent_of(content, MetaVersion.V1)
    (content / "b" / "c").unlink()
    (content / "e").unlink()
    found = find(torrent, content, root=content.parent / "new")
    assert (found["a"].status, found["a"].pieces_proven, found["a"].pieces_total) == (
        "likely",
        3,
        4,
    )
    assert found["b/d"].status == "unproven"
    assert found["b/c"].status == "missing"


def test_a_shared_piece_chooses_among_twins(content: Path) -> None:
    """Two candidates agree in all of a file's own pieces; its neighbour decides."""
    torrent = torrent_of(content, MetaVersion.V1)
    data = bytearray((content / "a").read_bytes())
    data[-1] ^= 1
    (content.parent / "0").mkdir()
    (content.parent / "0" / "a").write_bytes(data)
    found = find(torrent, content.parent / "0", content, root=content.parent / "new")
    assert found["a"].status == "exact"
    assert found["a"].source is not None
    assert found["a"].source.path == str(content / "a")


def test_small_files_within_one_piece_are_proven_together(tmp_path: Path) -> None:
    lengths = {f"f{number}": 10 + number % 2 for number in range(6)}
    write(tmp_path / "t", lengths)
    torrent = make(tmp_path / "t", MetaVersion.V1)
    found = find(torrent, tmp_path / "t", root=tmp_path / "new")
    assert {one.status for one in found.values()} == {"exact"}
    assert all(
        one.source is not None and one.source.path == str(tmp_path / "t" / name)
        for name, one in found.items()
    )


def test_too_many_combinations_are_not_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "t", {f"f{number}": 10 for number in range(12)})
    torrent = make(tmp_path / "t", MetaVersion.V1)
    heap = tmp_path / "heap"
    heap.mkdir()
    for number in range(12):
        (tmp_path / "t" / f"f{number}").rename(heap / f"{number * 5 % 12}")
    found = find(torrent, heap, root=tmp_path / "new")
    assert {one.status for one in found.values()} <= {"unproven", "exact"}


def test_a_file_under_two_names_is_read_once(content: Path) -> None:
    (content.parent / "linked").hardlink_to(content / "a")
    index = SizeIndex([str(content.parent)])
    assert len(index.of_size(LENGTHS["a"])) == 1


def test_thousands_of_files_of_one_size_are_found(tmp_path: Path) -> None:
    write(tmp_path / "t", {f"{number:04}": 64 for number in range(600)})
    torrent = make(tmp_path / "t", MetaVersion.V2)
    heap, dice = tmp_path / "heap", Random(3)
    heap.mkdir()
    names = [f"{number}" for number in range(600)]
    dice.shuffle(names)
    for number, name in enumerate(names):
        (tmp_path / "t" / f"{number:04}").rename(heap / name)
    found = find(torrent, heap, root=tmp_path / "new")
    assert {one.status for one in found.values()} == {"exact"}
    assert all(
        one.source is not None and one.source.path == str(heap / names[int(name)])
        for name, one in found.items()
    )

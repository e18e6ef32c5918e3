from pathlib import Path
from random import Random

import pytest

from raincore.base.errors import Incomplete
from raincore.formats import metainfo
from raincore.formats.info import MetaVersion
from raincore.formats.metainfo import Metainfo
from raincore.storage import matching, own_pieces
from raincore.storage.content_scan import Rules
from raincore.storage.layout import Layout
from raincore.storage.matching import Match, Memory
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


def padding_of(torrent: Metainfo) -> set[int]:
    return {index for index, entry in enumerate(torrent.info.files) if entry.is_padding}


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
    assert found["a"].reason == "shares a piece with a file that was not found: c"
    assert found["b/d"].status == "unproven"
    assert found["b/c"].status == "missing"
    assert found["b/c"].reason == f"no file of {PIECE} bytes was found"


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


def test_a_twin_that_differs_where_another_piece_is_shared_is_not_taken(tmp_path: Path) -> None:
    lengths = {"a": 3 * PIECE // 2, "b": 3 * PIECE, "c": PIECE}
    write(tmp_path / "t", lengths)
    torrent = make(tmp_path / "t", MetaVersion.V1)
    for number, offset in enumerate((0, 3 * PIECE - 1)):
        data = bytearray((tmp_path / "t" / "b").read_bytes())
        data[offset] ^= 1
        (tmp_path / "other").mkdir(exist_ok=True)
        (tmp_path / "other" / f"{number}").write_bytes(data)
    found = find(torrent, tmp_path / "other", tmp_path / "t", root=tmp_path / "new")
    assert {name: one.status for name, one in found.items()} == dict.fromkeys(lengths, "exact")
    assert found["b"].source is not None
    assert found["b"].source.path == str(tmp_path / "t" / "b")


def test_files_that_are_good_alone_and_not_together_are_not_taken(tmp_path: Path) -> None:
    lengths = {"a": 3 * PIECE // 2, "b": 5 * PIECE // 2}
    write(tmp_path / "t", lengths)
    torrent = make(tmp_path / "t", MetaVersion.V1)
    data = bytearray((tmp_path / "t" / "a").read_bytes())
    data[-1] ^= 1
    (tmp_path / "t" / "a").write_bytes(data)
    found = find(torrent, tmp_path / "t", root=tmp_path / "new")
    assert {one.status for one in found.values()} == {"unproven"}
    assert found["a"].reason == "does not fit into the piece that it shares with b"


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


@pytest.mark.parametrize("align", [False, True])
def test_hundreds_of_volumes_of_one_size_are_found(tmp_path: Path, align: bool) -> None:
    count, size = 300, PIECE + 77
    write(tmp_path / "t", {f"{number:03}": size for number in range(count)})
    torrent = make(tmp_path / "t", MetaVersion.V1, align=align)
    names = list(map(str, range(count)))
    Random(3).shuffle(names)
    for number, name in enumerate(names):
        (tmp_path / "t" / f"{number:03}").rename(tmp_path / "t" / f"x{name}")
    found = find(torrent, tmp_path / "t", root=tmp_path / "new")
    pieces = own_pieces.of_files(torrent.info.geometry, padding_of(torrent))
    for name, one in found.items():
        if pieces[one.index].own:
            assert one.source is not None, name
            assert one.source.path == str(tmp_path / "t" / f"x{names[int(name)]}")


def test_a_file_in_its_place_is_known_through_a_symlink(content: Path) -> None:
    torrent = torrent_of(content, MetaVersion.V2)
    new = content.parent / "new" / "t"
    new.mkdir(parents=True)
    (new / "a").symlink_to(content / "a")
    assert find(torrent, content, root=content.parent / "new")["a"].status == "in_place"


def test_a_symlink_of_the_torrent_is_in_place_if_it_leads_there(tmp_path: Path) -> None:
    write(tmp_path / "t", {"a": 10})
    (tmp_path / "t" / "link").symlink_to("a")
    torrent = make(tmp_path / "t", MetaVersion.V2, rules=Rules(symlinks=True))
    assert find(torrent, tmp_path, root=tmp_path)["link"].status == "in_place"
    assert find(torrent, tmp_path, root=tmp_path / "new")["link"].status == "exact"
    (tmp_path / "t" / "link").unlink()
    (tmp_path / "t" / "link").symlink_to("elsewhere")
    assert find(torrent, tmp_path, root=tmp_path)["link"].status == "exact"


@EVERY_KIND
def test_a_second_torrent_of_the_same_files_costs_no_reading(
    content: Path, version: MetaVersion, align: bool
) -> None:
    torrent, again = (make(content, version, align=align, name=name) for name in ("t", "other"))
    index, memory = SizeIndex([str(content)]), Memory()
    layouts = [Layout.of(one.info, content.parent / "new") for one in (torrent, again)]
    read: list[int] = []
    for one, layout in zip((torrent, again), layouts, strict=True):
        read.append(0)

        def on_read(done: int) -> None:
            read[-1] += 1

        found = matching.match(one, index, layout, memory=memory, on_progress=on_read)
        assert {each.status for each in found} == {"exact"}
    assert read[0] > read[1] == len([length for length in LENGTHS.values() if length])


@pytest.mark.parametrize("version", VERSIONS[1:])
def test_without_piece_layers_the_root_tells(content: Path, version: MetaVersion) -> None:
    torrent = metainfo.from_info(torrent_of(content, version).info.raw)
    assert torrent.missing_layers()
    places = scramble(content, content.parent / "heap")
    twin = bytearray(places["a"].read_bytes())
    twin[-1] ^= 1
    (content.parent / "heap" / "0twin").write_bytes(twin)
    found = find(torrent, content.parent / "heap", root=content.parent / "new")
    assert {one.status for one in found.values()} == {"exact"}
    assert found["a"].source is not None
    assert found["a"].source.path == str(places["a"])


def test_what_cannot_be_read_is_remembered(content: Path) -> None:
    torrent = torrent_of(content, MetaVersion.V2)
    index, memory = SizeIndex([str(content)]), Memory()
    (content / "a").unlink()
    (content / "a").mkdir()
    layout = Layout.of(torrent.info, content.parent / "new")
    found = matching.match(torrent, index, layout, memory=memory)
    assert found[0].status == "missing"
    assert found[0].reason == f"no file of {LENGTHS['a']} bytes has its content"
    assert list(memory.errors) == [str(content / "a")]


def test_a_search_can_be_stopped(content: Path) -> None:
    torrent = torrent_of(content, MetaVersion.V1)
    layout = Layout.of(torrent.info, content.parent / "new")
    with pytest.raises(Incomplete):
        matching.match(torrent, SizeIndex([str(content)]), layout, stop=lambda: True)


def test_progress_ends_with_the_whole(content: Path) -> None:
    torrent = torrent_of(content, MetaVersion.V1)
    layout = Layout.of(torrent.info, content.parent / "new")
    told: list[int] = []
    matching.match(torrent, SizeIndex([str(content)]), layout, on_progress=told.append)
    assert told == sorted(told)
    assert told[-1] == torrent.info.total_length


SHARED = 3 * PIECE + 500
SIBLINGS = {
    "test1": {"0shared": SHARED, "1": 700},
    "test2": {"0": 900, "1shared": SHARED, "2": 800},
    "test3": {"0": 2 * PIECE - 3, "1shared": SHARED},
    "single": {"0shared": SHARED},
}


@pytest.mark.parametrize("other", SIBLINGS)
@pytest.mark.parametrize("wanted", SIBLINGS)
@pytest.mark.parametrize("align", [False, True])
def test_a_file_that_torrents_share_is_found_in_the_content_of_another(
    tmp_path: Path, wanted: str, other: str, align: bool
) -> None:
    """What libtorrent's resolve-links can tell by hashes alone, for every pair.

    There both torrents need padding. Here the content is at hand, so that the other's
    pieces do not matter, and without padding all but the edges of the file is proven.
    """
    shared = Random(5).randbytes(SHARED)
    for number, (name, lengths) in enumerate(SIBLINGS.items()):
        write(tmp_path / name, lengths, seed=number)
        next((tmp_path / name).glob("*shared")).write_bytes(shared)
    torrent = make(tmp_path / wanted, MetaVersion.V1, align=align)
    found = find(torrent, tmp_path / other, root=tmp_path / "new")
    is_alone = align or len(SIBLINGS[wanted]) == 1 or wanted == other
    for name, one in found.items():
        if "shared" in name or wanted == "single":
            assert one.status == ("exact" if is_alone else "likely")
        else:
            assert one.status == ("exact" if wanted == other else "missing")


@pytest.mark.parametrize("number", range(12))
@EVERY_KIND
def test_what_is_exact_is_so_and_what_can_be_found_is(
    tmp_path: Path, version: MetaVersion, align: bool, number: int, seed: int
) -> None:
    """Random sizes, many of them equal; each file has a decoy of one other byte, some are lost."""
    dice = Random(seed * 100 + number)
    sizes = [dice.choice((9, 50, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE, 70_000)) for _ in range(7)]
    write(tmp_path / "t", {f"{n}": size for n, size in enumerate(sizes)}, seed=number)
    torrent = torrent_of(tmp_path / "t", version, align)
    truth = [(tmp_path / "t" / f"{n}").read_bytes() for n in range(len(sizes))]
    lost = {n for n in range(len(sizes)) if dice.random() < 0.15}
    heap = tmp_path / "heap"
    heap.mkdir()
    for n, data in enumerate(truth):
        if n not in lost:
            (heap / f"{dice.random()}").write_bytes(data)
        decoy = bytearray(data)
        decoy[dice.randrange(len(data))] ^= 1
        (heap / f"{dice.random()}").write_bytes(decoy)
    pieces = own_pieces.of_files(torrent.info.geometry, padding_of(torrent))
    for name, one in find(torrent, heap, root=tmp_path / "new").items():
        if one.status == "exact":
            assert one.source is not None
            assert Path(one.source.path).read_bytes() == truth[int(name)]
        if int(name) not in lost and not lost & sharing(torrent, one.index):
            own = pieces[one.index].own
            assert one.status == "exact" or not own, (one, sizes)
        if align or version is not MetaVersion.V1:
            assert one.status == ("missing" if int(name) in lost else "exact")


def sharing(torrent: Metainfo, index: int) -> set[int]:
    """The files that a file shares a piece with, by their names."""
    shared = own_pieces.sharers(torrent.info.geometry, padding_of(torrent))
    files = {other for files in shared.values() if index in files for other in files}
    return {int(torrent.info.files[other].path[-1]) for other in files}

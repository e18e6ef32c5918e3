"""Wanted files on disk, the rest out of sight; what selections that change do to both."""

import json

import pytest

from raincore.base.errors import WriteError
from raincore.base.geometry import Geometry
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout, PlacedFile
from raincore.storage.selected_storage import open_storage

HASH = "a" * 40
LENGTHS = (3, 0, 10, 3, 8)
"""Pieces of 8: a and 5 of b; 5 of b and c; d."""
CONTENT = bytes(range(1, 25))
A, EMPTY, B, C, D = range(5)


@pytest.fixture(autouse=True)
def state(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.fixture
def select(tmp_path):
    """Open the content anew, as a new run would, with only these files wanted."""
    made = []

    def select(*wanted):
        if made:
            made[-1].close()
        files = tuple(PlacedFile(("t", name), n) for name, n in zip("aebcd", LENGTHS, strict=True))
        layout = Layout(tmp_path / "data", files)
        unwanted = frozenset(range(5)) - set(wanted)
        storage = FileStorage(layout, Geometry(8, LENGTHS), writable=True)
        made.append(open_storage(layout, HASH, storage))
        made[-1].choose_files(unwanted)
        return made[-1]

    yield select
    made[-1].close()


@pytest.fixture
def on_disk(tmp_path):
    def on_disk():
        root = tmp_path / "data" / "t"
        return {path.name: path.read_bytes() for path in root.iterdir()} if root.exists() else {}

    return on_disk


def read(storage, offset=0, length=24):
    buffer = memoryview(bytearray(length))
    return bytes(buffer[: storage.read_into(offset, buffer)])


def write(storage, *pieces):
    for piece in pieces:
        storage.write(piece * 8, [memoryview(CONTENT[piece * 8 : piece * 8 + 8])])


def parts_exist(tmp_path):
    parts = tmp_path / "state" / "rain" / "parts"
    return parts.exists() and any(path.is_dir() for path in parts.iterdir())


def test_unwanted_files_never_appear(select, on_disk, tmp_path):
    storage = select(A)
    write(storage, 0)
    storage.finish()
    storage.sync()
    assert on_disk() == {"a": CONTENT[:3]}
    assert read(storage, 0, 8) == CONTENT[:8]
    assert parts_exist(tmp_path)


def test_pieces_are_there_again_after_a_restart(select):
    storage = select(A, C)
    write(storage, 0, 1)
    storage.sync()
    again = select(A, C)
    assert read(again, 0, 16) == CONTENT[:16]
    assert again.fingerprint() == storage.fingerprint()


@pytest.mark.parametrize(("offset", "length"), [(4, 2), (2, 3), (5, 6), (7, 2), (3, 10)])
def test_any_run_is_read_from_wherever_it_is(select, offset, length):
    storage = select(A, C)
    write(storage, 0, 1)
    assert read(storage, offset, length) == CONTENT[offset : offset + length]


def test_a_file_that_is_wanted_later_comes_out_of_the_parts(select, on_disk, tmp_path):
    storage = select(A, C)
    write(storage, 0, 1)
    storage.sync()
    storage = select(A, B, C)
    assert on_disk() == {"a": CONTENT[:3], "b": CONTENT[3:13], "c": CONTENT[13:16]}
    assert read(storage, 0, 16) == CONTENT[:16]


def test_without_a_selection_no_part_is_left(select, on_disk, tmp_path):
    storage = select(A)
    write(storage, 0)
    storage.sync()
    storage = select(*range(5))
    assert storage.unwanted == frozenset()
    assert on_disk() == {"a": CONTENT[:3], "b": CONTENT[3:8]}
    assert not parts_exist(tmp_path)


def test_a_file_that_is_not_wanted_any_more_is_read_where_it_is(select, on_disk):
    storage = select(*range(5))
    write(storage, 0, 1, 2)
    storage.finish()
    before = storage.fingerprint()
    storage = select(A)
    assert storage.fingerprint() == before
    assert read(storage) == CONTENT
    write(storage, 0)
    assert on_disk()["b"] == CONTENT[3:13], "left alone"


def test_what_a_file_has_on_disk_is_not_replaced_by_parts(select, on_disk, tmp_path):
    storage = select(A)
    write(storage, 0)
    storage.sync()
    (tmp_path / "data" / "t" / "b").write_bytes(b"0123456789")
    select(A, B)
    assert on_disk()["b"] == b"0123456789"


def test_a_hole_is_filled_from_parts(select, on_disk, tmp_path):
    storage = select(A)
    write(storage, 0)
    storage.sync()
    with (tmp_path / "data" / "t" / "b").open("wb") as file:
        file.truncate(10)
    select(A, B)
    assert on_disk()["b"] == CONTENT[3:8] + bytes(5)


def test_a_longer_file_in_the_way_is_an_error_and_loses_nothing(select, tmp_path):
    storage = select(C)
    write(storage, 1)
    storage.sync()
    foreign = tmp_path / "data" / "t" / "b"
    with foreign.open("wb") as file:
        file.truncate(100)
    with pytest.raises(WriteError, match="a file of 100 bytes"):
        select(B, C)
    foreign.unlink()
    assert read(select(C), 8, 8) == CONTENT[8:16]


def test_fingerprints_change_with_the_parts_and_with_the_file(select, tmp_path):
    storage = select(A)
    assert storage.fingerprint() == (None,) * 5
    write(storage, 0)
    first = storage.fingerprint()
    assert first[B] is not None
    assert first[B][0] == 10, "as if it were whole, so that its pieces are looked at"
    assert (first[EMPTY], first[C], first[D]) == (None, None, None)
    (tmp_path / "data" / "t" / "b").write_bytes(b"x")
    assert storage.fingerprint()[B] != first[B]


def test_parts_are_no_holes_and_not_read_at_once(select):
    storage = select(A)
    write(storage, 0)
    buffer = memoryview(bytearray(8))
    assert not storage.is_hole(0, 8)
    assert not storage.try_read_into(0, buffer)
    assert storage.try_read_into(0, buffer[:3])
    assert bytes(buffer[:3]) == CONTENT[:3]


def test_holes_of_wanted_files_are_holes(select, tmp_path):
    storage = select(D)
    (tmp_path / "data" / "t").mkdir(parents=True)
    with (tmp_path / "data" / "t" / "d").open("wb") as file:
        file.truncate(8)
    assert storage.is_hole(16, 8)


def test_a_choice_is_not_made_again_unless_it_has_failed(select, tmp_path, monkeypatch):
    storage = select(A)
    write(storage, 0, 1, 2)
    chosen = []
    monkeypatch.setattr(storage.files, "choose_files", chosen.append)
    storage.choose_files(storage.unwanted)
    assert chosen == []
    (tmp_path / "data" / "t" / "b").write_bytes(bytes(11))
    with pytest.raises(WriteError):
        storage.choose_files(frozenset())
    storage.choose_files(storage.unwanted)
    assert chosen == [storage.unwanted]


def test_what_is_missing_is_a_short_read(select):
    storage = select(A)
    assert read(storage, 0, 8) == b""
    write(storage, 0)
    assert read(storage, 0, 16) == CONTENT[:8]


def test_runs_that_make_no_sense_are_dropped(select, tmp_path):
    storage = select(A)
    write(storage, 0)
    parts = storage.parts
    parts.sync()
    index = {"v": 1, "runs": [[0, 16], [100, 4], [2, 0], [4, 1 << 62]]}
    with open(parts.index_path, "w") as file:
        json.dump(index, file)
    storage = select(A)
    assert storage.parts.runs == {}


def test_a_part_cut_short_is_not_moved(select, on_disk, tmp_path):
    storage = select(A)
    write(storage, 0)
    storage.sync()
    with open(storage.parts.path, "r+b") as file:
        file.truncate(5)
    select(A, B)
    assert "b" not in on_disk()


def test_a_file_that_comes_to_be_wanted_gets_its_bytes_at_once(select, on_disk, tmp_path):
    storage = select(A, C)
    write(storage, 0, 1)
    storage.choose_files(frozenset([EMPTY, D]))
    assert on_disk() == {"a": CONTENT[:3], "b": CONTENT[3:13], "c": CONTENT[13:16]}
    assert read(storage, 0, 16) == CONTENT[:16]
    storage.choose_files(frozenset())
    assert not [path for path in (tmp_path / "state").rglob("*") if path.name == "bytes"]
    write(storage, 2)
    assert on_disk()["d"] == CONTENT[16:]


def test_verified_bytes_replace_what_was_in_a_file_that_nobody_wanted(select, on_disk, tmp_path):
    storage = select(A)
    (tmp_path / "data" / "t").mkdir(parents=True)
    (tmp_path / "data" / "t" / "b").write_bytes(b"0123456789")
    write(storage, 0)
    assert read(storage, 0, 8) == CONTENT[:8]
    assert on_disk()["b"] == b"0123456789"
    storage.choose_files(frozenset([C, D]))
    assert on_disk()["b"] == CONTENT[3:8] + b"56789"


def test_a_file_that_is_wanted_no_more_stays_and_is_not_changed(select, on_disk):
    storage = select(*range(5))
    write(storage, 0)
    storage.choose_files(frozenset([B, C]))
    write(storage, 1)
    assert on_disk() == {"a": CONTENT[:3], "b": CONTENT[3:8]}
    assert read(storage, 0, 16) == CONTENT[:16]
    storage.choose_files(frozenset())
    assert read(storage, 0, 16) == CONTENT[:16]
    assert on_disk()["c"] == CONTENT[13:16]


def test_what_cannot_be_moved_is_still_kept_apart(select, tmp_path):
    storage = select(C)
    write(storage, 1)
    with (tmp_path / "data" / "t" / "b").open("wb") as file:
        file.truncate(100)
    with pytest.raises(WriteError, match="a file of 100 bytes"):
        storage.choose_files(frozenset())
    assert storage.unwanted == {A, EMPTY, B, D}
    assert read(storage, 8, 8) == CONTENT[8:16]

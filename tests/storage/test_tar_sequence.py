"""V1 content from a pipe: hashed as it comes if it comes in the order of the torrent."""

import os

import pytest

from raincore.base.errors import FormatError
from raincore.storage import creation, tar_creation, tar_sequence
from raincore.storage.content_scan import Rules
from raincore.storage.creation_options import CreateOptions, SortKey
from tests.storage import archives
from tests.storage.archives import link, symlink

FILES = {"d/a-b": 40_000, "d/a/x": 70_000, "d/b": 5, "d/c": 100_000, "d/e": 0, "d/f": 20_000}


@pytest.fixture(autouse=True)
def little_memory(monkeypatch, tmp_path):
    monkeypatch.setattr(tar_sequence, "HELD_BYTES", 50_000)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def data(name):
    return archives.content(FILES[name], seed=FILES[name])


@pytest.fixture
def expected(tmp_path):
    """The torrent of the directory."""
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data(name))

    def make(**options):
        return creation.create(str(tmp_path / "d"), CreateOptions(**options)).metainfo.raw

    return make


def made(*members, **options):
    given = [(member, data(member)) if isinstance(member, str) else member for member in members]
    notes = []
    packed = archives.archive(*given)
    with archives.pipe(packed) as file:
        result = tar_creation.create(file, "stdin", CreateOptions(**options), warn=notes.append)
    return result.metainfo.raw, notes


@pytest.mark.parametrize("piece_length", [None, 49_152])
def test_what_comes_in_order_is_hashed_as_it_comes(expected, piece_length):
    assert made(*FILES, piece_length=piece_length) == (expected(piece_length=piece_length), [])


def test_what_fits_into_memory_comes_in_any_order(expected, monkeypatch):
    monkeypatch.setattr(tar_sequence, "HELD_BYTES", 1_000_000)
    assert made(*reversed(FILES)) == (expected(), [])


def test_what_was_out_of_order_before_is_kept_on_disk(expected, tmp_path):
    before = sorted(os.listdir(tmp_path))
    raw, notes = made("d/b", "d/a-b", "d/c", "d/a/x", "d/f", "d/e")
    assert raw == expected()
    [note] = notes
    assert note.endswith(f"kept until the end in {tmp_path}")
    assert sorted(os.listdir(tmp_path)) == before


def test_a_file_that_comes_too_late_is_named_with_the_way_out():
    with pytest.raises(FormatError, match=r"too late, pack .* order of whole paths, .*v2: d/a/x"):
        made("d/a-b", "d/b", "d/c", "d/a/x")
    with pytest.raises(FormatError, match=r"too late.*d/c"):
        made("d/a-b", "d/c", ("d/c", b"again"))


def test_hard_links_work_while_their_bytes_are_there(expected, tmp_path):
    (tmp_path / "d").mkdir(exist_ok=True)
    os.link(tmp_path / "d/b", tmp_path / "d/b2")
    os.link(tmp_path / "d/e", tmp_path / "d/g")
    empty = ("d/g", link("d/e"))
    assert (
        made("d/f", "d/b", ("d/b2", link("d/b")), "d/a-b", "d/a/x", "d/c", "d/e", empty)[0]
        == expected()
    )
    with pytest.raises(FormatError, match=r"bytes of a hard link are gone.*hard-dereference.*d/h"):
        made("d/a-b", "d/c", ("d/h", link("d/a-b")))


def test_symlinks_are_followed_while_their_bytes_are_there(expected, tmp_path):
    os.symlink("b", tmp_path / "d/s")
    rules = Rules(follow_symlinks=True)
    raw, notes = made(("d/s", symlink("b")), *FILES, rules=rules)
    assert (raw, len(notes)) == (expected(rules=rules), 1)
    with pytest.raises(FormatError, match=r"behind a symlink are gone.*--dereference.*d/s"):
        made(*FILES, ("d/s", symlink("b")), rules=rules)
    assert made(*FILES, ("d/s", symlink("b")))[0] == expected()


def test_files_that_do_not_count_come_in_any_order(expected):
    extra = [("d/.z", b"hidden"), ("d/y.tmp", bytes(60_000)), ("d/.a", b"hidden")]
    rules = Rules(exclude=("*.tmp",))
    assert made("d/a-b", extra[0], "d/a/x", *extra[1:], *list(FILES)[2:], rules=rules) == (
        expected(rules=rules),
        [],
    )


def test_what_turns_out_to_be_another_order_in_the_end_is_refused():
    members = [("d/.h", b"h"), *[(name, data(name)) for name in FILES], ("z", b"loose")]
    with pytest.raises(FormatError, match="does not come in its place"):
        made(*members, name="photos", rules=Rules(exclude=("d/b",)))


def test_symlinks_that_are_taken_as_such_do_not_disturb_the_order(expected, tmp_path):
    os.symlink("b", tmp_path / "d/s")
    rules = Rules(symlinks=True)
    assert made(("d/s", symlink("b")), *FILES, rules=rules) == (expected(rules=rules), [])


def test_content_in_an_order_of_its_own_is_kept_on_disk(expected):
    by_size = (SortKey("size", is_descending=True),)
    raw, notes = made(*FILES, sort_by=by_size)
    assert (raw, len(notes)) == (expected(sort_by=by_size), 1)

"""Bytes of unwanted files, their index, and what damage to either does."""

import errno
import os

import pytest

from raincore.base.errors import NoSpace, ReadError, WriteError
from raincore.storage import gathered_write, parts_file
from raincore.storage.parts_file import PartsFile, place_of


@pytest.fixture
def place(tmp_path):
    return str(tmp_path / "parts" / "one")


@pytest.fixture
def reopen(place):
    made = []

    def reopen():
        if made:
            made[-1].close()
        made.append(PartsFile(place))
        made[-1].open()
        made[-1].open()
        return made[-1]

    yield reopen
    for parts in made:
        parts.close()
        parts.close()


def read(parts, offset, length):
    buffer = memoryview(bytearray(length))
    return bytes(buffer[: parts.read_into(offset, buffer)])


def test_each_torrent_in_each_directory_has_its_place(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    places = {place_of(hash_, path) for hash_ in ("a" * 40, "b" * 40) for path in ("/x", "/y")}
    assert len(places) == 4
    assert all(place.startswith(f"{tmp_path}/rain/parts/") for place in places)


def test_nothing_is_created_before_the_first_byte(reopen, place):
    parts = reopen()
    assert (parts.runs, parts.stamp(), parts.holds(0, 4)) == ({}, 0, False)
    parts.sync()
    assert not os.path.exists(place)


def test_what_was_synced_is_there_again(reopen, place):
    parts = reopen()
    parts.write(1 << 40, [memoryview(b"ab"), memoryview(b"cd")])
    parts.sync()
    parts = reopen()
    assert parts.runs == {1 << 40: 4}
    assert parts.holds(1 << 40, 4)
    assert not parts.holds(1 << 40, 3)
    assert read(parts, 1 << 40, 4) == b"abcd"
    assert os.stat(parts.path).st_blocks * 512 < 1 << 20, "sparse"
    assert os.stat(place).st_mode & 0o077 == 0


def test_what_was_not_synced_is_not_promised(reopen):
    reopen().write(0, [memoryview(b"abcd")])
    assert reopen().runs == {}


def test_a_read_past_the_end_is_short(reopen):
    parts = reopen()
    parts.write(0, [memoryview(b"abcd")])
    assert read(parts, 2, 4) == b"cd"


def test_a_write_changes_the_stamp(reopen):
    parts = reopen()
    parts.write(0, [memoryview(b"a")])
    os.utime(parts.path, ns=(1, 1))
    assert parts.stamp() == 1
    parts.write(0, [memoryview(b"b")])
    assert parts.stamp() > 1


def test_what_is_forgotten_stays_so(reopen):
    parts = reopen()
    parts.write(0, [memoryview(b"a")])
    parts.write(5, [memoryview(b"b")])
    parts.forget(0)
    parts.sync()
    assert reopen().runs == {5: 1}


def test_all_of_it_can_be_removed(reopen, place):
    parts = reopen()
    parts.write(0, [memoryview(b"a")])
    parts.sync()
    parts.remove()
    assert not os.path.exists(place)
    parts.remove()
    assert parts.runs == {}


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b"[]",
        b'{"v":2,"runs":[[0,1]]}',
        b'{"v":1}',
        b'{"v":1,"runs":[[0]]}',
        b'{"v":1,"runs":[0]}',
        b'{"v":1,"runs":[[0,-1]]}',
        b'{"v":1,"runs":[[true,1]]}',
        b'{"v":1,"runs":[[0,9223372036854775808]]}',
        b"\xff",
    ],
)
def test_a_damaged_index_promises_nothing(reopen, index):
    parts = reopen()
    parts.write(0, [memoryview(b"a")])
    parts.sync()
    with open(parts.index_path, "wb") as file:
        file.write(index)
    assert reopen().runs == {}


@pytest.mark.parametrize("name", ["bytes", "index.json"])
def test_without_one_of_the_files_nothing_is_there(reopen, place, name):
    parts = reopen()
    parts.write(0, [memoryview(b"a")])
    parts.sync()
    os.unlink(os.path.join(place, name))
    assert reopen().runs == {}


def test_an_index_that_cannot_be_read_is_an_error(reopen, place):
    os.makedirs(os.path.join(place, "index.json"))
    with open(os.path.join(place, "bytes"), "wb"):
        pass
    with pytest.raises(ReadError, match=r"cannot read: is a directory: .*index\.json"):
        reopen()


def test_what_cannot_be_read_is_an_error(reopen, place):
    os.makedirs(os.path.join(place, "bytes"))
    with pytest.raises(ReadError, match="cannot read"):
        read(reopen(), 0, 1)


def test_a_full_disk_is_told(reopen, monkeypatch):
    def full(descriptor, buffers, offset):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(gathered_write, "write_all", full)
    parts = reopen()
    with pytest.raises(NoSpace):
        parts.write(0, [memoryview(b"a")])
    assert parts.runs == {}


def test_a_failed_sync_is_due_again(reopen, monkeypatch):
    def broken(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    parts = reopen()
    parts.write(0, [memoryview(b"a")])
    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", broken)
        with pytest.raises(WriteError, match="cannot sync"):
            parts.sync()
    parts.sync()
    assert reopen().runs == {0: 1}


def test_an_index_that_cannot_be_written_is_due_again(reopen, place):
    parts = reopen()
    parts.write(0, [memoryview(b"a")])
    os.mkdir(parts.index_path)
    with pytest.raises(WriteError):
        parts.sync()
    os.rmdir(parts.index_path)
    parts.sync()
    assert reopen().runs == {0: 1}


def test_what_cannot_be_removed_is_an_error(reopen, monkeypatch):
    def refuse(path):
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    parts = reopen()
    parts.write(0, [memoryview(b"a")])
    monkeypatch.setattr(parts_file.shutil, "rmtree", refuse)
    with pytest.raises(WriteError, match="cannot remove"):
        parts.remove()


def test_only_one_process_at_a_time_uses_it(reopen, place):
    parts, other = reopen(), PartsFile(place)
    with pytest.raises(WriteError, match="another process fetches this torrent into the same"):
        other.open()
    parts.close()
    other.open()
    other.close()
    assert not os.path.exists(place + ".lock")


def test_a_place_that_cannot_be_locked_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="cannot lock: "):
        PartsFile(str(tmp_path / "file" / "place")).open()


def test_it_need_not_be_opened_while_nothing_is_in_it_or_will_be(reopen, place):
    parts = PartsFile(place)
    assert not parts.is_needed(frozenset())
    assert parts.is_needed(frozenset([1]))
    os.makedirs(place)
    assert parts.is_needed(frozenset())
    assert reopen().is_needed(frozenset())


def test_it_can_be_used_again_when_all_was_removed(reopen, place):
    parts = reopen()
    parts.write(0, [memoryview(b"ab")])
    parts.remove()
    assert not os.path.exists(place)
    parts.write(7, [memoryview(b"cd")])
    assert (read(parts, 7, 2), parts.runs) == (b"cd", {7: 2})
    parts.sync()
    assert reopen().runs == {7: 2}

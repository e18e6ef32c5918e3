"""What files add to the promises of test_interface."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from raincore.base.errors import NoSpace, ReadError, StorageError, UnsafePath, WriteError
from raincore.base.geometry import Geometry
from raincore.storage import file_allowance, unwaited_read
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout, PlacedFile


@pytest.fixture
def make(tmp_path):
    made = []

    def build(*files, writable=True, piece_length=4):
        layout = Layout(tmp_path, files)
        geometry = Geometry(piece_length, [file.length for file in files])
        made.append(FileStorage(layout, geometry, writable=writable))
        return made[-1]

    yield build
    for storage in made:
        storage.close()


def file(name, length, attr="", symlink=None):
    return PlacedFile(tuple(name.split("/")), length, attr, symlink)


def read(storage, offset, length):
    buffer = bytearray(length)
    return bytes(buffer[: storage.read_into(offset, memoryview(buffer))])


def write(storage, offset, *parts):
    storage.write(offset, [memoryview(part) for part in parts])


def test_nothing_is_created_before_its_first_byte(make, tmp_path):
    storage = make(file("t/a", 4), file("t/b", 4))
    read(storage, 0, 8)
    storage.fingerprint()
    assert not (tmp_path / "t").exists()
    write(storage, 4, b"b")
    assert [path.name for path in (tmp_path / "t").iterdir()] == ["b"]


def test_files_are_sparse(make, tmp_path):
    storage = make(file("a", 1 << 40), piece_length=1 << 24)
    write(storage, (1 << 40) - 4, b"last")
    status = (tmp_path / "a").stat()
    assert status.st_size == 1 << 40
    assert status.st_blocks * 512 < 1 << 20


def test_an_existing_file_is_read_and_written_in_place(make, tmp_path):
    (tmp_path / "a").write_bytes(b"abcd")
    inode = (tmp_path / "a").stat().st_ino
    storage = make(file("a", 8))
    assert read(storage, 0, 8) == b"abcd"
    write(storage, 2, b"XY")
    assert (tmp_path / "a").read_bytes() == b"abXY"
    assert (tmp_path / "a").stat().st_ino == inode


def test_a_longer_file_is_not_ours_to_write(make, tmp_path):
    (tmp_path / "a").write_bytes(b"someone's")
    storage = make(file("a", 4))
    with pytest.raises(WriteError, match="9 bytes is where the torrent has one of 4") as caught:
        write(storage, 0, b"abcd")
    assert caught.value.path == str(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"someone's"
    assert read(storage, 0, 4) == b"some"


def test_storage_for_reading_writes_nothing(make, tmp_path):
    storage = make(file("a", 4), writable=False)
    with pytest.raises(WriteError, match="reading only"):
        write(storage, 0, b"abcd")
    with pytest.raises(WriteError):
        storage.finish()
    assert not (tmp_path / "a").exists()


def test_symlinks_are_followed_for_reading_only(make, tmp_path):
    (tmp_path / "real").write_bytes(b"abcd")
    (tmp_path / "a").symlink_to("real")
    assert read(make(file("a", 4), writable=False), 0, 4) == b"abcd"
    writable = make(file("a", 4))
    with pytest.raises(UnsafePath):
        read(writable, 0, 4)
    with pytest.raises(UnsafePath):
        write(writable, 0, b"XXXX")
    assert (tmp_path / "real").read_bytes() == b"abcd"


def test_a_directory_where_a_file_belongs_is_named(make, tmp_path):
    (tmp_path / "a").mkdir()
    storage = make(file("a", 4))
    with pytest.raises(StorageError, match="not a regular file"):
        read(storage, 0, 4)
    with pytest.raises(WriteError, match="is a directory"):
        write(storage, 0, b"abcd")


def test_a_file_where_a_directory_belongs_reads_as_missing(make, tmp_path):
    (tmp_path / "a").write_bytes(b"")
    storage = make(file("a/b", 4))
    assert read(storage, 0, 4) == b""
    with pytest.raises(WriteError, match="not a directory"):
        write(storage, 0, b"abcd")


def failing(number, after=0):
    calls = []

    def call(*_):
        calls.append(1)
        if len(calls) > after:
            raise OSError(number, os.strerror(number))
        return 1

    return call


def test_a_full_disk_is_no_space_and_names_the_file(make, tmp_path, monkeypatch):
    storage = make(file("a", 4))
    monkeypatch.setattr(os, "pwritev", failing(errno.ENOSPC))
    with pytest.raises(NoSpace, match="no space left on device") as caught:
        write(storage, 0, b"abcd")
    assert caught.value.path == str(tmp_path / "a")
    monkeypatch.undo()
    write(storage, 0, b"abcd")
    assert read(storage, 0, 4) == b"abcd"


def test_a_write_that_writes_nothing_is_no_space(make, monkeypatch):
    storage = make(file("a", 4))
    monkeypatch.setattr(os, "pwritev", lambda *_: 0)
    with pytest.raises(NoSpace):
        write(storage, 0, b"abcd")


def test_short_writes_and_reads_go_on(make, monkeypatch):
    storage = make(file("a", 9))
    real_write, real_read = os.pwritev, os.preadv
    monkeypatch.setattr(os, "pwritev", lambda f, b, o: real_write(f, [b[0][:2]], o))
    write(storage, 0, b"abc", b"def", b"ghi")
    monkeypatch.setattr(os, "preadv", lambda f, b, o: real_read(f, [b[0][:2]], o))
    assert read(storage, 0, 9) == b"abcdefghi"


def test_a_failing_read_is_a_read_error(make, tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"abcd")
    storage = make(file("a", 4))
    monkeypatch.setattr(os, "preadv", failing(errno.EIO))
    with pytest.raises(ReadError, match="input/output error"):
        read(storage, 0, 4)


def test_reading_without_waiting_never_opens_a_file(make, tmp_path):
    (tmp_path / "a").write_bytes(b"abcd")
    storage = make(file("a", 4))
    assert not storage.try_read_into(0, memoryview(bytearray(4)))
    read(storage, 0, 1)
    assert storage.try_read_into(0, memoryview(bytearray(4)))


def test_a_file_that_cannot_be_read_without_waiting_is_left_to_a_thread(
    make, tmp_path, monkeypatch
):
    (tmp_path / "a").write_bytes(b"abcd")
    storage = make(file("a", 4))
    read(storage, 0, 4)
    monkeypatch.setattr(unwaited_read, "fill", lambda *_: False)
    assert not storage.try_read_into(0, memoryview(bytearray(4)))


def change(path, data: bytes) -> None:
    """Write until the system has noted another time: its clock ticks every few ms."""
    before = path.stat().st_ctime_ns
    while path.stat().st_ctime_ns == before:
        path.write_bytes(data)


@pytest.mark.parametrize("way", ["read", "try", "write"])
def test_what_others_change_is_told_once_and_what_we_change_is_not(make, tmp_path, way):
    storage = make(file("a", 4), file("b", 4))
    write(storage, 0, b"abcdefgh")
    read(storage, 0, 8)
    assert not storage.changed()
    change(tmp_path / "b", b"EFGH")
    match way:
        case "read":
            read(storage, 0, 8)
        case "try":
            assert storage.try_read_into(0, memoryview(bytearray(8)))
        case _:
            write(storage, 6, b"xy")
    assert storage.changed() == {1}
    read(storage, 0, 8)
    assert not storage.changed()


def test_what_changes_between_the_check_and_the_first_read_is_told(make, tmp_path):
    (tmp_path / "a").write_bytes(b"abcd")
    storage = make(file("a", 4))
    storage.fingerprint()
    change(tmp_path / "a", b"ABCD")
    os.utime(tmp_path / "a", ns=(1, 1))  # when it did that, no program can put back
    storage.fingerprint()
    read(storage, 0, 4)
    assert storage.changed() == {0}


def test_a_file_that_was_put_in_the_place_of_ours_is_another(make, tmp_path):
    (tmp_path / "a").write_bytes(b"abcd")
    storage = make(file("a", 4))
    storage.fingerprint()
    (tmp_path / "new").write_bytes(b"ABCD")
    (tmp_path / "new").rename(tmp_path / "a")
    assert read(storage, 0, 4) == b"ABCD"
    assert storage.changed() == {0}


def test_sync_covers_what_was_written_since_the_last(make, monkeypatch):
    storage = make(file("a", 4), file("b", 4))
    synced = []
    monkeypatch.setattr(os, "fdatasync", lambda d: synced.append(os.readlink(f"/proc/self/fd/{d}")))
    write(storage, 0, b"abcd")
    storage.sync()
    storage.sync()
    assert [path.rsplit("/", 1)[1] for path in synced] == ["a"]


def test_what_cannot_be_synced_stays_due(make, monkeypatch):
    storage = make(file("a", 4))
    write(storage, 0, b"abcd")
    monkeypatch.setattr(os, "fdatasync", failing(errno.EIO))
    with pytest.raises(WriteError, match="cannot sync"):
        storage.sync()
    assert storage.syncing.due.keys() == {0}
    monkeypatch.undo()
    storage.sync()
    assert not storage.syncing.due


def test_a_directory_that_cannot_be_synced_is_a_write_error(make, monkeypatch):
    storage = make(file("a", 4))
    write(storage, 0, b"abcd")
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
    with pytest.raises(NoSpace):
        storage.sync()


def test_a_file_that_was_removed_needs_no_sync(make, tmp_path):
    storage = make(file("a", 4))
    write(storage, 0, b"abcd")
    storage.descriptors.close()
    (tmp_path / "a").unlink()
    storage.sync()


def test_finish_makes_symlinks_and_executables(make, tmp_path):
    storage = make(
        file("t/run", 4, "x"), file("t/link", 0, "l", ("t", "run")), file("t/gone", 2, "x")
    )
    write(storage, 0, b"#!/b")
    (tmp_path / "t" / "run").chmod(0o640)
    storage.finish()
    assert (tmp_path / "t" / "run").stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "t" / "link").read_bytes() == b"#!/b"
    assert not (tmp_path / "t" / "gone").exists()


def test_finish_does_the_rest_when_something_is_in_the_way(make, tmp_path):
    (tmp_path / "link").write_bytes(b"mine")
    (tmp_path / "full").write_bytes(b"mine too")
    storage = make(file("link", 0, "l", ("t",)), file("full", 0), file("empty", 0))
    with pytest.raises(WriteError, match="cannot create: file exists"):
        storage.finish()
    assert (tmp_path / "empty").exists()
    assert (tmp_path / "link").read_bytes() == b"mine"
    assert (tmp_path / "full").read_bytes() == b"mine too"


def test_threads_share_files_beyond_the_limit(make):
    count = 3 * file_allowance.MOST
    storage = make(*(file(f"t/{n}", 7) for n in range(count)), piece_length=7)

    def work(index):
        write(storage, index * 7, b"%07d" % index)
        return read(storage, index * 7, 7)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(work, range(count))) == [b"%07d" % n for n in range(count)]
    assert len(storage.descriptors.handles) <= file_allowance.MOST


def test_holes_of_sparse_files_and_padding_are_known_without_reading(make):
    grain = 1 << 20  # no file system keeps track of holes in smaller steps
    padding = PlacedFile((), grain)
    storage = make(file("a", 4 * grain), padding, file("b", grain), piece_length=grain)
    write(storage, 3 * grain, b"x" * grain)
    assert storage.is_hole(0, 3 * grain)
    assert not storage.is_hole(2 * grain, 2 * grain)
    assert storage.is_hole(4 * grain, grain)
    assert not storage.is_hole(5 * grain, grain), "a missing file is no hole"
    write(storage, 5 * grain, b"y")
    assert storage.is_hole(5 * grain + grain // 2, grain // 4), "beyond the end of the file"

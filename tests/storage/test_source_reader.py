"""The files of a torrent to be, read as content."""

import os
from random import Random

import pytest

from raincore.base.errors import ReadError
from raincore.base.geometry import Geometry
from raincore.storage import source_reader
from raincore.storage.content_scan import Rules, scan
from raincore.storage.source_reader import SourceReader


@pytest.fixture(params=[1, 1024])
def make(request, tmp_path, monkeypatch):
    monkeypatch.setattr(source_reader, "READ_LENGTH", request.param)
    made = []

    def build(*contents, padding=()):
        for index, content in enumerate(contents):
            (tmp_path / f"{index:02}").write_bytes(content)
        files = list(scan(str(tmp_path), Rules()).files)
        lengths = [len(content) for content in contents]
        for index, length in padding:
            files.insert(index, None)
            lengths.insert(index, length)
        made.append(SourceReader(Geometry(4, lengths), files))
        return made[-1]

    yield build
    for reader in made:
        reader.close()


def read(reader, offset, length):
    buffer = bytearray(b"?" * length)
    assert reader.read_into(offset, memoryview(buffer)) == length
    return bytes(buffer)


def read_and_look_again(reader):
    read(reader, 0, reader.geometry.total_length)
    reader.require_unchanged()


def test_content_runs_across_files(make):
    reader = make(b"abc", b"", b"defgh", b"i")
    assert read(reader, 0, 9) == b"abcdefghi"
    assert read(reader, 2, 3) == b"cde"


def test_padding_reads_as_zeros(make):
    reader = make(b"abc", b"de", padding=[(1, 2)])
    assert read(reader, 0, 7) == b"abc\0\0de"


def change_size(path):
    path.write_bytes(b"abcdefgh")


def shrink(path):
    path.write_bytes(b"a")


def change_time(path):
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("change", [change_size, shrink, change_time])
def test_a_file_that_changed_is_named(make, tmp_path, change):
    reader = make(b"abc", b"def")
    change(tmp_path / "01")
    assert read(reader, 0, 3) == b"abc"
    with pytest.raises(ReadError, match="changed while it was hashed") as caught:
        read_and_look_again(reader)
    assert caught.value.path == str(tmp_path / "01")


def test_a_file_that_changes_after_it_was_read_is_named(make, tmp_path):
    reader = make(b"abc", b"def", padding=[(1, 1)])
    assert read(reader, 0, 7) == b"abc\0def"
    reader.require_unchanged()
    change_time(tmp_path / "00")
    with pytest.raises(ReadError, match="changed while it was hashed") as caught:
        reader.require_unchanged()
    assert caught.value.path == str(tmp_path / "00")


def test_a_file_that_goes_after_it_was_read_is_named(make, tmp_path):
    reader = make(b"abc", b"def")
    read(reader, 0, 6)
    (tmp_path / "00").unlink()
    with pytest.raises(ReadError, match="no such file") as caught:
        reader.require_unchanged()
    assert caught.value.path == str(tmp_path / "00")


@pytest.mark.parametrize("name", ["a", "below/a"])
def test_files_are_looked_at_again_wherever_they_are(tmp_path, monkeypatch, name):
    (tmp_path / "below").mkdir()
    (tmp_path / name).write_bytes(b"abc")
    monkeypatch.chdir(tmp_path)
    for path in (name, str(tmp_path / name)):
        files = scan(path, Rules()).files
        SourceReader(Geometry(4, [3]), files).require_unchanged()
        before = os.stat(path)
        change_time(tmp_path / name)
        with pytest.raises(ReadError, match="changed"):
            SourceReader(Geometry(4, [3]), files).require_unchanged()
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_a_change_of_a_long_file_is_noticed_while_it_is_read(make, tmp_path, monkeypatch):
    monkeypatch.setattr(source_reader, "READ_LENGTH", 2)
    reader = make(b"abc")
    change_time(tmp_path / "00")
    with pytest.raises(ReadError, match="changed while it was hashed"):
        read(reader, 0, 1)


def test_reading_finds_what_the_geometry_says(make):
    contents = [Random(n).randbytes(n % 4) for n in range(40)]
    reader = make(*contents, padding=[(3, 5), (7, 1)])
    whole = read(reader, 0, reader.geometry.total_length)
    for offset in range(len(whole)):
        for length in range(1, len(whole) - offset, 7):
            assert read(reader, offset, length) == whole[offset : offset + length]


def test_a_file_that_is_gone_is_named(make, tmp_path):
    reader = make(b"abc", b"def")
    (tmp_path / "01").unlink()
    with pytest.raises(ReadError, match="no such file") as caught:
        read(reader, 0, 6)
    assert caught.value.path == str(tmp_path / "01")


def test_short_reads_go_on(make, monkeypatch):
    reader = make(b"abcdef")
    real = os.preadv
    monkeypatch.setattr(os, "preadv", lambda f, b, o: real(f, [b[0][:2]], o))
    assert read(reader, 0, 6) == b"abcdef"


def test_a_file_that_ends_early_has_changed(make, monkeypatch):
    reader = make(b"abcdef")
    answers = iter([3, 0])
    monkeypatch.setattr(os, "preadv", lambda *_: next(answers))
    with pytest.raises(ReadError, match="changed"):
        read(reader, 0, 6)

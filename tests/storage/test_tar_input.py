"""The bytes of a tar archive from front to back: from a file or a pipe, packed or not."""

import bz2
import errno
import gzip
import io
import lzma

import pytest

from raincore.base.errors import FormatError, ReadError
from raincore.storage.tar_input import MAX_HEADER, TarInput
from tests.storage import archives

DATA = archives.content(200_000)


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "a.tar"
    made.write_bytes(DATA)
    return made


@pytest.fixture(params=["file", "pipe", "bytes", "gzip", "bzip2", "xz"])
def given(request, path):
    """The same bytes in all the ways in which they may come."""
    if request.param == "file":
        with open(path, "rb", buffering=0) as file:
            yield TarInput(file, "a.tar")
    elif request.param == "pipe":
        with archives.pipe(DATA) as file:
            yield TarInput(file, "a.tar")
            file.read()
    else:
        packers = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}
        yield archives.opened(packers.get(request.param, bytes)(DATA))


def taken(given, place, length):
    view = memoryview(bytearray(length))
    given.read_at(place, view)
    return bytes(view)


def test_headers_and_data_come_in_turns(given):
    assert given.read(512) == DATA[:512]
    assert given.last_header == DATA[:512]
    assert taken(given, 512, 100_000) == DATA[512:100_512]
    given.seek(150_000)
    assert given.tell() == 150_000
    assert given.read(10) == DATA[150_000:150_010]


def test_data_beyond_the_end_say_so(given):
    with pytest.raises(FormatError, match="cut off"):
        taken(given, 199_999, 2)


def test_a_header_that_would_fill_the_memory_is_not_read(given):
    with pytest.raises(FormatError, match="header of more than"):
        given.read(MAX_HEADER + 1)
    given.read(100)
    with pytest.raises(FormatError, match="header of more than"):
        given.read(MAX_HEADER - 99)
    given.allow_header()
    assert given.read(MAX_HEADER - 99) == DATA[100:]


def test_nothing_leads_backwards(given):
    given.read(512)
    with pytest.raises(FormatError, match="leads backwards"):
        given.seek(511)


def test_a_file_is_read_anywhere_also_from_where_it_stands(path):
    with open(path, "rb", buffering=0) as file:
        file.seek(1000)
        given = TarInput(file, "a.tar")
        assert given.descriptor is not None
        assert taken(given, 500, 10) == DATA[1500:1510]
        assert taken(given, 0, 10) == DATA[1000:1010]
        assert given.read(5) == DATA[1000:1005]


def test_a_pipe_is_read_to_its_end_so_that_its_writer_can_finish():
    with archives.pipe(bytes(5_000_000)) as file:
        given = TarInput(file, "a.tar")
        given.read(512)
        given.finish()
        assert file.read() == b""


def test_check_sums_behind_the_end_count():
    packed = bytearray(gzip.compress(DATA))
    packed[-6] ^= 1
    given = archives.opened(bytes(packed))
    given.read(512)
    with pytest.raises(FormatError, match="cannot be unpacked: crc check failed"):
        given.finish()


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_data_that_are_damaged_or_cut_off_say_so(pack):
    packed = bytearray(pack(DATA))
    with pytest.raises(FormatError, match="cut off"):
        archives.opened(bytes(packed[:1000])).finish()
    packed[5000:6000] = bytes(1000)
    with pytest.raises(FormatError, match=r"cannot be unpacked|cut off"):
        archives.opened(bytes(packed)).finish()


class BadDisk(io.BytesIO):
    def read(self, count=-1):
        raise OSError(errno.EIO, "Input/output error")


def test_what_cannot_be_read_says_why():
    with pytest.raises(ReadError, match=r"cannot read: input/output error: a.tar"):
        TarInput(BadDisk(), "a.tar")

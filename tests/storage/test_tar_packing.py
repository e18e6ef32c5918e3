"""Packed archives: what gzip, bzip2 and xz made is read as what it was."""

import bz2
import gzip
import io
import lzma

import pytest

from raincore.base.errors import FormatError
from raincore.storage import tar_packing
from tests.storage import archives

PLAIN = archives.content(100_000) + bytes(200_000)
PACKERS = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}


def unpack(data):
    reader = tar_packing.unpacker_of(data[:512])
    return reader(io.BufferedReader(tar_packing.Prefixed(data[:512], io.BytesIO(data[512:]))))


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_what_was_packed_comes_out(pack):
    assert unpack(pack(PLAIN)).read() == PLAIN


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_packed_streams_may_follow_each_other(pack):
    assert unpack(pack(b"one") + pack(PLAIN)).read() == b"one" + PLAIN


def test_zeros_may_follow_xz():
    assert unpack(lzma.compress(PLAIN) + bytes(4096)).read() == PLAIN


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_a_packed_stream_that_is_cut_off_is_no_end(pack):
    with pytest.raises(EOFError):
        unpack(pack(PLAIN)[:-10]).read()


def test_a_dictionary_of_gigabytes_is_refused():
    huge = [{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 29}]
    packed = lzma.compress(b"x", filters=huge)
    with pytest.raises(lzma.LZMAError):
        unpack(packed).read()


def test_a_tar_is_not_packed_even_if_its_first_member_is_called_so():
    assert tar_packing.unpacker_of(archives.archive(("BZh91", b"x"))[:512]) is None
    assert tar_packing.unpacker_of(b"") is None


def test_what_we_cannot_unpack_is_named():
    with pytest.raises(FormatError, match=r"unpacked first.*zstd"):
        tar_packing.unpacker_of(b"\x28\xb5\x2f\xfd" + bytes(100))

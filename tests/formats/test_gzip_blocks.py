"""Packed bytes come out as they went in, and no more of them than is allowed."""

import gzip

import pytest

from raincore.base.errors import FormatError
from raincore.formats import gzip_blocks

TEXT = b"one line\nanother\n" * 20_000


def blocks(data: bytes, size: int = 1000) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("size", [1, 3, 1000, 10**6])
def test_packed_bytes_are_unpacked_however_they_are_cut(size):
    packed = gzip.compress(TEXT)
    assert b"".join(gzip_blocks.unpacked(blocks(packed, size), len(TEXT))) == TEXT


@pytest.mark.parametrize("data", [b"", b"1", b"\x1f", b"plain\n", TEXT])
@pytest.mark.parametrize("size", [1, 7])
def test_other_bytes_pass_as_they_are(data, size):
    assert b"".join(gzip_blocks.unpacked(blocks(data, size), len(TEXT))) == data


def test_empty_blocks_are_left_out():
    assert list(gzip_blocks.unpacked([b"", b"ab", b"", b"c"], 9)) == [b"ab", b"c"]


def test_several_members_are_one_text():
    packed = gzip.compress(b"one\n") + gzip.compress(b"two\n")
    for size in (1, 5, 1000):
        assert b"".join(gzip_blocks.unpacked(blocks(packed, size), 99)) == b"one\ntwo\n"


def test_zeros_behind_the_last_member_are_padding():
    packed = gzip.compress(b"one\n") + bytes(100)
    assert b"".join(gzip_blocks.unpacked([packed], 99)) == b"one\n"


def test_a_block_never_unpacks_to_more_than_64_kib():
    packed = gzip.compress(bytes(10_000_000))
    assert max(map(len, gzip_blocks.unpacked([packed], 10_000_000))) <= 64 * 1024


@pytest.mark.parametrize("data", [TEXT, gzip.compress(TEXT)])
def test_more_than_allowed_is_refused(data):
    with pytest.raises(FormatError, match="longer than 99 bytes"):
        list(gzip_blocks.unpacked(blocks(data), 99))


def test_a_cut_file_is_refused():
    with pytest.raises(FormatError, match="ends in the middle"):
        list(gzip_blocks.unpacked([gzip.compress(TEXT)[:-1]], len(TEXT)))


def test_a_damaged_file_is_refused():
    packed = bytearray(gzip.compress(TEXT))
    packed[30] ^= 0xFF
    with pytest.raises(FormatError, match="damaged"):
        list(gzip_blocks.unpacked([bytes(packed)], len(TEXT)))

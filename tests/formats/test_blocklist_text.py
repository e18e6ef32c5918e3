"""A whole file: lines in order, bad ones counted, and nothing beyond the bounds."""

import gzip

import pytest

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError
from raincore.formats import blocklist_text
from raincore.formats.blocklist import Blocklist, pack_v4

MIXED = b"""# a list
Level1:1.2.3.0-1.2.3.255
Level1 again:1.2.4.0-1.2.4.255

005.006.007.000 - 005.006.007.255 , 100 , M\xfcller
005.006.008.000 - 005.006.008.255 , 200 , allowed
10.0.0.0/8
2001:db8::/32
nonsense
192.0.2.1
more nonsense
"""


def parse(data: bytes, size: int = 10**9) -> blocklist_text.BlocklistText:
    return blocklist_text.parse([data[at : at + size] for at in range(0, len(data), size)])


@pytest.mark.parametrize("size", [1, 7, 10**6])
@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda d: d.replace(b"\n", b"\r\n")])
def test_notations_may_be_mixed_packed_and_cut(size, pack):
    found = parse(pack(MIXED), size)
    blocklist = Blocklist(found.v4, found.v6)
    hosts = ("1.2.3.9", "1.2.4.9", "5.6.7.9", "10.9.9.9", "2001:db8::9", "192.0.2.1")
    assert all(blocklist.blocks(Endpoint(host, 1)) for host in hosts)
    assert not any(blocklist.blocks(Endpoint(host, 1)) for host in ("5.6.8.9", "192.0.2.2"))
    assert (found.bad_lines, found.first_bad_line) == (2, 9)


def test_a_few_odd_lines_among_many_are_found():
    lines = [b"10.%d.%d.0/24" % (n >> 8, n & 255) for n in range(3000)]
    lines[1234] = b"nonsense"
    lines[2999] = b"nonsense"
    lines[77] = b"2001:db8::/64"
    found = parse(b"\n".join(lines))
    assert len(found.v4) == 2997
    assert (found.bad_lines, found.first_bad_line) == (2, 1235)
    assert len(found.v6) == 1


def test_the_last_line_needs_no_end():
    assert list(parse(b"10.0.0.1").v4) == [pack_v4(0x0A000001, 0x0A000001)]


def test_a_byte_order_mark_is_left_out():
    assert list(parse(b"\xef\xbb\xbf10.0.0.1\n", 2).v4) == [pack_v4(0x0A000001, 0x0A000001)]


@pytest.mark.parametrize("data", [b"", b"# nothing\n\n", b"1.2.3.4-1.2.3.5,200,allowed\n"])
def test_a_list_may_block_nothing(data):
    found = parse(data)
    assert not found.v4
    assert not found.bad_lines


@pytest.mark.parametrize("data", [b"nonsense\n", b"<html>\n<body>\n", b"PK\x03\x04\n\x00\n"])
def test_what_is_no_list_at_all_is_refused(data):
    with pytest.raises(FormatError, match="no list of addresses"):
        parse(data)


def test_a_line_without_end_is_refused():
    with pytest.raises(FormatError, match="a line has no end"):
        parse(b"x" * 70_000, 1000)


def test_too_many_ranges_are_refused(monkeypatch):
    monkeypatch.setattr(blocklist_text, "MAX_RANGES", 2)
    with pytest.raises(FormatError, match="more than 2 ranges"):
        parse(b"10.0.0.1\n10.0.0.2\n10.0.0.3\n")


def test_a_bomb_is_refused(monkeypatch):
    monkeypatch.setattr(blocklist_text, "MAX_BYTES", 1000)
    with pytest.raises(FormatError, match="longer than 1,000 bytes"):
        parse(gzip.compress(b"#\n" * 10_000))

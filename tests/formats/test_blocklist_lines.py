"""Each notation of a line is understood; anything else is refused."""

import ipaddress

import pytest

from raincore.base.errors import FormatError
from raincore.formats import blocklist_lines


def shown(line: str) -> str | None:
    span = blocklist_lines.read(line.encode())
    if span is None:
        return None
    make = ipaddress.IPv4Address if span.family == 4 else ipaddress.IPv6Address
    return f"{make(span.first)}-{make(span.last)}"


@pytest.mark.parametrize(
    ("line", "span"),
    [
        ("192.0.2.7", "192.0.2.7-192.0.2.7"),
        ("192.0.2.7/32", "192.0.2.7-192.0.2.7"),
        ("192.0.2.7/24", "192.0.2.0-192.0.2.255"),
        ("0.0.0.0/0", "0.0.0.0-255.255.255.255"),
        (" 192.0.2.0/25 \r", "192.0.2.0-192.0.2.127"),
        ("192.0.2.0/25 ; SBL1", "192.0.2.0-192.0.2.127"),
        ("192.0.2.1 # why", "192.0.2.1-192.0.2.1"),
        ("192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9"),
        ("192.0.2.1 - 192.0.2.9", "192.0.2.1-192.0.2.9"),
        ("Some name:192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9"),
        ("a:b-c: d:192.0.2.1 - 192.0.2.9", "192.0.2.1-192.0.2.9"),
        ("No #1, you:192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9"),
        ("9.9.9.9-9.9.9.10:192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9"),
        ("001.002.003.000 - 001.002.003.255 , 100 , name", "1.2.3.0-1.2.3.255"),
        ("001.002.003.000 - 001.002.003.255 , 000 , a:9.9.9.9-9.9.9.9", "1.2.3.0-1.2.3.255"),
        ("010.008.009.000-010.008.009.255,127", "10.8.9.0-10.8.9.255"),
        ("2001:db8::/32", "2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"),
        ("2001:db8::1", "2001:db8::1-2001:db8::1"),
        ("2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9"),
        ("name:2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9"),
        ("dead:2001:db8::1-2001:db8::9", "2001:db8::1-2001:db8::9"),
        ("a name: b:2001:db8::1 - 2001:db8::9", "2001:db8::1-2001:db8::9"),
        ("2001:db8::1 - 2001:db8::9 , 1 , name", "2001:db8::1-2001:db8::9"),
        ("::ffff:192.0.2.0/120", "192.0.2.0-192.0.2.255"),
        ("::ffff:192.0.2.1", "192.0.2.1-192.0.2.1"),
        ("::/0", "::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ],
)
def test_notations(line, span):
    assert shown(line) == span


@pytest.mark.parametrize("line", ["", "  ", "# 192.0.2.1", "; 192.0.2.1", "// 192.0.2.1", "\r"])
def test_comments_and_empty_lines_block_nothing(line):
    assert shown(line) is None


@pytest.mark.parametrize("level", [128, 255, 999])
def test_a_level_above_127_allows(level):
    assert shown(f"001.002.003.000 - 001.002.003.255 , {level} , name") is None


def test_names_may_be_in_any_encoding():
    for name in ("Müller".encode("latin-1"), "Müller".encode(), b"\xff\x00"):
        span = blocklist_lines.read(name + b":192.0.2.1-192.0.2.9")
        assert span is not None
        assert span.family == 4


@pytest.mark.parametrize(
    "line",
    [
        "name",
        "1.2.3",
        "1.2.3.256",
        "1.2.3.4/33",
        "1.2.3.4/",
        "1.2.3.4/x",
        "0001.2.3.4",
        "1.2.3.4.5",
        "name:1.2.3.4",
        "1.2.3.9-1.2.3.4",
        "name:1.2.3.9-1.2.3.4",
        "1.2.3.4-",
        "-1.2.3.4",
        "1.2.3.4-2001:db8::1",
        "name-1:1.2.3.4",
        "1.2.3.4 - 1.2.3.9 , x , name",
        "1.2.3.4 - 1.2.3.9 , ",
        "2001:db8::1/129",
        "::ffff:1.2.3.4/95",
        "fe80::1%eth0",
        "2001:db8::12345",
        ":",
        "1" * 60 + "::",
        "١.٢.٣.٤",
    ],
)
def test_anything_else_is_refused(line):
    with pytest.raises(FormatError):
        blocklist_lines.read(line.encode())

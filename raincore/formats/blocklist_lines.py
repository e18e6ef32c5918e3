"""One line of a blocklist: an address, a network, a range, in the notations in use.

    192.0.2.0/24                                      a network (CIDR); one address
    192.0.2.1-192.0.2.9                               a range
    Some name:192.0.2.1-192.0.2.9                     P2P text, as PeerGuardian writes it
    192.000.002.001 - 192.000.002.009 , 100 , name    DAT, as eMule writes it

IPv6 addresses may stand in all of them. Lines that begin with "#", ";" or "//" are
comments. In DAT, a level above 127 means that the range is allowed.
"""

from __future__ import annotations

import ipaddress
import re
from typing import NamedTuple

from raincore.base.errors import FormatError

__all__ = ["MAX_LEVEL", "Span", "read"]

MAX_LEVEL = 127
COMMENTS = ("#", ";", "//")
MAX_ADDRESS = 45  # "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255"
V4 = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})")


class Span(NamedTuple):
    """A range of addresses of one family, 4 or 6: its first and its last, as numbers."""

    family: int
    first: int
    last: int


def read(line: bytes) -> Span | None:
    """Read one line.

    Args:
        line: Without its end. Names in it may be in any encoding; they do not matter.

    Returns:
        What it blocks; None if it is empty, a comment, or allows a range.

    Raises:
        FormatError: It is nothing of the kind.
    """
    text = line.decode("latin-1").strip()
    if not text or text.startswith(COMMENTS):
        return None
    if "-" in text:
        head, comma, rest = text.partition(",")
        span = _range(head)
        if span is not None:
            return span if not comma or _is_blocked(rest) else None
        span = _named_range(text)
        if span is not None:
            return span
    return _network(re.split("[#;]", text, maxsplit=1)[0])


def _address(text: str) -> tuple[int, int] | None:
    """Family and number of an address; parts of IPv4 may be padded with zeros."""
    text = text.strip()
    match = V4.fullmatch(text)
    if match is not None:
        parts = [int(part) for part in match.groups()]
        return (4, int.from_bytes(bytes(parts), "big")) if max(parts) <= 255 else None
    if not 2 <= len(text) <= MAX_ADDRESS or "%" in text:
        return None
    try:
        address = ipaddress.IPv6Address(text)
    except ValueError:
        return None
    if address.ipv4_mapped is not None:
        return 4, int(address.ipv4_mapped)
    return 6, int(address)


def _range(text: str) -> Span | None:
    first, _, last = text.partition("-")
    return _span(first, last)


def _span(first: str, last: str) -> Span | None:
    start, end = _address(first), _address(last)
    if start is None or end is None or start[0] != end[0] or start[1] > end[1]:
        return None
    return Span(start[0], start[1], end[1])


def _named_range(text: str) -> Span | None:
    """Read "name:first-last", where the name may hold colons and dashes.

    In front of an IPv6 address it is not clear where the name ends: of the readings that
    make sense, the narrowest range is meant.
    """
    before, _, last = text.rpartition("-")
    tail = before[-MAX_ADDRESS - 1 :]
    starts = [tail[at + 1 :] for at, letter in enumerate(tail) if letter == ":"]
    spans = [span for start in starts if (span := _span(start, last)) is not None]
    return max(spans, key=lambda span: span.first, default=None)


def _is_blocked(rest: str) -> bool:
    """Whether what follows the range of a DAT line says a level that blocks."""
    level = rest.partition(",")[0].strip()
    if not re.fullmatch("[0-9]{1,9}", level):
        raise FormatError("no level behind the range")
    return int(level) <= MAX_LEVEL


def _network(text: str) -> Span:
    host, slash, prefix = text.partition("/")
    address = _address(host)
    if address is None:
        raise FormatError("no address, network or range")
    family, number = address
    if not slash:
        return Span(family, number, number)
    bits = 32 if family == 4 else 128
    prefix = prefix.strip()
    length = int(prefix) if re.fullmatch("[0-9]{1,3}", prefix) else -1
    if family == 4 and ":" in host:
        length -= 96  # an IPv4 network that is written as one of IPv6
    if not 0 <= length <= bits:
        raise FormatError("no such length of a network")
    rest = (1 << bits - length) - 1
    return Span(family, number & ~rest, number | rest)

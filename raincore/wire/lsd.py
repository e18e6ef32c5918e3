"""Local discovery datagrams: who of the local network takes part in what (BEP 14).

They look like requests of HTTP over multicast: a line, then headers, of which there may be
several `Infohash`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, RemoteProtocolError
from raincore.base.ids import InfoHash

__all__ = ["DATAGRAM_MAX", "GROUPS", "HASHES_MAX", "Announcement", "encode", "parse"]

GROUPS = (Endpoint("239.192.152.143", 6771), Endpoint("ff15::efc0:988f", 6771))
"""Where announces are sent and heard, by IPv4 and by IPv6."""

DATAGRAM_MAX = 1400
"""Longest datagram sent and looked at: a longer one is cut into pieces on its way."""

HASHES_MAX = 20
"""Info-hashes in one announce; with all else they fit into the longest datagram."""

RULE = "BEP 14"

REQUEST_LINE = re.compile(rb"BT-SEARCH \* HTTP/1\.[01]\Z")
PORT = re.compile(rb"[0-9]{1,5}\Z")
INFO_HASH = re.compile(rb"[0-9A-Fa-f]{40}\Z")
COOKIE = re.compile(r"[A-Za-z0-9-]{1,64}\Z")
HEADERS_MAX = 64


@dataclass(frozen=True, slots=True)
class Announcement:
    """Somebody takes part in some torrents.

    Args:
        port: Where the sender listens for peers, at the address that it sends from.
        info_hashes: Of the torrents; at least one.
        cookie: By which a sender knows its own announces; "" if there is none. Of letters,
            digits and "-" when it is ours.
    """

    port: int
    info_hashes: tuple[InfoHash, ...]
    cookie: str = ""


def encode(announcement: Announcement, group: Endpoint) -> bytes:
    """Give the datagram for one of the groups; at most `HASHES_MAX` info-hashes fit.

    Raises:
        FormatError: There are more, or none, or the cookie would break the format; a bug
            in the caller.
    """
    count = len(announcement.info_hashes)
    if not 1 <= count <= HASHES_MAX:
        raise FormatError(f"an announce of 1 to {HASHES_MAX} torrents, not of {count}")
    lines = ["BT-SEARCH * HTTP/1.1", f"Host: {group}", f"Port: {announcement.port}"]
    lines += [f"Infohash: {info_hash.hex().upper()}" for info_hash in announcement.info_hashes]
    if announcement.cookie:
        if not COOKIE.match(announcement.cookie):
            raise FormatError(f"no cookie for a header: {announcement.cookie!r}")
        lines.append(f"cookie: {announcement.cookie}")
    return "\r\n".join([*lines, "", "", ""]).encode()


def parse(datagram: bytes) -> Announcement:
    """Read a datagram that came to one of the groups.

    Header names are taken in any case, and headers that we do not know are ignored.

    Raises:
        RemoteProtocolError: It is too long, no such request, or without a port or an
            info-hash that makes sense.
    """
    if len(datagram) > DATAGRAM_MAX:
        raise RemoteProtocolError(f"local announce is too long: {len(datagram)}", RULE)
    first, *rest = datagram.split(b"\r\n", HEADERS_MAX + 1)
    if not REQUEST_LINE.match(first):
        raise RemoteProtocolError("no local announce", RULE)
    port = 0
    cookie = ""
    info_hashes: dict[InfoHash, None] = {}
    for line in rest[:HEADERS_MAX]:
        name, _, value = (part.strip(b" \t") for part in line.partition(b":"))
        match name.lower():
            case b"port" if PORT.match(value):
                port = int(value)
            case b"infohash" if INFO_HASH.match(value):
                info_hashes[InfoHash(bytes.fromhex(value.decode()))] = None
            case b"cookie":
                cookie = value.decode("latin-1")
    if not 0 < port < 65536 or not info_hashes:
        raise RemoteProtocolError("local announce without a port or an info-hash", RULE)
    return Announcement(port, tuple(info_hashes), cookie)

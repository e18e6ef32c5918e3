"""The packets that a UDP tracker and its clients send each other (BEP 15, 41)."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from raincore.formats import compact
from raincore.wire.announce import (
    MAX_PEERS,
    AnnounceEvent,
    AnnounceReply,
    ScrapeCounts,
    bounded_seconds,
)

if TYPE_CHECKING:
    from raincore.wire.announce import AnnounceRequest

__all__ = [
    "ANNOUNCE",
    "ANNOUNCE_REPLY",
    "CONNECT",
    "CONNECT_REQUEST",
    "ERROR",
    "HEAD",
    "PROTOCOL_ID",
    "REQUEST_HEAD",
    "SCRAPE",
    "SCRAPE_REPLY",
    "announce_body",
    "parse_announce",
    "parse_counts",
]

PROTOCOL_ID = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
HEAD = struct.Struct(">II")  # action, transaction id
CONNECT_REQUEST = struct.Struct(">QII")
REQUEST_HEAD = struct.Struct(">QII")  # connection id, action, transaction id
ANNOUNCE_BODY = struct.Struct(">20s20sQQQIIIiH")
ANNOUNCE_REPLY = struct.Struct(">III")  # interval, leechers, seeds
SCRAPE_REPLY = struct.Struct(">III")  # seeds, downloads, leechers
URL_DATA, MAX_OPTION = 2, 255
ANY_NUMBER_OF_PEERS = -1
MAX_COUNTED = 2**63 - 1


def announce_body(request: AnnounceRequest, url: str) -> bytes:
    """Write an announce without its head.

    Args:
        url: The tracker's; its path and query are sent along, for trackers that tell
            users apart by them (BEP 41).
    """
    paused = request.event is AnnounceEvent.PAUSED
    event = AnnounceEvent.NONE if paused else request.event
    body = ANNOUNCE_BODY.pack(
        request.info_hash,
        request.peer_id,
        min(request.downloaded, MAX_COUNTED),
        min(request.left, MAX_COUNTED),
        min(request.uploaded, MAX_COUNTED),
        event.value,
        0,  # our address: the one that the packet comes from
        request.key,
        ANY_NUMBER_OF_PEERS if request.num_want is None else request.num_want,
        request.port,
    )
    return body + _url_options(url)


def parse_announce(body: bytes, *, ipv6: bool) -> AnnounceReply:
    """Read the answer to an announce without its head.

    Args:
        body: At least as long as ANNOUNCE_REPLY.
        ipv6: Whether the tracker's address is an IPv6 one; so are the peers then.
    """
    interval, leechers, seeds = ANNOUNCE_REPLY.unpack_from(body)
    packed = body[ANNOUNCE_REPLY.size :]
    return AnnounceReply(
        peers=tuple(compact.unpack_peers(packed, ipv6=ipv6, limit=MAX_PEERS)),
        interval=bounded_seconds(interval),
        seeds=seeds,
        leechers=leechers,
    )


def parse_counts(body: bytes, asked: int) -> tuple[ScrapeCounts, ...]:
    """Read the answer to a scrape without its head.

    Args:
        body: At least `asked` times as long as SCRAPE_REPLY.
        asked: How many swarms were asked for.
    """
    return tuple(
        ScrapeCounts(seeds=seeds, leechers=leechers, downloads=downloads)
        for seeds, downloads, leechers in SCRAPE_REPLY.iter_unpack(
            body[: SCRAPE_REPLY.size * asked]
        )
    )


def _url_options(url: str) -> bytes:
    """Path and query as URL data options, none for an empty path (BEP 41)."""
    parts = urlsplit(url)
    text = f"{parts.path}?{parts.query}" if parts.query else parts.path
    data = text.encode("utf-8", "surrogateescape")
    chunks = [data[start : start + MAX_OPTION] for start in range(0, len(data), MAX_OPTION)]
    return b"".join(bytes((URL_DATA, len(chunk))) + chunk for chunk in chunks)

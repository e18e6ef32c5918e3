"""Announce and scrape over HTTP: what to ask, and what the answer says (BEP 3, 7, 23, 24, 48).

HOSTILE INPUT: a reply is whatever a web server sends. Its length is bounded before it
comes here.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit, urlunsplit

from raincore.base.config import Encryption
from raincore.base.endpoint import Endpoint
from raincore.base.errors import BencodeError, FormatError, RemoteProtocolError, TrackerError
from raincore.base.printable import printable
from raincore.formats import bencoding, compact, http_url
from raincore.wire.announce import (
    MAX_PEERS,
    AnnounceEvent,
    AnnounceReply,
    ScrapeCounts,
    ScrapeReply,
    bounded_seconds,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raincore.base.ids import InfoHash
    from raincore.formats.bencoding import Value
    from raincore.wire.announce import AnnounceRequest

__all__ = [
    "announce_query",
    "parse_announce",
    "parse_scrape",
    "scrape_url",
]

RULE = "BEP 3, trackers"
MAX_DEPTH = 8
MAX_TOKENS = 100_000
"""Of 10,000 peers as dictionaries, which have seven values each, the first are taken."""
MAX_COUNT = 2**31 - 1
MAX_TRACKER_ID = 1024
MAX_HOST = 253
ESCAPED = tuple(quote(bytes([byte]), safe="") for byte in range(256))
"""Each byte as it goes into a query; `quote` takes more than twice the time."""


def announce_query(request: AnnounceRequest) -> str:
    """Write what an announce says, for behind the tracker's address (`http_url.joined`)."""
    query = (
        f"info_hash={_escaped(request.info_hash)}&peer_id={_escaped(request.peer_id)}"
        f"&port={request.port}&uploaded={request.uploaded}&downloaded={request.downloaded}"
        f"&left={request.left}&compact=1&no_peer_id=1&key={request.key:08x}"
    )
    if request.num_want is not None:
        query += f"&numwant={request.num_want}"
    if request.event is not AnnounceEvent.NONE:
        query += f"&event={request.event.name.lower()}"
    if request.tracker_id is not None:
        query += f"&trackerid={_escaped(request.tracker_id)}"
    if request.encryption is not Encryption.OFF:  # MSE, "tracker extension"
        query += "&supportcrypto=1"
    if request.encryption is Encryption.REQUIRE:
        query += "&requirecrypto=1"
    return query


def scrape_url(url: str, info_hashes: Iterable[InfoHash]) -> str | None:
    """Write the URL of a scrape (BEP 48).

    Returns:
        None if the tracker cannot be asked: the last component of the announce URL's path
        does not begin with "announce".
    """
    parts = urlsplit(url)
    head, slash, last = parts.path.rpartition("/")
    if not last.startswith("announce"):
        return None
    path = f"{head}{slash}scrape{last.removeprefix('announce')}"
    place = urlunsplit(parts._replace(path=path, fragment=""))
    return http_url.joined(
        place, "&".join(f"info_hash={_escaped(info_hash)}" for info_hash in info_hashes)
    )


def parse_announce(body: bytes) -> AnnounceReply:
    """Read the answer to an announce.

    Peers may be packed (BEP 23), packed IPv6 in `peers6` (BEP 7), or a list of
    dictionaries. What makes no sense is left out.

    Raises:
        TrackerError: The tracker refuses; the message is its reason.
        RemoteProtocolError: This is no answer of a tracker.
    """
    values = _dictionary(body)
    _refuse_failure(values)
    peers = _packed(values.get(b"peers"), ipv6=False) + _packed(values.get(b"peers6"), ipv6=True)
    listed, named = _listed(values.get(b"peers"))
    warning = values.get(b"warning message")
    return AnnounceReply(
        peers=tuple(dict.fromkeys([*peers, *listed])),
        named_peers=tuple(dict.fromkeys(named)),
        interval=bounded_seconds(values.get(b"interval")),
        min_interval=bounded_seconds(values.get(b"min interval")),
        seeds=_count(values.get(b"complete")),
        leechers=_count(values.get(b"incomplete")),
        warning=printable(warning) if isinstance(warning, bytes) and warning else None,
        tracker_id=_tracker_id(values.get(b"tracker id")),
        external_host=_host(values.get(b"external ip")),
    )


def parse_scrape(body: bytes, info_hashes: Sequence[InfoHash]) -> ScrapeReply:
    """Read the answer to a scrape: the counts of those that the tracker knows (BEP 48).

    Raises:
        TrackerError, RemoteProtocolError: As `parse_announce`.
    """
    values = _dictionary(body)
    _refuse_failure(values)
    files = values.get(b"files")
    if not isinstance(files, dict):
        raise RemoteProtocolError("scrape reply has no files", "BEP 48")
    found: dict[InfoHash, ScrapeCounts] = {}
    for info_hash in info_hashes:
        counts = files.get(bytes(info_hash))
        if isinstance(counts, dict):
            found[info_hash] = ScrapeCounts(
                seeds=_count(counts.get(b"complete")) or 0,
                leechers=_count(counts.get(b"incomplete")) or 0,
                downloads=_count(counts.get(b"downloaded")) or 0,
            )
    flags = values.get(b"flags")
    wait = flags.get(b"min_request_interval") if isinstance(flags, dict) else None
    return ScrapeReply(counts=found, min_interval=bounded_seconds(wait))


def _escaped(data: bytes) -> str:
    return "".join([ESCAPED[byte] for byte in data])


def _refuse_failure(values: dict[bytes, Value]) -> None:
    failure = values.get(b"failure reason")
    if failure is not None:
        text = printable(failure) if isinstance(failure, bytes) else ""
        raise TrackerError(text or "no reason given", _retry_seconds(values.get(b"retry in")))


def _dictionary(body: bytes) -> dict[bytes, Value]:
    # Some trackers end their answer with a line feed.
    try:
        value, _ = bencoding.decode_prefix(body, max_depth=MAX_DEPTH, max_tokens=MAX_TOKENS)
    except BencodeError as error:
        web_page = body.lstrip()[:1] == b"<"
        text = "a web page" if web_page else f"not bencode: {error}"
        raise RemoteProtocolError(text, RULE) from error
    if not isinstance(value, dict):
        raise RemoteProtocolError("not a dictionary", RULE)
    return value


def _packed(value: Value | None, *, ipv6: bool) -> list[Endpoint]:
    if not isinstance(value, bytes):
        return []
    return compact.unpack_peers(value, ipv6=ipv6, limit=MAX_PEERS)


def _listed(value: Value | None) -> tuple[list[Endpoint], list[tuple[str, int]]]:
    """Peers as dictionaries: `ip` may be an address of either family, or a name (BEP 3)."""
    found: list[Endpoint] = []
    named: list[tuple[str, int]] = []
    for entry in value[:MAX_PEERS] if isinstance(value, list) else ():
        match entry:
            case {b"ip": bytes(raw), b"port": int(port)} if 0 < port <= 65535:
                host = raw.decode("ascii", "replace")
                try:
                    found.append(Endpoint(host, port))
                except FormatError:
                    if 0 < len(host) <= MAX_HOST and host.isascii() and host.isprintable():
                        named.append((host, port))
    return found, named


def _count(value: Value | None) -> int | None:
    # UDP trackers count in 32 bits, and nobody has more peers than that.
    return min(value, MAX_COUNT) if isinstance(value, int) and value >= 0 else None


def _tracker_id(value: Value | None) -> bytes | None:
    return value if isinstance(value, bytes) and 0 < len(value) <= MAX_TRACKER_ID else None


def _host(value: Value | None) -> str | None:
    if not isinstance(value, bytes) or len(value) not in (4, 16):
        return None
    return Endpoint(str(ipaddress.ip_address(value)), 0).host


def _retry_seconds(value: Value | None) -> float | None:
    """How long a refused client is to stay away (BEP 31): minutes, or "never"."""
    if value == b"never":
        return float("inf")
    if isinstance(value, bytes) and value.isdigit() and len(value) < 6:
        value = int(value)
    return bounded_seconds(value * 60) if isinstance(value, int) else None

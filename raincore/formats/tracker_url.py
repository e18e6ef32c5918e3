"""Where a tracker is, by the URL that a torrent names it by (BEP 3, 15)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError
from raincore.base.printable import printable

__all__ = ["TrackerUrl", "parse", "place"]

CACHED = 256
PORTS = {"http": 80, "https": 443}


class TrackerUrl(NamedTuple):
    """A checked URL of a tracker.

    Args:
        text: All of it, without what surrounds it.
        scheme: "http", "https" or "udp".
        host: Name or address, ASCII only, without brackets.
        port: 1 to 65535.
        address: Where that is, if `host` is an address, which need not be looked up.
    """

    text: str
    scheme: str
    host: str
    port: int
    address: Endpoint | None


@lru_cache(maxsize=CACHED)
def parse(url: str) -> TrackerUrl:
    """Check the URL of a tracker.

    The latest are remembered, here and in `place`: a thousand torrents name one tracker.

    Args:
        url: From a torrent, so hostile; bytes that are not UTF-8 as surrogate escapes.

    Raises:
        FormatError: Nobody can be asked by it. The message holds no more of it than
            `place` gives, since the rest may be a key of the user's.
    """
    text = url.strip()
    try:
        text.encode("utf-8", "surrogateescape")
        parts = urlsplit(text)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise FormatError(f"invalid tracker address: {place(url)}") from error
    if scheme not in ("http", "https", "udp"):
        raise FormatError(f"unsupported tracker scheme: {printable(scheme, 20)}")
    if port is None and scheme == "udp":
        raise FormatError("missing port in tracker address")
    if not host or not host.isprintable() or " " in host or port == 0:
        raise FormatError(f"invalid tracker address: {place(url)}")
    port = port or PORTS[scheme]
    return TrackerUrl(text, scheme, host, port, _address(host, port))


@lru_cache(maxsize=CACHED)
def place(url: str) -> str:
    """Host and port of a URL as they stand, to name it by without its secrets.

    >>> place("http://me:word@t.example:80/key/announce?pass=key")
    't.example:80'
    """
    rest = url.strip().partition("://")[2] or url.strip()
    for mark in "/?#\\":
        rest = rest.partition(mark)[0]
    return printable(rest.rpartition("@")[2], 100)


def _address(host: str, port: int) -> Endpoint | None:
    try:
        return Endpoint(host, port)
    except FormatError:
        return None

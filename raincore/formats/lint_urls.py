"""URLs and DHT nodes that nobody can follow."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from raincore.formats.lint_codes import Finding, finding
from raincore.formats.optional_keys import text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

    from raincore.formats.bencoding import Value

__all__ = [
    "HTTP_SEED",
    "SOURCE",
    "TRACKER",
    "WEBSEED",
    "Kind",
    "check_address",
    "check_nodes",
    "check_trackers",
    "check_url",
    "check_webseeds",
]


class Kind(NamedTuple):
    """What a URL is for, and which schemes somebody uses for that."""

    name: str
    schemes: frozenset[str]


TRACKER = Kind("tracker", frozenset({"http", "https", "udp", "ws", "wss"}))
WEBSEED = Kind("web seed", frozenset({"http", "https", "ftp"}))
HTTP_SEED = Kind("HTTP seed", frozenset({"http", "https"}))
SOURCE = Kind("source", frozenset({"http", "https", "ftp"}))

JUNK = re.compile(r"""[\x00-\x20\x7f"<>\\^`{|}]""")
HOST = re.compile(r"(?=.{1,253}\Z)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?")
LOCAL_NAMES = ("localhost", "local", "lan", "internal", "home.arpa", "invalid", "test")


def check_trackers(values: dict[bytes, Value]) -> Iterator[Finding]:
    """Look at `announce` and `announce-list` (BEP 3, BEP 12), as they stand."""
    single = values.get(b"announce")
    tiers = values.get(b"announce-list")
    seen: set[bytes] = set()
    for number, tier in enumerate(tiers if isinstance(tiers, list) else ()):
        where = f"announce-list[{number}]"
        # Some creators write a plain list of URLs: each is a tier of its own.
        urls = tier if isinstance(tier, list) else [tier]
        if not urls:
            yield finding("tracker-tier-empty", where, "is an empty tier")
        for index, url in enumerate(urls):
            place = f"{where}[{index}]" if isinstance(tier, list) else where
            if not isinstance(url, bytes):
                yield finding("wrong-type", place, "must be a string")
            elif url in seen:
                yield finding("tracker-duplicate", place, f"is listed twice: {text(url)!r}")
            else:
                seen.add(url)
                yield from check_url(text(url), TRACKER, place)
    if isinstance(single, bytes) and single:
        if not seen:
            yield from check_url(text(single), TRACKER, "announce")
        elif single not in seen:
            message = f"is not in announce-list: {text(single)!r}"
            yield finding("announce-not-in-list", "announce", message)
            yield from check_url(text(single), TRACKER, "announce")


def check_webseeds(values: dict[bytes, Value], *, is_multi_file: bool) -> Iterator[Finding]:
    """Look at `url-list` and `httpseeds` (BEP 19, BEP 17), as they stand."""
    for key, kind in ((b"url-list", WEBSEED), (b"httpseeds", HTTP_SEED)):
        value = values.get(key)
        name = key.decode()
        if isinstance(value, bytes) and value:
            urls: list[tuple[str, Value]] = [(name, value)]
        elif isinstance(value, list):
            urls = [(f"{name}[{index}]", url) for index, url in enumerate(value)]
        else:
            continue  # absent, empty or of another type: `lint_keys` says so
        for where, url in urls:
            if not isinstance(url, bytes):
                yield finding("wrong-type", where, "must be a string")
                continue
            yield from check_url(text(url), kind, where)
            if kind is WEBSEED and is_multi_file and url and not url.endswith(b"/"):
                message = f"does not end in a slash: {text(url)!r}"
                yield finding("webseed-without-slash", where, message)


def check_nodes(values: dict[bytes, Value]) -> Iterator[Finding]:
    """Look at `nodes` (BEP 5), as they stand."""
    nodes = values.get(b"nodes")
    for index, pair in enumerate(nodes if isinstance(nodes, list) else ()):
        where = f"nodes[{index}]"
        match pair:
            case [bytes(host), int(port)] if host and 0 < port <= 65535:
                yield from check_address(text(host).strip("[]"), where)
            case _:
                yield finding("node-unusable", where, "must be a pair of host and port")


def check_url(url: str, kind: Kind, where: str) -> Iterator[Finding]:
    """Look at one URL.

    Args:
        url: Surrogate escapes stand for bytes that are not UTF-8.
        kind: What it is for.
        where: Its key path.
    """
    if kind is SOURCE and url[:4].lower() == "urn:":
        return  # a name and no address, such as the key of a feed (BEP 46)
    if (wrong := _wrong(url)) is not None:
        yield finding("url-invalid", where, f"{wrong}: {url!r}")
        return
    split = urlsplit(url)
    host = split.hostname or ""
    if not url.isascii():
        yield finding("url-not-ascii", where, f"is not ASCII: {url!r}")
    if split.scheme not in kind.schemes:
        message = f"no {kind.name} has the scheme {split.scheme!r}: {url!r}"
        yield finding("url-scheme", where, message)
    if kind is TRACKER and split.scheme == "udp" and split.port is None:
        yield finding("tracker-without-port", where, f"has no port: {url!r}")
    if kind is TRACKER and split.scheme in ("http", "https") and not _has_scrape(split):
        message = f"has no path that ends in announce: {url!r}"
        yield finding("tracker-without-scrape", where, message)
    yield from check_address(host, where)


def check_address(host: str, where: str) -> Iterator[Finding]:
    """Look at a host that everybody should reach, by name or by address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.rstrip(".").lower()
        is_local = "." not in name or name.endswith(tuple(f".{end}" for end in LOCAL_NAMES))
    else:
        is_local = not address.is_global or address.is_multicast
    if is_local:
        yield finding("url-local", where, f"is known to one network only: {host!r}")


def _wrong(url: str) -> str | None:
    if JUNK.search(url):
        return "has white space or characters that URLs have not"
    try:
        split = urlsplit(url)
        port = split.port  # reading it checks it
    except ValueError:
        return "has a malformed address or port"
    if not split.scheme or not url[len(split.scheme) :].startswith("://"):
        return "has no scheme such as http://"
    if port == 0:
        return "has the port 0"
    if "://" in split.path:
        return "is two URLs in one"
    host = split.hostname or ""
    if not host or (host.isascii() and ":" not in host and not HOST.fullmatch(host)):
        return "has no host, or none that can be"
    return None


def _has_scrape(split: SplitResult) -> bool:
    return split.path.rpartition("/")[2].startswith("announce")

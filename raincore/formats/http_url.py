"""A URL from a torrent or a person as it goes over the wire (RFC 3986, RFC 9110)."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from raincore.base.errors import FormatError
from raincore.base.printable import printable

__all__ = ["HttpUrl", "has_query", "is_announce", "joined", "parse"]

CACHED = 256
PORTS = {"http": 80, "https": 443}
SAFE = "!#$%&'()*+,/:;=?@[]~"
"""What may stand as it is; "%" because what is escaped already must not be again."""


class HttpUrl(NamedTuple):
    """A checked URL.

    Args:
        text: All of it, ASCII only, without a fragment and without user and password.
        place: Host, and port if one was given, for the Host header and for messages.
        credentials: "user:password" as the URL had them, unescaped; "" for none.
        is_secured: Whether it is https.
        host: Name or address, without brackets.
        port: The one of the scheme if none was given.
        target: What its server is asked for: path and query.
    """

    text: str
    place: str
    credentials: str
    is_secured: bool
    host: str
    port: int
    target: str


@lru_cache(maxsize=CACHED)
def parse(url: str) -> HttpUrl:
    """Check a URL and escape what may not travel as it is.

    The latest are remembered: a thousand torrents name one tracker.

    Raises:
        FormatError: It is no http or https URL.
    """
    try:
        url.encode("utf-8", "surrogateescape")
        parts = urlsplit(url.strip())
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except (ValueError, UnicodeError) as error:
        raise FormatError(f"not a URL: {printable(url)}") from error
    if parts.scheme not in ("http", "https") or not host or not host.isprintable() or " " in host:
        raise FormatError(f"not an http or https URL: {printable(url)}")
    place = f"[{host}]" if ":" in host else host
    if port is None:
        port = PORTS[parts.scheme]
    else:
        place = f"{place}:{port}"
    path = quote(parts.path or "/", safe=SAFE, errors="surrogateescape")
    query = quote(parts.query, safe=SAFE, errors="surrogateescape")
    target = f"{path}?{query}" if query else path
    return HttpUrl(
        text=f"{parts.scheme}://{place}{target}",
        place=place,
        credentials=_credentials(parts.username, parts.password),
        is_secured=parts.scheme == "https",
        host=host,
        port=port,
        target=target,
    )


def joined(url: str, query: str) -> str:
    """Add to what a URL asks already, which stays byte for byte: it may be a passkey.

    >>> joined("http://t.example/announce?key=%2f#top", "left=0")
    'http://t.example/announce?key=%2f&left=0'
    """
    url = url.partition("#")[0]
    if "?" not in url:
        return f"{url}?{query}"
    return f"{url}{query}" if url.endswith(("?", "&")) else f"{url}&{query}"


def has_query(url: str) -> bool:
    """Whether a URL says more than where something lies.

    Servers of a person's own network do things when asked with a query. So what a stranger
    has written (a torrent, a link) may lead there only without one.
    """
    return "?" in url.partition("#")[0]


def is_announce(url: str) -> bool:
    """Whether a URL has the form that trackers have (BEP 48); queries go to others as above.

    >>> is_announce("http://127.0.0.1:6969/key/announce.php"), is_announce("http://10.0.0.1/off")
    (True, False)
    """
    path = url.partition("#")[0].partition("?")[0]
    return path.rpartition("/")[2].startswith("announce")


def _credentials(user: str | None, password: str | None) -> str:
    if not user and not password:
        return ""
    return f"{unquote(user or '')}:{unquote(password or '')}"

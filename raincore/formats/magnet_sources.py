"""Which URLs of a magnet link may give its .torrent file (BEP 9; xs, as and ws by custom)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from raincore.base.errors import FormatError
from raincore.formats import http_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from raincore.formats.magnet import Magnet

__all__ = ["MAX_SOURCES", "torrent_urls"]

MAX_SOURCES = 16
"""More than any honest link names; a link is not to make us ask the whole web."""

SUFFIX = ".torrent"


def torrent_urls(magnet: Magnet) -> tuple[str, ...]:
    """Name the URLs to ask for the .torrent file, the most promising first.

    `xs` and `as` say that the torrent is there. A web seed (`ws`) is where the content is;
    some links name the .torrent by it, which its path then shows. What is no http or https
    URL, such as `urn:…` of other networks, is left out.
    """
    usable = _usable([*magnet.sources, *filter(_names_torrent, magnet.webseeds)])
    return tuple(dict.fromkeys(usable))[:MAX_SOURCES]


def _usable(urls: Iterable[str]) -> Iterator[str]:
    for url in urls:
        try:
            http_url.parse(url)
        except FormatError:
            continue
        yield url


def _names_torrent(url: str) -> bool:
    try:
        path = urlsplit(url).path
    except ValueError:
        return False
    return unquote(path).lower().endswith(SUFFIX)

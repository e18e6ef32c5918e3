"""How to reach a torrent: what its document says, in the torrent's own bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base import printable
from raincore.formats.magnet import Magnet
from raincore.formats.webseed_url import WebUrls

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.documents.documents import TorrentDocument
    from raincore.formats.metainfo import Metainfo

__all__ = ["trackers_of", "web_of", "webseeds_of"]


def trackers_of(
    document: TorrentDocument, torrent: Metainfo | Magnet
) -> tuple[tuple[str, ...], ...]:
    """Give the tiers of trackers that a document knows.

    Documents hold what can be displayed. Where that stands for a URL of the torrent, the
    URL itself is given, with bytes that are not UTF-8 as surrogate escapes.
    """
    known = _by_display(url for tier in torrent.trackers for url in tier)
    return tuple(tuple(known.get(url, url) for url in tier) for tier in document.trackers)


def webseeds_of(document: TorrentDocument, torrent: Metainfo | Magnet) -> tuple[str, ...]:
    """Give the web seeds that a document knows, as `trackers_of` does."""
    known = _by_display(torrent.webseeds)
    return tuple(known.get(url, url) for url in document.webseeds)


def web_of(document: TorrentDocument, torrent: Metainfo | Magnet) -> WebUrls:
    """Give all web servers that a document knows to have the content, as `trackers_of` does."""
    known = {} if isinstance(torrent, Magnet) else _by_display(torrent.http_seeds)
    pieces = tuple(known.get(url, url) for url in document.http_seeds)
    return WebUrls(webseeds_of(document, torrent), pieces)


def _by_display(urls: Iterable[str]) -> dict[str, str]:
    return {printable.displayed(url): url for url in urls}

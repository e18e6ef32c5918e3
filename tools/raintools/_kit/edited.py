"""A torrent and its document, kept in step while the torrent is changed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.documents import documents
from raincore.formats import magnet, metainfo, metainfo_edit
from raincore.formats.metainfo_edit import Edit, ListChange
from raintools._kit import links, reach

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument
    from raincore.formats.metainfo import Metainfo

__all__ = ["as_documented", "document_of"]

TOLD = (
    *("info_hash", "info_hash_v2", "meta_version", "name", "comment", "created_by", "source"),
    *("creation_date", "private", "piece_length", "piece_count", "total_length", "file_count"),
    *("files", "pieces", "trackers", "webseeds", "http_seeds", "nodes", "similar"),
    *("collections", "unknown", "unknown_info", "path", "metainfo"),
)
"""Keys of a document that the .torrent file decides; the others come from elsewhere."""


def as_documented(document: TorrentDocument, torrent: Metainfo) -> Metainfo:
    """Write trackers and web seeds into a torrent that only its document knows so far.

    A document is right about how to reach its torrent, so an edit starts from what it says.

    Returns:
        The torrent itself where both agree, as nearly always.
    """
    wanted = Edit()
    tiers = reach.trackers_of(document, torrent)
    if tiers not in ((), torrent.trackers):
        named = tuple(tuple(url for url in tier if url.strip()) for tier in tiers)
        wanted = replace(wanted, trackers=ListChange(clear=True), tiers=named)
    webseeds = reach.webseeds_of(document, torrent)
    if webseeds not in ((), torrent.webseeds):
        urls = tuple(url for url in webseeds if url.strip())
        wanted = replace(wanted, lists={"webseeds": ListChange(clear=True, add=urls)})
    raw = metainfo_edit.edit(torrent, wanted).raw
    return torrent if raw == torrent.raw else metainfo.parse(raw)


def document_of(
    given: TorrentDocument, after: Metainfo, path: str | None, *, embed: bool
) -> TorrentDocument:
    """Describe a torrent that was changed, and keep what else was known about it.

    Args:
        given: The document from before.
        after: The torrent as it is now.
        path: Absolute path of its file now; None for none. Where there is none, or JSON
            cannot spell it, the file is embedded.
        embed: Whether to embed it all the same.

    Returns:
        The document; a magnet link in it is made again. Of a torrent that has got another
        info-hash no peer is known.
    """
    if path is not None and path.encode("utf-8", "ignore").decode() != path:
        path = None
    pieces = bool(given.pieces) or any(file.pieces for file in given.files)
    found = documents.of_metainfo(after, path=path, embed=embed, pieces=pieces)
    document = replace(given, **{name: getattr(found, name) for name in TOLD})
    if (given.info_hash, given.info_hash_v2) != (found.info_hash, found.info_hash_v2):
        document = replace(document, peers=())
    if given.magnet is not None:
        document = replace(document, magnet=magnet.encode(links.link_of(document, after)))
    return document

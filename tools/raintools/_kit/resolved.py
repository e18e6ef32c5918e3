"""A magnet link whose info dictionary was found: its torrent, and its document made complete."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.documents import documents
from raincore.formats import metainfo, selection
from raincore.formats.metainfo import Metainfo
from raintools._kit import reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raincore.base.ids import InfoHash
    from raincore.documents.documents import TorrentDocument
    from raincore.formats.info import Info
    from raincore.session.one_shot import OneShot
    from raintools._kit.sources import Loaded

__all__ = ["Resolved", "completed", "resolved"]


BEYOND = ("http_seeds", "nodes", "comment", "created_by", "creation_date")
"""What a .torrent file may say that a link cannot."""


class Resolved(NamedTuple):
    """What became of a link.

    Args:
        document: All that is known now, with the torrent embedded.
        torrent: Around its info is what the link says about how to reach it.
        warnings: For people.
    """

    document: TorrentDocument
    torrent: Metainfo
    warnings: tuple[str, ...] = ()


def resolved(
    loaded: Loaded,
    info: Info,
    layers: Mapping[bytes, bytes],
    fetched: Metainfo | None = None,
    *,
    trackers: bool = True,
) -> Resolved:
    """Put a link and its info dictionary together.

    Trackers, web seeds, peers and the name of the link survive. So does its selection,
    which from here on counts files as documents do (formats.selection).

    Args:
        loaded: The link, or a torrent that needs nothing more.
        layers: Its piece layers, as far as they are known (BEP 52).
        fetched: The .torrent file that the dictionary came from, if it came from one; what
            it says beyond that goes behind what the link says.
        trackers: Whether to keep them.
    """
    given = loaded.document
    if isinstance(loaded.torrent, Metainfo):
        return Resolved(given, loaded.torrent)
    around = _around(loaded, fetched)
    torrent = metainfo.from_info(
        info.raw,
        piece_layers=None if info.info_hash_v2 is None else layers,
        **(around if trackers else {**around, "trackers": ()}),
    )
    known = replace(given, info_hash=info.info_hash)  # it may have been 20 bytes of a v2 hash
    found = documents.merge(known, documents.of_metainfo(torrent))
    warnings = []
    if not trackers:
        found = replace(found, trackers=())
    # Documents that list files count those; others have counted as their link does.
    if given.select and not given.files:
        select, missing = selection.in_documents(given.select, info)
        found = replace(found, select=select)
        if missing:
            shown = ", ".join(map(str, missing[:10]))
            warnings.append(f"selects files that it does not have: {shown}")
    if torrent.missing_layers():
        warnings.append("its piece layers are not known, without which some programs refuse it")
    return Resolved(found, torrent, tuple(warnings))


def completed(loaded: Loaded, session: OneShot, info_hash: InfoHash) -> TorrentDocument:
    """The document that came in, with what a session has found out about its torrent."""
    info, layers = session.metadata(info_hash)
    if info is None:
        return loaded.document
    return resolved(loaded, info, layers, session.fetched(info_hash)).document


def _around(loaded: Loaded, fetched: Metainfo | None) -> dict[str, Any]:
    """What stands outside of the info dictionary."""
    document, link = loaded.document, loaded.torrent
    tiers = list(reach.trackers_of(document, link))
    webseeds = list(reach.webseeds_of(document, link))
    beyond: dict[str, Any] = {"nodes": document.nodes}
    if fetched is not None:
        tiers += fetched.trackers
        webseeds += fetched.webseeds
        beyond = {name: getattr(fetched, name) for name in BEYOND}
    return {"trackers": _tiers(tiers), "webseeds": tuple(dict.fromkeys(webseeds)), **beyond}


def _tiers(tiers: Iterable[Iterable[str]]) -> list[tuple[str, ...]]:
    """The same without the URLs that have come before."""
    seen: set[str] = set()
    found = []
    for tier in tiers:
        fresh = tuple(url for url in dict.fromkeys(tier) if url not in seen)
        seen.update(fresh)
        if fresh:
            found.append(fresh)
    return found

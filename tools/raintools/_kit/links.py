"""The magnet link of a torrent and of what its document knows beyond it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raincore.formats import magnet
from raincore.formats.metainfo import Metainfo
from raintools._kit import reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.documents.documents import TorrentDocument
    from raincore.formats.magnet import Magnet

__all__ = ["link_of"]


def link_of(
    document: TorrentDocument, torrent: Metainfo | Magnet, *, trackers: bool = True
) -> Magnet:
    """Make the link; the torrent knows best what it is, and the document how to reach it.

    Args:
        document: Its trackers, web seeds, peers and selection go into the link.
        torrent: What the document speaks of.
        trackers: Whether to name the trackers.

    Raises:
        ConfigError: A file is selected that the torrent does not have.
    """
    select = tuple(document.select)
    if isinstance(torrent, Metainfo):
        select = _raw_indices(select, torrent)
    tiers = reach.trackers_of(document, torrent) if trackers else ()
    return replace(
        magnet.of(torrent) if isinstance(torrent, Metainfo) else torrent,
        trackers=magnet.apart(tiers) if isinstance(torrent, Metainfo) else tiers,
        webseeds=reach.webseeds_of(document, torrent),
        peers=tuple(document.peers),
        select=select,
    )


def _raw_indices(select: Sequence[int], torrent: Metainfo) -> tuple[int, ...]:
    # A link counts padding files (BEP 53), our documents do not.
    shown = torrent.info.display_indices()
    for index in select:
        if index >= len(shown):
            raise ConfigError(f"no such file to select: {index} of {len(shown)}", "select")
    return tuple(shown[index] for index in select)

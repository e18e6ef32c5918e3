"""Run one torrent per input, as inputs arrive: what rain-fetch and rain-seed share."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import trio

from raincore.base.info_hashes import InfoHashes
from raincore.formats import magnet_sources
from raincore.formats.magnet import Magnet
from raincore.swarm.metadata_search import MetadataSearch
from raintools._kit import downloads, inputs

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from raincore.base.ids import InfoHash
    from raintools._kit.announcer import Announcer
    from raintools._kit.downloads import Network
    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["info_hash_of", "run_each", "search_of"]


class Session(Protocol):
    """What this needs of a session."""

    @property
    def services(self) -> Network:
        """What it shares with all its torrents."""


async def run_each(
    session: Session,
    arguments: Sequence[str],
    one: Callable[[Loaded], Awaitable[None]],
    common: Common,
    announcer: Announcer,
    stop: trio.Event,
    at_once: float = math.inf,
) -> None:
    """Run `one` for every input; a failure is reported and stops no other.

    Ends when the inputs do and all are done. A document marked `last` ends the input
    too, since its producer keeps the stream open to see when we leave.

    Args:
        session: What a URL names is fetched over its network, if that is confined.
        at_once: How many may run at the same time; further inputs wait unread.
    """
    limiter = trio.CapacityLimiter(at_once)
    get = downloads.over(session.services)
    items = inputs.each(arguments, common.outcome, common.out, download=get)

    async def guarded(item: Loaded) -> None:
        async with limiter:
            with common.outcome.guard(item.origin):
                try:
                    await one(item)
                finally:
                    announcer.over(item.origin)

    async with trio.open_nursery() as nursery, trio.open_nursery() as reading:

        async def stop_reading() -> None:
            await stop.wait()
            reading.cancel_scope.cancel()

        reading.start_soon(stop_reading)
        item: Loaded | None = None
        while item is None or not item.document.last:
            item = await trio.to_thread.run_sync(next, items, None, abandon_on_cancel=True)
            if item is None:
                break
            announcer.expect(item.origin)
            nursery.start_soon(guarded, item)
        announcer.exhausted()
        reading.cancel_scope.cancel()


def info_hash_of(loaded: Loaded) -> InfoHash:
    """The hash by which peers know the torrent (BEP 52: the v1 one if it has one)."""
    torrent = loaded.torrent
    return torrent.swarm_hash if isinstance(torrent, Magnet) else torrent.info.swarm_hash


def search_of(loaded: Loaded, *, web: bool = True) -> MetadataSearch:
    """How the info dictionary of a link is looked for.

    Args:
        web: Whether to ask the web servers that the link names for the .torrent file.
    """
    torrent = loaded.torrent
    if not isinstance(torrent, Magnet):
        return MetadataSearch()
    return MetadataSearch(
        InfoHashes(torrent.info_hash, torrent.info_hash_v2),
        magnet_sources.torrent_urls(torrent) if web else (),
    )

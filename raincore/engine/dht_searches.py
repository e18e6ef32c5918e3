"""One torrent's part in the DHT: its search, one at a time, and the nodes that peers name.

The DHT comes into memory when something is searched for: it is a twelfth of what a fetch
imports, and nothing that a torrent without one, or one that has peers already, waits for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.swarm.events import DhtSearched, PeersFound

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash
    from raincore.dht import errands
    from raincore.dht import events as dht
    from raincore.engine.world import Dht
    from raincore.net.dht_gathering import LookupSummary
    from raincore.swarm.commands import SearchDht
    from raincore.swarm.events import Event

__all__ = ["DhtSearches"]


class DhtSearches:
    """Carries out what the machine wants of the DHT.

    Args:
        service: Ours, shared by all torrents; None where no DHT runs.
        info_hash: What is searched for.
        port: Where we accept peers, as others are told.
        start_soon: Starts a task of the torrent.
        dispatch: Is told what is found.
    """

    __slots__ = ("_dispatch", "_info_hash", "_port", "_scope", "_service", "_start_soon")

    def __init__(
        self,
        service: Dht | None,
        info_hash: InfoHash,
        port: int,
        start_soon: Callable[..., None],
        dispatch: Callable[[Event], None],
    ) -> None:
        self._service = service
        self._info_hash = info_hash
        self._port = port
        self._start_soon = start_soon
        self._dispatch = dispatch
        self._scope: trio.CancelScope | None = None

    def search(self, command: SearchDht) -> None:
        """Begin a search. Never waits; `PeersFound` and in the end `DhtSearched` follow."""
        if self._service is not None:
            self._scope = trio.CancelScope()
            self._start_soon(self._search, self._service, command, self._scope)

    def stop(self) -> None:
        """End the search under way; nothing more is told of it."""
        if self._scope is not None:
            self._scope.cancel()
            self._scope = None

    def add_node(self, endpoint: Endpoint) -> None:
        """A peer says that there is a node."""
        if self._service is not None:
            self._service.add_node(endpoint)

    async def _search(self, service: Dht, command: SearchDht, scope: trio.CancelScope) -> None:
        from raincore.dht import errands
        from raincore.dht import events as dht

        summaries: list[LookupSummary] = []
        found: set[Endpoint] = set()

        async def look_up(swarm: InfoHash | None) -> None:
            def take(event: dht.Event) -> None:
                if isinstance(event, dht.PeersFound):
                    fresh = tuple(peer for peer in event.peers if peer not in found)
                    found.update(fresh)
                    if fresh:
                        self._dispatch(PeersFound("dht", fresh, swarm=swarm))

            def make(ipv6: bool) -> errands.FindPeers:
                return errands.FindPeers(
                    swarm or self._info_hash,
                    announce=command.announce,
                    port=self._port,
                    seed=command.seed,
                )

            summaries.append(await service.look_up(make, take))

        with scope:
            async with trio.open_nursery() as nursery:
                for swarm in dict.fromkeys((None, command.also)):
                    nursery.start_soon(look_up, swarm)
            counts = (
                sum(one.asked for one in summaries),
                sum(one.answered for one in summaries),
                sum(one.stored for one in summaries),
            )
            self._dispatch(DhtSearched(*counts, len(found), seen_as=service.external_addresses))

"""Fetching a torrent from elsewhere than peers, side by side with them until one has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import RainError
from raincore.swarm.events import SourceFailed, SourceFetched

if TYPE_CHECKING:
    from raincore.formats.metainfo import Metainfo
    from raincore.swarm.events import Event

__all__ = ["FetchTorrent", "SourceTasks", "no_source"]

FetchTorrent = Callable[[str], Awaitable["Metainfo"]]
"""Gets a torrent by the name of its source; bounded in time and size; raises RainError."""


class SourceTasks:
    """The sources that one torrent is asking.

    Args:
        fetch: Gets a torrent by the name of its source.
        start_soon: Starts a task of the torrent.
        dispatch: Is told what came of each, unless it was dropped before.

    Attributes:
        latest: The torrent that came last; the right one, if the info dictionary that is
            known came from a source. It says more than that dictionary.
    """

    __slots__ = ("_dispatch", "_fetch", "_scopes", "_start_soon", "latest")

    def __init__(
        self,
        fetch: FetchTorrent,
        start_soon: Callable[..., None],
        dispatch: Callable[[Event], None],
    ) -> None:
        self.latest: Metainfo | None = None
        self._fetch = fetch
        self._start_soon = start_soon
        self._dispatch = dispatch
        self._scopes: dict[str, trio.CancelScope] = {}

    def fetch(self, source: str) -> None:
        """Start to ask a source. Never waits."""
        self._scopes[source] = trio.CancelScope()
        self._start_soon(self._ask, source, self._scopes[source])

    def drop(self) -> None:
        """Forget all that have not answered. Never waits."""
        scopes, self._scopes = self._scopes, {}
        for scope in scopes.values():
            scope.cancel()

    async def _ask(self, source: str, scope: trio.CancelScope) -> None:
        with scope:
            try:
                torrent = await self._fetch(source)
            except RainError as error:
                self._answered(source, SourceFailed(source, str(error)))
            else:
                self.latest = torrent
                found = SourceFetched(source, torrent.info.raw, torrent.piece_layers)
                self._answered(source, found)

    def _answered(self, source: str, event: Event) -> None:
        if self._scopes.pop(source, None) is not None:
            self._dispatch(event)


async def no_source(source: str) -> Metainfo:
    """What stands for `fetch` where there is nothing but peers."""
    raise RainError(f"not to be asked: {source}")

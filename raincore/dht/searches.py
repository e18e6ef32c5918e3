"""All lookups of a node: a bounded number at once, the others in order (BEP 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.dht.search import Search

if TYPE_CHECKING:
    from raincore.dht.errands import Errand
    from raincore.dht.events import Handle
    from raincore.dht.search import Asking

__all__ = ["Searches"]


class Searches:
    """Lookups that somebody waits for.

    Args:
        node: Asks for them.
        at_once: How many run at the same time: a client with a thousand torrents must not
            send thousands of datagrams in a moment.
    """

    def __init__(self, node: Asking, at_once: int) -> None:
        self._node = node
        self._at_once = at_once
        self._running: dict[Handle, Search] = {}
        self._waiting: dict[Handle, Errand] = {}

    def __len__(self) -> int:
        return len(self._running) + len(self._waiting)

    def add(self, handle: Handle, errand: Errand) -> None:
        """Let a lookup wait for its turn."""
        self._waiting[handle] = errand

    def next(self) -> Search | None:
        """Take one whose turn has come; it is to be begun. None if there is none."""
        if not self._waiting or len(self._running) >= self._at_once:
            return None
        handle = next(iter(self._waiting))
        search = Search(self._node, handle, self._waiting.pop(handle))
        self._running[handle] = search
        return search

    def ended(self, search: Search) -> None:
        """Forget one that is over."""
        if search.handle is not None:
            self._running.pop(search.handle, None)

    def cancel(self, handle: Handle) -> None:
        """End one early; nothing more is told of it."""
        self._waiting.pop(handle, None)
        search = self._running.pop(handle, None)
        if search is not None:
            search.is_cancelled = True

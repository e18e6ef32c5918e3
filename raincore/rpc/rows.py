"""Rows of the list as JSON, each written anew only when it says something else.

Who follows a list asks for it every second, and few rows are other than a second ago.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from raincore.wire import jsonrpc

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.documents.session_records import TorrentSummary
    from raincore.wire.jsonrpc import Written

__all__ = ["Rows"]

SPARE = 1000
"""So many rows of torrents that are gone may be remembered, and as many as there are."""


class Rows:
    """The rows of one kind of list.

    A row is known by all that it is made of, so none is ever out of date.

    Args:
        view: Says what of a row is shown.
    """

    def __init__(self, view: Callable[[TorrentSummary], Any]) -> None:
        self._view = view
        self._known: dict[str, tuple[TorrentSummary, Written]] = {}

    def of(self, row: TorrentSummary) -> Written:
        """Write a row, or give what was written of the same one."""
        known = self._known.get(row.id)
        if known is not None and (known[0] is row or known[0] == row):
            return known[1]
        made = jsonrpc.written(self._view(row))
        self._known[row.id] = (row, made)
        return made

    def weed(self, torrents: int) -> None:
        """Forget rows of torrents that are gone, when they are many; so many there are."""
        if len(self._known) > 2 * torrents + SPARE:
            self._known.clear()

    def __len__(self) -> int:
        return len(self._known)

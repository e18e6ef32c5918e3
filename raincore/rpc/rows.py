"""What is said of each torrent as JSON, written anew only when it says something else.

Who follows a list asks for it every second, and few rows are other than a second ago.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.wire.jsonrpc import Written

__all__ = ["Rows"]

SPARE = 1000
"""So many rows of torrents that are gone may be remembered, and as many as there are."""
Row = TypeVar("Row")


class Rows(Generic[Row]):
    """The rows of one kind of list, by torrent.

    A row is known by all that it is made of, so none is ever out of date.

    Args:
        write: Writes a row; gives the same for rows that are equal.
        keeps: Whether a row is worth keeping: one that is other a second later is not.
    """

    def __init__(
        self, write: Callable[[Row], Written], keeps: Callable[[Row], bool] = lambda row: True
    ) -> None:
        self._write = write
        self._keeps = keeps
        self._known: dict[str, tuple[Row, Written]] = {}

    def of(self, id: str, row: Row) -> Written:
        """Write the row of a torrent, or give what was written of the same one."""
        known = self._known.get(id)
        if known is not None and (known[0] is row or known[0] == row):
            return known[1]
        made = self._write(row)
        if self._keeps(row):
            self._known[id] = (row, made)
        elif known is not None:
            del self._known[id]
        return made

    def weed(self, torrents: int) -> None:
        """Forget rows of torrents that are gone, when they are many; so many there are."""
        if len(self._known) > 2 * torrents + SPARE:
            self._known.clear()

    def __len__(self) -> int:
        return len(self._known)

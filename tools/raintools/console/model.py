"""The list of torrents as the console has it: what the server said, in the order on screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from raincore.base.errors import DocumentError
from raincore.documents import codec
from raintools.console.row import Row
from raintools.ctl.fields import text, texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from raintools.console.columns import Column

__all__ = ["Model", "Update"]


@dataclass(frozen=True, slots=True)
class Update:
    """What a look at the server brought.

    Args:
        rows: Of the list: all of them, or those that have changed.
        removed: Ids that are gone.
        is_whole: Whether what is not in `rows` is gone.
        stats: Numbers of some torrents, by id.
        details: What the pane below is about, as text.
        session: The session's numbers; None if they were not asked for.
    """

    rows: Sequence[dict[str, Any]] = ()
    removed: Sequence[str] = ()
    is_whole: bool = False
    stats: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    details: str = ""
    session: dict[str, Any] | None = None


class Model:
    """All torrents, and those that are shown, sorted and filtered."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.shown: list[Row] = []
        self.selected: str = ""
        self.needle: str = ""
        self.sorted_by: Column | None = None
        self.is_reversed = False
        self._places: dict[str, int] = {}

    def take(self, update: Update) -> None:
        """Take over what is new; the selection stays on its torrent, or near it."""
        before = self.rows
        if update.is_whole:
            self.rows = {}
        for listed in update.rows:
            row = _row(listed)
            old = before.get(row.ident)
            row.stats = old.stats if old else None
            row.name = text(row.stats, "Name") or row.name
            self.rows[row.ident] = row
        for ident in update.removed:
            self.rows.pop(ident, None)
        for ident, stats in update.stats.items():
            if ident in self.rows:
                self.rows[ident].stats = stats
                self.rows[ident].name = text(stats, "Name") or self.rows[ident].name
        moved = bool(update.rows or update.removed or update.is_whole)
        by_stats = self.needle or (self.sorted_by is not None and self.sorted_by.needs_stats)
        if moved or (update.stats and by_stats):
            self.arrange()

    def arrange(self) -> None:
        """Sort and filter again."""
        place = self.place
        words = self.needle.casefold().split()
        found = [row for row in self.rows.values() if all(_fits(row, word) for word in words)]
        found.sort(key=lambda row: row.order)
        if self.sorted_by is not None:
            found.sort(key=self.sorted_by.rank)
        if self.is_reversed:
            found.reverse()
        self.shown = found
        self._places = {row.ident: at for at, row in enumerate(found)}
        if self.place < 0:
            near = min(max(place, 0), len(found) - 1)
            self.selected = found[near].ident if found else ""

    @property
    def place(self) -> int:
        """Where the selected torrent stands, from 0; -1 if it is not shown."""
        return self._places.get(self.selected, -1)

    def select(self, place: int) -> None:
        """Select the torrent at a place, or the nearest that there is."""
        if self.shown:
            self.selected = self.shown[min(max(place, 0), len(self.shown) - 1)].ident

    def idents(self, places: Iterable[int]) -> list[str]:
        """The ids at some places."""
        return [self.shown[place].ident for place in places if 0 <= place < len(self.shown)]


def _row(listed: dict[str, Any]) -> Row:
    ident = text(listed, "ID")
    try:
        added = codec.seconds(text(listed, "AddedAt"))
    except DocumentError:
        added = 0
    return Row(ident, listed, (added, ident))


def _fits(row: Row, word: str) -> bool:
    status = text(row.stats or row.listed, "Status").casefold()
    labels = [label.casefold() for label in texts(row.listed, "Labels")]
    return word in row.name.casefold() or status.startswith(word) or word in labels

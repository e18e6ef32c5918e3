"""The list of torrents on screen: only the rows that fit are ever drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from raintools.ctl.fields import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

    from raintools.console.columns import Column
    from raintools.console.model import Model
    from raintools.console.row import Row

__all__ = ["TorrentList"]

LEAST_NAME = 16
STYLES = {"Seeding": "$success", "Failed": "$error", "Stopped": "$text-muted"}


class TorrentList(Widget, can_focus=True):
    """Rows of torrents under a head; moves the selection of the model.

    Args:
        model: What there is to show.
        columns: What to show of it.
    """

    class Moved(Message):
        """Another torrent is selected, or other rows are in view."""

    def __init__(self, model: Model, columns: Sequence[Column], **more: Any) -> None:
        super().__init__(**more)
        self.model = model
        self.columns = columns
        self.top = 0
        self.note = "loading torrents…"

    def in_view(self) -> range:
        """The places in view."""
        return range(self.top, min(self.top + self.room(), len(self.model.shown)))

    def room(self) -> int:
        """How many rows fit."""
        return max(self.size.height - 1, 1)

    def move(self, places: int) -> None:
        """Move the selection down, or up if negative."""
        self.go(self.model.place + places)

    def go(self, place: int) -> None:
        """Select the torrent at a place, or the nearest."""
        self.model.select(place)
        self.follow()
        self.post_message(self.Moved())

    def follow(self) -> None:
        """Bring the selected row into view, and draw."""
        place, room = max(self.model.place, 0), self.room()
        self.top = min(max(self.top, place - room + 1), place)
        self.top = max(min(self.top, len(self.model.shown) - room), 0)
        self.refresh()

    def render(self) -> Content:
        """Draw the head and the rows in view."""
        lines = [self._head()]
        if not self.model.shown:
            lines.append(Content.styled(self.note, "$text-muted"))
        for place in self.in_view():
            lines.append(self._line(self.model.shown[place], place))
        return Content("\n").join(line.truncate(self.size.width) for line in lines)

    def on_resize(self, event: events.Resize) -> None:
        """Keep the selected row in view."""
        self.follow()
        self.post_message(self.Moved())

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Three rows at a time."""
        self.move(3)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Three rows at a time."""
        self.move(-3)

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        if event.y > 0:
            self.go(self.top + event.y - 1)

    def _fitting(self) -> Sequence[Column]:
        """The columns that there is room for; the last ones give way to the name."""
        room = self.size.width + 1
        fitting: list[Column] = []
        for column in self.columns:
            room -= (column.width or LEAST_NAME) + 1
            if room >= 0 or not fitting:
                fitting.append(column)
        return fitting

    def _head(self) -> Content:
        arrow = "▲" if self.model.is_reversed else "▼"
        cells = []
        for column in self._fitting():
            mark = arrow if column is self.model.sorted_by else ""
            cells.append(_cell(f"{column.name}{mark}", self._width(column), right=column.right))
        return Content(" ").join(cells).stylize("bold")

    def _line(self, row: Row, place: int) -> Content:
        cells = [
            _cell(column.show(row, place + 1), self._width(column), right=column.right)
            for column in self._fitting()
        ]
        line = Content(" ").join(cells)
        if row.ident == self.model.selected:
            return line.truncate(self.size.width, pad=True).stylize("black on green")
        said = row.stats or row.listed
        word = text(said, "Status")
        failed = word == "Stopped" and text(said, "Error")
        return line.stylize(STYLES.get("Failed" if failed else word, ""))

    def _width(self, column: Column) -> int:
        if column.width:
            return column.width
        fitting = self._fitting()
        others = sum(other.width + 1 for other in fitting)
        wide = sum(not other.width for other in fitting)
        return max((self.size.width - others - wide + 1) // wide, LEAST_NAME)


def _cell(shown: str, width: int, *, right: bool) -> Content:
    cell = Content(shown.replace("\n", " ").replace("\t", " ")).truncate(width, ellipsis=True)
    space = " " * max(width - cell.cell_length, 0)
    return Content(space) + cell if right else cell + Content(space)

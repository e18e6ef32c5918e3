"""What lies over the list for a moment: help, adding, asking, the session in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Input, Static, TextArea

if TYPE_CHECKING:
    from textual.app import ComposeResult

__all__ = ["AddTorrents", "AskRemove", "Filter", "Help", "SessionStats"]

HELP = """\
        q  quit            ctrl+c  quit, from anywhere
   j|down  move down         k|up  move up
   g|home  go to top        G|end  go to bottom
    alt+j  separator down   alt+k  separator up
    alt+a  session stats        ?  this help

    alt+g  General          alt+s  Stats
    alt+t  Trackers         alt+p  Peers
    alt+w  WebSeeds         alt+f  Files
    alt+y  Why it is not moving

   ctrl+s  start       ctrl+alt+s|S  stop
   ctrl+v  verify      ctrl+alt+a|A  announce
   ctrl+a  add torrents     ctrl+r  remove, after a question

        /  filter by name, status or label
        o  sort by the next column
        O  sort the other way round"""


class Overlay(ModalScreen[Any]):
    """A box over the list, that q or escape closes."""

    BINDINGS: ClassVar = [
        Binding("q,escape,question_mark", "dismiss(None)", "close", show=False),
    ]

    def __init__(self, title: str, said: str = "") -> None:
        super().__init__()
        self.heading = title
        self.said = said

    def compose(self) -> ComposeResult:
        """A box with text in it."""
        with VerticalScroll(classes="box") as box:
            box.border_title = self.heading
            yield Static(self.said, markup=False, id="said")

    def say(self, said: str) -> None:
        """Replace the text."""
        self.said = said
        if self.is_mounted:
            self.query_one("#said", Static).update(said)


class Help(Overlay):
    """The keys."""

    def __init__(self) -> None:
        super().__init__("Help", HELP)


class SessionStats(Overlay):
    """The session in numbers, which the app keeps fresh."""

    def __init__(self) -> None:
        super().__init__("Session Stats", "loading…")


class AskRemove(ModalScreen[str]):
    """Asks what is to be removed; gives "data", "keep" or ""."""

    BINDINGS: ClassVar = [
        Binding("d", "dismiss('data')", "with data"),
        Binding("k", "dismiss('keep')", "keep data"),
        Binding("n,q,escape,enter", "dismiss('')", "nothing"),
    ]

    def __init__(self, name: str) -> None:
        super().__init__()
        self.torrent = name

    def compose(self) -> ComposeResult:
        """The question."""
        with Vertical(classes="box small") as box:
            box.border_title = "Remove"
            yield Static(self.torrent, markup=False, classes="name")
            yield Static(
                "\nd  remove it, and delete what it has downloaded"
                "\nk  remove it, and keep its files"
                "\nn  do nothing",
                markup=False,
            )


class Lines(TextArea):
    """Takes text over several lines; enter hands it in."""

    BINDINGS: ClassVar = [
        Binding("enter", "screen.hand_in", "add", priority=True),
        Binding("ctrl+j", "screen.new_line", "new line", priority=True),
    ]


class AddTorrents(ModalScreen[str]):
    """Takes magnet links, URLs and paths, one a line."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss('')", "close", priority=True)]

    def __init__(self, given: str = "", complaint: str = "") -> None:
        super().__init__()
        self.given = given
        self.complaint = complaint

    def compose(self) -> ComposeResult:
        """A box to write into."""
        with Vertical(classes="box") as box:
            box.border_title = "Add torrents (enter adds, ctrl+j: new line, ctrl+q closes)"
            yield Static(
                self.complaint or "Magnet links, URLs, or paths on this machine, one a line:",
                markup=False,
                classes="complaint" if self.complaint else "",
            )
            yield Lines(self.given, id="lines")

    def action_hand_in(self) -> None:
        """Close, and give what was written."""
        self.dismiss(self.query_one("#lines", Lines).text)

    def action_new_line(self) -> None:
        """Begin another line."""
        self.query_one("#lines", Lines).insert("\n")


class Filter(ModalScreen[str | None]):
    """Takes words that torrents must have to be shown; None changes nothing."""

    BINDINGS: ClassVar = [Binding("escape", "dismiss(None)", "close", priority=True)]

    def __init__(self, needle: str) -> None:
        super().__init__()
        self.needle = needle

    def compose(self) -> ComposeResult:
        """One line to write into."""
        with Vertical(classes="box line") as box:
            box.border_title = "Filter by name, status or label; empty: everything"
            yield Input(self.needle)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Close, and give the words."""
        self.dismiss(event.value)

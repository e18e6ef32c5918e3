"""The console: the list above, one torrent below, kept fresh by a thread that asks the server."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from raincore.base.errors import NetworkError, RainError
from raincore.base.printable import displayed, printable
from raintools.console import actions, alt_keys, details, dialogs, keys
from raintools.console.columns import COLUMNS
from raintools.console.model import Model, Update
from raintools.console.polling import Poller, Wanted
from raintools.console.torrent_list import TorrentList
from raintools.ctl import text_forms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from raintools.console.columns import Column
    from raintools.ctl.server import Server

__all__ = ["Console"]

POLL_SECONDS = 1.0
RETRY_SECONDS = 2.0
ORDERS = (
    None,
    *(COLUMNS[n] for n in ["Name", "Status", "Speed", "ETA", "Progress", "Ratio", "Size"]),
)


class Console(App[None]):
    """Shows a session and takes orders for it.

    Args:
        server: Where the session is; each thread gets a client of its own.
        columns: Of the list.
        poll_seconds: Between two looks at the server.
    """

    ENABLE_COMMAND_PALETTE = False
    CSS = """
    #list { height: 1fr; }
    #tabs { height: 1; background: $panel; }
    #title { height: 1; background: $primary; color: $text; }
    #details { height: 1fr; }
    #foot { height: 1; background: $panel; }
    #foot.lost { background: $error; }
    ModalScreen { align: center middle; }
    .box { border: round $accent; width: 90%; height: 90%; padding: 0 1; background: $surface; }
    .small { height: auto; width: 62; }
    .line { height: 5; }
    .name { text-style: bold; }
    .complaint { color: $error; }
    #lines { height: 1fr; }
    """
    BINDINGS: ClassVar = keys.BINDINGS

    def __init__(
        self, server: Server, columns: Sequence[Column], *, poll_seconds: float = POLL_SECONDS
    ) -> None:
        super().__init__()
        alt_keys.teach("as")
        self.server = server
        self.model = Model()
        self.list = TorrentList(self.model, columns, id="list")
        self.tab = "General"
        self.separator = 0
        self.poll_seconds = poll_seconds
        self.wanted = Wanted()
        self.wake = threading.Event()
        self.over = threading.Event()
        self.trouble = "connecting…"
        self.said = ""

    def compose(self) -> ComposeResult:
        """Title, list, tabs, details, and a line for what was done."""
        yield Static(markup=False, id="title")
        yield self.list
        yield Static(markup=False, id="tabs")
        with VerticalScroll(id="details", can_focus=False):
            yield Static(markup=False, id="text")
        yield Static(markup=False, id="foot")

    def on_mount(self) -> None:
        """Begin to ask."""
        self.list.focus()
        self.show()
        self.run_worker(self.poll, thread=True, exit_on_error=False)

    def on_unmount(self) -> None:
        """Have the thread end."""
        self.over.set()
        self.wake.set()

    def poll(self) -> None:
        """Ask the server again and again; runs in a thread of its own."""
        with self.server.another() as server:
            poller = Poller(server)
            while not self.over.is_set():
                self.wake.clear()
                pause = self.poll_seconds
                try:
                    self.tell(self.take, poller.look(self.wanted))
                except RainError as error:
                    poller.forget()
                    pause = RETRY_SECONDS
                    self.tell(self.lose, error)
                self.wake.wait(pause)

    def tell(self, function: Callable[..., None], *facts: Any) -> None:
        """Call a function of the app's own thread, unless the app is over."""
        if self.over.is_set():
            return
        try:
            self.call_from_thread(function, *facts)
        except RuntimeError:  # it ended in between
            self.over.set()

    def take(self, update: Update) -> None:
        """Show what a look at the server brought."""
        self.trouble = ""
        if update.session is not None:
            if isinstance(self.screen, dialogs.SessionStats):
                self.screen.say(text_forms.session_stats(update.session))
            self.show()
            return
        self.model.take(update)
        self.list.note = "nothing fits the filter" if self.model.rows else "no torrents"
        self.list.follow()
        self.show()
        self.detail(update.details)

    def lose(self, error: RainError) -> None:
        """Say that the server is not there; what was known stays on screen."""
        state = "reconnecting" if isinstance(error, NetworkError) else "trying again"
        self.trouble = f"{state}: {error}"
        self.list.note = ""
        self.show()

    def show(self) -> None:
        """Draw all but the list and the details, and tell the thread what is on screen."""
        if not self.query("#title"):
            return
        place, shown, every = self.model.place + 1, len(self.model.shown), len(self.model.rows)
        count = f"{place}/{shown}" + (f" of {every}" if shown != every else "")
        title = f" rain [{self.server.address.place}] {count}   (press ? for help)"
        self.query_one("#title", Static).update(title)
        tabs = [
            Content.styled(f" {tab} ", "reverse" if tab == self.tab else "") for tab in details.TABS
        ]
        self.query_one("#tabs", Static).update(Content("").join(tabs))
        foot = self.query_one("#foot", Static)
        needle = f" filter: {displayed(self.model.needle)} " if self.model.needle else ""
        foot.update(f" {printable(self.trouble, 300)}" if self.trouble else f"{needle} {self.said}")
        foot.set_class(bool(self.trouble), "lost")
        by = self.model.sorted_by
        self.wanted = Wanted(
            self.model.idents(self.list.in_view()),
            by is not None and by.needs_stats,
            self.model.selected,
            self.tab,
            isinstance(self.screen, dialogs.SessionStats),
        )

    def detail(self, said: str) -> None:
        """Show text below the list."""
        self.query_one("#text", Static).update(said)

    def on_torrent_list_moved(self, message: TorrentList.Moved) -> None:
        """Ask at once for what is in view now."""
        self.show()
        self.wake.set()

    def action_leave(self) -> None:
        """Close what lies over the list, or else the console."""
        if isinstance(self.screen, ModalScreen):
            self.screen.dismiss(None)
        else:
            self.exit()

    def action_move(self, places: int) -> None:
        """Move the selection."""
        self.list.move(places)

    def action_page(self, pages: int) -> None:
        """Move the selection by what fits the screen."""
        self.list.move(pages * self.list.room())

    def action_go(self, place: int) -> None:
        """Select the first or last torrent."""
        self.list.go(place if place >= 0 else len(self.model.shown) - 1)

    def action_separate(self, lines: int) -> None:
        """Give the list more room, or the details."""
        half = (self.size.height - 3) // 2
        self.separator = min(max(self.separator + lines, 3 - half), half - 2)
        self.list.styles.height = half + self.separator

    def action_tab(self, tab: str) -> None:
        """Show something else of the torrent."""
        self.tab = tab
        self.detail("refreshing…" if self.model.selected else "")
        self.query_one("#details", VerticalScroll).scroll_home(animate=False)
        self.show()
        self.wake.set()

    def action_sort(self) -> None:
        """Sort by the next column."""
        now = ORDERS.index(self.model.sorted_by) if self.model.sorted_by in ORDERS else 0
        self.model.sorted_by = ORDERS[(now + 1) % len(ORDERS)]
        self.said = f"sorted by {self.model.sorted_by.name if self.model.sorted_by else 'age'}"
        self.rearrange()

    def action_turn(self) -> None:
        """Sort the other way round."""
        self.model.is_reversed = not self.model.is_reversed
        self.rearrange()

    def rearrange(self) -> None:
        """Sort and filter again, and show it."""
        self.model.arrange()
        self.list.follow()
        self.show()
        self.wake.set()

    def action_help(self) -> None:
        """Show the keys."""
        self.push_screen(dialogs.Help())

    def action_session(self) -> None:
        """Show the session in numbers."""
        self.push_screen(dialogs.SessionStats(), lambda _: self.show())
        self.call_later(self.on_torrent_list_moved, TorrentList.Moved())

    def action_filter(self) -> None:
        """Ask for words that torrents must have."""
        self.push_screen(dialogs.Filter(self.model.needle), self.filter_by)

    def filter_by(self, needle: str | None) -> None:
        """Show what has these words only."""
        if needle is not None:
            self.model.needle = needle.strip()
            self.rearrange()

    def action_order(self, method: str) -> None:
        """Have the server do something to the selected torrent."""
        if self.model.selected:
            self.do(actions.order(method, self.model.selected))

    def action_remove(self) -> None:
        """Ask, and then remove the selected torrent."""
        ident = self.model.selected
        if ident:
            asking = dialogs.AskRemove(printable(self.model.rows[ident].name or ident, 200))
            self.push_screen(asking, lambda how: self.do(actions.remove(ident, how or "")))

    def action_add(self) -> None:
        """Ask for torrents, and add them."""
        self.push_screen(dialogs.AddTorrents(), self.add)

    def add(self, given: str | None) -> None:
        """Add what was written; what fails is shown again, with the reason."""
        self.do(actions.add(given or ""))

    def do(self, job: Callable[[Server], actions.Outcome] | None) -> None:
        """Carry out an order in a thread, and say what came of it."""
        if job is None:
            return

        def work() -> None:
            with self.server.another() as server:
                self.tell(self.did, job(server))

        self.said = "…"
        self.show()
        self.run_worker(work, thread=True, exit_on_error=False)

    def did(self, outcome: actions.Outcome) -> None:
        """Say what came of an order."""
        self.said = printable(outcome.said, 300)
        self.show()
        self.wake.set()
        if outcome.left:
            self.push_screen(dialogs.AddTorrents(outcome.left, outcome.said), self.add)

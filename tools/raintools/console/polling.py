"""One look at the server after the other, each as small as what is on screen allows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.printable import displayed
from raincore.base.rpc_errors import MethodUnknown, RpcRefused
from raintools.console import details
from raintools.console.model import Update
from raintools.ctl import fields
from raintools.ctl.server import ROW_FIELDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raintools.ctl.server import Server

__all__ = ["Poller", "Wanted"]

EVERYTHING_SECONDS = 5.0
"""Between two looks at the numbers of all torrents, which sorting by them needs."""


class Wanted(NamedTuple):
    """What is on screen.

    Args:
        visible: Ids of the rows.
        everything: Whether the numbers of all torrents are needed, to sort by them.
        selected: Id of the torrent that the pane below is about; "" for none.
        tab: What of it.
        session: Whether the session's numbers are shown.
    """

    visible: Sequence[str] = ()
    everything: bool = False
    selected: str = ""
    tab: str = "General"
    session: bool = False


class Poller:
    """Asks the server for what is wanted, and only for what has changed if it knows that.

    Args:
        server: Used by one thread only.
        clock: Seconds, monotonic.
    """

    def __init__(self, server: Server, clock: Callable[[], float] = time.monotonic) -> None:
        self.server = server
        self.clock = clock
        self.revision = 0
        self.asked_everything = -EVERYTHING_SECONDS
        self.known: list[str] = []

    def forget(self) -> None:
        """Ask for everything next time: the server went away, and may be another one."""
        self.revision = 0
        self.server.is_old = False

    def look(self, wanted: Wanted) -> Update:
        """Ask once, and wait for the answers.

        Raises:
            NetworkError, RemoteProtocolError, RpcRefused: The server is not there, or is none.
        """
        if wanted.session:
            return Update(session=self.server.object("Session.GetSessionStats", {}, "Stats"))
        rows, removed, is_whole = self._list()
        idents = list(wanted.visible) or [fields.text(row, "ID") for row in rows[:100]]
        if wanted.everything and self.clock() - self.asked_everything >= EVERYTHING_SECONDS:
            self.asked_everything = self.clock()
            idents = self.known
        return Update(rows, removed, is_whole, self._stats(idents), self._details(wanted))

    def _list(self) -> tuple[list[dict[str, Any]], list[str], bool]:
        if not self.server.is_old:
            try:
                return self._changes()
            except MethodUnknown:
                self.server.is_old = True
        rows = fields.rows(self.server.call("Session.ListTorrents"), "Torrents")
        self.known = [fields.text(row, "ID") for row in rows]
        return rows, [], True

    def _changes(self) -> tuple[list[dict[str, Any]], list[str], bool]:
        given = {"Since": self.revision, "Fields": list(ROW_FIELDS)}
        found = self.server.call("Session.QueryTorrents", given)
        rows, removed = fields.rows(found, "Torrents"), fields.texts(found, "Removed")
        is_whole = fields.flag(found, "Complete") or not self.revision
        self.revision = fields.number(found, "Revision")
        gone = set(removed)
        known = {} if is_whole else dict.fromkeys(one for one in self.known if one not in gone)
        self.known = list(known | dict.fromkeys(fields.text(row, "ID") for row in rows))
        return rows, removed, is_whole

    def _stats(self, idents: Sequence[str]) -> dict[str, dict[str, Any]]:
        if not idents:
            return {}
        if not self.server.is_old:
            found = self.server.call("Session.GetManyStats", {"IDs": list(idents)})
            many = found.get("Stats") if isinstance(found, dict) else None
            pairs = many.items() if isinstance(many, dict) else ()
            return {displayed(key): stats for key, stats in pairs if isinstance(stats, dict)}
        replies = self.server.of_each("Session.GetTorrentStats", idents)
        stats = {}
        for ident, reply in zip(idents, replies, strict=True):
            one = reply.get("Stats") if isinstance(reply, dict) else None
            if isinstance(one, dict):
                stats[ident] = one
        return stats

    def _details(self, wanted: Wanted) -> str:
        if not wanted.selected:
            return ""
        try:
            return details.of(wanted.tab, self.server, wanted.selected)
        except RpcRefused as error:
            return str(error)

"""Torrents on their way into the session: many in one request, told one by one in their order."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from raincore.base.errors import RainError
from raincore.base.rpc_errors import RpcRefused
from raincore.documents import codec
from raincore.formats.metainfo import Metainfo
from raincore.policy import named_peers
from raincore.rpc.envelope import Call
from raintools._kit import edited, links, sources, unusable
from raintools._kit.lines import Foreign
from raintools.ctl import documents, fields
from raintools.ctl.server import having

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from raincore.documents.documents import TorrentDocument
    from raintools._kit.options import Common
    from raintools._kit.sources import Input, Loaded
    from raintools.ctl.server import Server

__all__ = ["Batch"]

MOST = 32
"""Torrents in one request: the server makes them durable together."""
MOST_LENGTH = 4 * 1024 * 1024
"""Characters of one request, unless one torrent alone is more."""
WISHES = ("Labels", "Select")
WEB = ("http://", "https://")


class Entry(NamedTuple):
    """What becomes of one input: a call, or a line that is passed on."""

    origin: str
    call: Call | None = None
    document: TorrentDocument | None = None
    foreign: Foreign | None = None
    length: int = 0


class Batch:
    """Inputs that are read and not sent yet.

    Args:
        server: Where they go.
        how: What is wanted of each.
    """

    def __init__(self, server: Server, common: Common, how: Mapping[str, Any]) -> None:
        self._server = server
        self._common = common
        self._how = how
        self._entries: list[Entry] = []
        self._length = 0
        self.is_full = False

    def put(self, item: Input) -> None:
        """Read an input, to be sent with the others.

        Raises:
            RainError: It cannot be read, or is malformed.
        """
        entry, is_alone = self._read(item)
        if self._entries and (is_alone or self._length + entry.length > MOST_LENGTH):
            self.send()
        self._entries.append(entry)
        self._length += entry.length
        self.is_full = is_alone or len(self._entries) == MOST or self._length > MOST_LENGTH

    def send(self) -> None:
        """Add what is waiting; report each failure, and write the other documents."""
        entries, self._entries, self._length, self.is_full = self._entries, [], 0, False
        guard = self._common.outcome.guard
        replies = iter(self._asked([entry.call for entry in entries if entry.call is not None]))
        rows: dict[int, dict[str, Any]] = {}
        for place, entry in enumerate(entries):
            if entry.call is not None:
                with guard(entry.origin):
                    rows[place] = self._row(entry, next(replies))
        asked = [Call("Session.GetTorrentStats", {"ID": row.get("ID")}) for row in rows.values()]
        stats = dict(zip(rows, self._asked(asked), strict=True))
        for place, entry in enumerate(entries):
            if place in rows:
                with guard(entry.origin):
                    self._show(entry.document, rows[place], stats[place])
            elif entry.foreign is not None and not self._common.out.human:
                self._common.out.raw(entry.foreign.line)

    def _read(self, item: Input) -> tuple[Entry, bool]:
        """An input, and whether it is to be sent alone: the server may wait for a URL."""
        given = item.given
        if isinstance(given, str) and given.strip().lower().startswith(WEB):
            call = Call("Session.AddURI", {"URI": given.strip(), **self._how})
            return Entry(item.origin, call), True
        loaded = unusable.told(sources.load(item), item.origin, self._common.outcome)
        if isinstance(loaded, Foreign):
            return Entry(item.origin, foreign=loaded, length=len(loaded.line)), False
        document = loaded.document
        if len(document.peers) > named_peers.MOST:
            told = f"of {len(document.peers)} peers, {named_peers.MOST} are told"
            self._common.warn(f"{item.origin}: {told}")
        call, length = call_of(loaded, {**self._how, **reach_of(document)})
        return Entry(item.origin, call, document, length=length), False

    def _asked(self, calls: Sequence[Call]) -> list[Any]:
        """For each call its result, or the error that it met, alone or with all others."""
        try:
            if len(calls) == 1:
                return [self._server.call(calls[0].method, calls[0].params)]
            return self._server.batch(calls)
        except RainError as error:
            return [error] * len(calls)

    def _row(self, entry: Entry, reply: Any) -> dict[str, Any]:
        """The row of what was added; what the server has ignored is asked for once more."""
        assert entry.call is not None
        if isinstance(reply, RainError):
            raise reply
        row: dict[str, Any] = having(reply, entry.call.method, "Torrent")["Torrent"]
        for method, left in later(entry.call.params or {}, fields.texts(reply, "Taken")):
            with self._common.outcome.guard(f"{entry.origin}: {left.get('Addr', method)}"):
                self._server.call(f"Session.{method}", {"ID": row.get("ID"), **left})
        return row

    def _show(self, document: TorrentDocument | None, row: dict[str, Any], found: Any) -> None:
        common, ident = self._common, fields.text(row, "ID")
        stats: dict[str, Any] = {}
        if isinstance(found, RpcRefused):
            common.warn(f"it was added, and is gone again: {ident}")
        elif isinstance(found, RainError):
            raise found
        else:
            stats = having(found, "Session.GetTorrentStats", "Stats")["Stats"]
        if common.out.human:
            name = fields.text(stats, "Name") or fields.text(row, "Name")
            common.out.text(f"{ident}  {name}".rstrip())
            return
        added = documents.torrent(row)
        status = documents.status_of(stats)
        came = codec.encode(document) if document is not None else {}
        came.pop("data_dir", None)  # where content is here; the server has its own place for it
        if came.get("info_hash_v2", "")[:40] == added.get("info_hash"):
            del added["info_hash"]  # of v2 only: the reply has the beginning of its hash there
        ours = {key: added[key] for key in ("id", "session")}
        ours |= {"status": status} if status else {}
        common.out.value({**added, **came, **ours})


def reach_of(document: TorrentDocument) -> dict[str, Any]:
    """What a document says beyond its torrent."""
    found: dict[str, Any] = {}
    if document.peers:
        found["Peers"] = list(document.peers[: named_peers.MOST])
    if document.select:
        found["Select"] = [str(index) for index in document.select]
    return found


def call_of(loaded: Loaded, how: Mapping[str, Any]) -> tuple[Call, int]:
    """What adds one torrent, with the trackers and web seeds of its document; and how long."""
    document, torrent = loaded.document, loaded.torrent
    if isinstance(torrent, Metainfo):
        coded = base64.b64encode(edited.as_documented(document, torrent).raw).decode()
        return Call("Session.AddTorrent", {"Torrent": coded, **how}), len(coded)
    from raincore.formats import magnet  # here, for a quick start

    link = magnet.encode(replace(links.link_of(document, torrent), peers=torrent.peers))
    return Call("Session.AddURI", {"URI": link, **how}), len(link)


def later(how: Mapping[str, Any], taken: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls for what a server has ignored: Go's knows peers by another method only."""
    if "Peers" not in taken:
        yield from (("AddPeer", {"Addr": peer}) for peer in how.get("Peers", ()))
    left = {name: how[name] for name in WISHES if name in how and name not in taken}
    if left:
        yield "SetTorrentOptions", left

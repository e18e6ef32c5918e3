"""Orders that the console gives to the server, each with what came of it as one line."""

from __future__ import annotations

import base64
import os
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from raincore.base.errors import RainError
from raincore.base.printable import printable
from raintools._kit.torrent_bytes import read_torrent

if TYPE_CHECKING:
    from collections.abc import Callable

    from raintools.ctl.server import Server

__all__ = ["Outcome", "add", "order", "remove"]

URIS = ("magnet:", "http://", "https://")
PLAIN = {
    "ID": "",
    "Stopped": False,
    "StopAfterDownload": False,
    "StopAfterMetadata": False,
    "Sequential": False,
}
DONE = {
    "StartTorrent": "started",
    "StopTorrent": "told to stop",
    "AnnounceTorrent": "announced",
    "VerifyTorrent": "being verified",
}


class Outcome(NamedTuple):
    """What came of an order: what to say, and input that is still to be done."""

    said: str
    left: str = ""


def order(method: str, ident: str) -> Callable[[Server], Outcome]:
    """Do to a torrent what one of `DONE` does."""

    def job(server: Server) -> Outcome:
        return _said(partial(server.call, f"Session.{method}", {"ID": ident}), DONE[method])

    return job


def remove(ident: str, how: str) -> Callable[[Server], Outcome] | None:
    """Remove a torrent with its "data", or "keep" it; None for nothing."""
    if how not in ("data", "keep"):
        return None
    given = {"ID": ident, "KeepData": how == "keep"}

    def job(server: Server) -> Outcome:
        done = "removed, its files kept" if how == "keep" else "removed, with its files"
        return _said(partial(server.call, "Session.RemoveTorrent", given), done)

    return job


def add(given: str) -> Callable[[Server], Outcome] | None:
    """Add magnet links, URLs and paths, one a line; None if there is none."""
    lines = [line.strip() for line in given.splitlines() if line.strip()]
    if not lines:
        return None

    def job(server: Server) -> Outcome:
        for number, line in enumerate(lines):
            try:
                _add(server, line)
            except RainError as error:
                return Outcome(f"{printable(line, 60)}: {error}", "\n".join(lines[number:]))
        return Outcome("added" if len(lines) == 1 else f"added {len(lines)} torrents")

    return job


def _add(server: Server, line: str) -> None:
    if line.lower().startswith(URIS):
        server.call("Session.AddURI", {"URI": line, **PLAIN})
        return
    raw = read_torrent(os.path.expanduser(line))
    coded = base64.b64encode(raw).decode()
    server.call("Session.AddTorrent", {"Torrent": coded, **PLAIN})


def _said(call: Callable[[], object], done: str) -> Outcome:
    try:
        call()
    except RainError as error:
        return Outcome(str(error))
    return Outcome(done)

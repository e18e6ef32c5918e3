"""What the pane below the list says of the selected torrent, tab by tab, as text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from raincore.base.rpc_errors import MethodUnknown
from raintools.ctl import fields, tables, text_forms

if TYPE_CHECKING:
    from collections.abc import Callable

    from raintools.ctl.server import Server

__all__ = ["TABS", "of"]


def of(tab: str, server: Server, ident: str) -> str:
    """Ask the server for what a tab shows of a torrent.

    Args:
        tab: A key of `TABS`.
        server: Waited for.
        ident: The torrent.

    Raises:
        RpcRefused, NetworkError, RemoteProtocolError: It cannot be had.
    """
    return TABS[tab](server, ident)


def _general(server: Server, ident: str) -> str:
    return text_forms.torrent_stats(_stats(server, ident))


def _every(server: Server, ident: str) -> str:
    found = fields.cleaned(_stats(server, ident))
    lines = [
        f"{key}: {json.dumps(found[key], ensure_ascii=False, separators=(',', ':'))}"
        for key in sorted(found)
    ]
    return "\n".join(lines)


def _stats(server: Server, ident: str) -> dict[str, Any]:
    return server.object("Session.GetTorrentStats", {"ID": ident}, "Stats")


def _trackers(server: Server, ident: str) -> str:
    return tables.trackers(_rows(server, "GetTorrentTrackers", "Trackers", ident))


def _peers(server: Server, ident: str) -> str:
    return tables.peers(_rows(server, "GetTorrentPeers", "Peers", ident))


def _webseeds(server: Server, ident: str) -> str:
    return tables.webseeds(_rows(server, "GetTorrentWebseeds", "Webseeds", ident))


def _files(server: Server, ident: str) -> str:
    return tables.file_stats(_rows(server, "GetTorrentFileStats", "FileStats", ident))


def _why(server: Server, ident: str) -> str:
    try:
        found = server.call("Session.ExplainTorrent", {"ID": ident})
    except MethodUnknown:
        return "this server does not know why"
    return "\n".join(fields.causes(found)) or "nothing keeps it"


def _rows(server: Server, method: str, key: str, ident: str) -> list[dict[str, Any]]:
    return fields.rows(server.call(f"Session.{method}", {"ID": ident}), key)


TABS: dict[str, Callable[[Server, str], str]] = {
    "General": _general,
    "Stats": _every,
    "Trackers": _trackers,
    "Peers": _peers,
    "WebSeeds": _webseeds,
    "Files": _files,
    "Why": _why,
}
"""In the order of the tab line."""

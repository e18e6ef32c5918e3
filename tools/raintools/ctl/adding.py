"""The verb "rain-ctl add": torrents into the session, from wherever they are named."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import click

from raincore.base.rpc_errors import RpcRefused
from raincore.documents import codec
from raintools._kit import inputs, options, sources
from raintools._kit.command import Command
from raintools._kit.lines import Foreign
from raintools.ctl import documents, fields
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from raincore.documents.documents import TorrentDocument
    from raintools._kit.options import Common
    from raintools._kit.sources import Input, Loaded
    from raintools.ctl.server import Server

__all__ = ["VERBS", "add_uri"]

EXAMPLES = """\b
Examples:
  rain-ctl add photos.torrent
  rain-ctl add 'magnet:?xt=urn:btih:…' --stop-after-download
  ls *.torrent | rain-inspect | jq -c 'select(.total_length > 1e9)' | rain-ctl add
  rain-create ./photos | rain-ctl add --stopped
"""
WEB = ("http://", "https://")


@click.command("add", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@click.option("-t", "--torrent", "more", metavar="INPUT", multiple=True, help="The same as INPUT.")
@click.option("--id", "ident", metavar="ID", default="", help="What to call it; default: made up.")
@click.option("--stopped", is_flag=True, help="Do not start it.")
@click.option("--stop-after-download", is_flag=True, help="Stop when everything is there.")
@click.option("--stop-after-metadata", is_flag=True, help="Stop when the metadata is there.")
@click.option("--sequential", is_flag=True, help="Fetch pieces in order.")
@click.option("--label", "labels", metavar="LABEL", multiple=True, help="A word of yours for it.")
@connected
@options.common("torrent")
def add(
    arguments: tuple[str, ...],
    more: tuple[str, ...],
    ident: str,
    stopped: bool,
    stop_after_download: bool,
    stop_after_metadata: bool,
    sequential: bool,
    labels: tuple[str, ...],
    server: Server,
    common: Common,
) -> int:
    """Add torrents to the session, and write their documents, with id and status.

    A URL is fetched by the server; files are sent to it. A document may also say which files
    are selected and where peers are.
    """
    how: dict[str, Any] = {
        "ID": ident,
        "Stopped": stopped,
        "StopAfterDownload": stop_after_download,
        "StopAfterMetadata": stop_after_metadata,
        "Sequential": sequential,
    }
    if labels:
        how["Labels"] = sorted(set(labels))
    given = inputs.of([*more, *arguments])
    while True:
        item = None
        with common.outcome.guard("stdin"):
            item = next(given, None)
        if item is None:
            return common.outcome.code
        with common.outcome.guard(item.origin):
            _add(item, how, server, common)


def _add(item: Input, how: dict[str, Any], server: Server, common: Common) -> None:
    given = item.given
    if isinstance(given, str) and given.strip().lower().startswith(WEB):
        _show(None, add_uri(server, given.strip(), how), server, common)
        return
    loaded = sources.load(item)
    if isinstance(loaded, Foreign):
        if not common.out.human:
            common.out.raw(loaded.line)
        return
    document = loaded.document
    row = _send(loaded, how, server)
    for peer in document.peers:
        with common.outcome.guard(f"{item.origin}: {peer}"):
            server.call("Session.AddPeer", {"ID": row.get("ID"), "Addr": peer})
    if document.select:
        with common.outcome.guard(item.origin):
            selected = {"Select": [str(index) for index in document.select]}
            server.call("Session.SetTorrentOptions", {"ID": row.get("ID"), **selected})
    _show(document, row, server, common)


def _send(loaded: Loaded, how: dict[str, Any], server: Server) -> dict[str, Any]:
    raw = getattr(loaded.torrent, "raw", None)
    if raw is None:
        return add_uri(server, loaded.document.magnet or "", how)
    coded = base64.b64encode(raw).decode()
    return server.object("Session.AddTorrent", {"Torrent": coded, **how}, "Torrent")


def add_uri(server: Server, uri: str, how: dict[str, Any]) -> dict[str, Any]:
    """Have the server add a magnet link or URL; its row of the list."""
    return server.object("Session.AddURI", {"URI": uri, **how}, "Torrent")


def _show(
    document: TorrentDocument | None, row: dict[str, Any], server: Server, common: Common
) -> None:
    ident = fields.text(row, "ID")
    stats: dict[str, Any] = {}
    try:
        stats = server.object("Session.GetTorrentStats", {"ID": row.get("ID")}, "Stats")
    except RpcRefused:
        common.warn(f"it was added, and is gone again: {ident}")
    if common.out.human:
        name = fields.text(stats, "Name") or fields.text(row, "Name")
        common.out.text(f"{ident}  {name}".rstrip())
        return
    added = documents.torrent(row)
    status = documents.status_of(stats)
    came = codec.encode(document) if document is not None else {}
    ours = {key: added[key] for key in ("id", "session")} | ({"status": status} if status else {})
    common.out.value({**added, **came, **ours})


VERBS = (add,)

"""The verb "rain-ctl add": torrents into the session, from wherever they are named."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from raincore.base.rpc_errors import RpcRefused
from raincore.documents import codec
from raincore.formats.metainfo import Metainfo
from raincore.policy import named_peers
from raintools._kit import edited, inputs, links, options, sources, unusable
from raintools._kit.command import Command
from raintools._kit.lines import Foreign
from raintools.ctl import documents, fields
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from collections.abc import Iterator

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
WISHES = ("Labels", "Select")
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
    are selected and where peers, trackers and web seeds are; all of it is sent at once.
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
    loaded = unusable.told(sources.load(item), item.origin, common.outcome)
    if isinstance(loaded, Foreign):
        if not common.out.human:
            common.out.raw(loaded.line)
        return
    document = loaded.document
    if len(document.peers) > named_peers.MOST:
        common.warn(f"{item.origin}: of {len(document.peers)} peers, {named_peers.MOST} are told")
    how = {**how, **_reach(document)}
    reply = _send(loaded, how, server)
    row = reply["Torrent"]
    for method, left in _later(how, fields.texts(reply, "Taken")):
        with common.outcome.guard(f"{item.origin}: {left.get('Addr', method)}"):
            server.call(f"Session.{method}", {"ID": row.get("ID"), **left})
    _show(document, row, server, common)


def _reach(document: TorrentDocument) -> dict[str, Any]:
    """What a document says beyond its torrent."""
    found: dict[str, Any] = {}
    if document.peers:
        found["Peers"] = list(document.peers[: named_peers.MOST])
    if document.select:
        found["Select"] = [str(index) for index in document.select]
    return found


def _later(how: dict[str, Any], taken: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Calls for what a server has ignored: Go's knows peers by another method only."""
    if "Peers" not in taken:
        yield from (("AddPeer", {"Addr": peer}) for peer in how.get("Peers", ()))
    left = {name: how[name] for name in WISHES if name in how and name not in taken}
    if left:
        yield "SetTorrentOptions", left


def _send(loaded: Loaded, how: dict[str, Any], server: Server) -> dict[str, Any]:
    """Add one torrent, with the trackers and web seeds of its document; the whole reply."""
    document, torrent = loaded.document, loaded.torrent
    if isinstance(torrent, Metainfo):
        coded = base64.b64encode(edited.as_documented(document, torrent).raw).decode()
        return server.replied("Session.AddTorrent", {"Torrent": coded, **how}, "Torrent")
    from raincore.formats import magnet  # here, for a quick start

    link = magnet.encode(replace(links.link_of(document, torrent), peers=torrent.peers))
    return server.replied("Session.AddURI", {"URI": link, **how}, "Torrent")


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
    came.pop("data_dir", None)  # where content is here; the server has its own place for it
    if came.get("info_hash_v2", "")[:40] == added.get("info_hash"):
        del added["info_hash"]  # of v2 only: the reply has the beginning of its hash there
    ours = {key: added[key] for key in ("id", "session")} | ({"status": status} if status else {})
    common.out.value({**added, **came, **ours})


VERBS = (add,)

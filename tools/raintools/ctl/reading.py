"""Verbs of rain-ctl that tell about one torrent after the other."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import RemoteProtocolError
from raintools._kit import options
from raintools.ctl import documents, fields, tables, targets, text_forms
from raintools.ctl.hyphens import OfTorrents
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from raintools._kit.options import Common
    from raintools.ctl.server import Server
    from raintools.ctl.targets import Target

    View = Callable[[list[dict[str, Any]]], str]

__all__ = ["VERBS"]

RULE = "JSON-RPC of rain"


def _rows_verb(name: str, method: str, key: str, kind: str, view: View, help: str) -> click.Command:
    """A verb that writes a document for each row of a list that the server has."""

    @click.command(name, cls=OfTorrents, help=help)
    @targets.named
    @connected
    @options.common(kind)
    def verb(idents: tuple[str, ...], more: tuple[str, ...], server: Server, common: Common) -> int:
        for target in targets.each(idents, more, server, common):
            with common.outcome.guard(target.origin):
                result = server.call(f"Session.{method}", {"ID": target.ident})
                rows = fields.rows(result, key)
                if common.out.human:
                    if rows:
                        common.out.text(view(rows))
                    continue
                for row in rows:
                    common.out.value(documents.of(kind, target.ident, row))
        return common.outcome.code

    return verb


trackers = _rows_verb(
    "trackers",
    "GetTorrentTrackers",
    "Trackers",
    "torrent_tracker",
    tables.trackers,
    "Show the trackers of torrents: whether they work, and how many peers they know.",
)
webseeds = _rows_verb(
    "webseeds",
    "GetTorrentWebseeds",
    "Webseeds",
    "torrent_webseed",
    tables.webseeds,
    "Show the web seeds of torrents.",
)
files = _rows_verb(
    "files",
    "GetTorrentFiles",
    "Files",
    "torrent_file",
    tables.files,
    "Show the files of torrents.",
)
file_stats = _rows_verb(
    "file-stats",
    "GetTorrentFileStats",
    "FileStats",
    "torrent_file_stats",
    tables.file_stats,
    "Show how much of each file of torrents is there.",
)
peers = _rows_verb(
    "peers",
    "GetTorrentPeers",
    "Peers",
    "torrent_peer",
    tables.peers,
    "Show the connected peers of torrents.",
)


@click.command("stats", cls=OfTorrents)
@targets.named
@connected
@options.common("torrent_stats")
def stats(idents: tuple[str, ...], more: tuple[str, ...], server: Server, common: Common) -> int:
    """Show torrents in numbers."""
    first = True
    for target in targets.each(idents, more, server, common):
        with common.outcome.guard(target.origin):
            given = {"ID": target.ident}
            found = server.object("Session.GetTorrentStats", given, "Stats")
            if common.out.human:
                text = text_forms.torrent_stats(found)
                common.out.text(text if first else f"\n{text}")
            else:
                common.out.value(documents.of("torrent_stats", target.ident, found))
            first = False
    return common.outcome.code


@click.command("magnet", cls=OfTorrents)
@targets.named
@connected
@options.common("torrent")
def magnet(idents: tuple[str, ...], more: tuple[str, ...], server: Server, common: Common) -> int:
    """Print magnet links of torrents, as text or as documents."""
    for target in targets.each(idents, more, server, common):
        with common.outcome.guard(target.origin):
            link = fields.text(server.call("Session.GetMagnet", {"ID": target.ident}), "Magnet")
            if common.out.human:
                common.out.text(link)
            else:
                common.out.value(documents.linked(target.ident, link, target.document))
    return common.outcome.code


@click.command("torrent", cls=OfTorrents)
@targets.named
@click.option("-o", "--out", "path", metavar="FILE", help="Where to write it; default: stdout.")
@click.option("-f", "--force", is_flag=True, help="Replace the file if there is one.")
@connected
@options.common("torrent")
def torrent(
    idents: tuple[str, ...],
    more: tuple[str, ...],
    path: str | None,
    force: bool,
    server: Server,
    common: Common,
) -> int:
    """Get the .torrent file of a torrent, with its present trackers.

    It goes to FILE, or to stdout with "-o -", or else into a torrent document.
    """
    found: list[Target] = list(targets.each(idents, more, server, common))
    if path is not None and len(found) > 1:
        raise click.UsageError("one file takes one torrent: -o with several")
    for target in found:
        with common.outcome.guard(target.origin):
            raw = _metainfo(server, target)
            if path == "-":
                common.out.raw(raw)
            elif path is not None:
                from raincore.storage import atomic_file  # here, for a quick start

                atomic_file.write(path, raw, overwrite=force)
            elif common.out.human:
                raise click.UsageError("a .torrent file is not for terminals: give -o FILE")
            else:
                common.out.value(documents.embedded(target.ident, raw, target.document))
    return common.outcome.code


def _metainfo(server: Server, target: Target) -> bytes:
    result = server.call("Session.GetTorrent", {"ID": target.ident})
    try:
        return base64.b64decode(result["Torrent"], validate=True)
    except (TypeError, KeyError, binascii.Error) as error:
        raise RemoteProtocolError("no .torrent file in the server's reply", RULE) from error


VERBS = (stats, trackers, webseeds, files, file_stats, peers, torrent, magnet)

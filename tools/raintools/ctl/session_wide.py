"""Verbs of rain-ctl that are about the session, not about single torrents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from raintools._kit import options
from raintools._kit.command import Command
from raintools.ctl import documents, fields, tables, text_forms
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from typing import Any

    from raintools._kit.options import Common
    from raintools.ctl.server import Server

__all__ = ["VERBS"]

LIST_EXAMPLES = """\b
Examples:
  rain-ctl list
  rain-ctl list --stats | jq -r 'select(.stats.Peers.Total == 0) | .name'
  rain-ctl list --status error | rain-ctl start
"""
SORTS = ("added", "name", "size", "progress", "down", "up", "ratio")


@click.command("version", cls=Command)
@connected
@options.common("session_version")
def version(server: Server, common: Common) -> None:
    """Print the server's version, as a bare word unless --json is given."""
    found = server.call("Session.Version")
    text = fields.text({"Version": found}, "Version")
    if click.get_current_context().params["as_json"]:
        common.out.value(documents.of("session_version", None, {"Version": text}))
    else:
        common.out.text(text)


@click.command("list", cls=Command, epilog=LIST_EXAMPLES)
@click.option("--stats", "with_stats", is_flag=True, help="Write the numbers of each torrent too.")
@click.option(
    "--status",
    type=click.Choice(("checking", "metadata", "downloading", "seeding", "stopped", "error")),
    multiple=True,
    help="Only torrents that do this; repeatable.",
)
@click.option("--name", "part", metavar="TEXT", help="Only torrents whose name has TEXT in it.")
@click.option("--label", metavar="LABEL", help="Only torrents that have this label.")
@click.option("--sort", type=click.Choice(SORTS), default="added", help="By what; default: added.")
@click.option("--reverse", is_flag=True, help="The other way round.")
@connected
@options.common("torrent")
def list_torrents(
    with_stats: bool,
    status: tuple[str, ...],
    part: str | None,
    label: str | None,
    sort: str,
    reverse: bool,
    server: Server,
    common: Common,
) -> None:
    """List the torrents of the session, as documents that other commands take.

    Each has its `id`, and the server's own row under `session`.
    """
    needed = with_stats or common.out.human or bool(status) or sort not in ("added", "name")
    kept = [
        (row, stats)
        for row, stats in server.listed(with_stats=needed)
        if (not status or documents.status_of(stats or row) in status)
        and (label is None or label in fields.texts(row, "Labels"))
        and (not part or part.lower() in _name(row, stats).lower())
    ]
    if sort != "added":
        kept.sort(key=lambda pair: _rank(sort, *pair))
    if reverse:
        kept.reverse()
    if common.out.human:
        if kept:
            common.out.text(tables.torrents([(row, stats or {}) for row, stats in kept]))
        return
    for row, stats in kept:
        common.out.value(documents.torrent(row, stats))


@click.command("session-stats", cls=Command)
@connected
@options.common("session_stats")
def session_stats(server: Server, common: Common) -> None:
    """Show the session in numbers."""
    found = server.object("Session.GetSessionStats", {}, "Stats")
    if common.out.human:
        common.out.text(text_forms.session_stats(found))
    else:
        common.out.value(documents.of("session_stats", None, found))


def _plain(name: str, method: str, help: str) -> click.Command:
    @click.command(name, cls=Command, help=help)
    @connected
    @options.common("torrent")
    def verb(server: Server, common: Common) -> None:
        server.call(f"Session.{method}", {})

    return verb


def _name(row: dict[str, Any], stats: dict[str, Any] | None) -> str:
    return fields.text(stats, "Name") or fields.text(row, "Name")


def _rank(sort: str, row: dict[str, Any], stats: dict[str, Any] | None) -> Any:
    if sort == "name":
        return _name(row, stats).casefold()
    if sort in ("down", "up"):
        return -fields.number(stats, "Speed", "Download" if sort == "down" else "Upload")
    if sort == "size":
        return -fields.length(stats)
    return -(text_forms.ratio(stats) if sort == "ratio" else text_forms.progress(stats))


start_all = _plain("start-all", "StartAllTorrents", "Start every torrent.")
stop_all = _plain("stop-all", "StopAllTorrents", "Stop every torrent.")
clean_database = _plain(
    "clean-database", "CleanDatabase", "Forget torrents that the server could not load."
)
VERBS = (version, list_torrents, session_stats, start_all, stop_all, clean_database)

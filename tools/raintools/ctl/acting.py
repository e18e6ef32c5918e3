"""Verbs of rain-ctl that do something to torrents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.base.rpc_errors import TorrentUnknown
from raincore.rpc import address
from raintools._kit import options, params
from raintools.ctl import targets
from raintools.ctl.hyphens import OfTorrents
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from collections.abc import Callable

    from raintools._kit.options import Common
    from raintools.ctl.server import Server
    from raintools.ctl.targets import Target

    Option = Callable[[Callable[..., Any]], Callable[..., Any]]

__all__ = ["VERBS"]

EXAMPLES = """\b
Examples:
  rain-ctl {name} TKLidEG8EeyVSPbFUNbOiw
  rain-ctl list | jq -c 'select(.name | test("iso"))' | rain-ctl {name}
"""
REMOVE_EXAMPLES = """\b
Examples:
  rain-ctl remove TKLidEG8EeyVSPbFUNbOiw --keep-data
  rain-ctl list --status seeding | rain-ctl remove --keep-data
"""


def _plain(name: str, method: str, help: str) -> click.Command:
    @click.command(name, cls=OfTorrents, help=help, epilog=EXAMPLES.format(name=name))
    @targets.named
    @connected
    @options.common("torrent")
    def verb(idents: tuple[str, ...], more: tuple[str, ...], server: Server, common: Common) -> int:
        def do(target: Target) -> None:
            server.call(f"Session.{method}", {"ID": target.ident})

        return targets.act(idents, more, server, common, do)

    return verb


def _with_value(name: str, method: str, key: str, option: Option, help: str) -> click.Command:
    @click.command(name, cls=OfTorrents, help=help)
    @targets.named
    @option
    @connected
    @options.common("torrent")
    def verb(
        idents: tuple[str, ...],
        more: tuple[str, ...],
        values: tuple[str, ...],
        server: Server,
        common: Common,
    ) -> int:
        def do(target: Target) -> None:
            for value in values:
                server.call(f"Session.{method}", {"ID": target.ident, key: value})

        return targets.act(idents, more, server, common, do)

    return verb


@click.command("remove", cls=OfTorrents, epilog=REMOVE_EXAMPLES)
@targets.named
@click.option("--keep-data", is_flag=True, help="Leave the downloaded files on the server's disk.")
@connected
@options.common("torrent")
def remove(
    idents: tuple[str, ...],
    more: tuple[str, ...],
    keep_data: bool,
    server: Server,
    common: Common,
) -> int:
    """Remove torrents and, unless --keep-data, what they have downloaded.

    A torrent that is not there counts as removed, as rain has it; this command says so.
    """

    def do(target: Target) -> None:
        try:
            server.call("Session.GetTorrentStats", {"ID": target.ident})
        except TorrentUnknown:
            common.warn(f"there is no such torrent: {target.origin}")
        server.call("Session.RemoveTorrent", {"ID": target.ident, "KeepData": keep_data})

    return targets.act(idents, more, server, common, do)


def _url(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        if address.parse(value).socket:
            raise FormatError(f"not an http or https URL: {printable(value)}")
    except FormatError as error:
        raise click.BadParameter(str(error)) from error
    return value if "://" in value else f"http://{value}"


@click.command("move", cls=OfTorrents)
@targets.named
@click.option(
    "--target",
    required=True,
    metavar="URL",
    help="The other server, such as http://HOST:7246.",
    callback=_url,
)
@connected
@options.common("torrent")
def move(
    idents: tuple[str, ...],
    more: tuple[str, ...],
    target: str,
    server: Server,
    common: Common,
) -> int:
    """Move torrents, with their data, to another server.

    The request lasts as long as the transfer: give a --timeout that suffices.
    """

    def do(one: Target) -> None:
        server.call("Session.MoveTorrent", {"ID": one.ident, "Target": target})

    return targets.act(idents, more, server, common, do)


def _values(*names: str, metavar: str, help: str, kind: Any = None) -> Option:
    return click.option(
        *names,
        "values",
        required=True,
        multiple=True,
        metavar=metavar,
        type=kind,
        help=f"{help}; repeatable.",
    )


VERBS = (
    _plain("start", "StartTorrent", "Start torrents."),
    _plain("stop", "StopTorrent", "Stop torrents."),
    _plain("announce", "AnnounceTorrent", "Ask for peers now, as far as trackers allow it."),
    _plain("verify", "VerifyTorrent", "Hash everything that is there, and stay stopped then."),
    remove,
    move,
    _with_value(
        "add-peer",
        "AddPeer",
        "Addr",
        _values("--addr", metavar="HOST:PORT", help="The peer", kind=params.EndpointType()),
        "Tell torrents of a peer.",
    ),
    _with_value(
        "add-tracker",
        "AddTracker",
        "URL",
        _values("-t", "--tracker", metavar="URL", help="The tracker"),
        "Add a tracker to torrents, as the last tier.",
    ),
    _with_value(
        "remove-tracker",
        "RemoveTracker",
        "URL",
        _values("-t", "--tracker", metavar="URL", help="The tracker"),
        "Take a tracker from torrents. Not known to Go's server.",
    ),
)

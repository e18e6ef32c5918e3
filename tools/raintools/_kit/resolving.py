"""The options by which rain-magnet looks for the metadata of a link."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from raintools._kit import aliases, network_options, options, params
from raintools._kit.network import Network
from raintools._kit.torrent_files import TorrentFiles

if TYPE_CHECKING:
    from collections.abc import Callable


__all__ = ["Resolving", "resolving"]

OPTIONS = (
    click.option(
        "--resolve",
        is_flag=True,
        help="Get the metadata of links from the network, and write .torrent files.",
    ),
    aliases.option(
        *("-o", "--out"),
        metavar="FILE",
        aliases=["--output"],
        help="Where to write it: a file, a directory, - for stdout; default: NAME.torrent here.",
    ),
    click.option("-f", "--force", is_flag=True, help="Overwrite an existing file."),
    click.option(
        "--timeout",
        "timeout_seconds",
        type=params.Patience(),
        default="1m",
        help="Give up after this long; default: 1m.",
    ),
    *network_options.REACH,
)
NO_TRANSFER: dict[str, Any] = {
    "peers_max": None,
    "slots": None,
    "limit_down": 0,
    "limit_up": 0,
    "no_limit_lan": False,
    "explain": False,
    "seed_ratio": None,
    "seed_seconds": None,
    "events": False,
}
"""What the network options of commands that transfer content say besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolving:
    """What was asked for; `Resolver` does it.

    Args:
        network: Whom to ask.
        files: Where the .torrent files go.
        select: Files, as documents count them; None to keep what the link selects.
    """

    network: Network
    files: TorrentFiles
    select: tuple[int, ...] | None


def resolving(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add these options, as the argument `resolving`: None without --resolve.

    The callback also has `arguments`, `peers`, `no_trackers` and `select`.
    """

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        out, force = given.pop("out"), given.pop("force")
        wanted = given.pop("resolve")
        facts = {
            name: given[name] if name in ("peers", "no_trackers") else given.pop(name)
            for name in Network.__slots__
            if name not in NO_TRANSFER
        }
        given["resolving"] = None
        if wanted:
            given["resolving"] = Resolving(
                network=Network(**facts, **NO_TRANSFER),
                files=TorrentFiles(out, force=force, count=len(given["arguments"])),
                select=given["select"],
            )
        else:
            _refuse_what_needs_it()
        return callback(**given)

    return options.stacked(wrapper, *OPTIONS)


def _refuse_what_needs_it() -> None:
    """An option that would do nothing is a mistake; in the environment it is not."""
    context = click.get_current_context()
    ours = {param.name for param in context.command.params} - {"arguments", "resolve"}
    needing = {"out", "force", *Network.__slots__} - {"peers", "no_trackers"}
    for param in context.command.params:
        given = context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE
        if given and param.name in needing & ours:
            raise click.UsageError(f"{aliases.shown(param)} needs --resolve")

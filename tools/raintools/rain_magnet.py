"""rain-magnet: from a torrent to its magnet link, and from a link to its parts or torrent."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from raincore.documents import documents
from raincore.formats import magnet
from raincore.formats.metainfo import Metainfo
from raintools._kit import aliases, inputs, links, options, params, view
from raintools._kit import resolving as resolving_options
from raintools._kit.command import Command

if TYPE_CHECKING:
    from raintools._kit.options import Common
    from raintools._kit.resolving import Resolving

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-magnet a.torrent
  rain-magnet --no-trackers --peer 192.0.2.1:6881 a.torrent
  rain-magnet 'magnet:?xt=urn:btih:…' | jq .trackers
  rain-create ./photos | rain-seed | rain-magnet
  rain-magnet --resolve 'magnet:?xt=urn:btih:…' | rain-inspect
"""


@click.command("rain-magnet", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@aliases.option(
    "--select",
    type=params.Indices(),
    metavar="0,3-5",
    aliases=["--select-only"],
    help="Only these files (BEP 53).",
)
@aliases.option(
    "--no-trackers",
    is_flag=True,
    aliases=["--notracker"],
    help="Leave the trackers out of the link; ask none.",
)
@click.option(
    "--peer",
    "peers",
    multiple=True,
    type=params.EndpointType(),
    help="A peer to ask, and to put into the link, HOST:PORT; repeatable.",
)
@resolving_options.resolving
@options.common("torrent")
def main(
    arguments: tuple[str, ...],
    select: tuple[int, ...] | None,
    no_trackers: bool,
    peers: tuple[str, ...],
    resolving: Resolving | None,
    common: Common,
) -> int:
    """Give the magnet link of a torrent, or the parts of a magnet link, or its torrent.

    INPUT is a path, a URL, a magnet link or an info-hash; without one, stdin is read: a
    .torrent file, JSON Lines, or one input a line. With --resolve the metadata of links
    comes from their swarms and from the web, and becomes .torrent files.
    """
    if resolving is not None:
        from raintools._kit import runtime  # here, and so on: without --resolve, no event loop
        from raintools._kit.resolver import Resolver

        runtime.log_to_stderr("rain-magnet", common.verbose, quiet=common.quiet)
        return runtime.run(partial(Resolver(resolving, common).run, arguments))
    out = common.out
    for loaded in inputs.each(arguments, common.outcome, out):
        with common.outcome.guard(loaded.origin):
            given = loaded.document
            document = replace(
                given,
                select=given.select if select is None else select,
                peers=list(dict.fromkeys([*given.peers, *peers])),
            )
            link = links.link_of(document, loaded.torrent, trackers=not no_trackers)
            document = replace(document, magnet=magnet.encode(link))
            if isinstance(loaded.torrent, Metainfo):
                out.document(document, document.magnet)
            else:
                document = replace(document, trackers=documents.of_magnet(link).trackers)
                out.document(document, partial(view.facts, document, out))
    return common.outcome.code


if __name__ == "__main__":
    main()

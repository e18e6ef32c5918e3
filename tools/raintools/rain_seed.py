"""rain-seed: serve content that is there, and say where."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from raintools._kit import network as network_options
from raintools._kit import options, runtime
from raintools._kit.command import Command
from raintools._kit.directory_param import Directory
from raintools._kit.reports import EVENTS
from raintools._kit.seeding import Seeder

if TYPE_CHECKING:
    from pathlib import Path

    from raintools._kit.network import Network
    from raintools._kit.options import Common

__all__ = ["main"]

EXAMPLES = """\b
Examples:
  rain-seed photos.torrent --dir /srv
  rain-create ./photos | rain-seed | rain-fetch --dir /tmp/copy
  ls *.torrent | rain-seed --dir /srv --port 6881 > /dev/null
"""


@click.command("rain-seed", cls=Command, epilog=EXAMPLES)
@click.argument("arguments", metavar="[INPUT]...", nargs=-1)
@click.option(
    "-d",
    "--dir",
    "directory",
    type=Directory(),
    help="Where the content lies; default: what the document says, else here.",
)
@click.option("--recheck", is_flag=True, help="Hash everything, whatever is remembered.")
@click.option(
    "--quick",
    is_flag=True,
    help="Begin at once where sizes are right; hash each piece before it is first sent.",
)
@click.option(
    "--partial",
    "incomplete",
    is_flag=True,
    help="Serve the good pieces of content that lacks others, instead of refusing it.",
)
@click.option(
    "--super-seed",
    is_flag=True,
    help="Show each peer a piece at a time, so that a new swarm needs one copy only.",
)
@network_options.network
@options.common("torrent", *EVENTS)
def main(
    arguments: tuple[str, ...],
    directory: Path | None,
    recheck: bool,
    quick: bool,
    incomplete: bool,
    super_seed: bool,
    network: Network,
    common: Common,
) -> int:
    """Check content, serve it, and print each torrent's document with our addresses.

    INPUT is a .torrent file; without one, stdin is read, documents too. All pieces must
    be there and good, or some with --partial: nothing is served that does not match its
    hash. Ends on Ctrl-C, at a limit, or when the reader of stdout goes away.
    """
    seeder = Seeder(directory, recheck, quick, incomplete, super_seed, network, common)
    runtime.log_to_stderr("rain-seed", common.verbose, quiet=common.quiet)
    return runtime.run(partial(seeder.run, arguments))


if __name__ == "__main__":
    main()

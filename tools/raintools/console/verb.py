"""The verb "rain-ctl console": watch and control a session in the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from raintools._kit import options
from raintools._kit.command import Command
from raintools.ctl.server import connected

if TYPE_CHECKING:
    from raintools._kit.options import Common
    from raintools.ctl.server import Server

__all__ = ["VERBS"]

EXAMPLES = """\b
Examples:
  rain-ctl console
  rain-ctl console --columns '# ID Name Status Speed'
"""


@click.command("console", cls=Command, epilog=EXAMPLES)
@click.option(
    "--columns", metavar="NAMES", help="Columns of the list, with spaces between; see the page."
)
@connected
@options.common("torrent")
def console(columns: str | None, server: Server, common: Common) -> None:
    """Watch and control the session in the terminal; ? shows the keys."""
    from raintools.console import starting  # here, for a quick start of the other verbs

    starting.start(server, columns)


VERBS = (console,)

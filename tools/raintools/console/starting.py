"""Start the console, if what draws it is installed."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING

from raincore.base.errors import ConfigError
from raintools.console import columns

if TYPE_CHECKING:
    from raintools.ctl.server import Server

__all__ = ["start"]


def start(server: Server, names: str | None) -> None:
    """Run the console until the user leaves it.

    Args:
        server: Where the session is.
        names: Of columns, with spaces between; None for the usual.

    Raises:
        ConfigError: There is no terminal, Textual is not installed, or a column is none.
    """
    shown = columns.chosen(names or columns.DEFAULT)
    if importlib.util.find_spec("textual") is None:
        raise ConfigError(
            "the console needs Textual: pip install 'rain-bittorrent[console]'", "console"
        )
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise ConfigError("the console is for terminals; see rain-ctl list", "console")
    from raintools.console.app import Console  # here, for those who do without it

    Console(server, shown).run()

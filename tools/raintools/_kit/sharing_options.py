"""The options about how many peers there are, and are served."""

from __future__ import annotations

import click

__all__ = ["SHARING"]

SHARING = (
    click.option(
        "--peers-max",
        type=click.IntRange(1),
        metavar="N",
        help="Be connected to N peers of a torrent at most.",
    ),
    click.option(
        "--slots",
        type=click.IntRange(1),
        metavar="N",
        help="Serve N peers of a torrent at once (default: as many as the line carries).",
    ),
)
"""Each is an argument of the same name."""

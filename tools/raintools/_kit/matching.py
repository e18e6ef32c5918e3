"""The options --match and --apply: local files found for torrents, and put into place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from raintools._kit import options
from raintools._kit.aliases import option

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raintools._kit.finder import Finder
    from raintools._kit.options import Common

__all__ = ["finder", "matching"]

OPTIONS = (
    option(
        "--match",
        "match",
        multiple=True,
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False),
        help="Find the files of the torrents below DIR, under any name; repeatable.",
    ),
    option(
        "--apply",
        "apply",
        type=click.Choice(["reflink", "hardlink", "symlink", "copy"]),
        help="Put what --match finds where it belongs; nothing is overwritten.",
    ),
)


def matching(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add --match and --apply, as the arguments `match` and `apply` of `finder`."""
    return options.stacked(callback, *OPTIONS)


def finder(match: Sequence[str], apply: str | None, common: Common) -> Finder | None:
    """What finds files as the options say; None if that is not asked for."""
    if apply and not match:
        raise click.UsageError("--apply needs --match DIR, which finds the files")
    if not match:
        return None
    from raintools._kit.finder import Finder

    return Finder(match, apply, common)

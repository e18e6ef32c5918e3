"""The options that say of what a torrent is made, besides a path."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from raintools._kit import options
from raintools._kit.maker import Maker

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["making"]

FIELDS = {
    **dict.fromkeys(("v1", "v2", "hybrid"), "version"),
    "no_comment": "comment",
    "no_private": "private",
    "no_source": "source",
    "no_trackers": "trackers",
    "no_webseeds": "webseeds",
    "piecesize": "piece_length",
    "xseed": "entropy",
}
"""What CreateOptions calls the options that have other names."""

OPTIONS = (
    click.option(
        "--from-tar",
        metavar="FILE",
        type=click.Path(),
        help="Hash what is in a tar archive instead of PATH; - for stdin.",
    ),
    click.option(
        "--update",
        metavar="OLD",
        type=click.Path(),
        help="Make OLD.torrent again, reading only files of PATH that changed.",
    ),
)


def making(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for the ways to make a torrent, as the argument `maker`."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        context = click.get_current_context()
        names = frozenset(
            FIELDS.get(name, name)
            for name in context.params
            if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        )
        given["maker"] = Maker(given.pop("from_tar"), given.pop("update"), names)
        return callback(**given)

    return options.stacked(wrapper, *OPTIONS)

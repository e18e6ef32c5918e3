"""The options for what surrounds an info dictionary: changing these keeps the info-hash."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

import raincore
from raincore.base.errors import ConfigError
from raintools._kit import options, params

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Outside", "outside"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the options say about the outside of a .torrent file.

    `trackers` are tiers; `creation_date` is in seconds since 1970; None is not written.
    """

    trackers: tuple[tuple[str, ...], ...]
    webseeds: tuple[str, ...]
    http_seeds: tuple[str, ...]
    nodes: tuple[str, ...]
    comment: str | None
    created_by: str | None
    creation_date: int | None


OPTIONS = (
    click.option(
        "-t",
        "--tracker",
        "trackers",
        metavar="URL",
        multiple=True,
        help="Tracker; repeat it for another tier, use commas for the same tier.",
    ),
    click.option(
        "-w",
        "--webseed",
        "webseeds",
        metavar="URL",
        multiple=True,
        help="Web seed (BEP 19); repeatable.",
    ),
    click.option(
        "--http-seed",
        "http_seeds",
        metavar="URL",
        multiple=True,
        help="HTTP seed (BEP 17); repeatable.",
    ),
    click.option(
        "--node",
        "nodes",
        multiple=True,
        type=params.EndpointType(),
        help="DHT node, HOST:PORT (BEP 5); repeatable.",
    ),
    click.option("-c", "--comment", metavar="TEXT", help="A comment for people."),
    click.option("--created-by", metavar="TEXT", help="Default: rain and its version."),
    click.option("--no-created-by", is_flag=True, help="Do not name the program."),
    click.option(
        "--date",
        type=params.DateType(),
        help="Creation date; default: SOURCE_DATE_EPOCH if that is set, else now.",
    ),
    click.option("--no-date", is_flag=True, help="Write no date."),
)


def outside(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for the outside of a .torrent file, as the argument `outside`."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        by, no_by = given.pop("created_by"), given.pop("no_created_by")
        date, no_date = given.pop("date"), given.pop("no_date")
        tiers = given.pop("trackers")
        given["outside"] = Outside(
            trackers=tuple(tuple(url.strip() for url in tier.split(",")) for tier in tiers),
            created_by=None if no_by else by or f"rain/{raincore.__version__}",
            creation_date=None if no_date else _today() if date is None else date,
            **{name: given.pop(name) for name in ("webseeds", "http_seeds", "nodes", "comment")},
        )
        return callback(**given)

    return options.stacked(wrapper, *OPTIONS)


def _today() -> int:
    """The date to write when none is given (https://reproducible-builds.org)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return int(time.time())
    if not (epoch.isascii() and epoch.isdigit() and len(epoch) <= 12):
        raise ConfigError(f"SOURCE_DATE_EPOCH is not a number of seconds: {epoch}", "date")
    return int(epoch)

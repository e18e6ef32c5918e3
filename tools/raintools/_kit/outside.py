"""The options for what surrounds an info dictionary: changing these keeps the info-hash."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import raincore
from raincore.base.errors import ConfigError
from raintools._kit import exclusive, options, outside_options

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
    similar: tuple[bytes, ...]
    collections: tuple[str, ...]
    comment: str | None
    created_by: str | None
    creation_date: int | None


COMMA = re.compile(r",(?=[A-Za-z][A-Za-z0-9+.-]*://)")
"""What separates URLs in mktorrent; a comma alone may be a part of one."""


def outside(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options for the outside of a .torrent file, as the argument `outside`."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        if given.pop("anonymize"):
            given.update(no_created_by=True, no_date=True)
        no_by, no_date = given["no_created_by"], given["no_date"]
        by, date = exclusive.unless(given, "created_by"), exclusive.unless(given, "date")
        tiers = exclusive.unless(given, "trackers")
        given["outside"] = Outside(
            trackers=tuple(tuple(url.strip() for url in tier.split(",")) for tier in tiers),
            webseeds=tuple(
                url for text in exclusive.unless(given, "webseeds") for url in COMMA.split(text)
            ),
            similar=tuple(bytes.fromhex(text) for text in given.pop("similar")),
            comment=exclusive.unless(given, "comment"),
            created_by=None if no_by else f"rain/{raincore.__version__}" if by is None else by,
            creation_date=None if no_date else _today() if date is None else date,
            **{name: given.pop(name) for name in ("http_seeds", "nodes", "collections")},
        )
        return callback(**given)

    return options.stacked(wrapper, *outside_options.OPTIONS)


def _today() -> int:
    """The date to write when none is given (https://reproducible-builds.org)."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if not epoch:
        return int(time.time())
    if not (epoch.isascii() and epoch.isdigit() and len(epoch) <= 12):
        raise ConfigError(f"SOURCE_DATE_EPOCH is not a number of seconds: {epoch}", "date")
    return int(epoch)

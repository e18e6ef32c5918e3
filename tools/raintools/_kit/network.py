"""The options that rain-fetch and rain-seed share: addresses, rates, patience."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raintools._kit import options, params

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Network", "network"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the network options say.

    Rates in bytes per second, 0 for unlimited; port 0 for one that the system chooses;
    peers are "host:port" where the host may be a name; no timeout is None.
    """

    port: int
    peers: tuple[str, ...]
    limit_down: int
    limit_up: int
    timeout_seconds: float | None


def network(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the network options of rain-fetch and rain-seed, as the argument `network`."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        names = ("port", "peers", "limit_down", "limit_up", "timeout_seconds")
        given["network"] = Network(**{name: given.pop(name) for name in names})
        return callback(**given)

    port = click.IntRange(0, 65535)
    return options.stacked(
        wrapper,
        click.option(
            "--peer",
            "peers",
            multiple=True,
            type=params.EndpointType(),
            help="A peer to connect to, HOST:PORT; repeatable.",
        ),
        click.option(
            "--port",
            type=port,
            default=0,
            metavar="N",
            help="Listen on this port; 0: any free one.",
        ),
        click.option(
            "--limit-down",
            type=params.Rate(),
            default=0,
            help="At most so many bytes/s down; 0: no limit.",
        ),
        click.option(
            "--limit-up",
            type=params.Rate(),
            default=0,
            help="At most so many bytes/s up; 0: no limit.",
        ),
        click.option(
            "--timeout",
            "timeout_seconds",
            type=params.Duration(),
            help="Give up after this long without progress.",
        ),
    )

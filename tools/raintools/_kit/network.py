"""The options that rain-fetch and rain-seed share: addresses, rates, limits, events."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raincore.base.config import Config, RateLimits
from raintools._kit import aliases, options, params

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.documents.documents import TorrentDocument
    from raincore.swarm.state import Limits

__all__ = ["Network", "network"]

RATE: dict[str, Any] = {"type": params.Rate(), "default": 0}
OPTIONS = (
    click.option(
        "--peer",
        "peers",
        multiple=True,
        type=params.EndpointType(),
        help="A peer to connect to, HOST:PORT; repeatable.",
    ),
    aliases.option(
        "--no-trackers",
        is_flag=True,
        aliases=["--notracker"],
        help="Announce to no tracker.",
    ),
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=0,
        metavar="N",
        help="Listen on this port; 0: any free one.",
    ),
    click.option("--limit-down", **RATE, help="At most so many bytes/s down; 0: no limit."),
    click.option("--limit-up", **RATE, help="At most so many bytes/s up; 0: no limit."),
    click.option(
        "--timeout",
        "timeout_seconds",
        type=params.Duration(),
        help="Give up after this long without progress.",
    ),
    click.option("--seed-ratio", type=params.Ratio(), help="Stop at this upload ratio."),
    click.option(
        "--seed-time",
        "seed_seconds",
        type=params.Duration(),
        help="Stop after having served for so long.",
    ),
    click.option("--events", is_flag=True, help="Write what happens as well, as event objects."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """What the network options say: bytes per second, 0 for none; "host:port"; seconds."""

    port: int
    peers: tuple[str, ...]
    no_trackers: bool
    limit_down: int
    limit_up: int
    timeout_seconds: float | None
    seed_ratio: float | None
    seed_seconds: float | None
    events: bool

    def trackers(self, document: TorrentDocument) -> Sequence[Sequence[str]]:
        """The trackers to announce a torrent to, in tiers; those of a link have one each."""
        return () if self.no_trackers else document.trackers

    @property
    def limits(self) -> Limits:
        """When a torrent gives up or stops serving."""
        from raincore.swarm.state import Limits

        def or_never(limit: float | None) -> float:
            return math.inf if limit is None else limit

        return Limits(
            waits_for_peers=bool(self.port),
            stall_seconds=or_never(self.timeout_seconds),
            seed_seconds=or_never(self.seed_seconds),
            seed_ratio=or_never(self.seed_ratio),
        )

    @property
    def seed_limited(self) -> bool:
        """Whether a limit on serving was given, which asks for serving."""
        return self.seed_ratio is not None or self.seed_seconds is not None

    @property
    def config(self) -> Config:
        """The settings of a session with these options."""
        return Config(
            rates=RateLimits(
                download_bytes_per_second=self.limit_down, upload_bytes_per_second=self.limit_up
            )
        )


def network(callback: Callable[..., Any]) -> Callable[..., Any]:
    """Add the network options of rain-fetch and rain-seed, as the argument `network`."""

    @wraps(callback)
    def wrapper(**given: Any) -> Any:
        given["network"] = Network(**{name: given.pop(name) for name in Network.__slots__})
        return callback(**given)

    return options.stacked(wrapper, *OPTIONS)

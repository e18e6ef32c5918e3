"""The options about the network: where peers are looked for, by which sockets, how fast."""

from __future__ import annotations

from typing import Any

import click

from raintools._kit import aliases, params, socket_options

__all__ = ["PEERS", "REACH", "TRANSFER"]

RATE: dict[str, Any] = {"type": params.Rate(), "default": 0}

NAMED = (
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
)
REACH = (
    click.option(
        "--port",
        type=click.IntRange(0, 65535),
        default=0,
        metavar="N",
        help="Listen on this port; 0: any free one.",
    ),
    click.option(
        "--no-dht",
        is_flag=True,
        envvar="RAIN_NO_DHT",
        help="Take no part in the DHT.",
    ),
    click.option("--no-pex", is_flag=True, help="Exchange no addresses with peers."),
    click.option(
        "--no-lsd",
        is_flag=True,
        envvar="RAIN_NO_LSD",
        help="Look for no peers in the local network.",
    ),
    click.option("--no-webseeds", is_flag=True, help="Ask no web server for content."),
    socket_options.BOOTSTRAP,
    socket_options.BIND,
    socket_options.PROXY,
    click.option(
        "--encryption",
        type=click.Choice(["prefer", "require", "off"]),
        default="prefer",
        help="Encrypt what is said to peers: at least the handshake where they can, "
        "everything and with no others, or nothing (default: prefer).",
    ),
    socket_options.BLOCKLIST,
    click.option(
        "--no-verify-tls",
        is_flag=True,
        help="Dangerous: believe https trackers and web seeds whoever they are.",
    ),
)
"""How to look for others. Each is an argument of the same name, or of that in quotes."""

PEERS = (*NAMED, *REACH)
"""The same, and whom to ask that is known by name."""

TRANSFER = (
    click.option("--limit-down", **RATE, help="At most so many bytes/s down; 0: no limit."),
    click.option("--limit-up", **RATE, help="At most so many bytes/s up; 0: no limit."),
    click.option(
        "--no-limit-lan",
        is_flag=True,
        help="Let the limits not apply to peers of the local network.",
    ),
    click.option(
        "--timeout",
        "timeout_seconds",
        type=params.Patience(),
        help="Give up after this long without progress.",
    ),
    click.option("--seed-ratio", type=params.Ratio(), help="Stop at this upload ratio."),
    click.option(
        "--seed-time",
        "seed_seconds",
        type=params.Duration(),
        help="Stop after having served for so long.",
    ),
    click.option(
        "--explain",
        is_flag=True,
        help="Say why a torrent fails, or stands still for 30 s; SIGUSR1 asks at any time.",
    ),
    click.option("--events", is_flag=True, help="Write what happens as well, as event objects."),
)
"""How fast, how long, and what is told."""

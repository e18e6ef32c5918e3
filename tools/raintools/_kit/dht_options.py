"""The options that the verbs of rain-dht share: whom to ask first, by which socket, how long."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from raincore.base.config import BOOTSTRAP, Config, DhtLimits, SocketRules, Sources
from raintools._kit import options, params, socket_options

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SALT", "Dht", "dht"]

PORT = "UDP port to ask from; 0: any free one."
TIMEOUT = "How long one question to the whole DHT may take."
LOOKUP_SECONDS = 30.0
SALT = click.option(
    "--salt", metavar="TEXT", default="", help="Tells the items under one key apart."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dht:
    """What the options say: "host:port", addresses, files; seconds."""

    bootstrap: tuple[str, ...]
    bind: tuple[str, ...]
    proxy: str
    blocklists: tuple[str, ...]
    read_only: bool
    udp_port: int
    timeout_seconds: float

    @property
    def config(self) -> Config:
        """The settings of a session with these options."""
        forbidden = click.BOOL(os.environ.get("RAIN_NO_DHT") or "0")
        return Config(
            dht=replace(DhtLimits(), read_only=self.read_only),
            sources=Sources(bootstrap=self.bootstrap or (() if forbidden else BOOTSTRAP)),
            sockets=SocketRules(bind=self.bind, proxy=self.proxy, blocklists=self.blocklists),
        )


def dht(
    *,
    port: str = PORT,
    port_name: str = "--port",
    timeout: str = TIMEOUT,
    seconds: float = LOOKUP_SECONDS,
    read_only: bool = True,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options; the callback gets them as its argument `dht`.

    Args:
        port: Help of the option for our UDP port.
        port_name: Its name.
        timeout: Help of --timeout.
        seconds: Its default; infinite for none.
        read_only: Whether to answer nobody unless that is asked for.
    """
    usual = "the default" if read_only else "for those who only look on"
    lasting = f" Default: {seconds:g}s." if seconds != float("inf") else ""
    duration = params.Patience()
    number = click.IntRange(0, 65535)
    silence = f"Answer no questions of others (BEP 43); {usual}."
    given = (
        socket_options.BOOTSTRAP,
        click.option(port_name, "udp_port", type=number, default=0, metavar="N", help=port),
        click.option(
            "--timeout",
            "timeout_seconds",
            type=duration,
            default=seconds,
            help=f"{timeout}{lasting}",
        ),
        click.option("--read-only/--no-read-only", default=read_only, help=silence),
        socket_options.BIND,
        socket_options.PROXY,
        socket_options.BLOCKLIST,
    )

    def decorate(callback: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(callback)
        def wrapper(**values: Any) -> Any:
            values["dht"] = Dht(**{name: values.pop(name) for name in Dht.__slots__})
            return callback(**values)

        return options.stacked(wrapper, *given)

    return decorate

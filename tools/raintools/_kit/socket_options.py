"""Network options that all commands have alike: by which way, from whom on, and to whom not."""

from __future__ import annotations

import click

from raincore.base.errors import FormatError
from raintools._kit import params

__all__ = ["BIND", "BLOCKLIST", "BOOTSTRAP", "PROXY"]


def _proxy(text: str) -> str:
    from raincore.formats import proxy_url  # needed by who uses the option only

    if not text:  # a variable that is not set: whoever wants a proxy wants nothing past it
        raise FormatError("names no proxy")
    proxy_url.parse(text)
    return text


def _or_none(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
    return value or ""


class ProxyUrl(params.Parsed):
    """Where a proxy is: "socks5://host:1080"; gives the same text."""

    name = "url"
    parse = staticmethod(_proxy)


PROXY = click.option(
    "--proxy",
    callback=_or_none,
    envvar="RAIN_PROXY",
    type=ProxyUrl(),
    metavar="URL",
    help="Reach everybody by way of socks5://[USER:PASSWORD@]HOST[:PORT] or http://HOST:PORT.",
)
"""Gives the argument `proxy`, a URL that can be read, or empty text."""

BIND = click.option(
    "--bind",
    multiple=True,
    metavar="ADDRESS|DEVICE",
    help="Use the network by this address or device only; one address per family.",
)
BLOCKLIST = click.option(
    "--blocklist",
    "blocklists",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    help="A file of addresses to stay away from; repeatable.",
)
BOOTSTRAP = click.option(
    "--bootstrap",
    multiple=True,
    envvar="RAIN_BOOTSTRAP",
    type=params.EndpointType(),
    help="A DHT node to begin with, HOST:PORT, instead of the usual; repeatable.",
)

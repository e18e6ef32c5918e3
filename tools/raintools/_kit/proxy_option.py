"""The option that names a proxy."""

from __future__ import annotations

import click

from raintools._kit import params

__all__ = ["PROXY"]


def _proxy(text: str) -> str:
    from raincore.formats import proxy_url  # needed by who uses the option only

    if text:
        proxy_url.parse(text)
    return text


class ProxyUrl(params.Parsed):
    """Where a proxy is: "socks5://host:1080"; gives the same text."""

    name = "url"
    parse = staticmethod(_proxy)


PROXY = click.option(
    "--proxy",
    default="",
    envvar="RAIN_PROXY",
    type=ProxyUrl(),
    metavar="URL",
    help="Reach everybody by way of socks5://[USER:PASSWORD@]HOST[:PORT] or http://HOST:PORT.",
)
"""Gives the argument `proxy`, a URL that can be read, or empty text."""

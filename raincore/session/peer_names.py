"""Peers that somebody named, "host:port": which are kept, and what their addresses are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, NetworkError
from raincore.base.printable import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from raincore.net.interface import Network
    from raincore.session.services import Services

__all__ = ["MOST", "checked", "joined", "of_peer", "resolve"]

MOST = 200
"""So many peers that were named one by one are kept of a torrent; the latest."""
LONGEST_HOST = 253
"""Of a name in the DNS, as text (RFC 1035, 2.3.4)."""


def checked(name: str) -> str:
    """A peer's name as it was given, if it is "host:port".

    Raises:
        FormatError: It is something else.
    """
    host, colon, port = name.rpartition(":")
    is_port = port.isascii() and port.isdecimal() and len(port) <= 5 and 0 < int(port) < 65536
    is_host = 0 < len(host) <= LONGEST_HOST and host.isprintable() and " " not in host
    if not (colon and is_host and is_port):
        raise FormatError(f"address is not host:port: {printable(name, 100)!r}")
    return name


def joined(kept: tuple[str, ...], names: Iterable[str]) -> tuple[str, ...]:
    """The names that are kept when further ones were given, the latest last.

    >>> joined(("a:1", "b:1"), ["a:1", "c:1"])
    ('b:1', 'a:1', 'c:1')
    """
    latest = dict.fromkeys(names)
    return (*(name for name in kept if name not in latest), *latest)[-MOST:]


async def resolve(
    network: Network, names: Iterable[str], seconds: float, warn: Callable[[str], None]
) -> list[Endpoint]:
    """Look up peers; what cannot be looked up is a warning.

    A name server that is silent does not hold up the rest: after `seconds` what is known
    by then is the result.

    Args:
        names: "host:port", "[v6]:port"; hosts may be names.
        seconds: How long all of them may take together.

    Returns:
        The addresses, in the order of the names.
    """
    found: dict[str, list[Endpoint]] = {text: [] for text in names}

    async def look_up(text: str) -> None:
        host, _, port = text.rpartition(":")
        try:
            found[text] = await network.resolve(host.strip("[]"), int(port))
        except (NetworkError, ValueError) as error:
            warn(f"{text}: {error}")

    with trio.move_on_after(seconds) as scope:
        async with trio.open_nursery() as nursery:
            for text in found:
                try:
                    found[text] = [Endpoint.parse(text)]
                except FormatError:
                    nursery.start_soon(look_up, text)
    if scope.cancelled_caught:
        warn(f"some names of peers could not be looked up within {seconds:g} s")
    return [endpoint for endpoints in found.values() for endpoint in endpoints]


async def of_peer(services: Services, name: str, warn: Callable[[str], None]) -> list[Endpoint]:
    """Look up one peer, for as long as any name may take."""
    patience = services.config.sockets.lookup_timeout_seconds
    return await resolve(services.world.network, [name], patience, warn)

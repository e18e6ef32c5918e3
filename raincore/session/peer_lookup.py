"""What the addresses are of peers that somebody named."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, NetworkError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from raincore.net.interface import Network
    from raincore.session.services import Services

__all__ = ["of_peer", "resolve"]

NAMES_MAX = 200
"""Hosts that are looked up at once: a document may name a million."""


async def resolve(
    network: Network, names: Iterable[str], seconds: float, warn: Callable[[str], None]
) -> list[Endpoint]:
    """Look up peers; what cannot be looked up is a warning, and too many names are one.

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

    if not found:
        return []
    unknown = []
    for text in found:
        try:
            found[text] = [Endpoint.parse(text)]
        except FormatError:
            unknown.append(text)
    if len(unknown) > NAMES_MAX:
        warn(f"of {len(unknown)} peers with a host name, {NAMES_MAX} are looked up")
    with trio.move_on_after(seconds) as scope:
        async with trio.open_nursery() as nursery:
            for text in unknown[:NAMES_MAX]:
                nursery.start_soon(look_up, text)
    if scope.cancelled_caught:
        warn(f"some names of peers could not be looked up within {seconds:g} s")
    return [endpoint for endpoints in found.values() for endpoint in endpoints]


async def of_peer(services: Services, name: str, warn: Callable[[str], None]) -> list[Endpoint]:
    """Look up one peer, for as long as any name may take."""
    patience = services.config.sockets.lookup_timeout_seconds
    return await resolve(services.world.network, [name], patience, warn)

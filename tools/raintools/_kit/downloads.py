"""How the inputs of a command that has a network of its own get what URLs name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Network", "over"]


class Network(Protocol):
    """What this needs of the services of a process; see session.services."""

    @property
    def confined(self) -> bool:
        """Whether all sockets must be its own."""

    async def download(self, url: str) -> bytes:
        """Get a .torrent file over such a socket."""


def over(network: Network) -> Callable[[str], bytes] | None:
    """A function to fetch URLs with, for a thread that trio has started.

    Returns:
        None if any way will do: then they are fetched as by all commands, which use a
        proxy if the environment names one.
    """
    if not network.confined:
        return None

    def get(url: str) -> bytes:
        return trio.from_thread.run(network.download, url)

    return get

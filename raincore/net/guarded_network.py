"""A Network that stays away from addresses on a blocklist, whoever uses it and for what."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from raincore.base.errors import Blocked

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.endpoint import Endpoint
    from raincore.net.interface import (
        Datagrams,
        Listener,
        Multicast,
        Network,
        OnConnection,
        OnDatagram,
        Stream,
    )

__all__ = ["GuardedNetwork"]

log = logging.getLogger(__name__)


class GuardedNetwork:
    """Puts a blocklist around another network; implements net.interface.Network.

    Args:
        network: Makes the sockets. Closed by whoever made it.
        blocks: Says whom to stay away from.
        outgoing: Whether that holds for connections of ours.
        incoming: Whether it holds for connections of others.
    """

    def __init__(
        self,
        network: Network,
        blocks: Callable[[Endpoint], bool],
        *,
        outgoing: bool = True,
        incoming: bool = True,
    ) -> None:
        self._network = network
        self._blocks = blocks
        self._outgoing = outgoing
        self._incoming = incoming
        self.turned_away = 0
        """Connections of strangers that were closed at once."""

    async def connect(self, remote: Endpoint) -> Stream:
        """Connect, unless to a blocked address; see net.interface.Network.

        Raises:
            Blocked: Nothing was sent.
        """
        if self._outgoing and self._blocks(remote):
            raise _blocked(str(remote))
        return await self._network.connect(remote)

    def listen(self, local: Endpoint, on_connection: OnConnection) -> Listener:
        """Accept connections, and close those from blocked addresses unread."""

        def welcome(stream: Stream) -> None:
            if self._incoming and self._blocks(stream.remote):
                stream.close()
                self.turned_away += 1
                facts = {"peer": str(stream.remote), "count": self.turned_away}
                log.debug("a blocked address was turned away", extra={"facts": facts})
            else:
                on_connection(stream)

        return self._network.listen(local, welcome)

    def datagrams(self, local: Endpoint, on_datagram: OnDatagram) -> Datagrams:
        """Bind a UDP socket that neither hears nor speaks to blocked addresses."""
        inner = self._network.datagrams(local, self._guarded(on_datagram))
        return _GuardedDatagrams(inner, self._blocks)

    def multicast(self, group: Endpoint, on_datagram: OnDatagram) -> Multicast:
        """Join a group in which blocked addresses are not heard."""
        return self._network.multicast(group, self._guarded(on_datagram))

    def _guarded(self, on_datagram: OnDatagram) -> OnDatagram:
        def take(data: bytes, remote: Endpoint) -> None:
            if not self._blocks(remote):
                on_datagram(data, remote)

        return take

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        """Find the addresses of a host that are not blocked; see net.interface.Network.

        Raises:
            Blocked: All of them are.
        """
        found = await self._network.resolve(host, port)
        if not self._outgoing:
            return found
        allowed = [endpoint for endpoint in found if not self._blocks(endpoint)]
        if not allowed:
            raise _blocked(", ".join(endpoint.host for endpoint in found))
        return allowed


class _GuardedDatagrams:
    """Implements net.interface.Datagrams."""

    def __init__(self, datagrams: Datagrams, blocks: Callable[[Endpoint], bool]) -> None:
        self._datagrams = datagrams
        self._blocks = blocks
        self.endpoint = datagrams.endpoint
        self.close = datagrams.close

    def send(self, data: bytes, remote: Endpoint) -> bool:
        return not self._blocks(remote) and self._datagrams.send(data, remote)


def _blocked(address: str) -> Blocked:
    return Blocked(f"blocked by the blocklist: {address}", address)

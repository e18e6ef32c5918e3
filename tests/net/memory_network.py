"""Names and datagrams without sockets, for virtual time; connections are always refused."""

from __future__ import annotations

import itertools

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, FormatError, ListenError
from raincore.net.interface import Listener, OnConnection, OnDatagram, Stream

LOOPBACK = {"0.0.0.0": "127.0.0.1", "::": "::1"}


class MemoryDatagrams:
    """Implements net.interface.Datagrams."""

    def __init__(self, network: MemoryNetwork, endpoint: Endpoint, take: OnDatagram) -> None:
        self.endpoint = endpoint
        self.take = take
        self._network = network

    def send(self, data: bytes, remote: Endpoint) -> bool:
        if self._network.is_offline:
            return False
        other = self._network.bound.get(remote)
        if other is not None:
            soon = trio.lowlevel.current_trio_token().run_sync_soon
            soon(other.take, data, self.endpoint)
        return True

    def close(self) -> None:
        self._network.bound.pop(self.endpoint, None)


class MemoryNetwork:
    """Implements net.interface.Network.

    Args:
        families: Those that this machine has.
    """

    def __init__(self, families: tuple[int, ...] = (4, 6)) -> None:
        self.bound: dict[Endpoint, MemoryDatagrams] = {}
        self.names: dict[str, list[str]] = {}
        self.lookup_seconds = 0.0
        self.is_offline = False
        self.lookups = 0
        self._families = families
        self._free_ports = itertools.count(50000)

    def datagrams(self, local: Endpoint, on_datagram: OnDatagram) -> MemoryDatagrams:
        if (6 if local.is_ipv6 else 4) not in self._families:
            raise ListenError(f"address family not supported by protocol: {local}", str(local))
        port = local.port or next(self._free_ports)
        endpoint = Endpoint(LOOPBACK.get(local.host, local.host), port)
        if endpoint in self.bound:
            raise ListenError(f"address already in use: {local}", str(local))
        self.bound[endpoint] = made = MemoryDatagrams(self, endpoint, on_datagram)
        return made

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        self.lookups += 1
        await trio.sleep(self.lookup_seconds)
        try:
            return [Endpoint(address, port) for address in self.names.get(host, [host])]
        except FormatError as error:
            raise ConnectError(f"cannot resolve host: {host}", host) from error

    async def connect(self, remote: Endpoint) -> Stream:
        await trio.lowlevel.checkpoint()
        raise ConnectError(f"connection refused: {remote}", str(remote))

    def listen(self, local: Endpoint, on_connection: OnConnection) -> Listener:
        raise ListenError(f"cannot listen: {local}", str(local))

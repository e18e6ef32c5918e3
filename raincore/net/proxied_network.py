"""A Network that reaches nobody but by way of a proxy, whoever uses it and for what.

It fails closed. Names are looked up by the proxy; what it cannot carry is not sent. And
nobody outside this machine can connect to us: that way would lead past the proxy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ListenError
from raincore.formats.proxy_url import ProxyKind
from raincore.net import proxy_talk
from raincore.net.proxy_datagrams import ProxyDatagrams
from raincore.net.stand_ins import StandIns

if TYPE_CHECKING:
    from raincore.formats.proxy_url import Proxy
    from raincore.net.interface import (
        Datagrams,
        Listener,
        Multicast,
        Network,
        OnConnection,
        OnDatagram,
        Stream,
    )

__all__ = ["ProxiedNetwork"]


class ProxiedNetwork:
    """Puts a proxy before another network; implements net.interface.Network.

    Args:
        network: Reaches the proxy.
        proxy: Where everything else goes through.
    """

    def __init__(self, network: Network, proxy: Proxy) -> None:
        self._network = network
        self._proxy = proxy
        self._names = StandIns()
        self._new: list[ProxyDatagrams] = []
        self._news = trio.Event()

    async def run(self) -> None:
        """Keep the relays of datagrams, for ever; must run for `datagrams` to be of use."""
        async with trio.open_nursery() as nursery:
            while True:
                while self._new:
                    nursery.start_soon(self._new.pop().run)
                self._news = trio.Event()
                await self._news.wait()

    async def connect(self, remote: Endpoint) -> Stream:
        """Connect through the proxy; see net.interface.Network."""
        target = self._names.target_of(remote)
        stream = await proxy_talk.connect(self._network, self._proxy, target)
        return _Through(stream, remote)

    def listen(self, local: Endpoint, on_connection: OnConnection) -> Listener:
        """Accept connections from this machine only; see net.interface.Network."""
        loopback = Endpoint("::1" if local.is_ipv6 else "127.0.0.1", local.port)
        return self._network.listen(loopback, on_connection)

    def datagrams(self, local: Endpoint, on_datagram: OnDatagram) -> Datagrams:
        """Send and hear datagrams by way of the proxy; see net.interface.Network.

        Raises:
            ListenError: It carries none.
        """
        if self._proxy.kind is ProxyKind.HTTP:
            raise ListenError(f"the proxy carries no datagrams: {self._proxy}", str(local))
        made = ProxyDatagrams(self._network, self._proxy, self._names, on_datagram, local=local)
        self._new.append(made)
        self._news.set()
        return made

    def multicast(self, group: Endpoint, on_datagram: OnDatagram) -> Multicast:
        """Join no group: that would lead past the proxy.

        Raises:
            ListenError: Always.
        """
        raise ListenError(f"a proxy leads to no local network: {self._proxy}", str(group))

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        """Give an address, or what stands for a name until the proxy looks it up."""
        await trio.lowlevel.checkpoint()
        return [self._names.endpoint_of(host, port)]


class _Through:
    """A stream whose far end is not where the socket leads to; implements Stream."""

    def __init__(self, stream: Stream, remote: Endpoint) -> None:
        self.local = stream.local
        self.remote = remote
        self.receive_into = stream.receive_into
        self.send = stream.send
        self.wait_readable = stream.wait_readable
        self.wait_writable = stream.wait_writable
        self.watch = stream.watch
        self.close = stream.close

"""Datagrams by way of a SOCKS5 proxy, whose relay is asked for anew whenever it goes away."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import trio

from raincore.base.addresses import stands_for_name
from raincore.base.endpoint import Endpoint
from raincore.base.errors import NetworkError, RemoteProtocolError
from raincore.net import proxy_talk
from raincore.net.conversation import hear
from raincore.wire import socks5

if TYPE_CHECKING:
    from raincore.formats.proxy_url import Proxy
    from raincore.net.interface import Datagrams, Network, OnDatagram, Stream
    from raincore.net.stand_ins import StandIns

__all__ = ["ProxyDatagrams"]

MAX_WAITING = 64
"""Datagrams kept until there is a relay; more are lost, as datagrams are."""
MAX_NAMED = 64
FIRST_PAUSE_SECONDS, LAST_PAUSE_SECONDS = 1.0, 60.0
ASK_SECONDS = 10.0


class ProxyDatagrams:
    """Implements net.interface.Datagrams; `run` must run.

    Args:
        network: Reaches the proxy.
        proxy: A SOCKS5 proxy.
        names: What stands for names.
        on_datagram: As `Network.datagrams` says. A relay does not say which name an answer
            is from: it is passed on as from each that was sent to at the same port, and
            from the address. Whoever asked knows what it asked.
        local: Where a socket would be bound; its family is the one spoken to.
    """

    def __init__(
        self,
        network: Network,
        proxy: Proxy,
        names: StandIns,
        on_datagram: OnDatagram,
        *,
        local: Endpoint,
    ) -> None:
        self._network = network
        self._proxy = proxy
        self._names = names
        self._on_datagram = on_datagram
        self._ipv6 = local.is_ipv6
        self._inner: Datagrams | None = None
        self._relay: Endpoint | None = None
        self._waiting: deque[tuple[bytes, Endpoint]] = deque(maxlen=MAX_WAITING)
        self._named: dict[Endpoint, None] = {}
        self._scope = trio.CancelScope()
        self.endpoint = local

    def send(self, data: bytes, remote: Endpoint) -> bool:
        """Send one datagram through the relay, or when there is one."""
        if remote.is_ipv6 != self._ipv6:
            return False
        if self._relay is None or self._inner is None:
            self._waiting.append((data, remote))
            return True
        if stands_for_name(remote):
            self._named.pop(remote, None)
            self._named[remote] = None
            if len(self._named) > MAX_NAMED:
                del self._named[next(iter(self._named))]
        return self._inner.send(socks5.wrap(data, self._names.target_of(remote)), self._relay)

    def close(self) -> None:
        """Close at once; harmless when repeated."""
        self._scope.cancel()
        self._forget_relay()

    async def run(self) -> None:
        """Keep a relay, until closed; leaves no task behind."""
        pause = FIRST_PAUSE_SECONDS
        with self._scope:
            while True:
                try:
                    with trio.fail_after(ASK_SECONDS):
                        stream = await self._open_relay()
                except (NetworkError, trio.TooSlowError):
                    await trio.sleep(pause)
                    pause = min(2 * pause, LAST_PAUSE_SECONDS)
                    continue
                pause = FIRST_PAUSE_SECONDS
                try:
                    while await hear(stream, 64):
                        pass  # nothing is due; the end of it is the end of the relay
                except NetworkError:
                    pass
                finally:
                    stream.close()
                    self._forget_relay()
                await trio.sleep(pause)

    async def _open_relay(self) -> Stream:
        anywhere = Endpoint("0.0.0.0", 0)  # noqa: S104  # we do not know yet
        stream, relay = await proxy_talk.associate(self._network, self._proxy, anywhere)
        try:
            if relay is None or int.from_bytes(relay.packed[:-2], "big") == 0:
                port = self._proxy.port if relay is None else relay.port
                relay = Endpoint(stream.remote.host, port)
            local = Endpoint("::" if relay.is_ipv6 else "0.0.0.0", 0)  # noqa: S104
            self._inner = self._network.datagrams(local, self._take)
        except BaseException:
            stream.close()
            raise
        self._relay = relay
        while self._waiting:
            self.send(*self._waiting.popleft())
        return stream

    def _forget_relay(self) -> None:
        if self._inner is not None:
            self._inner.close()
        self._inner = self._relay = None

    def _take(self, datagram: bytes, remote: Endpoint) -> None:
        if remote != self._relay:
            return
        try:
            sender, data = socks5.unwrap(datagram)
        except RemoteProtocolError:
            return
        if sender is None:
            return
        for named in [one for one in self._named if one.port == sender.port]:
            self._on_datagram(data, named)
        if sender.is_ipv6 == self._ipv6:
            self._on_datagram(data, sender)

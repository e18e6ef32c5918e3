"""A UDP socket in the hub: one call for each datagram, no task, no queue."""

from __future__ import annotations

import errno
from contextlib import suppress
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError
from raincore.net.binding import ANYWHERE

if TYPE_CHECKING:
    import socket

    from raincore.net.binding import Binding
    from raincore.net.hub import Hub
    from raincore.net.interface import OnDatagram

__all__ = ["DatagramSocket"]

MAX_DATAGRAM = 65536
PER_TURN = 256
"""Datagrams taken from one ready socket before other sockets get their turn."""

UNREACHABLE = frozenset({errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH})


class DatagramSocket:
    """Implements net.interface.Datagrams.

    Args:
        hub: Watches it; must be running.
        sock: Bound and non-blocking; closed by `close`.
        on_datagram: As `Network.datagrams` says.
        binding: What cannot be reached from there is not sent.
    """

    def __init__(
        self,
        hub: Hub,
        sock: socket.socket,
        on_datagram: OnDatagram,
        binding: Binding = ANYWHERE,
    ) -> None:
        self._hub = hub
        self._sock = sock
        self._on_datagram = on_datagram
        self._binding = binding
        host, port = sock.getsockname()[:2]
        self.endpoint = Endpoint(host, port)
        hub.watch(sock.fileno(), self._receive, None)

    def send(self, data: bytes, remote: Endpoint) -> None:
        """Send one datagram now, or lose it."""
        if self._sock.fileno() < 0 or remote.is_ipv6 != self.endpoint.is_ipv6:
            return
        if not self._binding.reaches(remote):
            return
        # Datagrams may be lost anywhere on their way, and so already here: whoever needs an
        # answer asks again. What ICMP said of an earlier one is not about this one.
        with suppress(OSError):
            self._sock.sendto(data, (remote.host, remote.port))

    def close(self) -> None:
        """Close at once; harmless when repeated."""
        if self._sock.fileno() >= 0:
            self._hub.forget(self._sock.fileno())
            self._sock.close()

    def _receive(self) -> None:
        for _ in range(PER_TURN):
            if self._sock.fileno() < 0:
                return
            try:
                data, (host, port, *_) = self._sock.recvfrom(MAX_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in UNREACHABLE:
                    continue
                return
            try:
                remote = Endpoint(host.partition("%")[0], port)
            except FormatError:
                continue
            self._on_datagram(data, remote)

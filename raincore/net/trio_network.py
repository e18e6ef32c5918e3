"""The Network protocol over real sockets.

The one place where sockets are made: what applies to all of them (where they are bound to,
a proxy, marks) belongs here, and is said by a value that is given to the network. The
system's own buffer sizes are kept, since fixing them turns off the kernel's tuning and
measured no better on loopback.
"""

from __future__ import annotations

import errno
import math
import os
import socket
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, FormatError, ListenError, NetworkError
from raincore.base.printable import printable
from raincore.net.binding import ANYWHERE
from raincore.net.datagram_socket import DatagramSocket
from raincore.net.exhaustion import EXHAUSTED, OutOfDescriptors
from raincore.net.multicast_socket import MulticastSocket
from raincore.net.socket_listener import SocketListener
from raincore.net.socket_stream import SocketStream, endpoint_of, mapped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.net.binding import Binding
    from raincore.net.hub import Hub
    from raincore.net.interface import (
        Datagrams,
        Listener,
        Multicast,
        OnConnection,
        OnDatagram,
        Stream,
    )
    from raincore.net.resolver import Resolver

__all__ = ["TrioNetwork"]

BACKLOG = 1024
"""Connections that the system completes ahead of us, if it allows so many."""


def _new_socket(endpoint: Endpoint, kind: int = socket.SOCK_STREAM) -> socket.socket:
    """Make the non-blocking socket to connect to, listen on or bind to an endpoint."""
    family = socket.AF_INET6 if endpoint.is_ipv6 else socket.AF_INET
    sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    if kind != socket.SOCK_STREAM:
        return sock
    try:
        # Requests are small and urgent, and blocks leave in large gathered sends, so
        # there is nothing for Nagle's algorithm to improve. Accepted sockets inherit it.
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError:
        sock.close()
        raise
    return sock


class TrioNetwork:
    """Sockets of this machine; implements net.interface.Network.

    Args:
        hub: Watches listeners and established streams; must be running.
        binding: Where all sockets speak from. Names are then looked up over such sockets
            too: the system's own look-up would ask from elsewhere.
        lookup_seconds: How long looking up a name may take.
    """

    def __init__(
        self, hub: Hub, binding: Binding = ANYWHERE, lookup_seconds: float = math.inf
    ) -> None:
        self._hub = hub
        self._binding = binding
        self._lookup_seconds = lookup_seconds
        self._resolver: Resolver | None = None

    async def connect(self, remote: Endpoint) -> Stream:
        """Connect over TCP; see net.interface.Network."""
        try:
            sock = _new_socket(remote)
        except OSError as error:
            kind = OutOfDescriptors if error.errno in EXHAUSTED else ConnectError
            raise mapped(kind, error, remote) from error
        with _ClosedIfItFails(sock, ConnectError, remote):
            self._binding.leave(sock, remote)
            await _connected(sock, remote)
            local = sock.getsockname()
            # Dialling a free port of this machine can meet itself: a TCP simultaneous
            # open, when the system picks that very port for our end.
            if local == sock.getpeername():
                raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        return SocketStream(self._hub, sock, endpoint_of(local), remote)

    def listen(self, local: Endpoint, on_connection: OnConnection) -> Listener:
        """Listen on TCP; see net.interface.Network.

        An IPv6 listener takes IPv6 only, so that one port can be listened on twice.
        """
        with self._bound(local, socket.SOCK_STREAM) as sock:
            sock.listen(BACKLOG)
            return SocketListener(self._hub, sock, on_connection, self._binding)

    def datagrams(self, local: Endpoint, on_datagram: OnDatagram) -> Datagrams:
        """Bind a UDP socket; see net.interface.Network."""
        with self._bound(local, socket.SOCK_DGRAM) as sock:
            return DatagramSocket(self._hub, sock, on_datagram, self._binding)

    def multicast(self, group: Endpoint, on_datagram: OnDatagram) -> Multicast:
        """Join a group on all devices that we may use; see net.interface.Network."""
        try:
            make = partial(_new_socket, group, socket.SOCK_DGRAM)
            return MulticastSocket(self._hub, make, group, on_datagram, self._binding)
        except OSError as error:
            raise mapped(ListenError, error, group) from error

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        """Look a name up; see net.interface.Network.

        The system does it, in a thread; if we are bound, we do (net.resolver).
        """
        try:
            return [Endpoint(host, port)]
        except FormatError:
            pass  # a name, then
        with trio.move_on_after(self._lookup_seconds):
            return await self._look_up(host, port)
        shown = printable(host)
        raise ConnectError(
            f"cannot resolve host: no answer within {self._lookup_seconds:g} s: {shown}", shown
        )

    @contextmanager
    def _bound(self, local: Endpoint, kind: int) -> Iterator[socket.socket]:
        """Make a socket and bind it; closed again if what is done with it fails."""
        try:
            sock = _new_socket(local, kind)
        except OSError as error:
            raise mapped(ListenError, error, local) from error
        with _ClosedIfItFails(sock, ListenError, local):
            if kind == socket.SOCK_STREAM:
                # Or a restart would wait for the last run's connections to be forgotten.
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if local.is_ipv6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self._binding.receive(sock, local)
            yield sock

    async def _look_up(self, host: str, port: int) -> list[Endpoint]:
        if self._binding:
            if self._resolver is None:
                from raincore.net.resolver import Resolver  # seldom needed, and large

                self._resolver = Resolver(self, self._binding)
            return await self._resolver.resolve(host, port)
        try:
            Endpoint("::", port)  # the system's resolver cuts a large port to 16 bits
            found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            endpoints = [endpoint_of(address) for *_, address in found]
        except (OSError, ValueError, OverflowError, FormatError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            message = f"cannot resolve host: {(reason or 'not a host name').lower()}"
            raise ConnectError(f"{message}: {printable(host)}", printable(host)) from error
        return list(dict.fromkeys(endpoints))


class _ClosedIfItFails:
    """Let nothing that goes wrong, a cancellation neither, leave a socket open."""

    def __init__(self, sock: socket.socket, failure: type[NetworkError], where: Endpoint) -> None:
        self._sock = sock
        self._failure = failure
        self._where = where

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            self._sock.close()
        if isinstance(error, OSError):
            raise mapped(self._failure, error, self._where) from error


async def _connected(sock: socket.socket, remote: Endpoint) -> None:
    """Start the TCP handshake and wait for its end.

    Raises:
        OSError: It failed.
    """
    try:
        sock.connect((remote.host, remote.port))
    except BlockingIOError:
        if not _is_connected(sock):
            await trio.lowlevel.wait_writable(sock)
            if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
                raise OSError(number, os.strerror(number)) from None
            return
    # No turn of the loop: whoever has a connection waits for an answer next.
    await trio.lowlevel.checkpoint_if_cancelled()


def _is_connected(sock: socket.socket) -> bool:
    """Whether a handshake is over already: with this very machine it takes no time."""
    try:
        sock.getpeername()
    except OSError:
        return False
    return True

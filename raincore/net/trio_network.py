"""The Network protocol over real sockets.

The one place where sockets are made: what applies to all of them belongs into `_new_socket`.
The system's own buffer sizes are kept: fixing them measured no better on loopback.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, FormatError, ListenError, NetworkError
from raincore.base.printable import printable
from raincore.net.datagram_socket import DatagramSocket
from raincore.net.multicast_socket import MulticastSocket

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from raincore.net.hub import Hub
    from raincore.net.interface import (
        Buffer,
        Datagrams,
        Listener,
        Multicast,
        OnConnection,
        OnDatagram,
        OnReady,
        Stream,
    )

__all__ = ["TrioNetwork"]

log = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections that the system completes ahead of us, if it allows so many."""

ACCEPTS_PER_TURN = 64
"""Connections taken from one ready listener before other sockets get their turn."""

ACCEPT_PAUSE_SECONDS = 1.0
"""How long a listener rests when the process has no descriptor left."""

EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

AnyNetworkError = TypeVar("AnyNetworkError", bound=NetworkError)


def _mapped(
    kind: type[AnyNetworkError], error: OSError, endpoint: Endpoint | None
) -> AnyNetworkError:
    """Turn the system's error into ours: "connection refused: 192.0.2.1:6881"."""
    reason = (error.strerror or str(error)).lower()
    return kind(f"{reason}: {endpoint}", str(endpoint))


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


def _endpoint(address: tuple[Any, ...]) -> Endpoint:
    return Endpoint(address[0], address[1])


class _SocketStream:
    """A connected TCP socket; implements net.interface.Stream."""

    __slots__ = ("_hub", "_receive_into", "_send", "_sock", "_waiting", "local", "remote")

    def __init__(self, hub: Hub, sock: socket.socket, local: Endpoint, remote: Endpoint) -> None:
        self._hub = hub
        self._sock = sock
        self._receive_into = sock.recv_into
        self._send = sock.sendmsg
        self._waiting = 0
        self.local = local
        self.remote = remote

    def receive_into(self, buffer: memoryview) -> int:
        try:
            return self._receive_into(buffer)
        except BlockingIOError:
            raise
        except OSError as error:
            raise _mapped(NetworkError, error, self.remote) from error

    def send(self, buffers: Sequence[Buffer]) -> int:
        try:
            # Never a signal, whatever the program has arranged for broken pipes.
            return self._send(buffers, (), socket.MSG_NOSIGNAL)
        except BlockingIOError:
            raise
        except OSError as error:
            raise _mapped(NetworkError, error, self.remote) from error

    async def wait_readable(self) -> None:
        await self._wait(trio.lowlevel.wait_readable)

    async def wait_writable(self) -> None:
        await self._wait(trio.lowlevel.wait_writable)

    async def _wait(self, condition: Callable[[socket.socket], Awaitable[None]]) -> None:
        self._waiting += 1
        try:
            await condition(self._sock)
        except (trio.ClosedResourceError, OSError, ValueError) as error:
            raise NetworkError(f"closed by us: {self.remote}", str(self.remote)) from error
        finally:
            self._waiting -= 1

    def watch(self, on_readable: OnReady | None, on_writable: OnReady | None) -> None:
        fd = self._sock.fileno()
        if fd >= 0:
            self._hub.watch(fd, on_readable, on_writable)

    def close(self) -> None:
        fd = self._sock.fileno()
        if fd >= 0:
            self._hub.forget(fd)
            if self._waiting:
                trio.lowlevel.notify_closing(fd)
            self._sock.close()


class _SocketListener:
    """A listening TCP socket; implements net.interface.Listener."""

    def __init__(self, hub: Hub, sock: socket.socket, on_connection: OnConnection) -> None:
        self._hub = hub
        self._sock = sock
        self._on_connection = on_connection
        self.endpoint = _endpoint(sock.getsockname())
        hub.watch(sock.fileno(), self._accept, None)

    def close(self) -> None:
        if self._sock.fileno() >= 0:
            self._hub.forget(self._sock.fileno())
            self._sock.close()

    def _accept(self) -> None:
        for _ in range(ACCEPTS_PER_TURN):
            try:
                sock, address = self._sock.accept()
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno in EXHAUSTED:
                    self._pause(error)
                    return
                continue  # that connection broke before it was ours (accept(2), "Errors")
            sock.setblocking(False)
            try:
                local = _endpoint(sock.getsockname())
            except OSError:
                sock.close()
                continue
            self._on_connection(_SocketStream(self._hub, sock, local, _endpoint(address)))
            if self._sock.fileno() < 0:
                return

    def _pause(self, error: OSError) -> None:
        """Rest for a while: the listener would stay ready and the hub would spin."""
        log.warning(
            "accepting paused", extra={"listener": str(self.endpoint), "reason": error.strerror}
        )
        self._hub.forget(self._sock.fileno())
        trio.lowlevel.spawn_system_task(self._resume)

    async def _resume(self) -> None:
        await trio.sleep(ACCEPT_PAUSE_SECONDS)
        if self._sock.fileno() >= 0:
            self._hub.watch(self._sock.fileno(), self._accept, None)


class TrioNetwork:
    """Sockets of this machine; implements net.interface.Network.

    Args:
        hub: Watches listeners and established streams; must be running.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    async def connect(self, remote: Endpoint) -> Stream:
        """Connect over TCP; see net.interface.Network."""
        try:
            sock = _new_socket(remote)
        except OSError as error:
            raise _mapped(ConnectError, error, remote) from error
        try:
            await _connected(sock, remote)
            local = _endpoint(sock.getsockname())
            # Dialling a free port of this machine can meet itself: a TCP simultaneous
            # open, when the system picks that very port for our end.
            if local == _endpoint(sock.getpeername()):
                raise OSError(errno.ECONNREFUSED, os.strerror(errno.ECONNREFUSED))
        except OSError as error:
            sock.close()
            raise _mapped(ConnectError, error, remote) from error
        except BaseException:
            sock.close()
            raise
        return _SocketStream(self._hub, sock, local, remote)

    def listen(self, local: Endpoint, on_connection: OnConnection) -> Listener:
        """Listen on TCP; see net.interface.Network.

        An IPv6 listener takes IPv6 only, so that one port can be listened on twice.
        """
        try:
            sock = _new_socket(local)
        except OSError as error:
            raise _mapped(ListenError, error, local) from error
        try:
            # Or a restart would wait for the last run's connections to be forgotten.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if local.is_ipv6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((local.host, local.port))
            sock.listen(BACKLOG)
            return _SocketListener(self._hub, sock, on_connection)
        except OSError as error:
            sock.close()
            raise _mapped(ListenError, error, local) from error

    def datagrams(self, local: Endpoint, on_datagram: OnDatagram) -> Datagrams:
        """Bind a UDP socket; see net.interface.Network."""
        try:
            sock = _new_socket(local, socket.SOCK_DGRAM)
        except OSError as error:
            raise _mapped(ListenError, error, local) from error
        try:
            if local.is_ipv6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            sock.bind((local.host, local.port))
            return DatagramSocket(self._hub, sock, on_datagram)
        except OSError as error:
            sock.close()
            raise _mapped(ListenError, error, local) from error

    def multicast(self, group: Endpoint, on_datagram: OnDatagram) -> Multicast:
        """Join a group on all devices; see net.interface.Network."""
        try:
            make = partial(_new_socket, group, socket.SOCK_DGRAM)
            return MulticastSocket(self._hub, make, group, on_datagram)
        except OSError as error:
            raise _mapped(ListenError, error, group) from error

    async def resolve(self, host: str, port: int) -> list[Endpoint]:
        """Look a name up, in a thread unless it is a literal; see net.interface.Network."""
        try:
            return [Endpoint(host, port)]
        except FormatError:
            pass  # a name, then
        try:
            Endpoint("::", port)  # the system's resolver cuts a large port to 16 bits
            found = await trio.socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            endpoints = [_endpoint(address) for *_, address in found]
        except (OSError, ValueError, OverflowError, FormatError) as error:
            reason = error.strerror if isinstance(error, OSError) else None
            message = f"cannot resolve host: {(reason or 'not a host name').lower()}"
            raise ConnectError(f"{message}: {printable(host)}", printable(host)) from error
        return list(dict.fromkeys(endpoints))


async def _connected(sock: socket.socket, remote: Endpoint) -> None:
    """Start the TCP handshake and wait for its end.

    Raises:
        OSError: It failed.
    """
    try:
        sock.connect((remote.host, remote.port))
    except BlockingIOError:
        await trio.lowlevel.wait_writable(sock)
        if number := sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise OSError(number, os.strerror(number)) from None
    else:
        await trio.lowlevel.checkpoint()

"""A connected TCP socket as a Stream, and the system's errors as ours."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, TypeVar

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import NetworkError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from raincore.net.hub import Hub
    from raincore.net.interface import Buffer, OnReady

__all__ = ["SocketStream", "endpoint_of", "mapped"]

AnyNetworkError = TypeVar("AnyNetworkError", bound=NetworkError)


def mapped(
    kind: type[AnyNetworkError], error: OSError, endpoint: Endpoint | None
) -> AnyNetworkError:
    """Turn the system's error into ours: "connection refused: 192.0.2.1:6881"."""
    reason = (error.strerror or str(error)).lower()
    return kind(f"{reason}: {endpoint}", str(endpoint))


def endpoint_of(address: tuple[Any, ...]) -> Endpoint:
    """What the system calls an address."""
    return Endpoint(address[0], address[1])


class SocketStream:
    """A connected TCP socket; implements net.interface.Stream.

    Args:
        hub: Calls back who watches it.
        sock: Non-blocking; closed by `close`.
        local: Our end.
        remote: Their end.
    """

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
        """See net.interface.Stream."""
        try:
            return self._receive_into(buffer)
        except BlockingIOError:
            raise
        except OSError as error:
            raise mapped(NetworkError, error, self.remote) from error

    def send(self, buffers: Sequence[Buffer]) -> int:
        """See net.interface.Stream."""
        try:
            # Never a signal, whatever the program has arranged for broken pipes.
            return self._send(buffers, (), socket.MSG_NOSIGNAL)
        except BlockingIOError:
            raise
        except OSError as error:
            raise mapped(NetworkError, error, self.remote) from error

    async def wait_readable(self) -> None:
        """Wait until `receive_into` would not raise BlockingIOError."""
        await self._wait(trio.lowlevel.wait_readable)

    async def wait_writable(self) -> None:
        """Wait until `send` would not raise BlockingIOError."""
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
        """See net.interface.Stream."""
        fd = self._sock.fileno()
        if fd >= 0:
            self._hub.watch(fd, on_readable, on_writable)

    def close(self) -> None:
        """Close at once and stop watching; harmless when repeated."""
        fd = self._sock.fileno()
        if fd >= 0:
            self._hub.forget(fd)
            if self._waiting:
                trio.lowlevel.notify_closing(fd)
            self._sock.close()

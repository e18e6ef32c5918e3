"""A listening TCP socket in the hub: takes what comes, and rests when there is no room."""

from __future__ import annotations

import logging
import math
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NotBound
from raincore.net.binding import ANYWHERE
from raincore.net.exhaustion import EXHAUSTED
from raincore.net.socket_stream import SocketStream, endpoint_of

if TYPE_CHECKING:
    import socket

    from raincore.net.binding import Binding
    from raincore.net.hub import Hub
    from raincore.net.interface import OnConnection

__all__ = ["SocketListener"]

log = logging.getLogger(__name__)

ACCEPTS_PER_TURN = 64
"""Connections taken from one ready listener before other sockets get their turn."""

ACCEPT_PAUSE_SECONDS = 1.0
"""How long a listener rests when the process has no descriptor left."""

WARNING_SECONDS = 600.0
"""It is said once, not each second while it lasts."""


class SocketListener:
    """A listening TCP socket; implements net.interface.Listener.

    Args:
        hub: Watches it.
        sock: Listening and non-blocking; closed by `close`.
        on_connection: As `Network.listen` says.
        binding: Where what comes in has to stay.
    """

    def __init__(
        self,
        hub: Hub,
        sock: socket.socket,
        on_connection: OnConnection,
        binding: Binding = ANYWHERE,
    ) -> None:
        self._hub = hub
        self._sock = sock
        self._on_connection = on_connection
        self._binding = binding
        self._warned_at = -math.inf
        self.endpoint = endpoint_of(sock.getsockname())
        hub.watch(sock.fileno(), self._accept, None)

    def close(self) -> None:
        """Stop listening; harmless when repeated."""
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
            remote = endpoint_of(address)
            try:
                self._binding.accept(sock, remote)
                local = endpoint_of(sock.getsockname())
            except (OSError, NotBound):
                sock.close()
                continue
            self._on_connection(SocketStream(self._hub, sock, local, remote))
            if self._sock.fileno() < 0:
                return

    def _pause(self, error: OSError) -> None:
        """Rest for a while: the listener would stay ready and the hub would spin."""
        now = trio.current_time()
        if now - self._warned_at >= WARNING_SECONDS:
            self._warned_at = now
            facts = {"listener": str(self.endpoint), "reason": error.strerror}
            log.warning("accepting paused", extra={"facts": facts})
        self._hub.forget(self._sock.fileno())
        trio.lowlevel.spawn_system_task(self._resume)

    async def _resume(self) -> None:
        await trio.sleep(ACCEPT_PAUSE_SECONDS)
        if self._sock.fileno() >= 0:
            self._hub.watch(self._sock.fileno(), self._accept, None)

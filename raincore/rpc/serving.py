"""The HTTP server around an application, on trio; the door to hypercorn.

Connections are ours: counted, given a deadline for whatever they send or take, and closed
when the server ends, whatever their other end does. hypercorn speaks HTTP on them. Its
context of a connection, once terminated, ends that after the answer on its way; it is how we
say that the client has gone, which hypercorn by itself sees only when keeping alive ends.
"""

from __future__ import annotations

import logging
import socket
import ssl
from functools import partial
from typing import TYPE_CHECKING, Any

import trio
from hypercorn.app_wrappers import ASGIWrapper
from hypercorn.config import Config as HttpConfig
from hypercorn.trio.tcp_server import TCPServer
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import ConnectionState

from raincore.base.errors import ConfigError
from raincore.base.printable import printable
from raincore.rpc.ends import Client, Ends, Patient
from raincore.rpc.listening import close_listeners
from raincore.rpc.spare import Spare

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.server_config import RpcRules
    from raincore.rpc.application import Application

__all__ = ["HttpServer", "tls_context"]

HEAD_SECONDS = 10.0  # for the head of a request, and between two of them
MAX_HEAD = 32 * 1024
KEEP_ALIVE = (
    (socket.TCP_KEEPIDLE, 60),
    (socket.TCP_KEEPINTVL, 15),
    (socket.TCP_KEEPCNT, 4),
)
MOST_SECONDS = 1.0
log = logging.getLogger(__name__)


class HttpServer:
    """Serves until it is cancelled or told to end.

    Args:
        application: Answers requests.
        rules: How many connections there may be, and how long they may still take at the
            end.
        tls: Makes it https.
    """

    def __init__(
        self, application: Application, rules: RpcRules, tls: ssl.SSLContext | None = None
    ) -> None:
        self._end_streams = application.end_streams
        self._application = application
        self._rules = rules
        self._tls = tls
        self._open: dict[Client, None] = {}  # whoever has been idle longest is the first
        self._one_closed = trio.Event()
        self._turned_away = False
        self._refused = False
        self._spare = Spare()
        self._config = config = HttpConfig()
        config.errorlog = logging.getLogger("raincore.rpc.http")
        config.keep_alive_timeout = HEAD_SECONDS
        config.keep_alive_max_requests = 10**9
        config.h11_max_incomplete_size = MAX_HEAD
        config.ssl_handshake_timeout = HEAD_SECONDS
        config.include_server_header = False
        config.max_app_queue_size = 4
        config.alpn_protocols = ["http/1.1"]

    async def serve(
        self,
        listeners: Sequence[trio.SocketListener],
        ended: trio.Event,
    ) -> None:
        """Answer on some sockets until `ended`, then let requests end for a while.

        Waits `shutdown_timeout_seconds` after that, a second at most, since a process that was
        told to end has five for everything; cancelling closes at once. The
        listeners are closed. Leaves no task behind.
        """
        async with trio.open_nursery() as connections:
            try:
                async with trio.open_nursery() as accepting:
                    for listener in listeners:
                        accepting.start_soon(self._accept, listener, connections)
                    await ended.wait()
                    accepting.cancel_scope.cancel()
                for client in self._open:
                    client.has_more = False
                    await client.context.terminated.set()  # idle connections end now
                self._end_streams()
                with trio.move_on_after(min(self._rules.shutdown_timeout_seconds, MOST_SECONDS)):
                    while self._open:
                        await self._one_closed.wait()
            finally:
                # A reply is sent in spite of any cancellation; to close it is what ends it.
                with trio.CancelScope(shield=True):
                    await close_listeners(listeners)
                    for client in list(self._open):
                        await trio.aclose_forcefully(client.stream)
                    self._spare.close()
                connections.cancel_scope.cancel()

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._open)

    async def _accept(self, listener: trio.SocketListener, connections: trio.Nursery) -> None:
        while True:
            try:
                stream = await listener.accept()
            except OSError as error:  # out of descriptors, most likely
                if not (self._spare.lend() or await self._close_idle()):
                    self._say_refused(error)
                    await trio.sleep(0.5)
                continue
            self._spare.refill()
            if len(self._open) >= self._rules.max_connections and not await self._make_room():
                await trio.aclose_forcefully(stream)
                continue
            _keep_alive(stream)
            connections.start_soon(self._serve_one, stream)

    async def _serve_one(self, stream: trio.SocketStream) -> None:
        client = Client(stream, WorkerContext(None))
        self._open[client] = None
        whole: Any = Patient(stream)
        if self._tls is not None:
            whole = trio.SSLStream(whole, self._tls, server_side=True, https_compatible=True)

        async def application(scope: Any, receive: Any, send: Any) -> None:
            client.begin(scope)
            try:
                await self._application(scope, partial(client.hear, receive), send)
            finally:
                client.end()
                if client in self._open:
                    self._open[client] = self._open.pop(client)

        wrapped = ASGIWrapper(application)
        ends = Ends(whole, client)
        try:
            # Typed for its own streams.
            state: Any = ConnectionState({})
            await TCPServer(wrapped, self._config, client.context, state, ends)  # type: ignore[arg-type]
        except (trio.BrokenResourceError, trio.ClosedResourceError, OSError, ssl.SSLError):
            pass  # they left in the middle of something
        except Exception:
            # A client that confuses the HTTP library must not end the server.
            log.exception("a connection failed; this is a bug")
        finally:
            self._open.pop(client, None)
            self._one_closed.set()
            self._one_closed = trio.Event()
            stream.socket.close()
            self._spare.refill()  # before anybody else has it
            await trio.aclose_forcefully(stream)

    async def _make_room(self) -> bool:
        """Let somebody in although there are as many as there may be."""
        self._say_full()
        return await self._close_idle()

    async def _close_idle(self) -> bool:
        """Close whoever has asked nothing for longest, so that nobody locks others out."""
        now = trio.current_time()
        idle = next((client for client in self._open if client.is_idle(now)), None)
        if idle is None:
            return False
        del self._open[idle]
        idle.is_gone = True
        await trio.aclose_forcefully(idle.stream)
        return True

    def _say_refused(self, error: OSError) -> None:
        if not self._refused:
            self._refused = True
            log.warning("no connection can be accepted", extra={"facts": {"error": error}})

    def _say_full(self) -> None:
        if not self._turned_away:
            self._turned_away = True
            facts = {"rpc-max-connections": self._rules.max_connections}
            text = "too many connections; idle ones are closed, then new ones"
            log.warning(text, extra={"facts": facts})


def _keep_alive(stream: trio.SocketStream) -> None:
    """Notice within two minutes that a client is gone that only listens, without a word."""
    if stream.socket.family == socket.AF_UNIX:
        return
    stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in KEEP_ALIVE:
        stream.setsockopt(socket.IPPROTO_TCP, option, value)


def tls_context(rules: RpcRules) -> ssl.SSLContext | None:
    """The terms of TLS that certificate and key files ask for; None without any.

    Raises:
        ConfigError: They cannot be read, or do not belong together.
    """
    if not rules.tls_cert:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    for key, path in (("rpc-tls-cert", rules.tls_cert), ("rpc-tls-key", rules.tls_key)):
        try:
            with open(path, "rb"):
                pass
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            raise ConfigError(f"cannot use {key}, {why}: {printable(path)}") from error
    try:
        context.load_cert_chain(rules.tls_cert, rules.tls_key, password=_no_password)
    except (OSError, ValueError) as error:
        where = f"{printable(rules.tls_cert)}, {printable(rules.tls_key)}"
        why = _why(error)
        raise ConfigError(f"cannot use rpc-tls-cert and rpc-tls-key, {why}: {where}") from error
    return context


def _why(error: OSError | ValueError) -> str:
    """What is wrong with the files; the library names functions of its own."""
    if not isinstance(error, ssl.SSLError):
        return str(error)
    if "MISMATCH" in (error.reason or ""):
        return "the key is not that of the certificate"
    return "a certificate and its key are not there, or not as PEM"


def _no_password() -> str:
    raise ValueError("the key has a password")

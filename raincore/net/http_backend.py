"""Connections for the HTTP library over our own sockets, and what TLS demands of servers.

Whatever holds for the sockets of a Network holds for these. A name may have many addresses,
some of which lead nowhere: they are tried in turn, and all but the last for a few seconds.
"""

from __future__ import annotations

import math
import ssl
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import httpcore2
import trio

from raincore.base.addresses import is_global, stands_for_name
from raincore.base.errors import ConnectError, NetworkError
from raincore.base.printable import printable
from raincore.net.byte_stream import ByteStream
from raincore.net.http_body import HeadSplitter, PlainSource, SecuredSource

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.endpoint import Endpoint
    from raincore.net.http_body import RawSource
    from raincore.net.interface import Network, Stream

__all__ = [
    "NO_HASTE",
    "Backend",
    "Connection",
    "Kind",
    "Pools",
    "Steps",
    "is_public",
    "made_for",
    "tls_context",
]

MAX_CONNECTIONS = 50
"""At once, of one kind, over all hosts; further requests wait."""
KEEP_SECONDS = 60.0

MAX_ADDRESSES = 8
"""Of one name, that are tried."""
ONLY_PUBLIC = "a stranger's redirect or query must not lead into our own network"
CONNECT_SECONDS = 5.0
"""For one address when others could be tried."""


def is_public(endpoint: Endpoint, name: str = "") -> bool:
    """Whether an address is on the internet, rather than this machine or its neighbourhood.

    Args:
        name: What it was found by. Where a proxy looks that up, only the proxy can tell.
    """
    if stands_for_name(endpoint) and endpoint.host != name:
        return True
    return is_global(endpoint.host)


def tls_context(*, verify: bool) -> ssl.SSLContext:
    """Make the terms of TLS: the system's authorities, or those of SSL_CERT_FILE.

    Takes 30 ms.

    Args:
        verify: Whether servers must prove who they are.
    """
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


class Kind(NamedTuple):
    """Connections that must not be taken for others.

    Args:
        family: 4 or 6 to use only such addresses, 0 for any.
        public_only: Refuse addresses that are not on the internet.
        splits: Keep bodies from the library (net.http_body).
    """

    family: int = 0
    public_only: bool = False
    splits: bool = False


class Steps(NamedTuple):
    """How long a server may take to let us in, in seconds.

    Args:
        connect: To connect, the look-up of its name included.
        tls: To agree on TLS.
    """

    connect: float = math.inf
    tls: float = math.inf


NO_HASTE = Steps()

made_for: ContextVar[list[str] | None] = ContextVar("made_for", default=None)
"""Where whoever asks has set it to a list, the hosts that a request had to connect to. (Tracing
by the library would tell, too, in ten calls for each request.)"""


class Pools:
    """The connections of one client, by kind. Close them by `aclose`.

    Args:
        network: Makes the sockets.
        verify_tls: Whether servers must prove who they are.
        steps: How long making a connection may take.
    """

    def __init__(self, network: Network, *, verify_tls: bool, steps: Steps = NO_HASTE) -> None:
        self._steps = steps
        self._network = network
        self._verify_tls = verify_tls
        self._context: ssl.SSLContext | None = None
        self._pools: dict[tuple[Kind, bool], httpcore2.AsyncConnectionPool] = {}

    def of(self, kind: Kind, url: str) -> httpcore2.AsyncConnectionPool:
        """The connections of a kind, for what is asked of one URL, http or https."""
        secured = url.startswith("https:")
        pool = self._pools.get((kind, secured))
        if pool is None:
            if secured and self._context is None:  # once for all, and not if all speak plainly
                self._context = tls_context(verify=self._verify_tls)
            pool = self._pools[kind, secured] = httpcore2.AsyncConnectionPool(
                ssl_context=self._context,
                max_connections=MAX_CONNECTIONS,
                keepalive_expiry=KEEP_SECONDS,
                network_backend=Backend(self._network, kind, self._steps),
            )
        return pool

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()


class Backend(httpcore2.AsyncNetworkBackend):
    """Connections for httpcore2, made by a Network.

    Args:
        network: Makes the sockets.
        kind: Which.
        steps: How long that may take.
    """

    def __init__(self, network: Network, kind: Kind, steps: Steps = NO_HASTE) -> None:
        self._network = network
        self._kind = kind
        self._steps = steps

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the library's signature, as below
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to one of the addresses of a host.

        Raises:
            ConnectError: None of them can be used, or answered in time.
        """
        if (made := made_for.get()) is not None:
            made.append(host)
        with trio.move_on_after(self._steps.connect):
            return await self._connect(host, port)
        raise ConnectError(f"no connection within {self._steps.connect:g} s", host)

    async def _connect(self, host: str, port: int) -> Connection:
        failure = ConnectError(f"no address of this kind: {printable(host)}", host)
        usable = []
        for endpoint in await self._network.resolve(host, port):
            if self._kind.family not in (0, 6 if endpoint.is_ipv6 else 4):
                continue
            if self._kind.public_only and not is_public(endpoint, host):
                failure = ConnectError(f"{ONLY_PUBLIC}: {endpoint}", host)
                continue
            usable.append(endpoint)
        del usable[MAX_ADDRESSES:]
        for left, endpoint in zip(reversed(range(len(usable))), usable, strict=True):
            with trio.move_on_after(CONNECT_SECONDS if left else float("inf")):
                try:
                    stream = await self._network.connect(endpoint)
                    return Connection(
                        stream, endpoint, splits=self._kind.splits, tls_seconds=self._steps.tls
                    )
                except ConnectError as error:
                    failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        """Wait, between attempts of the library's own."""
        await trio.sleep(seconds)


class Connection(httpcore2.AsyncNetworkStream):
    """One connection as httpcore2 wants it; its time-outs are not used, ours bound it all.

    Args:
        stream: Ours, which the secured one, if there is one, sits on.
        remote: Where it leads.
        secured: Speaks TLS.
        splits: Keep bodies from the library.
        tls_seconds: How long agreeing on TLS may take.
    """

    def __init__(
        self,
        stream: Stream,
        remote: Endpoint,
        secured: trio.abc.Stream | None = None,
        *,
        splits: bool = False,
        tls_seconds: float = math.inf,
    ) -> None:
        self._tls_seconds = tls_seconds
        self.remote = remote
        self.splitter = HeadSplitter() if splits else None
        self.source: RawSource = SecuredSource(secured) if secured else PlainSource(stream)
        self._stream = stream
        self._bytes: trio.abc.Stream = secured or ByteStream(stream)

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """Wait for bytes that are the library's business; b"" at the end."""
        while True:
            data = bytes(await self._bytes.receive_some(max_bytes))
            shown = data if self.splitter is None else self.splitter.feed(data)
            if shown or not data:
                return shown

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """Send everything; a request begins. WriteError: they have closed, maybe answered."""
        if buffer and self.splitter is not None:
            self.splitter.begin()
        try:
            await self._bytes.send_all(buffer)
        except trio.BrokenResourceError as error:  # the library reads then what they have said
            raise httpcore2.WriteError(str(error)) from error

    async def aclose(self) -> None:
        """Close at once."""
        await trio.aclose_forcefully(self._bytes)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        """Speak TLS from now on.

        Raises:
            ConnectError: It failed or took too long, or the server is not who it should be.
        """
        secured = trio.SSLStream(
            self._bytes, ssl_context, server_hostname=server_hostname, https_compatible=True
        )
        try:
            with trio.move_on_after(self._tls_seconds) as patience:
                await secured.do_handshake()
        except trio.BrokenResourceError as error:
            await self.aclose()
            cause = error.__cause__
            reason = getattr(cause, "verify_message", "") or getattr(cause, "reason", None)
            text = (reason or "it broke off").lower().replace("_", " ")
            raise ConnectError(f"{text}: {self.remote}", str(self.remote)) from error
        if patience.cancelled_caught:
            await self.aclose()
            raise ConnectError(f"no TLS within {self._tls_seconds:g} s: {self.remote}")
        splits = self.splitter is not None
        return Connection(self._stream, self.remote, secured, splits=splits)

    def get_extra_info(self, info: str) -> Any:
        """What the library, or its caller, wants to know."""
        if info == "is_readable":  # asked of an idle connection: is it over?
            return self._has_ended()
        return self.remote if info == "server_addr" else None

    def _has_ended(self) -> bool:
        try:
            self._stream.receive_into(memoryview(bytearray(1)))
        except BlockingIOError:
            return False
        except NetworkError:
            pass
        return True  # nothing is due, so it has closed, or speaks out of turn

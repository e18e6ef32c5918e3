"""Bounded HTTP requests over our own sockets. The door to the HTTP library.

httpcore2 speaks the protocol and keeps connections; sockets come from the Network, so that
whatever holds for sockets holds here. A request has a deadline and a largest body, both of
which bound hostile servers: slow ones, endless ones, and those that send a little that
unpacks into a lot. Redirects are followed, but not from the internet to this machine or
its neighbours.
"""

from __future__ import annotations

import ipaddress
import ssl
import zlib
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

import httpcore2
import trio

import raincore
from raincore.base.errors import ConnectError, FormatError, NetworkError, TimedOut
from raincore.base.printable import printable
from raincore.formats import http_url
from raincore.net.byte_stream import ByteStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.endpoint import Endpoint
    from raincore.net.interface import Network

__all__ = ["HttpClient", "HttpReply"]

MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
MAX_CONNECTIONS = 50
"""At once, over all hosts; further requests wait."""
KEEP_SECONDS = 60.0
AGENT = f"rain/{raincore.__version__}"
BROKEN = (httpcore2.NetworkError, httpcore2.ProtocolError, trio.BrokenResourceError, OSError)


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What a server answered.

    Args:
        status: 200 and so on.
        headers: By name in lower case; the last counts.
        body: Unpacked.
        url: Where it came from after all redirects.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    url: str


class _Backend(httpcore2.AsyncNetworkBackend):
    """Connections for httpcore2, made by a Network.

    Args:
        family: 4 or 6 to use only such addresses, 0 for any.
        public_only: Refuse addresses that are not on the internet.
    """

    def __init__(self, network: Network, family: int, public_only: bool) -> None:
        self._network = network
        self._family = family
        self._public_only = public_only

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # the library's signature, as below
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        failure = ConnectError(f"no address of this kind: {printable(host)}", host)
        for endpoint in await self._network.resolve(host, port):
            if self._family and self._family != (6 if endpoint.is_ipv6 else 4):
                continue
            if self._public_only and not is_public(endpoint):
                failure = ConnectError(f"redirected from the internet to {endpoint}", host)
                continue
            try:
                return _Connection(ByteStream(await self._network.connect(endpoint)), endpoint)
            except ConnectError as error:
                failure = error
        raise failure

    async def sleep(self, seconds: float) -> None:
        await trio.sleep(seconds)


class _Connection(httpcore2.AsyncNetworkStream):
    """One connection as httpcore2 wants it; its time-outs are not used, ours bound it all."""

    def __init__(self, stream: trio.abc.Stream, remote: Endpoint) -> None:
        self._stream = stream
        self._remote = remote

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        return bytes(await self._stream.receive_some(max_bytes))

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if buffer:
            await self._stream.send_all(buffer)

    async def aclose(self) -> None:
        await trio.aclose_forcefully(self._stream)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> httpcore2.AsyncNetworkStream:
        secured = trio.SSLStream(
            self._stream, ssl_context, server_hostname=server_hostname, https_compatible=True
        )
        try:
            await secured.do_handshake()
        except trio.BrokenResourceError as error:
            await self.aclose()
            cause = error.__cause__
            reason = getattr(cause, "verify_message", "") or "TLS handshake failed"
            raise ConnectError(f"{reason.lower()}: {self._remote}", str(self._remote)) from error
        return _Connection(secured, self._remote)

    def get_extra_info(self, info: str) -> Any:
        return self._remote if info == "server_addr" else None


class HttpClient:
    """Requests that share connections. Close it by `aclose`.

    Args:
        network: Makes the sockets.
        verify_tls: Whether servers must prove who they are.
    """

    def __init__(self, network: Network, *, verify_tls: bool = True) -> None:
        self._network = network
        self._context: ssl.SSLContext | None = None
        self._verify_tls = verify_tls
        self._pools: dict[tuple[int, bool], httpcore2.AsyncConnectionPool] = {}

    async def get(
        self,
        url: str,
        *,
        seconds: float,
        max_bytes: int,
        family: int = 0,
        headers: dict[str, str] | None = None,
    ) -> HttpReply:
        """Fetch a URL, whatever the status of the answer.

        Args:
            url: http or https.
            seconds: How long it may take, redirects included.
            max_bytes: How long the body may be, packed and unpacked.
            family: 4 or 6 to use only such addresses, 0 for any.
            headers: Further ones.

        Raises:
            FormatError: It is no URL, or the body is too long.
            ConnectError: Nobody answered.
            TimedOut: It took too long.
            NetworkError: The conversation broke, or redirects do not end.

        Cancelling closes the connection.
        """
        place = http_url.parse(url).place
        with trio.move_on_after(seconds):
            try:
                return await self._follow(url, max_bytes, family, headers or {})
            except BROKEN as error:
                raise NetworkError(f"the connection broke: {place}", place) from error
        raise TimedOut(f"no answer within {seconds:g} s: {place}", place)

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()

    async def _follow(
        self, url: str, max_bytes: int, family: int, headers: dict[str, str]
    ) -> HttpReply:
        public_only = False
        for _ in range(MAX_REDIRECTS + 1):
            reply, remote = await self._once(url, max_bytes, (family, public_only), headers)
            place = reply.headers.get("location")
            if reply.status not in REDIRECTS or not place:
                return reply
            public_only = public_only or is_public(remote)
            url = urljoin(url, place)
        raise NetworkError(f"more than {MAX_REDIRECTS} redirects: {http_url.parse(url).place}")

    async def _once(
        self, url: str, max_bytes: int, kind: tuple[int, bool], headers: dict[str, str]
    ) -> tuple[HttpReply, Endpoint]:
        there = http_url.parse(url)
        fields = {"Host": there.place, "User-Agent": AGENT, "Accept-Encoding": "gzip", **headers}
        pool = self._pool(kind)
        async with pool.stream("GET", there.text, headers=list(fields.items())) as response:
            found = {
                name.decode("latin-1").lower(): value.decode("latin-1")
                for name, value in response.headers
            }
            body = bytearray()
            unpack = _unpacker(found.get("content-encoding", ""))
            read = 0
            async with aclosing(response.aiter_stream()) as parts:
                async for part in parts:
                    read += len(part)
                    body += unpack(part, max_bytes + 1 - len(body))
                    if max(read, len(body)) > max_bytes:
                        raise FormatError(f"answer is longer than {max_bytes} bytes: {there.place}")
            remote = response.extensions["network_stream"].get_extra_info("server_addr")
        return HttpReply(response.status, found, bytes(body), url), remote

    def _pool(self, kind: tuple[int, bool]) -> httpcore2.AsyncConnectionPool:
        pool = self._pools.get(kind)
        if pool is None:
            if self._context is None:  # once for all: making one takes 30 ms
                self._context = ssl.create_default_context()
                if not self._verify_tls:
                    self._context.check_hostname = False
                    self._context.verify_mode = ssl.CERT_NONE
            pool = self._pools[kind] = httpcore2.AsyncConnectionPool(
                ssl_context=self._context,
                max_connections=MAX_CONNECTIONS,
                keepalive_expiry=KEEP_SECONDS,
                network_backend=_Backend(self._network, *kind),
            )
        return pool


def is_public(endpoint: Endpoint) -> bool:
    """Whether an address is on the internet, rather than this machine or its neighbourhood."""
    return ipaddress.ip_address(endpoint.host).is_global


def _unpacker(encoding: str) -> Any:
    """A function that unpacks the next part of a body, and no more bytes of it than asked."""
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return lambda part, room: part
    unzip = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)

    def unpack(part: bytes, room: int) -> bytes:
        try:
            return unzip.decompress(part, max(room, 1))
        except zlib.error as error:
            raise NetworkError("the answer cannot be unpacked") from error

    return unpack

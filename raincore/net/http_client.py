"""Bounded HTTP requests over our own sockets.

httpcore2 speaks the protocol and keeps connections; net.http_backend connects. A request
has a deadline and a largest body, both of which bound hostile servers: slow ones, endless
ones, and those that send a little that unpacks into a lot. Redirects are followed, but not
from the internet to this machine or its neighbours. There are no cookies.
"""

from __future__ import annotations

import base64
import zlib
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit, urlunsplit

import httpcore2
import trio

import raincore
from raincore.base.errors import FormatError, NetworkError, TimedOut
from raincore.formats import http_url
from raincore.net.http_backend import Kind, Pools, is_public

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from raincore.base.endpoint import Endpoint
    from raincore.net.interface import Network

__all__ = [
    "BROKEN",
    "MAX_REDIRECTS",
    "REDIRECTS",
    "HttpClient",
    "HttpReply",
    "fields_of",
    "headers_of",
    "redirected",
]

MAX_REDIRECTS = 5
MAX_ANSWER = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LASTING = frozenset({301, 308})
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
        moved: Where to ask from now on, if the server said so (301, 308); else None.
        public: Whether any of the servers is on the internet: what is remembered of them
            must not lead to this machine later.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    moved: str | None = None
    public: bool = False


class HttpClient:
    """Requests that share connections. Close it by `aclose`.

    Args:
        network: Makes the sockets.
        verify_tls: Whether servers must prove who they are.
    """

    def __init__(self, network: Network, *, verify_tls: bool = True) -> None:
        self._pools = Pools(network, verify_tls=verify_tls)

    async def get(
        self,
        url: str,
        *,
        seconds: float,
        max_bytes: int,
        family: int = 0,
        headers: dict[str, str] | None = None,
        public_only: bool = False,
    ) -> HttpReply:
        """Fetch a URL, whatever the status of the answer.

        Args:
            url: http or https; with a user and password it is sent those (RFC 7617).
            seconds: How long it may take, redirects included.
            max_bytes: How long the body may be, packed and unpacked.
            family: 4 or 6 to use only such addresses, 0 for any.
            headers: Further ones.
            public_only: Refuse addresses that are not on the internet.

        Raises:
            FormatError: It is no URL, or the body is too long.
            ConnectError: Nobody answered.
            TimedOut: It took too long.
            NetworkError: The conversation broke, or redirects lead nowhere.

        Cancelling closes the connection.
        """
        place = http_url.parse(url).place
        with trio.move_on_after(seconds):
            try:
                return await self._follow(url, max_bytes, Kind(family, public_only), headers or {})
            except BROKEN as error:
                raise NetworkError(f"the connection broke: {place}", place) from error
        raise TimedOut(f"no answer within {seconds:g} s: {place}", place)

    async def post(
        self, url: str, content: AsyncIterator[bytes], headers: dict[str, str]
    ) -> HttpReply:
        """Send a body as it is made, whatever the status of the answer; no redirects.

        Args:
            url: As for `get`.
            content: The body, of any length.
            headers: Further ones.

        Raises:
            FormatError, ConnectError, NetworkError: As `get`; the answer may have 64 KiB.

        Takes as long as it takes: bound it by a cancel scope. Cancelling closes the
        connection.
        """
        place = http_url.parse(url).place
        try:
            reply, _ = await self._once(url, MAX_ANSWER, Kind(), headers, None, content)
        except BROKEN as error:
            raise NetworkError(f"the connection broke: {place}", place) from error
        return reply

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        await self._pools.aclose()

    async def _follow(
        self, url: str, max_bytes: int, kind: Kind, headers: dict[str, str]
    ) -> HttpReply:
        public = kind.public_only
        moved, lasting = None, True
        for _ in range(MAX_REDIRECTS + 1):
            reply, remote = await self._ask(url, max_bytes, Kind(kind.family, public), headers)
            public = public or is_public(remote)
            place = reply.headers.get("location")
            if reply.status not in REDIRECTS or not place:
                return replace(reply, moved=moved, public=public)
            url = redirected(url, place)
            lasting = lasting and reply.status in LASTING
            moved = url if lasting else moved
        raise NetworkError(f"more than {MAX_REDIRECTS} redirects: {http_url.parse(url).place}")

    async def _ask(
        self, url: str, max_bytes: int, kind: Kind, headers: dict[str, str]
    ) -> tuple[HttpReply, Endpoint]:
        """Ask once, or again if a kept connection turns out to have been closed meanwhile."""
        fresh: list[str] = []

        async def trace(what: str, facts: dict[str, Any]) -> None:
            if what == "connection.connect_tcp.started":
                fresh.append(what)

        try:
            return await self._once(url, max_bytes, kind, headers, trace)
        except BROKEN:
            if fresh:
                raise
        return await self._once(url, max_bytes, kind, headers, trace)

    async def _once(
        self,
        url: str,
        max_bytes: int,
        kind: Kind,
        headers: dict[str, str],
        trace: Any,
        content: AsyncIterator[bytes] | None = None,
    ) -> tuple[HttpReply, Endpoint]:
        there = http_url.parse(url)
        fields = fields_of(there, {"Accept-Encoding": "gzip", **headers})
        extensions = {} if trace is None else {"trace": trace}
        method = "GET" if content is None else "POST"
        if content is not None:
            fields.append(("Transfer-Encoding", "chunked"))
        async with self._pools.of(kind).stream(
            method, there.text, headers=fields, content=content, extensions=extensions
        ) as response:
            found = headers_of(response)
            announced = found.get("content-length", "")
            if announced.isdecimal() and int(announced[:20]) > max_bytes:
                raise FormatError(f"answer is longer than {max_bytes} bytes: {there.place}")
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


def fields_of(there: http_url.HttpUrl, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The header of a request for a URL."""
    fields = {"Host": there.place, "User-Agent": AGENT, **headers}
    if there.credentials:
        secret = base64.b64encode(there.credentials.encode("utf-8", "surrogateescape"))
        fields["Authorization"] = f"Basic {secret.decode()}"
    return list(fields.items())


def headers_of(response: httpcore2.Response) -> dict[str, str]:
    """The header of an answer, by name in lower case; the last of a name counts."""
    return {
        name.decode("latin-1").lower(): value.decode("utf-8", "surrogateescape")
        for name, value in response.headers
    }


def redirected(url: str, place: str) -> str:
    """Where a redirect leads; user and password go along to the same server only.

    Raises:
        NetworkError: Nowhere.
    """
    here = urlsplit(url)
    try:
        target = urljoin(url, place.strip())
        there = urlsplit(target)
        same = (there.scheme, there.hostname, there.port) == (here.scheme, here.hostname, here.port)
        if same and "@" in here.netloc and "@" not in there.netloc:
            target = urlunsplit(there._replace(netloc=here.netloc))
        http_url.parse(target)
    except (ValueError, FormatError) as error:
        where = http_url.parse(url).place
        raise NetworkError(f"redirected to what is no http address: {where}") from error
    return target


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

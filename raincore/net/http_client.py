"""Bounded HTTP requests over our own sockets.

Connections are net.http_pools' business. A request has a deadline and a largest body, both
of which bound hostile servers: slow ones, endless ones, and those that send a little that
unpacks into a lot. Redirects are followed, but not from the internet to this machine or its
neighbours. There are no cookies.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit, urlunsplit

import trio

import raincore
from raincore.base.errors import FormatError, NetworkError, TimedOut
from raincore.formats import http_url
from raincore.net import http_answers
from raincore.net.http_dialer import Kind, is_public
from raincore.net.http_pools import HttpPools

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping

    from raincore.base.endpoint import Endpoint
    from raincore.net.http_connection import HttpHead
    from raincore.net.interface import Network

__all__ = [
    "MAX_REDIRECTS",
    "REDIRECTS",
    "HttpClient",
    "HttpReply",
    "fields_of",
    "redirected",
]

MAX_REDIRECTS = 5
MAX_ANSWER = 64 * 1024
REDIRECTS = frozenset({301, 302, 303, 307, 308})
LASTING = frozenset({301, 308})
AGENT = f"rain/{raincore.__version__}"


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


class _Asked(NamedTuple):
    url: str
    query: str
    max_bytes: int
    headers: dict[str, str]

    @property
    def full(self) -> str:
        return http_url.joined(self.url, self.query) if self.query else self.url


class HttpClient:
    """Requests that share connections. Close it by `aclose`.

    Args:
        network: Makes the sockets.
        verify_tls: Whether servers must prove who they are.
    """

    def __init__(self, network: Network, *, verify_tls: bool = True) -> None:
        self._pools = HttpPools(network, verify_tls=verify_tls)

    async def get(
        self,
        url: str,
        query: str = "",
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
            query: What to ask beyond what `url` does; may travel as it is.
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
            asked = _Asked(url, query, max_bytes, headers or {})
            return await self._follow(asked, family, public_only)
        raise TimedOut(f"no answer within {seconds:g} s: {place}", place)

    async def post(
        self, url: str, content: AsyncGenerator[bytes], headers: dict[str, str]
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
        asked = _Asked(url, "", MAX_ANSWER, headers)
        head, body, _ = await self._once(asked, Kind(), content)
        return HttpReply(head.status, head.headers, body, url)

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        self._pools.close()

    async def _follow(self, asked: _Asked, family: int, public: bool) -> HttpReply:
        moved, lasting = None, True
        for _ in range(MAX_REDIRECTS + 1):
            head, body, remote = await self._once(asked, Kind(family, public))
            public = public or is_public(remote)
            place = head.headers.get("location")
            if head.status not in REDIRECTS or not place:
                return HttpReply(head.status, head.headers, body, asked.full, moved, public)
            url = redirected(asked.full, place)
            asked = asked._replace(url=url, query="")
            lasting = lasting and head.status in LASTING
            moved = url if lasting else moved
        raise NetworkError(f"more than {MAX_REDIRECTS} redirects: {http_url.parse(url).place}")

    async def _once(
        self, asked: _Asked, kind: Kind, content: AsyncGenerator[bytes] | None = None
    ) -> tuple[HttpHead, bytes, Endpoint]:
        there = http_url.parse(asked.url)
        if asked.query:
            there = there._replace(target=http_url.joined(there.target, asked.query))
        fields = fields_of(there, {"Accept-Encoding": "gzip", **asked.headers})
        if content is not None:
            fields.append(("Transfer-Encoding", "chunked"))
        held, head = await self._pools.ask(kind, there, fields, content)
        try:
            body = await http_answers.read(head, asked.max_bytes, there.place)
        finally:
            self._pools.give_back(held)
        return head, body, held.connection.remote


def fields_of(there: http_url.HttpUrl, headers: Mapping[str, str]) -> list[tuple[str, str]]:
    """The header of a request for a URL."""
    fields = {"Host": there.place, "User-Agent": AGENT, **headers}
    if there.credentials:
        secret = base64.b64encode(there.credentials.encode("utf-8", "surrogateescape"))
        fields["Authorization"] = f"Basic {secret.decode()}"
    return list(fields.items())


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

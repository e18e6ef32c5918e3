"""HTTP requests whose bodies the caller takes as they come; else as `http_client`."""

from __future__ import annotations

from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NetworkError, TimedOut
from raincore.formats import http_url
from raincore.net.http_client import MAX_REDIRECTS, REDIRECTS, fields_of, redirected
from raincore.net.http_dialer import NO_HASTE, Kind, Steps, is_public
from raincore.net.http_pools import HttpPools

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from raincore.net.http_body import Body
    from raincore.net.interface import Network

__all__ = ["HttpAnswer", "HttpStreams"]


@dataclass(slots=True, eq=False)
class HttpAnswer:
    """An answer whose body is still to come.

    Args:
        status: 200 and so on.
        headers: By name in lower case; the last counts.
        url: Where it came from after all redirects.
        public_only: Whether a server on the internet led there, so that what is remembered
            must not lead to this machine later.
        body: Not unpacked.
    """

    status: int
    headers: dict[str, str]
    url: str
    public_only: bool
    body: Body


class HttpStreams:
    """Requests that share connections. Close it by `aclose`.

    Args:
        network: Makes the sockets.
        verify_tls: Whether servers must prove who they are.
        steps: How long each step of a request may take.
    """

    def __init__(
        self, network: Network, *, verify_tls: bool = True, steps: Steps = NO_HASTE
    ) -> None:
        self._pools = HttpPools(network, verify_tls=verify_tls, steps=steps)

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        self._pools.close()

    @asynccontextmanager
    async def open(
        self, url: str, *, seconds: float, headers: dict[str, str], public_only: bool = False
    ) -> AsyncIterator[HttpAnswer]:
        """Ask for a URL and read the head of the answer, whatever its status.

        Args:
            url: http or https; with a user and password it is sent those (RFC 7617).
            seconds: How long that may take, redirects included. The body's time is for
                the caller to bound.
            headers: Further ones. The body is not unpacked: do not ask for it packed.
            public_only: Refuse addresses that are not on the internet.

        Raises:
            FormatError: It is no URL.
            ConnectError: Nobody answered.
            TimedOut: It took too long.
            NetworkError: The conversation broke, or redirects lead nowhere.

        A connection whose body was taken to its end is used again, others are closed.
        """
        place = http_url.parse(url).place
        with ExitStack() as stack:
            answer: HttpAnswer | None = None
            with trio.move_on_after(seconds):
                answer = await self._follow(url, public_only, headers, stack)
            if answer is None:
                raise TimedOut(f"no answer within {seconds:g} s: {place}", place)
            yield answer

    async def _follow(
        self, url: str, public_only: bool, headers: dict[str, str], stack: ExitStack
    ) -> HttpAnswer:
        """Ask until the answer is no redirect; leave it open, for `stack` to close."""
        for _ in range(MAX_REDIRECTS + 1):
            there = http_url.parse(url)
            fields = fields_of(there, headers)
            held, head = await self._pools.ask(Kind(0, public_only), there, fields)
            stack.callback(self._pools.give_back, held)
            place = head.headers.get("location")
            if head.status not in REDIRECTS or not place:
                return HttpAnswer(head.status, head.headers, url, public_only, head.body)
            stack.close()
            public_only = public_only or is_public(held.connection.remote)
            url = redirected(url, place)
        raise NetworkError(f"more than {MAX_REDIRECTS} redirects: {http_url.parse(url).place}")

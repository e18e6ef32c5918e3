"""HTTP requests whose bodies the caller takes as they come; else as `http_client`."""

from __future__ import annotations

import math
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import trio

from raincore.base.errors import NetworkError, TimedOut
from raincore.formats import http_url
from raincore.net.http_answers import connection_of, headers_of
from raincore.net.http_backend import NO_HASTE, Kind, Pools, Steps, is_public
from raincore.net.http_body import Body
from raincore.net.http_client import (
    BROKEN,
    MAX_REDIRECTS,
    REDIRECTS,
    fields_of,
    redirected,
)

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    import httpcore2

    from raincore.base.endpoint import Endpoint
    from raincore.formats.http_url import HttpUrl
    from raincore.net.interface import Network

__all__ = ["HttpAnswer", "HttpStreams"]

ASKED = "http11.receive_response_headers.started"
"""What the library says when the request has been sent."""


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
        steps: How long a server may take to let us in.
        head_seconds: And to answer what it was asked.
    """

    def __init__(
        self,
        network: Network,
        *,
        verify_tls: bool = True,
        steps: Steps = NO_HASTE,
        head_seconds: float = math.inf,
    ) -> None:
        self._pools = Pools(network, verify_tls=verify_tls, steps=steps)
        self._head_seconds = head_seconds

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        await self._pools.aclose()

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
        async with AsyncExitStack() as stack:
            answer: HttpAnswer | None = None
            with trio.move_on_after(seconds):
                try:
                    answer = await self._follow(url, public_only, headers, stack)
                except BROKEN as error:
                    raise NetworkError(f"the connection broke: {place}", place) from error
            if answer is None:
                raise TimedOut(f"no answer within {seconds:g} s: {place}", place)
            yield answer
            await answer.body.finish()

    async def _follow(
        self, url: str, public_only: bool, headers: dict[str, str], stack: AsyncExitStack
    ) -> HttpAnswer:
        """Ask until the answer is no redirect; leave it open, for `stack` to close."""
        for _ in range(MAX_REDIRECTS + 1):
            answer, remote = await self._ask(url, public_only, headers, stack)
            place = answer.headers.get("location")
            if answer.status not in REDIRECTS or not place:
                return answer
            await stack.aclose()
            public_only = public_only or is_public(remote)
            url = redirected(url, place)
        raise NetworkError(f"more than {MAX_REDIRECTS} redirects: {http_url.parse(url).place}")

    async def _ask(
        self, url: str, public_only: bool, headers: dict[str, str], stack: AsyncExitStack
    ) -> tuple[HttpAnswer, Endpoint]:
        there = http_url.parse(url)
        kind = Kind(0, public_only, splits=True)
        response = await self._response(there, kind, headers, stack)
        parts = _mapped(response.aiter_stream(), there.place)
        stack.push_async_callback(parts.aclose)
        connection = connection_of(response)
        splitter = connection.splitter
        assert splitter is not None
        body = Body(connection.source, splitter.length, parts, splitter.rest)
        found = headers_of(response)
        if splitter.length is not None:
            found["content-length"] = str(splitter.length)
        return HttpAnswer(response.status, found, url, public_only, body), connection.remote

    async def _response(
        self, there: HttpUrl, kind: Kind, headers: dict[str, str], stack: AsyncExitStack
    ) -> httpcore2.Response:
        """Ask once, or again if a kept connection turns out to have been closed meanwhile."""
        fresh: list[str] = []
        patience = trio.CancelScope()

        async def trace(what: str, facts: dict[str, Any]) -> None:
            if what == "connection.connect_tcp.started":
                fresh.append(what)
            elif what == ASKED:
                patience.deadline = trio.current_time() + self._head_seconds

        while True:
            opened = self._pools.of(kind, there.text).stream(
                "GET",
                there.text,
                headers=fields_of(there, headers),
                extensions={"trace": trace},
            )
            try:
                with patience:
                    return await stack.enter_async_context(opened)
            except BROKEN:
                if fresh:  # every try uses up a kept one, so this comes to an end
                    raise
            else:
                raise TimedOut(f"no answer within {self._head_seconds:g} s: {there.place}")
            patience = trio.CancelScope()


async def _mapped(parts: AsyncGenerator[bytes], place: str) -> AsyncGenerator[bytes]:
    """The library's parts of a body, with our own errors."""
    async with aclosing(parts):
        try:
            async for part in parts:
                yield part
        except BROKEN as error:
            raise NetworkError(f"the connection broke: {place}", place) from error

"""Announce to a tracker, by the URL that a torrent names it by.

A host that has addresses of both families is told on both, with the same key (BEP 7), so
that peers of either learn of us. HTTP and UDP come into memory when they are first needed.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import trio

from raincore.base.errors import (
    ConnectError,
    NetworkError,
    RainError,
    RemoteProtocolError,
    TimedOut,
    TrackerError,
)
from raincore.base.printable import printable
from raincore.net import tracker_errors
from raincore.wire.announce import MAX_PEERS, AnnounceReply

if TYPE_CHECKING:
    import random
    from collections.abc import AsyncIterator

    from raincore.base.endpoint import Endpoint
    from raincore.net.http_client import HttpClient
    from raincore.net.interface import Network
    from raincore.net.udp_trackers import UdpTrackers
    from raincore.wire.announce import AnnounceRequest

__all__ = ["TrackerClient"]

HTTP_SECONDS = 20.0
"""For one announce over HTTP, redirects and all."""
LOOKUP_SECONDS = 10.0
OTHER_FAMILY_SECONDS = 3.0
"""How long the second family may take when the first has answered: it may lead nowhere."""
HEADERS = {"Connection": "close"}
"""Until the next announce is a long time, and opentracker closes without having said so."""
MAX_BODY = 2 * 1024 * 1024
MAX_AT_ONCE = 50
MAX_PER_HOST = 4
MAX_NAMED = 20
NAMED_SECONDS = 5.0
NEVER = float("inf")

Number = TypeVar("Number", int, float)


class TrackerClient:
    """Announces for all torrents of a process. Close it by `aclose`.

    At most 4 announces to one host are under way at once, and 50 in all; others wait.

    Args:
        network: Makes the sockets and looks names up.
        rng: Dice for what must not be guessed.
        verify_tls: Whether https trackers must prove who they are.
    """

    def __init__(self, network: Network, rng: random.Random, *, verify_tls: bool = True) -> None:
        self._network = network
        self._rng = rng
        self._verify_tls = verify_tls
        self._web: HttpClient | None = None
        self._udp: UdpTrackers | None = None
        self._all = trio.CapacityLimiter(MAX_AT_ONCE)
        self._hosts: dict[str, trio.CapacityLimiter] = {}

    async def announce(self, url: str, request: AnnounceRequest) -> AnnounceReply:
        """Tell a tracker about us.

        Args:
            url: http, https or udp; hostile, since a torrent brings it.

        Returns:
            What it answered, on both families together; peers that it named were looked
            up.

        Raises:
            TrackerError: It refused, answered nonsense, or is none that we can ask.
            NetworkError: It could not be asked; the text is for people (net.tracker_errors).

        Waits for 20 s at most over HTTP and for 45 s over UDP, and for its turn before
        that. Cancelling forgets the announce and leaves no task behind.
        """
        scheme, host, port = _place(url)
        try:
            async with self._turn(host):
                with trio.move_on_after(HTTP_SECONDS if scheme != "udp" else NEVER) as patience:
                    reply = await self._ask(scheme, host, port, url, request)
                if patience.cancelled_caught:
                    raise TimedOut("no answer in time", host)
                return await self._with_named(reply)
        except RainError as error:
            raise tracker_errors.explained(error, host) from error

    async def aclose(self) -> None:
        """Close all sockets; harmless when repeated."""
        if self._udp is not None:
            self._udp.close()
        if self._web is not None:
            with trio.CancelScope(shield=True):  # closes by force, so it takes no time
                await self._web.aclose()

    @asynccontextmanager
    async def _turn(self, host: str) -> AsyncIterator[None]:
        limiter = self._hosts.setdefault(host, trio.CapacityLimiter(MAX_PER_HOST))
        try:
            async with limiter, self._all:
                yield
        finally:
            counts = limiter.statistics()
            if not counts.borrowed_tokens and not counts.tasks_waiting:
                self._hosts.pop(host, None)

    async def _ask(
        self, scheme: str, host: str, port: int, url: str, request: AnnounceRequest
    ) -> AnnounceReply:
        """Announce on each address family that the host has."""
        with trio.move_on_after(LOOKUP_SECONDS) as patience:
            found = await self._network.resolve(host, port)
        if patience.cancelled_caught:
            raise TimedOut("the host could not be looked up in time", host)
        families = {endpoint.is_ipv6: endpoint for endpoint in reversed(found)}
        replies: dict[bool, AnnounceReply] = {}
        failures: dict[bool, RainError] = {}

        async def one(endpoint: Endpoint, scope: trio.CancelScope) -> None:
            ipv6 = endpoint.is_ipv6
            try:
                if scheme == "udp":
                    replies[ipv6] = await self._ask_udp(endpoint, url, request)
                else:
                    replies[ipv6] = await self._ask_web(ipv6, url, request)
                scope.deadline = trio.current_time() + OTHER_FAMILY_SECONDS
            except RainError as error:
                failures[ipv6] = error

        async with trio.open_nursery() as nursery:
            for _, endpoint in sorted(families.items()):
                nursery.start_soon(one, endpoint, nursery.cancel_scope)
        if not replies:
            raise _worst(failures)
        return _merged([replies[ipv6] for ipv6 in sorted(replies)])

    async def _ask_udp(
        self, endpoint: Endpoint, url: str, request: AnnounceRequest
    ) -> AnnounceReply:
        if self._udp is None:
            from raincore.net.udp_trackers import UdpTrackers

            self._udp = UdpTrackers(self._network, self._rng)
        return await self._udp.announce(endpoint, request, url)

    async def _ask_web(self, ipv6: bool, url: str, request: AnnounceRequest) -> AnnounceReply:
        from raincore.wire import tracker_http

        if self._web is None:
            from raincore.net.http_client import HttpClient

            self._web = HttpClient(self._network, verify_tls=self._verify_tls)
        answer = await self._web.get(
            tracker_http.announce_url(url, request),
            seconds=HTTP_SECONDS,
            max_bytes=MAX_BODY,
            family=6 if ipv6 else 4,
            headers=HEADERS,
        )
        try:
            return tracker_http.parse_announce(answer.body)
        except RemoteProtocolError as error:
            if answer.status == 200:
                raise
            kind = answer.headers.get("content-type", "")
            raise tracker_errors.status_error(answer.status, kind, answer.body) from error

    async def _with_named(self, reply: AnnounceReply) -> AnnounceReply:
        """Look up peers that were given by name, some of them, for a few seconds."""
        if not reply.named_peers:
            return reply
        found: list[Endpoint] = []

        async def look_up(host: str, port: int) -> None:
            try:
                found.extend((await self._network.resolve(host, port))[:2])
            except ConnectError:
                pass  # one peer less

        with trio.move_on_after(NAMED_SECONDS):
            async with trio.open_nursery() as nursery:
                for host, port in reply.named_peers[:MAX_NAMED]:
                    nursery.start_soon(look_up, host, port)
        peers = tuple(dict.fromkeys([*reply.peers, *found]))[:MAX_PEERS]
        return replace(reply, peers=peers, named_peers=())


def _place(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of a tracker."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError as error:
        raise TrackerError(f"invalid tracker address: {printable(url)}", NEVER) from error
    if scheme not in ("http", "https", "udp"):
        raise TrackerError(f"unsupported tracker scheme: {printable(scheme)}", NEVER)
    if port is None and scheme == "udp":
        raise TrackerError("missing port in tracker address", NEVER)
    if not host or port == 0:
        raise TrackerError(f"invalid tracker address: {printable(url)}", NEVER)
    return scheme, host, port or (443 if scheme == "https" else 80)


def _worst(failures: dict[bool, RainError]) -> RainError:
    """The failure that tells most: what the tracker said, else why IPv4 did not work."""
    said = [error for error in failures.values() if not isinstance(error, NetworkError)]
    said += [error for error in failures.values() if isinstance(error, TrackerError)]
    return said[0] if said else failures[min(failures)]


def _merged(replies: list[AnnounceReply]) -> AnnounceReply:
    """One reply made of those over IPv4 and over IPv6: all peers, the more careful times."""
    first, *rest = replies
    for other in rest:
        first = replace(
            first,
            peers=tuple(dict.fromkeys([*first.peers, *other.peers]))[:MAX_PEERS],
            named_peers=tuple(dict.fromkeys([*first.named_peers, *other.named_peers])),
            interval=_most(first.interval, other.interval),
            min_interval=_most(first.min_interval, other.min_interval),
            seeds=_most(first.seeds, other.seeds),
            leechers=_most(first.leechers, other.leechers),
            warning=first.warning or other.warning,
            tracker_id=first.tracker_id or other.tracker_id,
            external_host=first.external_host or other.external_host,
        )
    return first


def _most(one: Number | None, other: Number | None) -> Number | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)

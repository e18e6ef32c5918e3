"""Announce to a tracker, by the URL that a torrent names it by.

A host that has addresses of both families is told on both, with the same key (BEP 7), so
that peers of either learn of us. HTTP and UDP come into memory when they are first needed.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any

import trio

from raincore.base.config import SocketRules, TrackerLimits
from raincore.base.errors import (
    ConnectError,
    FormatError,
    NetworkError,
    RainError,
    TimedOut,
    TrackerError,
)
from raincore.formats import tracker_url
from raincore.net import tracker_errors, tracker_peer_names
from raincore.net.turns import Turns
from raincore.wire.announce import AnnounceEvent, AnnounceReply, ScrapeReply, merged

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash
    from raincore.formats.tracker_url import TrackerUrl
    from raincore.net.interface import Network
    from raincore.net.udp_trackers import UdpTrackers
    from raincore.net.web_trackers import WebTrackers
    from raincore.wire.announce import AnnounceRequest, ScrapeCounts

__all__ = ["TrackerClient"]

SCRAPE_SECONDS = 15.0
OTHER_FAMILY_SECONDS = 3.0
"""How long the second family may take when the first has answered: it may lead nowhere."""
MAX_REMEMBERED = 200
NEVER = float("inf")

WEB_TRACKERS = "raincore.net.web_trackers"

MAX_SCRAPED = 50
"""Info-hashes in one scrape: a URL of 4 KiB, and fewer than BEP 15 allows."""


class TrackerClient:
    """Announces for all torrents of a process. Close it by `aclose`.

    Over HTTP at most 4 announces to one host are under way at once, and 50 in all; others
    wait (net.turns). Over UDP, where one is a datagram, it is 32 and 256; and at the end
    16 to one host, since nobody waits for long then.

    Args:
        network: Makes the sockets and looks names up.
        rng: Dice for what must not be guessed.
        rules: How long a look-up may take.
        limits: How long an HTTP tracker may take for one announce, redirects and all, and
            how much it may say. By both, https trackers must prove who they are.
    """

    def __init__(
        self,
        network: Network,
        rng: random.Random,
        *,
        rules: SocketRules | None = None,
        limits: TrackerLimits | None = None,
    ) -> None:
        self._network = network
        self._rng = rng
        self._rules = rules or SocketRules()
        self._limits = limits or TrackerLimits()
        self._made_web: WebTrackers | None = None
        self._made_udp: UdpTrackers | None = None
        self._web_turns = Turns(50, 4)
        self._udp_turns = Turns(256, 32)
        self._last_turns = Turns(50, 16)
        self._silent: dict[Endpoint, None] = {}
        self._not_before: dict[str, float] = {}

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

        Waits for `limits.http_timeout_seconds` at most over HTTP and for 45 s over UDP, and
        for its turn before that. Cancelling forgets the announce and leaves no task behind.
        """
        there = _parsed(url)
        async with self._turns(there, request).of(there.host):
            try:
                families = await self._families(there)
                reply = await self._on(families, there, request)
            except RainError as error:
                raise tracker_errors.explained(error, there.host) from error
        return await tracker_peer_names.looked_up(reply, self._network)

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], *, user_agent: str = ""
    ) -> dict[InfoHash, ScrapeCounts]:
        """Ask a tracker for its counts of swarms (BEP 15, 48).

        Args:
            url: As for `announce`.
            info_hashes: Any number; asked for in as few requests as the protocol allows.
            user_agent: Whom an HTTP tracker is to see; "" for our own name.

        Returns:
            The counts of those that it knows.

        Raises:
            TrackerError: It refused, cannot be scraped, or does not want to be so soon.
            NetworkError: It could not be asked.

        Waits for 15 s per request, and for its turn. Leaves no task behind.
        """
        there = _parsed(url)
        found: dict[InfoHash, ScrapeCounts] = {}
        wait = self._not_before.get(there.text, 0.0) - trio.current_time()
        if wait > 0:
            raise TrackerError(f"it does not want to be scraped for another {wait:.0f} s", wait)
        for start in range(0, len(info_hashes), MAX_SCRAPED):
            async with self._turns(there).of(there.host):
                asked = info_hashes[start : start + MAX_SCRAPED]
                try:
                    reply = await self._scrape(there, asked, user_agent)
                except RainError as error:
                    raise tracker_errors.explained(error, there.host, "scrape") from error
            found |= reply.counts
            if reply.min_interval is not None:
                self._not_before[there.text] = trio.current_time() + reply.min_interval
                _forget_oldest(self._not_before)
        return found

    async def aclose(self) -> None:
        """Close all sockets; harmless when repeated."""
        if self._made_udp is not None:
            self._made_udp.close()
        if self._made_web is not None:
            await self._made_web.aclose()

    # --- one announce ---------------------------------------------------------------------

    async def _on(
        self, families: list[Endpoint], there: TrackerUrl, request: AnnounceRequest
    ) -> AnnounceReply:
        """Announce on all address families that the host has, or on one of them."""
        if request.one_family or len(families) == 1:
            return await self._on_first(families, there, request)
        replies: dict[bool, AnnounceReply] = {}
        failures: list[RainError] = []

        async def one(endpoint: Endpoint, scope: trio.CancelScope) -> None:
            try:
                found = await self._ask(endpoint, there, request, self._limits.http_timeout_seconds)
                replies[endpoint.is_ipv6] = found
                scope.deadline = trio.current_time() + OTHER_FAMILY_SECONDS
            except RainError as error:
                failures.append(error)

        async with trio.open_nursery() as nursery:
            for endpoint in families:
                nursery.start_soon(one, endpoint, nursery.cancel_scope)
        if not replies:
            raise _worst(failures)
        return merged([replies[ipv6] for ipv6 in sorted(replies)])

    async def _on_first(
        self, families: list[Endpoint], there: TrackerUrl, request: AnnounceRequest
    ) -> AnnounceReply:
        failures: list[RainError] = []
        for endpoint in families:
            try:
                seconds = self._limits.http_timeout_seconds / len(families)
                return await self._ask(endpoint, there, request, seconds)
            except (ConnectError, TimedOut) as error:
                failures.append(error)
        raise _worst(failures)

    async def _ask(
        self, endpoint: Endpoint, there: TrackerUrl, request: AnnounceRequest, seconds: float
    ) -> AnnounceReply:
        if there.scheme != "udp":
            web = await self._web()
            return await web.announce(
                there.text,
                request,
                family=6 if endpoint.is_ipv6 else 4,
                seconds=seconds,
            )
        with self._noting_silence(endpoint):
            return await self._udp.announce(endpoint, request, there.text)

    async def _scrape(
        self, there: TrackerUrl, info_hashes: Sequence[InfoHash], user_agent: str
    ) -> ScrapeReply:
        if there.scheme != "udp":
            web = await self._web()
            return await web.scrape(
                there.text, info_hashes, seconds=SCRAPE_SECONDS, user_agent=user_agent
            )
        endpoint = (await self._families(there))[0]
        with trio.move_on_after(SCRAPE_SECONDS), self._noting_silence(endpoint):
            counts = await self._udp.scrape(endpoint, info_hashes)
            return ScrapeReply(counts=dict(zip(info_hashes, counts, strict=True)))
        raise TimedOut("no answer in time", there.host)

    async def _families(self, there: TrackerUrl) -> list[Endpoint]:
        """One address per family of a host, IPv4 first; one that has answered, if any has."""
        found = await self._looked_up(there)
        if len(found) == 1:
            return found
        best: dict[bool, Endpoint] = {}
        for endpoint in sorted(found, key=self._silent.__contains__):
            best.setdefault(endpoint.is_ipv6, endpoint)
        return [best[ipv6] for ipv6 in sorted(best)]

    async def _looked_up(self, there: TrackerUrl) -> list[Endpoint]:
        if there.address is not None and there.scheme != "udp":
            return [there.address]  # what connects there looks it up, and may refuse it
        if there.address is not None:  # then nobody is asked, and nothing needs watching
            return await self._network.resolve(there.host, there.port)
        with trio.move_on_after(self._rules.lookup_timeout_seconds):
            return await self._network.resolve(there.host, there.port)
        raise TimedOut("the host could not be looked up in time", there.host)

    @contextmanager
    def _noting_silence(self, endpoint: Endpoint) -> Iterator[None]:
        """Remember which address of several leads nowhere."""
        try:
            yield
        except TimedOut:
            self._silent[endpoint] = None
            _forget_oldest(self._silent)
            raise
        self._silent.pop(endpoint, None)

    def _turns(self, there: TrackerUrl, request: AnnounceRequest | None = None) -> Turns:
        if there.scheme == "udp":
            return self._udp_turns
        last = request is not None and request.event is AnnounceEvent.STOPPED
        return self._last_turns if last else self._web_turns

    @property
    def _udp(self) -> UdpTrackers:
        if self._made_udp is None:
            from raincore.net.udp_trackers import UdpTrackers

            self._made_udp = UdpTrackers(self._network, self._rng)
        return self._made_udp

    async def _web(self) -> WebTrackers:
        if self._made_web is None and WEB_TRACKERS not in sys.modules:
            # In a thread: it takes 20 ms, in which peers would wait for the event loop.
            await trio.to_thread.run_sync(import_module, WEB_TRACKERS)
        if self._made_web is None:
            from raincore.net.web_trackers import WebTrackers

            verify = self._rules.verify_tls and self._limits.verify_tls
            most = self._limits.http_max_length
            self._made_web = WebTrackers(self._network, verify_tls=verify, max_bytes=most)
        return self._made_web


def _parsed(url: str) -> TrackerUrl:
    try:
        return tracker_url.parse(url)
    except FormatError as error:
        raise TrackerError(str(error), NEVER) from error


def _worst(failures: list[RainError]) -> RainError:
    """The failure that tells most: what the tracker said, else why IPv4 did not work."""
    said = [error for error in failures if not isinstance(error, NetworkError)]
    said += [error for error in failures if isinstance(error, TrackerError)]
    return (said or failures)[0]


def _forget_oldest(remembered: dict[Any, Any]) -> None:
    if len(remembered) > MAX_REMEMBERED:
        del remembered[next(iter(remembered))]

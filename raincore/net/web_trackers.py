"""Announces and scrapes over HTTP (BEP 3, 48).

A tracker that has moved for good (301, 308) is asked at its new place from then on, for as
long as that answers. Connections are kept only while others ask the same tracker too: until
the next announce of one torrent it is a long time.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import NetworkError, RemoteProtocolError, TrackerError
from raincore.formats import http_url, tracker_url
from raincore.net import tracker_errors
from raincore.net.http_client import HttpClient
from raincore.wire import tracker_http

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TypeVar

    from raincore.base.ids import InfoHash
    from raincore.net.http_client import HttpReply
    from raincore.net.interface import Network
    from raincore.wire.announce import AnnounceReply, AnnounceRequest, ScrapeReply

    Answer = TypeVar("Answer", AnnounceReply, ScrapeReply)

__all__ = ["WebTrackers"]

MAX_MOVED = 200
MAX_ASKED = 1000
"""Hosts of which is remembered when they were asked last."""
KEEP_SECONDS = 30.0
"""How near to each other two questions must be for a connection to be kept."""
FIRST_FIELD = "info_hash="


class WebTrackers:
    """Asks HTTP trackers. Close it by `aclose`.

    Args:
        network: Makes the sockets.
        verify_tls: Whether https trackers must prove who they are.
        max_bytes: How long an answer may be.
    """

    def __init__(
        self, network: Network, *, verify_tls: bool, max_bytes: int = 2 * 1024 * 1024
    ) -> None:
        self._max_bytes = max_bytes
        self._web = HttpClient(network, verify_tls=verify_tls)
        self._moved: dict[str, tuple[str, bool]] = {}
        self._asked: dict[str, float] = {}

    async def announce(
        self, url: str, request: AnnounceRequest, *, family: int, seconds: float
    ) -> AnnounceReply:
        """Announce over one address family.

        Args:
            url: The tracker's.
            family: 4 or 6.
            seconds: How long it may take, redirects included.

        Raises:
            TrackerError: It refused.
            RemoteProtocolError, FormatError: Its answer makes no sense.
            NetworkError: It could not be asked.

        Cancelling closes the connection.
        """
        place, public = self._where(url)
        try:
            reply = await self._web.get(
                place,
                tracker_http.announce_query(request),
                seconds=seconds,
                max_bytes=self._max_bytes,
                family=family,
                headers=self._headers(place, request.user_agent),
                public_only=public,
            )
        except NetworkError:
            self._moved.pop(url, None)
            raise
        answer = _read(reply, tracker_http.parse_announce)
        self._remember(url, reply)
        return answer

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], *, seconds: float, user_agent: str = ""
    ) -> ScrapeReply:
        """Ask for counts of swarms, as many as a URL may hold.

        Args:
            url: The tracker's.
            info_hashes: Of the swarms.
            seconds: How long it may take.
            user_agent: Whom it is to see; "" for our own name.

        Raises:
            TrackerError: It refused, or is none that can be scraped (BEP 48).
            RainError: As for `announce`.
        """
        place, public = self._where(url)
        asked = tracker_http.scrape_url(place, info_hashes)
        if asked is None:
            raise TrackerError("cannot be scraped: its address does not end in announce")
        reply = await self._web.get(
            asked,
            seconds=seconds,
            max_bytes=self._max_bytes,
            headers=self._headers(place, user_agent),
            public_only=public,
        )
        return _read(reply, lambda body: tracker_http.parse_scrape(body, info_hashes))

    async def aclose(self) -> None:
        """Close all connections; harmless when repeated."""
        with trio.CancelScope(shield=True):  # closes by force, so it takes no time
            await self._web.aclose()

    def _where(self, url: str) -> tuple[str, bool]:
        """Where a tracker is, and whether that must be on the internet.

        What has the address of something else might not be meant to be asked by us: only
        a tracker is asked in our own network.
        """
        place, public = self._moved.get(url, (url, False))
        return place, public or not http_url.is_announce(url)

    def _headers(self, place: str, user_agent: str) -> dict[str, str]:
        """Note a question, and keep its connection if there was another one just before."""
        host, now = tracker_url.place(place), trio.current_time()
        before = self._asked.pop(host, -math.inf)
        self._asked[host] = now
        if len(self._asked) > MAX_ASKED:
            del self._asked[next(iter(self._asked))]
        headers = {} if now - before < KEEP_SECONDS else {"Connection": "close"}
        return {**headers, "User-Agent": user_agent} if user_agent else headers

    def _remember(self, url: str, reply: HttpReply) -> None:
        """Note where a tracker has moved, if that can be told apart from what we asked."""
        place, found, _ = (reply.moved or "").partition(FIRST_FIELD)
        if found:
            public = reply.public or self._moved.get(url, ("", False))[1]
            self._moved[url] = (place.rstrip("?&"), public)
            if len(self._moved) > MAX_MOVED:
                del self._moved[next(iter(self._moved))]


def _read(reply: HttpReply, parse: Callable[[bytes], Answer]) -> Answer:
    """Trackers answer in bencode whatever the status; all others have but a status to say."""
    try:
        return parse(reply.body)
    except RemoteProtocolError as error:
        if reply.status == 200:
            raise
        raise tracker_errors.status_error(reply.status, reply.headers, reply.body) from error

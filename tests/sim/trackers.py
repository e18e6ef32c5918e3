"""Trackers of the simulated internet: they know who announced, and can be down.

    trackers = SimTrackers()
    trackers.down(URL, 60.0, 600.0)     # a planned outage

`at` gives one host's view of them, an engine.world.Trackers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, TrackerError
from raincore.wire.announce import AnnounceEvent, AnnounceReply, AnnounceRequest, ScrapeCounts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.ids import InfoHash

LATENCY_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Told:
    """One announce that a tracker was sent, whether or not it answered."""

    when: float
    url: str
    host: str
    request: AnnounceRequest


class SimTrackers:
    """All trackers there are, by URL.

    Args:
        interval: What they answer, in seconds.
    """

    def __init__(self, interval: float = 300.0) -> None:
        self.interval = interval
        self.told: list[Told] = []
        self.refusals: dict[str, str] = {}
        """What those say that want nothing to do with us, by URL."""
        self._outages: list[tuple[str, float, float]] = []
        self._peers: dict[str, dict[Endpoint, None]] = {}

    def down(self, url: str, begin: float, end: float) -> None:
        """Plan an outage, in seconds of trio's clock."""
        self._outages.append((url, begin, end))

    def at(self, host: str) -> OneHost:
        """The trackers as a host sees them."""
        return OneHost(self, host)

    def peers(self, url: str) -> list[Endpoint]:
        """Whom a tracker believes to be there."""
        return list(self._peers.get(url, {}))

    def hear(self, url: str, host: str, request: AnnounceRequest) -> AnnounceReply | None:
        """What a tracker answers; None while it is down."""
        now = trio.current_time()
        self.told.append(Told(now, url, host, request))
        if any(url == down and begin <= now < end for down, begin, end in self._outages):
            return None
        peers = self._peers.setdefault(url, {})
        own = Endpoint(host, request.port)
        peers.pop(own, None)
        others = tuple(peers)
        if request.event is not AnnounceEvent.STOPPED:
            peers[own] = None
        return AnnounceReply(peers=others, interval=self.interval)


class OneHost:
    """Implements engine.world.Trackers for one host."""

    def __init__(self, trackers: SimTrackers, host: str) -> None:
        self._trackers = trackers
        self._host = host

    async def announce(self, url: str, request: AnnounceRequest) -> AnnounceReply:
        await trio.sleep(LATENCY_SECONDS)
        if url in self._trackers.refusals:
            raise TrackerError(self._trackers.refusals[url])
        reply = self._trackers.hear(url, self._host, request)
        if reply is None:
            raise ConnectError("tracker refused the connection", url)
        await trio.sleep(LATENCY_SECONDS)
        return reply

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], *, user_agent: str = ""
    ) -> dict[InfoHash, ScrapeCounts]:
        await trio.sleep(LATENCY_SECONDS)
        raise TrackerError("cannot be scraped")

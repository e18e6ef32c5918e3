"""All trackers there are, each asked no more often than is decent for so many torrents.

Who lacks content and asks for peers goes before all others: somebody waits for that. Then come
those whom nobody knows of yet. Who only tells that it is still there, or complete by now, is
last, and leaves the burst to the others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.engine.pulse import Pulse
from raincore.formats import tracker_url
from raincore.session.scrape_batches import ScrapeBatches
from raincore.wire.announce import AnnounceEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.ids import InfoHash
    from raincore.engine.world import Trackers
    from raincore.policy.announce_pace import AnnouncePace
    from raincore.wire.announce import AnnounceReply, AnnounceRequest, ScrapeCounts

__all__ = ["PacedTrackers"]


ASKS, BEGINS, TELLS = range(3)
"""Ranks of announces, the most urgent first."""


class _Line:
    """Those who wait for their turn at one host, by rank; only the first watches the clock."""

    __slots__ = ("_rows",)

    def __init__(self) -> None:
        self._rows: tuple[dict[Pulse, None], ...] = ({}, {}, {})

    @property
    def first(self) -> Pulse | None:
        for row in self._rows:
            for place in row:
                return place
        return None

    def join(self, place: Pulse, rank: int) -> None:
        self._rows[rank][place] = None

    def leave(self, place: Pulse, rank: int) -> None:
        self._rows[rank].pop(place, None)
        if self.first is not None:
            self.first.beat()


class PacedTrackers:
    """Stands before the trackers of the process; implements `engine.world.Trackers`.

    That we are gone is said at once: nobody would be there to say it later. Scrapes are few,
    since those of many torrents go together.

    Args:
        trackers: Ask them.
        pace: When each host may be asked.
    """

    def __init__(self, trackers: Trackers, pace: AnnouncePace) -> None:
        self._trackers = trackers
        self._pace = pace
        self._lines: dict[str, _Line] = {}
        self._scrapes = ScrapeBatches(trackers)

    async def announce(self, url: str, request: AnnounceRequest) -> AnnounceReply:
        """Tell a tracker about us when its turn has come; see `Trackers`."""
        if request.event is not AnnounceEvent.STOPPED:
            await self._turn(tracker_url.place(url), rank_of(request))
        return await self._trackers.announce(url, request)

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], *, user_agent: str = ""
    ) -> dict[InfoHash, ScrapeCounts]:
        """Ask a tracker for its counts, together with other torrents; see `Trackers`."""
        return await self._scrapes.scrape(url, info_hashes, user_agent)

    async def _turn(self, host: str, rank: int) -> None:
        """Wait for a turn at a host and take it; who is cancelled takes none."""
        now, patient = trio.current_time(), rank == TELLS
        if host not in self._lines and self._pace.when(host, now, patient=patient) <= now:
            self._pace.reserve(host, now)
            return
        line, place = self._lines.setdefault(host, _Line()), Pulse()
        line.join(place, rank)
        try:
            while True:
                if line.first is not place:
                    await place.wait()
                    continue
                now = trio.current_time()
                turn = self._pace.when(host, now, patient=patient)
                if turn <= now:
                    self._pace.reserve(host, now)
                    return
                with trio.move_on_at(turn):
                    await place.wait()
        finally:
            line.leave(place, rank)
            if line.first is None:
                del self._lines[host]


def rank_of(request: AnnounceRequest) -> int:
    """How urgent an announce is."""
    if request.left > 0 and request.num_want != 0:
        return ASKS
    return BEGINS if request.event is AnnounceEvent.STARTED else TELLS

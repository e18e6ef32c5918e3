"""All trackers there are, each asked no more often than is decent for so many torrents.

Who lacks content and asks for peers goes before who only tells that it is still there, or
complete by now: somebody waits for the former.
"""

from __future__ import annotations

import math
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


class _Line:
    """Those who wait for their turn at one host, in two rows; only the first watches the clock."""

    __slots__ = ("_asking", "_telling")

    def __init__(self) -> None:
        self._asking: dict[Pulse, None] = {}
        self._telling: dict[Pulse, None] = {}

    @property
    def first(self) -> Pulse | None:
        return next(iter(self._asking or self._telling), None)

    def join(self, place: Pulse, *, asks: bool) -> None:
        (self._asking if asks else self._telling)[place] = None

    def leave(self, place: Pulse) -> None:
        self._asking.pop(place, None)
        self._telling.pop(place, None)
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
            asks = request.left > 0 and request.num_want != 0
            await self._turn(tracker_url.place(url), asks=asks)
        return await self._trackers.announce(url, request)

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], *, user_agent: str = ""
    ) -> dict[InfoHash, ScrapeCounts]:
        """Ask a tracker for its counts, together with other torrents; see `Trackers`."""
        return await self._scrapes.scrape(url, info_hashes, user_agent)

    async def _turn(self, host: str, *, asks: bool) -> None:
        """Wait for a turn at a host and take it; who is cancelled takes none."""
        now = trio.current_time()
        if host not in self._lines and self._pace.when(host, now) <= now:
            self._pace.reserve(host, now)
            return
        line, place = self._lines.setdefault(host, _Line()), Pulse()
        line.join(place, asks=asks)
        try:
            while True:
                now = trio.current_time()
                turn = self._pace.when(host, now) if line.first is place else math.inf
                if turn <= now:
                    self._pace.reserve(host, now)
                    return
                with trio.move_on_at(turn):
                    await place.wait()
        finally:
            line.leave(place)
            if line.first is None:
                del self._lines[host]

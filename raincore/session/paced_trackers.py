"""All trackers there are, each asked no more often than is decent for so many torrents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.formats import tracker_url
from raincore.wire.announce import AnnounceEvent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.ids import InfoHash
    from raincore.engine.world import Trackers
    from raincore.policy.announce_pace import AnnouncePace
    from raincore.wire.announce import AnnounceReply, AnnounceRequest, ScrapeCounts

__all__ = ["PacedTrackers"]


class PacedTrackers:
    """Stands before the trackers of the process; implements `engine.world.Trackers`.

    That we are gone is said at once: nobody would be there to say it later.

    Args:
        trackers: Ask them.
        pace: When each host may be asked.
    """

    def __init__(self, trackers: Trackers, pace: AnnouncePace) -> None:
        self._trackers = trackers
        self._pace = pace

    async def announce(self, url: str, request: AnnounceRequest) -> AnnounceReply:
        """Tell a tracker about us when its turn has come; see `Trackers`."""
        if request.event is not AnnounceEvent.STOPPED:
            now = trio.current_time()
            turn = self._pace.reserve(tracker_url.place(url), now)
            if turn > now:
                await trio.sleep_until(turn)
        return await self._trackers.announce(url, request)

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], *, user_agent: str = ""
    ) -> dict[InfoHash, ScrapeCounts]:
        """Ask a tracker for its counts; see `Trackers`."""
        return await self._trackers.scrape(url, info_hashes, user_agent=user_agent)

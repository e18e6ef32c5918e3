"""The numbers of torrents as JSON, those of one that stands still written once.

Who watches a session asks for all of them every second, and most torrents do not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.documents.session_records import TorrentStatus
from raincore.rpc import stats_json

if TYPE_CHECKING:
    from raincore.documents.session_records import TorrentStats
    from raincore.wire.jsonrpc import Written

__all__ = ["Numbers"]

STANDING = (TorrentStatus.STOPPED, TorrentStatus.QUEUED)
SPARE = 1000
"""So many torrents that are gone may be remembered, and as many as there are."""


class Numbers:
    """What was written of torrents that do not run, by id.

    They are known by the object that they were made of (`session.torrent_stats`), so none
    are ever out of date. Of those that run nothing is kept: it is other a second later.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[TorrentStats, Written]] = {}

    def of(self, id: str, stats: TorrentStats) -> Written:
        """Write the numbers of a torrent, or give what was written of the same."""
        known = self._known.get(id)
        if known is not None and known[0] is stats:
            return known[1]
        made = stats_json.of(stats)
        if stats.status in STANDING:
            self._known[id] = (stats, made)
        elif known is not None:
            del self._known[id]
        return made

    def weed(self, torrents: int) -> None:
        """Forget torrents that are gone, when they are many; so many there are."""
        if len(self._known) > 2 * torrents + SPARE:
            self._known.clear()

    def __len__(self) -> int:
        return len(self._known)

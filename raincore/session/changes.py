"""Which torrents have changed since somebody last looked at the list."""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter
from typing import TYPE_CHECKING

from raincore.documents.session_records import Changes
from raincore.session.managed_torrent import ManagedTorrent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.session.event_log import EventLog
    from raincore.session.torrent_life import TorrentLife

__all__ = ["Changed", "since"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """As `Changes`, but torrents instead of their rows, which take longer to make.

    A row that is made later is newer than `revision`: then the next question gives it again.
    """

    revision: int
    torrents: list[ManagedTorrent]
    removed: tuple[str, ...]
    complete: bool

    def listed(self) -> Changes:
        """The same with their rows, all made at once."""
        return Changes(
            revision=self.revision,
            changed=tuple(torrent.summary() for torrent in self.torrents),
            removed=self.removed,
            complete=self.complete,
        )


def since(log: EventLog, lives: Iterable[TorrentLife], revision: int) -> Changed:
    """Say what has changed after a revision, in the order of the changes. O(torrents)."""
    removed = log.removed_since(revision)
    first = revision if removed is not None else -1  # loaded ones have 0
    later = [life for life in lives if life.revision > first]
    later.sort(key=attrgetter("revision"))
    return Changed(
        revision=log.revision,
        torrents=list(map(ManagedTorrent, later)),
        removed=removed or (),
        complete=removed is None,
    )

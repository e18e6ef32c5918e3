"""The torrents of a session that are active, and those that wait for a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.documents.session_records import TorrentStatus
from raincore.policy import queueing
from raincore.policy.queueing import Kind, Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.config import SessionRules
    from raincore.session.torrent_life import TorrentLife

__all__ = ["Queue"]


class Queue:
    """Decides anew whenever something has changed, at most once in a turn of `upkeep`.

    Args:
        lives: All torrents by id, the oldest first; changes under our hands.
        rules: How many of which kind.
    """

    def __init__(self, lives: Mapping[str, TorrentLife], rules: SessionRules) -> None:
        self._lives = lives
        self._limits: dict[Kind, int] = {}
        self._chosen: set[str] = set()
        self.take(rules)

    def take(self, rules: SessionRules) -> None:
        """Go by new rules."""
        self._limits = {
            Kind.DOWNLOAD: rules.max_active_downloads,
            Kind.SEED: rules.max_active_seeds,
            Kind.CHECK: rules.max_active_checks,
        }

    @property
    def limited(self) -> bool:
        """Whether anybody may have to wait."""
        return any(self._limits.values())

    def may_run(self, id: str) -> bool:
        """Whether there is a place for a torrent, as of the last decision."""
        return not self.limited or id in self._chosen

    def decide(self) -> None:
        """Give the places away: stop who has none any more, start who has got one."""
        if not self.limited:
            return
        waiting = [
            Waiting(id, kind_of(life), life.run is not None)
            for id, life in self._lives.items()
            if life.wants_run
        ]
        self._chosen = queueing.choose(waiting, self._limits)
        for id, life in self._lives.items():
            if life.wants_run and life.run is not None and id not in self._chosen:
                life.end_run()
        for id in self._chosen:
            self._lives[id].wake()


def kind_of(life: TorrentLife) -> Kind:
    """What a torrent does, or would do."""
    if life.run is not None and life.run.status is TorrentStatus.VERIFYING:
        return Kind.CHECK
    if life.known is None and life.run is None and life.info is not None:
        return Kind.CHECK
    return Kind.SEED if life.is_complete else Kind.DOWNLOAD

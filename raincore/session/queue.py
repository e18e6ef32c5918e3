"""The torrents of a session that are active, and those that wait for a place."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from raincore.documents.session_records import TorrentStatus
from raincore.policy.queueing import Kind, Places, Waiting

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.config import SessionRules
    from raincore.session.torrent_life import TorrentLife

__all__ = ["Queue"]


class Queue:
    """Decides when something has changed, and looks at those that have; none while unlimited.

    Args:
        lives: All torrents by id, the oldest first; changes under our hands.
        rules: How many of which kind.
    """

    def __init__(self, lives: Mapping[str, TorrentLife], rules: SessionRules) -> None:
        self._lives = lives
        self._places = Places({})
        self._ages: dict[str, tuple[TorrentLife, int]] = {}
        self._counter = itertools.count()
        self._marked: dict[str, None] = {}
        self.limited = False
        """Whether anybody may have to wait."""
        self.take(rules)

    def take(self, rules: SessionRules) -> None:
        """Go by new rules. O(n)."""
        limits = {
            Kind.DOWNLOAD: rules.max_active_downloads,
            Kind.SEED: rules.max_active_seeds,
            Kind.CHECK: rules.max_active_checks,
        }
        self.limited = any(limits.values())
        self._places = Places(limits)
        self._ages.clear()
        self._marked = dict.fromkeys(self._lives) if self.limited else {}

    def mark(self, id: str) -> None:
        """Something of a torrent has changed, or it has come, or gone."""
        if self.limited:
            self._marked[id] = None

    def may_run(self, id: str) -> bool:
        """Whether there is a place for a torrent, as of the last decision."""
        return not self.limited or id in self._places.chosen

    def decide(self) -> None:
        """Give the places away: stop who has none any more, start who has got one.

        What that changes is for the next time.
        """
        marked, self._marked = self._marked, {}
        for id in marked:
            self._look_at(id)
        # Whoever runs and has never had a place has no news: that is seen here.
        for id in dict.fromkeys([*marked, *self._places.news()]):
            life = self._lives.get(id)
            if life is None or not life.wants_run:
                continue
            if id not in self._places.chosen:
                if life.run is not None:
                    life.end_run()
            elif life.run is None:
                life.wake()

    def _look_at(self, id: str) -> None:
        life = self._lives.get(id)
        known, age = self._ages.get(id, (None, 0))
        if known is not life:  # another one of that id, or none
            self._ages.pop(id, None)
            self._places.drop(id)
            if life is not None:
                age = next(self._counter)
                self._ages[id] = life, age
        if life is not None and life.wants_run:
            # Who was stopped and started again while it ends has no older right to its place.
            runs = life.run is not None and life.run.stopping_since is None
            self._places.put(Waiting(id, kind_of(life), runs), age)
        else:
            self._places.drop(id)


def kind_of(life: TorrentLife) -> Kind:
    """What a torrent does, or would do."""
    if life.run is not None and life.run.status is TorrentStatus.VERIFYING:
        # Nothing is hashed where the content is away; others must not wait until it is back.
        return Kind.HALTED if life.error else Kind.CHECK
    if life.known is None and life.run is None and life.info is not None:
        return Kind.CHECK
    return Kind.SEED if life.is_complete else Kind.DOWNLOAD

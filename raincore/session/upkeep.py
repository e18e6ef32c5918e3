"""What a session does now and then for all its torrents: one task, however many there are."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

import trio

from raincore.documents.session_records import TorrentStatus
from raincore.session.queue import Queue

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.config import SessionRules
    from raincore.session.commons import Commons
    from raincore.session.torrent_life import TorrentLife

__all__ = ["Upkeep"]

COUNTS_SECONDS = 30.0
"""How often counters of torrents that move are kept; rain's `resume-write-interval`."""
QUEUE_SECONDS = (0.002, 1.0)
"""How long a free place in the queue may stay free, at least and at most."""
QUEUE_SHARE = 0.05
"""How much of the time may go into giving places away, as long as that bound allows."""


class Upkeep:
    """The queue, the limits of seeding, the counters and the health of torrents.

    Args:
        commons: Of the session.
        lives: All torrents by id; changes under our hands.
    """

    def __init__(self, commons: Commons, lives: Mapping[str, TorrentLife]) -> None:
        self._commons = commons
        self._lives = lives
        self._queue = Queue(lives, commons.config.session)
        self._news = trio.Event()
        self._pause = QUEUE_SECONDS[0]
        commons.may_run = self._queue.may_run
        commons.note = self._note

    def reconfigure(self) -> None:
        """Go by new settings."""
        commons = self._commons
        self._queue.take(commons.config.session)
        if commons.blocklist is not None:
            commons.blocklist.refresh(commons.config.blocklist)
        self.wake()
        self._news.set()

    def wake(self) -> None:
        """Have every torrent look at what it is to do."""
        for life in self._lives.values():
            life.wake()

    async def run(self) -> None:
        """Work until cancelled."""
        keep_at = trio.current_time() + COUNTS_SECONDS
        look_at = trio.current_time() + self._interval
        while True:
            with trio.move_on_at(min(keep_at, look_at)):
                while True:
                    await self._news.wait()
                    self._news = trio.Event()
                    await trio.sleep(self._pause)
                    self.decide()
            now = trio.current_time()
            self.decide()
            if now >= look_at:
                look_at = now + self._interval
                self.look(now)
            if now >= keep_at:
                keep_at = now + COUNTS_SECONDS
                for life in self._lives.values():
                    if life.run is not None:
                        life.keep_counts()

    def decide(self) -> None:
        """Give places in the queue away now; the next time after a pause that makes up for it."""
        began = time.perf_counter()
        self._queue.decide()
        least, most = QUEUE_SECONDS
        took = time.perf_counter() - began
        self._pause = min(max(took / QUEUE_SHARE, least), most)

    def look(self, now: float) -> None:
        """See whether torrents have reached their limits, or do not get on."""
        rules = self._commons.config.session
        for life in list(self._lives.values()):
            run = life.run
            if run is None:
                continue
            since = run.stopping_since
            if since is not None and now - since > rules.health_check_timeout_seconds:
                life.tell("warning", code="stuck", message="it does not stop, and was cut off")
                run.abandon()
            elif has_limits(life, rules) and run.status is TorrentStatus.SEEDING:
                reason = limit_reached(life, rules, now)
                if reason:
                    life.tell("warning", code="limit", message=reason)
                    life.stop()

    @property
    def _interval(self) -> float:
        return max(1.0, self._commons.config.session.health_check_interval_seconds)

    def _note(self, id: str) -> None:
        if self._queue.limited:
            self._queue.mark(id)
            self._news.set()


def limits_of(life: TorrentLife, rules: SessionRules) -> tuple[float, float, float]:
    """The ratio, the seconds of seeding and those without an upload after which it is to stop."""
    options = life.record.options
    ratio = rules.seed_ratio if options.seed_ratio is None else options.seed_ratio
    seconds = rules.seed_seconds if options.seed_seconds is None else options.seed_seconds
    own_idle = options.seed_idle_seconds
    return ratio, seconds, rules.seed_idle_seconds if own_idle is None else own_idle


def has_limits(life: TorrentLife, rules: SessionRules) -> bool:
    """Whether it is to stop by itself; few are, and to look at all others costs."""
    return min(limits_of(life, rules)) < math.inf


def limit_reached(life: TorrentLife, rules: SessionRules, now: float) -> str:
    """Which of its limits a seeding torrent has reached; "" if none.

    The torrent's own go before those of the session; all runs count together, but for the
    time without an upload, which is of this one.
    """
    ratio, seconds, idle = limits_of(life, rules)
    counts = life.counts()
    uploaded, since = life.uploaded_until
    if counts.uploaded != uploaded or not since:
        life.uploaded_until = counts.uploaded, now
        since = now
    if life.ratio() >= ratio:
        return f"it has given enough: ratio {ratio:g}"
    if counts.seeded_seconds >= seconds:
        return f"it was seeded long enough: {seconds:g} s"
    if now - since >= idle:
        return f"nobody has wanted anything for {idle:g} s"
    return ""

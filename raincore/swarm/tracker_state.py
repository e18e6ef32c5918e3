"""All facts about one tracker of a torrent, and how several are named in a sentence."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from raincore.formats import tracker_url
from raincore.policy.announce_schedule import AnnounceSchedule

if TYPE_CHECKING:
    import random
    from collections.abc import Container, Iterable, Mapping

    from raincore.base.config import TrackerLimits
    from raincore.wire.announce import AnnounceReply

__all__ = ["NO_ANSWER", "TrackerState", "summary", "told_lately"]

NO_ANSWER = "no answer yet"

MAX_WARNINGS = 3
"""Of one tracker; who has more to say is not worth listening to."""
MAX_SAYINGS = 3
MAX_NAMED = 3
"""Trackers that are named for one saying."""


@dataclass(slots=True, eq=False)
class TrackerState:
    """One tracker, from when it is first asked.

    Args:
        url: As the torrent has it; it may hold a key of the user's.
        schedule: When to announce to it.
    """

    url: str
    schedule: AnnounceSchedule
    uploaded_before: int = 0
    """Bytes that were sent before it first heard of us; it counts from `started` (BEP 3)."""
    downloaded_before: int = 0
    tracker_id: bytes | None = None
    warned: list[str] = field(default_factory=list)
    """What people were told of it."""
    scrape_time: float = -math.inf
    """Before which it is not asked for counts again."""
    other_started: bool = False
    """Whether it was told of us in a hybrid's other swarm."""
    other_reply: AnnounceReply | None = None
    """What it answered to the latest announce there, if it did."""
    said: str = NO_ANSWER
    """What came of the latest announce, in a few words."""

    @property
    def place(self) -> str:
        """Its host and port, to name it by without giving the user's key away."""
        return tracker_url.place(self.url)

    def is_news(self, text: str) -> bool:
        """Note what it said; whether people are to be told: once, and not without end."""
        if text in self.warned or len(self.warned) >= MAX_WARNINGS:
            return False
        self.warned.append(text)
        return True


def told_lately(
    times: Mapping[str, float], urls: Container[str], limits: TrackerLimits, rng: random.Random
) -> dict[str, TrackerState]:
    """Trackers that know of us from the last run, or are to wait for their turn.

    Args:
        times: Before when they are not to be asked.
        urls: Of the torrent's trackers; others are left out.
    """
    found = {}
    for url, time in times.items():
        if url in urls:
            # Who has just told a tracker so much was complete, or it would not wait.
            least = limits.min_interval_seconds
            found[url] = TrackerState(url, AnnounceSchedule(rng, complete=True, least=least))
            found[url].schedule.next_time = time
    return found


def summary(trackers: Iterable[TrackerState]) -> str:
    """What trackers have said, each saying once with those who said it, the first few.

    >>> summary([])
    ''
    """
    sayings: dict[str, list[str]] = {}
    for tracker in trackers:
        place = tracker.place
        host = place.rpartition(":")[0] or place
        said = tracker.said.removesuffix(f": {place}").removesuffix(f": {host}")
        sayings.setdefault(said, []).append(place)
    told = []
    for said, places in list(sayings.items())[:MAX_SAYINGS]:
        more = len(places) - MAX_NAMED
        names = [*places[:MAX_NAMED], f"{more} more"] if more > 0 else places
        told.append(f"{said} ({', '.join(names)})")
    untold = sum(map(len, list(sayings.values())[MAX_SAYINGS:]))
    return "; ".join([*told, f"{untold} more"] if untold else told)

"""When to announce to one tracker next, and why.

A tracker is told `started` once, `completed` once and only by who was not complete when it
said `started`, and `stopped` once and only if it has heard `started` (BEP 3). What was not
answered is said again with the next attempt. Regular announces follow the tracker's
interval; failures are repeated at growing distances, and so are announces before their time
by who needs peers. Everything is spread by a few per cent, so that a thousand torrents do
not come back in the same second.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

__all__ = ["AnnounceSchedule", "Reason"]

DEFAULT_INTERVAL_SECONDS = 1800.0
MOST_RETRY_SECONDS = 3600.0
FIRST_RETRY_SECONDS = 5.0
RETRY_STEP_SECONDS = 12.5
SPREAD = 0.1

Reason = str
"""One of "started", "completed", "stopped" and "regular"."""


class AnnounceSchedule:
    """The dealings of one torrent with one tracker.

    Args:
        rng: Dice for the spread.
        complete: Whether the content is complete already.
        least: Seconds between two announces, a floor under what a tracker says.
    """

    __slots__ = (
        "_failures",
        "_hurried",
        "_hurries",
        "_last",
        "_min_interval",
        "_owes_completed",
        "_rng",
        "_started",
        "_under_way",
        "_was_complete",
        "least",
        "next_time",
    )

    next_time: float
    """When to announce; infinite while an announce is under way, or for ever after a stop."""

    def __init__(self, rng: random.Random, *, complete: bool, least: float = 60.0) -> None:
        self._rng = rng
        self.least = least
        self._was_complete = complete
        self._owes_completed = False
        self._started = False
        self._under_way: Reason | None = None
        self._failures = 0
        self._hurries = 0
        self._hurried = False
        self._last = -math.inf
        self._min_interval = least
        self.next_time = -math.inf

    @property
    def owes_completed(self) -> bool:
        """Whether the tracker knows us and has not been told that we are complete now."""
        return self._owes_completed and self._under_way != "completed"

    @property
    def under_way(self) -> bool:
        """Whether an announce waits for its answer."""
        return self._under_way is not None

    def begin(self, now: float) -> Reason:
        """Announce now; `succeeded` or `failed` must follow.

        Returns:
            Why: what the tracker is to be told.
        """
        assert self._under_way is None
        if not self._started:
            reason = "started"
        else:
            reason = "completed" if self._owes_completed else "regular"
        self._under_way = reason
        self._last = now
        self._hurries = self._hurries + 1 if self._hurried else max(0, self._hurries - 1)
        self._hurried = False
        self.next_time = math.inf
        return reason

    def succeeded(self, interval: float | None, min_interval: float | None, now: float) -> None:
        """The tracker answered; both intervals in seconds, None where it gave none."""
        reason, self._under_way = self._under_way, None
        if reason == "started":
            self._started = True
        elif reason == "completed":
            self._owes_completed = False
        self._failures = 0
        self._min_interval = max(min_interval or 0.0, self.least)
        wanted = max(interval or DEFAULT_INTERVAL_SECONDS, self._min_interval)
        self.next_time = now if self._owes_completed else now + self._later(wanted)

    def failed(self, retry_seconds: float | None, now: float) -> None:
        """The tracker did not answer, or refused.

        Args:
            retry_seconds: How long it wants us to stay away; infinite for ever, None if
                it did not say.
        """
        self._under_way = None
        self._failures += 1
        distance = FIRST_RETRY_SECONDS + RETRY_STEP_SECONDS * self._failures**2
        wait = max(min(distance, MOST_RETRY_SECONDS), retry_seconds or 0.0)
        self.next_time = now + self._later(wait)

    def completed(self, now: float) -> None:
        """The last piece has arrived: the tracker is to know soon."""
        if self._was_complete:
            return
        self._was_complete = True
        if not self._started and self._under_way is None:
            return  # it has not heard that we were incomplete
        self._owes_completed = True
        if self._under_way is None and not self._failures:
            self.next_time = now

    def hurry(self, now: float) -> None:
        """We need peers: announce before the time, as far as the tracker allows.

        Each time that this was done in a row it waits a minimal interval longer, or a swarm
        of nobody would be asked for each minute until it is one of somebody.
        """
        if self._under_way is None and not self._started and not self._failures:
            self.next_time = min(self.next_time, now)
        elif self._under_way is None and not self._failures:
            wait = self._min_interval * (1 + self._hurries)
            allowed = max(now, self._last + self._later(wait))
            if allowed < self.next_time and not self._hurried:
                self.next_time = allowed
                self._hurried = True

    def stop(self) -> tuple[Reason, ...]:
        """Announce no more; say what the tracker must hear still, in this order.

        `stopped` if it knows us, also if we do not know whether it does; before that
        `completed`, if it was not told that yet.
        """
        self.next_time = math.inf
        if not self._started and self._under_way != "started":
            return ()
        return ("completed", "stopped") if self.owes_completed else ("stopped",)

    def _later(self, seconds: float) -> float:
        return seconds * self._rng.uniform(1.0, 1.0 + SPREAD)

"""How many announces one tracker host gets from all our torrents together (ours).

Hundreds of torrents of one tracker that begin at once would be a flood to it, and its limits
would lock us out. A token bucket for each host hands out moments instead: a burst at once,
then so many a second.
"""

from __future__ import annotations

__all__ = ["BURST_SECONDS", "AnnouncePace"]

HOSTS_MAX = 10_000
"""That are remembered; those whose turn is long over are forgotten beyond that."""

BURST_SECONDS = 20.0
"""A host that was left alone gets the announces of so long at once: its answers hold them back
anyway, since only a few are under way at a time."""

PATIENT_SECONDS = 1.0
"""The same from those who have said that they are there, and lack nothing. (200 torrents of 1 MiB that are added together
begin and are complete within 4 s; when all drew on 10 s alike, the last 70 waited 3 s in line.)"""


class AnnouncePace:
    """The next free moment of each host (a "generic cell rate algorithm").

    Args:
        per_second: Announces to one host; 0 for no limit.
        burst: How many may go at once to one that was left alone.
    """

    def __init__(self, per_second: float, burst: int = 20) -> None:
        self._step = 1.0 / per_second if per_second > 0 else 0.0
        self._slack = self._step * max(burst - 1, 0)
        self._patient_slack = min(self._slack, PATIENT_SECONDS)
        self._free: dict[str, float] = {}

    def when(self, host: str, now: float, *, patient: bool = False) -> float:
        """The next moment that is free at a host: `now`, or later. Takes nothing.

        Args:
            host: Host and port, as `tracker_url.place` has it.
            now: Monotonic seconds.
            patient: Leave the burst to others.
        """
        slack = self._patient_slack if patient else self._slack
        return max(now, self._free.get(host, now) - slack)

    def reserve(self, host: str, now: float) -> float:
        """Take the next moment that is free at a host, and say when it is. O(1), nearly always.

        Args:
            host: As for `when`.
            now: As for `when`.
        """
        if not self._step:
            return now
        turn = self.when(host, now)
        self._free[host] = max(self._free.get(host, now), now) + self._step
        if len(self._free) > HOSTS_MAX:
            self._free = {one: time for one, time in self._free.items() if time > now}
        return turn

"""Rings the alarms of all torrents of a process.

One task waits for the earliest of them. Were each alarm waited for by a task of its torrent,
every ring would wake a task and make it a new scope: ten times what it costs to call it.
"""

from __future__ import annotations

import heapq
import itertools
from typing import TYPE_CHECKING, Protocol

import trio

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["AlarmClock"]

RINGS_PER_TURN = 8
"""Alarms that ring one after another before others have their turn."""

SPARE_ENTRIES = 64


class Ringing(Protocol):
    """An alarm, as its clock sees it."""

    armed: float
    """When it is to ring next; math.inf for not at all."""

    def ring(self, now: float) -> None:
        """Do what is due. Never waits and never raises; sets the alarm anew."""


class AlarmClock:
    """Calls alarms when they are due; its task is there while any is set.

    It is a task of the system: it needs nobody to run it, and ends with the event loop.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Ringing]] = []
        self._numbers: Iterator[int] = itertools.count()  # of two at a time the older is first
        self._scope: trio.CancelScope | None = None  # of the wait for the earliest
        self._runs = False
        self.alarms = 0
        """How many there are that may be set."""

    def set(self, alarm: Ringing) -> None:
        """Ring an alarm when it is `armed` for, unless that changes until then."""
        if len(self._heap) > 2 * self.alarms + SPARE_ENTRIES:
            self._heap = [entry for entry in self._heap if entry[0] == entry[2].armed]
            heapq.heapify(self._heap)
        due = alarm.armed
        heapq.heappush(self._heap, (due, next(self._numbers), alarm))
        if not self._runs:
            self._runs = True
            trio.lowlevel.spawn_system_task(self._run)
        elif self._scope is not None and due < self._scope.deadline:
            self._scope.deadline = due

    async def _run(self) -> None:
        while self._heap:
            with trio.CancelScope(deadline=self._heap[0][0]) as self._scope:
                await trio.lowlevel.wait_task_rescheduled(give_up)
            self._scope = None
            for _ in range(RINGS_PER_TURN):
                now = trio.current_time()
                if not self._heap or self._heap[0][0] > now:
                    break
                due, _, alarm = heapq.heappop(self._heap)
                if alarm.armed == due:
                    alarm.ring(now)
        self._runs = False


def give_up(_: object) -> trio.lowlevel.Abort:
    """Let a wait be cancelled at once."""
    return trio.lowlevel.Abort.SUCCEEDED

"""Waking a machine when its next timer is due."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.engine.alarm_clock import AlarmClock

__all__ = ["Alarm"]


class Alarm:
    """One timer, which may be moved at any moment at the cost of a number.

    Args:
        clock: Rings it.
        next_timer: Says when the machine wants to be woken; math.inf for never.
        on_due: Is told the time when that has come.
    """

    __slots__ = ("_bug", "_clock", "_next_timer", "_on_due", "_stopped", "_task", "armed")

    def __init__(
        self,
        clock: AlarmClock,
        next_timer: Callable[[], float],
        on_due: Callable[[float], None],
    ) -> None:
        self._clock = clock
        self._next_timer = next_timer
        self._on_due = on_due
        self.armed = math.inf
        self._task: trio.lowlevel.Task | None = None  # that of `run`
        self._bug: Exception | None = None
        self._stopped = False

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped = True
        if self._task is not None:
            trio.lowlevel.reschedule(self._task)
            self._task = None

    def look(self) -> None:
        """Notice that the timer may have moved. Never waits.

        One that has moved back is noticed when the old time has come.
        """
        due = self._next_timer()
        if due < self.armed and self._task is not None:
            self.armed = due
            self._clock.set(self)

    def catch_up(self) -> None:
        """Do what is due by now, so that nobody needs to wake for that."""
        now = trio.current_time()
        if self._task is not None and self._next_timer() <= now:
            self.ring(now)

    def ring(self, now: float) -> None:
        """The clock says that it is time; a bug in what is due ends `run`."""
        try:
            if self._next_timer() <= now:
                self._on_due(now)
        except Exception as error:
            self._bug = error
            self.stop()
        self._look_anew()

    def _look_anew(self) -> None:
        self.armed = math.inf
        self.look()

    async def run(self) -> None:
        """Have the machine woken whenever it is time, until stopped; once.

        By the task that waits for the machine to end: a second one would be a tenth of
        what an idle torrent costs.
        """
        if self._stopped:
            return
        self._task = trio.lowlevel.current_task()
        self._clock.alarms += 1
        try:
            self._look_anew()
            await trio.lowlevel.wait_task_rescheduled(self._give_up)
        finally:
            self._task = None
            self._clock.alarms -= 1
            # The clock may remember us for a while; that must not keep a torrent in memory.
            self.armed, self._next_timer, self._on_due = math.inf, never, ignore
        if self._bug is not None:
            raise self._bug

    def _give_up(self, _: object) -> trio.lowlevel.Abort:
        self._task = None  # it runs again by itself
        return trio.lowlevel.Abort.SUCCEEDED


def never() -> float:
    """The next time of what is over."""
    return math.inf


def ignore(_: float) -> None:
    """Do nothing: nothing can be due."""

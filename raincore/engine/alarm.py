"""Waking a machine when its next timer is due."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Alarm"]


class Alarm:
    """One timer, which may be moved at any moment at the cost of a number.

    Args:
        next_timer: Says when the machine wants to be woken; math.inf for never.
        on_due: Is told the time when that has come.
    """

    __slots__ = ("_armed", "_next_timer", "_on_due", "_scope", "_stopped")

    def __init__(self, next_timer: Callable[[], float], on_due: Callable[[float], None]) -> None:
        self._next_timer = next_timer
        self._on_due = on_due
        self._armed = math.inf
        self._scope: trio.CancelScope | None = None
        self._stopped = False

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped = True
        if self._scope is not None:
            self._scope.cancel()

    def look(self) -> None:
        """Notice that the timer may have moved. Never waits.

        A deadline that has moved back is noticed when the old one passes.
        """
        due = self._next_timer()
        if due < self._armed and self._scope is not None:
            self._armed = self._scope.deadline = due  # its task need not wake for that

    def catch_up(self) -> None:
        """Do what is due by now, so that its task need not wake for that."""
        now = trio.current_time()
        if self._scope is not None and self._next_timer() <= now:
            self._on_due(now)
            self._armed = self._scope.deadline = self._next_timer()

    async def run(self) -> None:
        """Wake the machine whenever it is time, until stopped.

        By the task that waits for the machine to end: a second one would be a tenth of
        what an idle torrent costs.
        """
        while not self._stopped:
            self._armed = self._next_timer()
            with trio.CancelScope(deadline=self._armed) as self._scope:
                # As `trio.sleep_forever` does, with two objects less for each idle torrent.
                await trio.lowlevel.wait_task_rescheduled(give_up)
            self._scope = None
            now = trio.current_time()
            if self._next_timer() <= now:
                self._on_due(now)


def give_up(_: object) -> trio.lowlevel.Abort:
    """Let a wait be cancelled at once."""
    return trio.lowlevel.Abort.SUCCEEDED

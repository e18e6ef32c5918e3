"""Waking a machine when its next timer is due."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Alarm"]


class Alarm:
    """One timer, which may be moved at any moment.

    Args:
        next_timer: Says when the machine wants to be woken; math.inf for never.
        on_due: Is told the time when that has come.
    """

    def __init__(self, next_timer: Callable[[], float], on_due: Callable[[float], None]) -> None:
        self._next_timer = next_timer
        self._on_due = on_due
        self._armed = math.inf
        self._moved = trio.Event()
        self._stopped = False

    def stop(self) -> None:
        """Let `run` return."""
        self._stopped = True
        self._moved.set()

    def look(self) -> None:
        """Notice that the timer may have moved. Never waits.

        Waking the task costs more than an event does; a deadline that has moved back is
        noticed when the old one passes.
        """
        if self._next_timer() < self._armed:
            self._moved.set()

    async def run(self) -> None:
        """Wake the machine whenever it is time, until stopped.

        By the task that waits for the machine to end: a second one would be a tenth of
        what an idle torrent costs.
        """
        while not self._stopped:
            self._armed = self._next_timer()
            self._moved = trio.Event()
            with trio.move_on_at(self._armed):
                await self._moved.wait()
            now = trio.current_time()
            if self._next_timer() <= now:
                self._on_due(now)

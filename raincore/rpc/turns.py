"""Long replies made in turns, so that ten thousand torrents keep no peer waiting."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

import trio

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable

__all__ = ["Turn", "gently"]

MOST_SECONDS = 0.004
"""Of a turn. Time and not items: what a row costs depends on what is in it, and on who else
wants the processor."""
Item = TypeVar("Item")


class Turn:
    """A stretch of work that lets all other tasks go on when it has become long.

    Args:
        clock: Seconds, of any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._began = clock()

    async def step(self) -> None:
        """To be called after each item: waits for the others, if it is their turn."""
        if self._clock() - self._began > MOST_SECONDS:
            await trio.lowlevel.checkpoint()
            self._began = self._clock()


async def gently(
    items: Iterable[Item], clock: Callable[[], float] = time.perf_counter
) -> AsyncGenerator[Item]:
    """Give items one by one; now and then all other tasks have their turn.

    To be used up: what is left behind in the middle is a generator that nobody closes.
    """
    began = clock()  # a `Turn` would be a coroutine for each item
    for item in items:
        yield item
        if clock() - began > MOST_SECONDS:
            await trio.lowlevel.checkpoint()
            began = clock()

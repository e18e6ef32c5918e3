"""Long lists made in turns, so that ten thousand torrents keep no peer waiting."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import trio

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

__all__ = ["gently"]

AT_ONCE = 200  # 4 ms
Item = TypeVar("Item")


async def gently(items: Sequence[Item]) -> AsyncGenerator[Item]:
    """Give items one by one; now and then all other tasks have their turn.

    To be used up: what is left behind in the middle is a generator that nobody closes.
    """
    for number, item in enumerate(items, 1):
        yield item
        if number % AT_ONCE == 0:
            await trio.lowlevel.checkpoint()

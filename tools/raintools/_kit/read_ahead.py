"""Inputs loaded in a thread of their own, while others are worked on."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING

from raintools._kit import inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from queue import SimpleQueue

    from raintools._kit.options import Common
    from raintools._kit.sources import Loaded

__all__ = ["MOST_WAITING", "start"]

MOST_WAITING = 64
"""Torrents that are read and not dealt with yet; each may be of 32 MiB."""


def start(
    arguments: Sequence[str],
    common: Common,
    news: SimpleQueue[Callable[[], object]],
    take: Callable[[int, Loaded], None],
    end: Callable[[BaseException | None], None],
) -> threading.Semaphore:
    """Load inputs as they come; a document marked as the last ends them.

    Args:
        news: Gets what the main thread is to call: `take` for each input, with its
            number, and in the end `end`, with what went wrong.

    Returns:
        To be released whenever an input is dealt with.

    Raises:
        click.UsageError: As `inputs.of`.
    """
    items = inputs.each(arguments, common.outcome, common.out)
    room = threading.Semaphore(MOST_WAITING)

    def read() -> None:
        error: BaseException | None = None
        try:
            for number, item in enumerate(items):
                room.acquire()
                news.put(partial(take, number, item))
                if item.document.last:
                    break
        except BaseException as raised:
            error = raised
        news.put(partial(end, error))

    threading.Thread(target=read, daemon=True).start()
    return room

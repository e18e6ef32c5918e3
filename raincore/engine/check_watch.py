"""How far a check in a worker thread is, told now and then while it goes on."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.bitfield import Bitfield
    from raincore.net.offload import Offload

__all__ = ["CheckWatch"]

PROGRESS_SECONDS = 0.5
"""How often it is told."""


class CheckWatch:
    """What one check has found so far; made by its thread, when it begins.

    The check itself looks at the clock: thousands may wait for their turn when a session
    begins, and a timer for each would cost more than to check what is not there.

    Args:
        offload: Carries the news to the event loop.
        good: Pieces that need no check.
        wanted: Only if more of these are good, there is something to tell.
        tell: Is called in the event loop with all pieces that were good then.
        clock: Seconds, of any beginning.
    """

    def __init__(
        self,
        offload: Offload,
        good: Bitfield,
        wanted: Bitfield,
        tell: Callable[[Bitfield], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._offload = offload
        self._good = good
        self._wanted = wanted
        self._tell = tell
        self._clock = clock
        self._next = clock() + PROGRESS_SECONDS
        self._told = 0

    def count(self, piece: int, is_good: bool) -> None:
        """A piece was hashed; in any thread."""
        if is_good:
            self._good.add(piece)
            now = self._clock()
            if now >= self._next:
                self._next = now + PROGRESS_SECONDS
                self._offload.tell(self._look)

    def _look(self) -> None:
        found = self._good.copy()  # the thread adds to it
        good = found.common(self._wanted)
        if good > self._told:
            self._told = good
            self._tell(found)

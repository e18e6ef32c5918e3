"""Something that happens again and again, and whoever waits for it."""

from __future__ import annotations

import trio

__all__ = ["Pulse"]


class Pulse:
    """Wakes all who wait when it beats; belongs to one event loop.

    Costs nothing while nobody waits, which is nearly always: a torrent has several, and
    there are ten thousand torrents.
    """

    __slots__ = ("_next",)

    def __init__(self) -> None:
        self._next: trio.Event | None = None

    def beat(self) -> None:
        """Wake whoever waits. Never waits itself."""
        if self._next is not None:
            self._next.set()
            self._next = None

    async def wait(self) -> None:
        """Wait for the next beat; cancelling changes nothing for others."""
        if self._next is None:
            self._next = trio.Event()
        await self._next.wait()

"""Who may ask which host when: some at once, the others in line.

A host that does not answer would hold up everybody in its line for the length of a time-out
each. So who has waited while others found it dead is told the same, and asks nothing: a
dead host is asked by a few, whatever the number of those who would like to.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import ConnectError, TimedOut

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["Turns"]


class _Line:
    """Those who ask one host, and those who wait to."""

    def __init__(self, most: int) -> None:
        self.limiter = trio.CapacityLimiter(most)
        self.dead_since = -float("inf")
        self.failure: ConnectError | TimedOut | None = None

    @property
    def is_empty(self) -> bool:
        counts = self.limiter.statistics()
        return not counts.borrowed_tokens and not counts.tasks_waiting


class Turns:
    """Limits how much is asked at once.

    Args:
        in_all: How many may ask at once.
        per_host: How many of them may ask one host.
    """

    def __init__(self, in_all: int, per_host: int) -> None:
        self._all = trio.CapacityLimiter(in_all)
        self._per_host = per_host
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def of(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn; the body of the `async with` is what takes it.

        Args:
            host: Any name for what is asked.

        Raises:
            ConnectError, TimedOut: What somebody met who was asked while this one waited.

        Cancelling gives the turn to the next; leaves no task behind.
        """
        line = self._lines.setdefault(host, _Line(self._per_host))
        since = trio.current_time()
        try:
            async with line.limiter, self._all:
                if line.failure is not None and line.dead_since > since:
                    raise type(line.failure)(str(line.failure), line.failure.endpoint)
                try:
                    yield
                except (ConnectError, TimedOut) as error:
                    line.failure, line.dead_since = error, trio.current_time()
                    raise
        finally:
            if line.is_empty and self._lines.get(host) is line:
                del self._lines[host]

"""Who may ask which host when: some at once, the others in line.

A host that does not answer would hold up everybody in its line for the length of a time-out
each. So who has waited while others found it dead is told the same, and asks nothing: a
dead host is asked by a few, whatever the number of those who would like to.
"""

from __future__ import annotations

import trio

from raincore.base.errors import ConnectError, TimedOut

__all__ = ["Turns"]

NEVER = float("inf")


class _Line:
    """Those who ask one host, and those who wait to."""

    def __init__(self, most: int) -> None:
        self.slots = trio.Semaphore(most)
        self.dead_since = -NEVER
        self.failure: ConnectError | TimedOut | None = None
        self.count = 0
        """How many there are."""


class Turns:
    """Limits how much is asked at once.

    Args:
        in_all: How many may ask at once.
        per_host: How many of them may ask one host.
    """

    def __init__(self, in_all: int, per_host: int) -> None:
        self.all = trio.Semaphore(in_all)
        self._per_host = per_host
        self._lines: dict[str, _Line] = {}

    def of(self, host: str) -> _Turn:
        """Wait for a turn; the body of the `async with` is what takes it.

        Args:
            host: Any name for what is asked.

        Raises:
            ConnectError, TimedOut: What somebody met who was asked while this one waited.

        Cancelling gives the turn to the next; leaves no task behind.
        """
        return _Turn(self, host)

    def joined(self, host: str) -> _Line:
        """The line of a host, with one more in it; for `_Turn`."""
        line = self._lines.get(host)
        if line is None:
            line = self._lines[host] = _Line(self._per_host)
        line.count += 1
        return line

    def left(self, host: str, line: _Line) -> None:
        """One fewer is in a line."""
        line.count -= 1
        if not line.count:
            del self._lines[host]


class _Turn:
    """One turn. Who need not wait takes it without a pause, since each costs."""

    __slots__ = ("_host", "_line", "_taken", "_turns")

    def __init__(self, turns: Turns, host: str) -> None:
        self._turns = turns
        self._host = host
        self._taken: list[trio.Semaphore] = []

    async def __aenter__(self) -> None:
        since = NEVER
        self._line = line = self._turns.joined(self._host)
        try:
            for slots in (line.slots, self._turns.all):
                try:
                    slots.acquire_nowait()
                except trio.WouldBlock:
                    since = min(since, trio.current_time())
                    await slots.acquire()
                self._taken.append(slots)
            if line.failure is not None and line.dead_since > since:
                raise type(line.failure)(str(line.failure), line.failure.endpoint)
        except BaseException:
            self._leave()
            raise

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, (ConnectError, TimedOut)):
            self._line.failure, self._line.dead_since = error, trio.current_time()
        self._leave()

    def _leave(self) -> None:
        for slots in self._taken:
            slots.release()
        self._turns.left(self._host, self._line)

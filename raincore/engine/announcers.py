"""Tell trackers what the machine wants them to hear, each in order, all side by side."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

import trio

from raincore.base.errors import RainError, TrackerError
from raincore.engine.pulse import Pulse
from raincore.swarm.events import Announced, AnnounceFailed, Scraped
from raincore.wire.announce import AnnounceEvent

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.ids import InfoHash
    from raincore.engine.world import Trackers
    from raincore.swarm.commands import Announce, Scrape
    from raincore.swarm.events import Event

__all__ = ["Announcers"]

DOUBT_SECONDS = 1.0
"""How long those may take that have never answered: they hardly know us."""

TO_THE_END = (AnnounceEvent.COMPLETED, AnnounceEvent.STOPPED)
"""What a tracker is told even when we stop; these two need no scope, which costs."""

_Key = tuple[str, bool]
"""A tracker, and whether it is asked about a hybrid's other swarm."""


class _Line:
    """What one tracker is to be told, the first of it under way."""

    def __init__(self) -> None:
        self.waiting: deque[Announce] = deque()
        self.scope: trio.CancelScope | None = None
        """Of the announce under way, if it may be interrupted."""

    def interrupt(self) -> None:
        """Do not wait for an answer that nobody needs any more."""
        if self.scope is not None:
            self.scope.cancel()


class Announcers:
    """One torrent's announces.

    Args:
        trackers: Who carries them out.
        start_soon: Starts a task of the torrent.
        dispatch: Is told what came of each but the last.
        stop_seconds: How long trackers may take to hear that we stop.
    """

    __slots__ = (
        *("_answered", "_dispatch", "_lines", "_patience", "_quiet", "_start_soon", "_trackers"),
        "stop_seconds",
    )

    def __init__(
        self,
        trackers: Trackers,
        start_soon: Callable[..., None],
        dispatch: Callable[[Event], None],
        stop_seconds: float = 3.5,
    ) -> None:
        self._trackers = trackers
        self._start_soon: Callable[..., Any] = start_soon
        self._dispatch = dispatch
        self.stop_seconds = stop_seconds
        self._lines: dict[_Key, _Line] = {}
        self._answered: dict[_Key, None] = {}
        self._quiet = Pulse()
        self._patience: trio.CancelScope | None = None

    def announce(self, command: Announce) -> None:
        """Tell a tracker something after all that it was to be told before. Never waits."""
        key = command.url, command.other
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = _Line()
            self._start_soon(self._work, key, line)
        if command.request.event is AnnounceEvent.STOPPED:
            line.interrupt()
        line.waiting.append(command)

    def scrape(self, command: Scrape, info_hash: InfoHash) -> None:
        """Ask a tracker for its counts, beside everything else. Never waits."""
        self._start_soon(self._scrape, command, info_hash)

    async def wait_told(self) -> None:
        """Wait until everything is told, but `stop_seconds` at most."""
        begun = trio.current_time()
        with trio.move_on_at(begun + min(DOUBT_SECONDS, self.stop_seconds)):
            while self._lines:
                await self._quiet.wait()
        with trio.move_on_at(begun + self.stop_seconds) as self._patience:
            while not self._answered.keys().isdisjoint(self._lines):
                await self._quiet.wait()

    def hurry(self, seconds: float) -> None:
        """Wait no longer than so from now, also where `wait_told` waits already."""
        self.stop_seconds = min(self.stop_seconds, seconds)
        if self._patience is not None:
            latest = trio.current_time() + seconds
            self._patience.deadline = min(self._patience.deadline, latest)

    async def _work(self, key: _Key, line: _Line) -> None:
        while line.waiting:
            command = line.waiting.popleft()
            if command.request.event in TO_THE_END:
                await self._tell(command)
            else:
                with trio.CancelScope() as line.scope:
                    await self._tell(command)
                line.scope = None
        del self._lines[key]
        self._quiet.beat()

    async def _tell(self, command: Announce) -> None:
        event: Event
        try:
            reply = await self._trackers.announce(command.url, command.request)
        except RainError as error:
            retry_seconds = getattr(error, "retry_seconds", None)
            refused = isinstance(error, TrackerError)
            event = AnnounceFailed(command.url, str(error), retry_seconds, refused, command.other)
        else:
            event = Announced(command.url, reply, command.other)
            self._answered[command.url, command.other] = None
        if command.request.event is not AnnounceEvent.STOPPED:
            self._dispatch(event)

    async def _scrape(self, command: Scrape, info_hash: InfoHash) -> None:
        url, agent = command.url, command.user_agent
        try:
            found = await self._trackers.scrape(url, [info_hash], user_agent=agent)
        except RainError:
            return  # not all can; what it knows beyond that, its announces tell
        if info_hash in found:
            self._dispatch(Scraped(url, found[info_hash]))

"""What happened in a session: numbered, bounded in memory, and followed by whoever likes."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Self

import trio

from raincore.documents.session_records import SessionEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

__all__ = ["EventLog"]

MAX_EVENTS = 10_000
"""That are remembered, some 200 bytes each; who is further behind has lost some."""
MAX_REMOVED = 10_000


class EventLog:
    """The one counter of revisions, and the latest events.

    Args:
        calendar: Seconds since 1970.
        first: The revision to begin with. It must be larger than all of the last run, so
            that who was away while the session began anew is told so: the time of day is.
    """

    def __init__(self, calendar: Callable[[], float], first: int) -> None:
        self._calendar = calendar
        self._first = self.revision = first
        self._events: deque[SessionEvent] = deque(maxlen=MAX_EVENTS)
        self._removed: deque[tuple[int, str]] = deque(maxlen=MAX_REMOVED)
        self._news = trio.Event()

    def add(
        self, id: str, kind: str, *, status: str = "", code: str = "", message: str = ""
    ) -> int:
        """Something happened; wake whoever follows. Returns the new revision."""
        self.revision += 1
        event = SessionEvent(
            revision=self.revision,
            time=self._calendar(),
            id=id,
            kind=kind,
            status=status,
            code=code,
            message=message,
        )
        self._events.append(event)
        if kind == "removed":
            self._removed.append((self.revision, id))
        self._news.set()
        return self.revision

    def removed_since(self, revision: int) -> tuple[str, ...] | None:
        """Ids that were removed after a revision; None if that is no longer known."""
        forgot = len(self._removed) == MAX_REMOVED and self._removed[0][0] > revision + 1
        if forgot or not self._first <= revision <= self.revision:
            return None
        return tuple(id for when, id in self._removed if when > revision)

    def follow(self, since: int | None = None) -> AsyncIterator[SessionEvent]:
        """Give events as they come; see `Session.events`."""
        return _Following(self, self.revision if since is None else since)

    def next_after(self, revision: int) -> SessionEvent | None:
        """The event that follows on a revision; None if there is none yet."""
        if revision == self.revision:
            return None
        place = revision + 1 - (self._events[0].revision if self._events else self.revision + 1)
        if 0 <= place < len(self._events):  # each event is one revision
            return self._events[place]
        return SessionEvent(revision=self.revision, time=self._calendar(), id="", kind="lost")

    async def wait(self) -> None:
        """Wait until anything has happened."""
        if self._news.is_set():
            self._news = trio.Event()
        await self._news.wait()


class _Following:
    """One follower: where it is, and nothing else. Nobody has to close it."""

    def __init__(self, log: EventLog, seen: int) -> None:
        self._log = log
        self._seen = seen

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> SessionEvent:
        while (event := self._log.next_after(self._seen)) is None:
            await self._log.wait()
        self._seen = event.revision
        return event

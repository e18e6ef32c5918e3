"""Telling people why torrents do not move: on SIGUSR1, when one fails, when one stands still."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import trio

from raincore.base import printable
from raincore.documents import events
from raintools._kit import exits

if TYPE_CHECKING:
    from raincore.base.ids import InfoHash
    from raincore.session.one_shot import OneShot
    from raintools._kit.options import Common

__all__ = ["STALL_SECONDS", "Explainer", "deaf"]

STALL_SECONDS = 30.0
"""Who brings nothing for so long stands still."""

LINE_LENGTH = 1000


def deaf() -> None:
    """Let SIGUSR1 not end the process before anybody listens, or when nobody does any more."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)


class Explainer:
    """Explains the torrents of a session, in lines on stderr and, if wanted, as events.

    Args:
        common: Where to say it.
        write_events: Write records to stdout as well.
        unasked: Explain also when a torrent fails or stands still.
    """

    def __init__(self, common: Common, *, write_events: bool, unasked: bool) -> None:
        self._common = common
        self._write_events = write_events
        self._unasked = unasked
        self._names: dict[InfoHash, str] = {}
        self._still_since: dict[InfoHash, float] = {}
        self.session: OneShot | None = None
        """Whose torrents these are; None until it is open."""

    async def listen(self) -> None:
        """Explain all torrents at each SIGUSR1, until cancelled."""
        with trio.open_signal_receiver(signal.SIGUSR1) as signals:
            async for _ in signals:
                self.explain_all()

    def take(self, name: str, record: events.Event) -> None:
        """Notice that the torrent called `name` failed or stands still."""
        self._names[record.info_hash] = name
        if not self._unasked:
            return
        if isinstance(record, events.Status):
            self._still_since.pop(record.info_hash, None)
            if record.status == "error":
                self.explain(record.info_hash)
        elif isinstance(record, events.Progress):
            since = self._still_since.setdefault(record.info_hash, record.time)
            if record.down_rate or record.up_rate:
                self._still_since[record.info_hash] = record.time
            elif record.time - since >= STALL_SECONDS:
                # Told once: it begins anew when something has moved.
                self._still_since[record.info_hash] = float("inf")
                self.explain(record.info_hash)

    def explain_all(self) -> None:
        """Explain every torrent that runs."""
        running = self.session.torrents.all() if self.session is not None else []
        for torrent in running:
            self.explain(torrent.info_hash)
        if not running:
            exits.say(f"{self._common.outcome.command}: no torrent is running")

    def explain(self, info_hash: InfoHash) -> None:
        """Explain one torrent, a line for each reason."""
        if self.session is None:
            return
        name = self._names.get(info_hash, info_hash.hex())
        for found in self.session.explain(info_hash):
            remedy = f"; {found.remedy}" if found.remedy else ""
            text = f"{name}: {found.cause}: {found.evidence}{remedy}"
            safe = printable.printable(text, limit=LINE_LENGTH)
            exits.say(f"{self._common.outcome.command}: {safe}")
            if self._write_events:
                self._common.out.document(found)

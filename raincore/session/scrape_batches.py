"""Scrapes of many torrents put together: one question to a tracker instead of one for each.

Hundreds of torrents of one tracker whose answers hold no counts would ask it for them one
by one, which costs both sides as much again as the announces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import RainError, TrackerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.base.ids import InfoHash
    from raincore.engine.world import Trackers
    from raincore.wire.announce import ScrapeCounts

__all__ = ["ScrapeBatches"]

GATHER_SECONDS = 3.0
"""How long the first of a batch waits for others."""
MANY = 3
"""Of which one alone is too few to be an answer."""
REMEMBERED_MAX = 200
"""Trackers of which is remembered that they are to be asked for one torrent, or for none."""
DEAF_SECONDS = 1800.0
"""How long a tracker that refuses even that is left alone; torrents ask as seldom."""

_Key = tuple[str, str]
"""A tracker, and whom it is to see."""


@dataclass(slots=True, eq=False)
class _Batch:
    wanted: dict[InfoHash, None] = field(default_factory=dict)
    turn: trio.Lock = field(default_factory=trio.Lock)
    """Who has it asks for all; if that one is cancelled, the next."""
    is_over: bool = False
    found: dict[InfoHash, ScrapeCounts] = field(default_factory=dict)
    failure: RainError | None = None


class ScrapeBatches:
    """Asks for all who want counts of one tracker within some seconds.

    Args:
        trackers: Ask them; requests of any length are cut to what the protocol bears.
    """

    def __init__(self, trackers: Trackers) -> None:
        self._trackers = trackers
        self._batches: dict[_Key, _Batch] = {}
        self._singly: dict[str, float] = {}
        """Trackers that do not understand many, and before when they are asked for none."""

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], user_agent: str
    ) -> dict[InfoHash, ScrapeCounts]:
        """Ask a tracker for its counts, together with others; see `engine.world.Trackers`.

        Waits some seconds for them. Cancelling leaves the question to those; leaves no task
        behind.
        """
        if url in self._singly:
            return await self._one(url, info_hashes, user_agent)
        key = url, user_agent
        batch = self._batches.setdefault(key, _Batch())
        batch.wanted.update(dict.fromkeys(info_hashes))
        async with batch.turn:
            if not batch.is_over:
                await self._gather(key, batch)
        if batch.failure is not None:
            raise batch.failure.with_traceback(None)  # or it would grow with each of them
        return {one: batch.found[one] for one in info_hashes if one in batch.found}

    async def _gather(self, key: _Key, batch: _Batch) -> None:
        url, user_agent = key
        await trio.sleep(GATHER_SECONDS)
        if self._batches.get(key) is batch:
            del self._batches[key]
        wanted = list(batch.wanted)
        try:
            batch.found = await self._trackers.scrape(url, wanted, user_agent=user_agent)
        except RainError as error:
            batch.failure = error
        if len(wanted) >= MANY:
            self._judge(url, batch)
        batch.is_over = True

    def _judge(self, url: str, batch: _Batch) -> None:
        """Notice who answers for the first of many only, or refuses to be asked for many.

        All of them have announced, so a tracker that knows of one alone did not understand.
        """
        refused = isinstance(batch.failure, TrackerError) and batch.failure.retry_seconds is None
        if len(batch.found) != 1 and not refused:
            return
        self._singly[url] = -math.inf
        if len(self._singly) > REMEMBERED_MAX:
            del self._singly[next(iter(self._singly))]

    async def _one(
        self, url: str, info_hashes: Sequence[InfoHash], user_agent: str
    ) -> dict[InfoHash, ScrapeCounts]:
        if trio.current_time() < self._singly[url]:
            raise TrackerError("it was asked for counts lately, and gave none")
        try:
            return await self._trackers.scrape(url, info_hashes, user_agent=user_agent)
        except TrackerError:
            if url in self._singly:
                self._singly[url] = trio.current_time() + DEAF_SECONDS
            raise

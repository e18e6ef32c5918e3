"""What will happen when: one heap ordered by time and sequence number, and one task."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Callable
from typing import Any

import trio

Action = Callable[..., Any]

ROUNDS = 16
"""So often what happens may lead to more at the same instant before tasks get their turn."""


class Timeline:
    """Calls actions at their virtual times; actions for one instant in order of planning.

    Args:
        grain: Seconds; all happens at multiples of it, a little later than it would. A large
            swarm costs half as much when what happens at about the same time does so at
            once. 0 for none.
    """

    def __init__(self, grain: float = 0.0) -> None:
        self._grain = grain
        self._heap: list[tuple[float, int, Action, tuple[Any, ...]]] = []
        self._soon: deque[tuple[Action, tuple[Any, ...]]] = deque()
        self._number = itertools.count()
        self._next = -math.inf
        self._earlier = trio.Event()

    def at(self, when: float, action: Action, *args: Any) -> None:
        """Plan an action for a time of trio's clock; the past means now."""
        if self._grain:
            # What is late is rounded too, lest it overtake what was planned before it. The
            # product may be a hair less: nothing happens before its time.
            when = max(when, math.ceil(when / self._grain) * self._grain)
        heapq.heappush(self._heap, (when, next(self._number), action, args))
        if when < self._next:
            self._earlier.set()

    def after(self, seconds: float, action: Action, *args: Any) -> None:
        self.at(trio.current_time() + seconds, action, *args)

    def soon(self, action: Action, *args: Any) -> None:
        """Plan an action for this very instant, after everything that is already due."""
        self._soon.append((action, args))
        self._earlier.set()

    async def run(self) -> None:
        """Act until cancelled. An exception from an action ends it."""
        heap, soon = self._heap, self._soon
        while True:
            now = trio.current_time()
            self._act(now)
            if soon or (heap and heap[0][0] <= now):
                await trio.lowlevel.checkpoint()
                continue
            self._earlier = trio.Event()
            self._next = heap[0][0] if heap else math.inf
            with trio.move_on_at(self._next):
                await self._earlier.wait()
            self._next = -math.inf  # awake: nobody needs to wake it

    def _act(self, now: float) -> None:
        """Do what is due, and what that leads to at the same instant, within reason."""
        heap, soon = self._heap, self._soon
        for _ in range(ROUNDS):
            due = []
            while heap and heap[0][0] <= now:
                due.append(heapq.heappop(heap))
            for _, _, action, args in due:
                action(*args)
            for _ in range(len(soon)):
                action, args = soon.popleft()
                action(*args)
            if not (soon or (heap and heap[0][0] <= now)):
                return

"""The lines by which hosts are connected to everybody: what is scarce, and how it is shared."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass

import trio

from tests.sim.timeline import Timeline


class Pace:
    """Something that passes so many bytes per second, one after another."""

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._busy_until = 0.0

    def reserve(self, now: float, size: int) -> float:
        """Queue `size` bytes; when the last of them has passed."""
        self._busy_until = max(now, self._busy_until) + size / self.rate
        return self._busy_until


@dataclass(slots=True, eq=False)
class Flow:
    """What keeps its order on the way: one direction of one connection."""

    turn: float = 0.0
    """When its last parcel gets its turn on the line, in bytes."""
    last_arrival: float = 0.0


class Line:
    """A host's way out, of which each connection that has something to send gets as much.

    So do TCP connections over one line share it. In a queue for all of them, a request of
    a few bytes would wait behind the seconds' worth of blocks that others have sent before.

    Each parcel gets its turn when its flow would be done with it if all flows were served
    byte by byte in turn (self-clocked fair queueing); what has begun is not interrupted.

    Args:
        rate: Bytes per second.
    """

    def __init__(self, timeline: Timeline, rate: float) -> None:
        self._timeline = timeline
        self._rate = rate
        self._waiting: list[tuple[float, int, int, Callable[[float], None]]] = []
        self._number = itertools.count()
        self._turn = 0.0
        """Of the parcel that was served last."""
        self._free_at = 0.0
        self._planned = False

    def send(self, flow: Flow, size: int, leave: Callable[[float], None]) -> None:
        """Queue a parcel.

        Args:
            leave: Told, when its turn has come, the time when all of it has passed.
        """
        now = trio.current_time()
        if not self._waiting:
            self._free_at = max(self._free_at, now)
        flow.turn = max(flow.turn, self._turn) + size
        heapq.heappush(self._waiting, (flow.turn, next(self._number), size, leave))
        self._serve(now)

    def _serve(self, now: float) -> None:
        """Pass what can begin by now, each when the one before it is through."""
        while self._waiting and self._free_at <= now:
            self._turn, _, size, leave = heapq.heappop(self._waiting)
            self._free_at += size / self._rate
            leave(self._free_at)
        if self._waiting and not self._planned:
            self._planned = True
            self._timeline.at(self._free_at, self._go_on)

    def _go_on(self) -> None:
        self._planned = False
        self._serve(trio.current_time())

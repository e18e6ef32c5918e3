"""One lookup over several nodes of ours: what each finds, and the sum of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.dht.events import LookupEnded

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.dht.events import Event

__all__ = ["Gathering", "LookupSummary"]


@dataclass(frozen=True, slots=True)
class LookupSummary:
    """What came of one lookup, over all nodes of ours.

    Args:
        asked: Nodes that were asked.
        answered: Nodes that answered.
        stored: Nodes that stored what was to be stored.
    """

    asked: int
    answered: int
    stored: int


class Gathering:
    """What the nodes of one lookup have told so far."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self.over = trio.Event()
        self._on_event = on_event
        self._open = 0
        self._ends: list[LookupEnded] = []

    def taker(self) -> Callable[[Event], None]:
        """Make what one more node tells its events to."""
        self._open += 1

        def take(event: Event) -> None:
            self._on_event(event)
            if isinstance(event, LookupEnded):
                self._ends.append(event)
                self._open -= 1
                if not self._open:
                    self.over.set()

        return take

    def give_up(self) -> None:
        """Nobody will tell any more."""
        self.over.set()

    def summary(self) -> LookupSummary:
        """Add up."""
        ends = self._ends
        return LookupSummary(
            sum(end.asked for end in ends),
            sum(end.answered for end in ends),
            sum(end.stored for end in ends),
        )

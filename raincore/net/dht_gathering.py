"""One lookup over several nodes of ours: what each finds, and the sum of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import trio

from raincore.dht.events import LookupEnded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from raincore.dht.events import Event
    from raincore.formats.compact import Node

__all__ = ["Gathering", "LookupSummary"]


@dataclass(frozen=True, slots=True)
class LookupSummary:
    """What came of one lookup, over all nodes of ours.

    Args:
        asked: Nodes that were asked.
        answered: Nodes that answered.
        stored: Nodes that stored what was to be stored.
        hops: How many had to be asked one after another to reach the closest.
        closest: By family, 4 or 6: the closest nodes that answered, the closest first.
    """

    asked: int
    answered: int
    stored: int
    hops: int
    closest: Mapping[int, tuple[Node, ...]]


class Gathering:
    """What the nodes of one lookup have told so far."""

    def __init__(self, on_event: Callable[[Event], None]) -> None:
        self.target = b""
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
        nodes = dict.fromkeys(node for end in ends for node in end.closest)
        goal = int.from_bytes(self.target, "big")
        in_order = sorted(nodes, key=lambda node: goal ^ int.from_bytes(node.node_id, "big"))
        return LookupSummary(
            sum(end.asked for end in ends),
            sum(end.answered for end in ends),
            sum(end.stored for end in ends),
            max((end.hops for end in ends), default=0),
            {
                4: tuple(node for node in in_order if not node.endpoint.is_ipv6),
                6: tuple(node for node in in_order if node.endpoint.is_ipv6),
            },
        )

"""All facts about one torrent's searches in the DHT."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["FIRST_PAUSE_SECONDS", "DhtState"]

FIRST_PAUSE_SECONDS = 10.0
SILENT_MAX = 2
"""Searches in a row without an answer that end the hope: one datagram is easily lost."""


@dataclass(slots=True, eq=False)
class DhtState:
    """What was asked, and what came of the latest search.

    Args:
        port: Of our nodes, for peers that run one too (BEP 5, "port").
    """

    port: int
    begun: bool = False
    under_way: bool = False
    again: bool = False
    """What we would tell the nodes has changed while the search was under way."""
    pause: float = FIRST_PAUSE_SECONDS
    """Seconds until the next search, as long as searching brings nothing."""
    ended_at: float = -math.inf
    asked: int = 0
    answered: int = 0
    peers: int = 0
    silent: int = 0
    """Searches in a row in which nodes were asked and none answered."""

    @property
    def is_dead(self) -> bool:
        """Whether nothing is to be expected: nobody to ask, or nobody who answers."""
        if self.ended_at == -math.inf:
            return False
        return not self.asked or self.silent >= SILENT_MAX

    @property
    def said(self) -> str:
        """What came of it, in a few words."""
        if self.ended_at == -math.inf:
            return "DHT: no answer yet"
        if not self.asked:
            return "DHT: no node is known"
        nodes = f"DHT: {self.answered} of {self.asked} nodes answered"
        return nodes if self.peers or not self.answered else f"{nodes}, none knows a peer"

"""When a torrent wants to do what next."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Timers"]


@dataclass(slots=True)
class Timers:
    """When to do what next, on the machine's clock; math.inf for not at all."""

    dial: float = math.inf
    announce: float = math.inf
    dht: float = math.inf
    nearby: float = math.inf
    exchange: float = math.inf
    choke: float = math.inf
    disk: float = math.inf
    turnover: float = math.inf
    obstacles: float = math.inf
    housekeeping: float = math.inf
    metadata: float = math.inf
    metadata_over: float = math.inf
    layers: float = math.inf
    disputes: float = math.inf
    haves: float = math.inf
    progress: float = math.inf
    save: float = math.inf
    stall: float = math.inf
    seed_limit: float = math.inf
    webseeds: float = math.inf
    deadlines: float = math.inf
    showing: float = math.inf

    def earliest(self) -> float:
        """The next moment at which any of them is due."""
        return min(
            self.dial,
            self.announce,
            self.dht,
            self.nearby,
            self.exchange,
            self.choke,
            self.disk,
            self.turnover,
            self.obstacles,
            self.housekeeping,
            self.metadata,
            self.metadata_over,
            self.layers,
            self.disputes,
            self.haves,
            self.progress,
            self.save,
            self.stall,
            self.seed_limit,
            self.webseeds,
            self.deadlines,
            self.showing,
        )

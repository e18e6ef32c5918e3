"""When a torrent gives up, or has served enough."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.swarm.state import Limits

__all__ = ["limits"]

DISK_SECONDS = 30.0
"""How long a disk that is full is waited for, unless the user says how patient we are."""


def limits(
    *,
    stall_seconds: float | None,
    seed_seconds: float | None,
    seed_ratio: float | None,
    waits_for_peers: bool,
) -> Limits:
    """What the options say; None where they say nothing."""
    from raincore.swarm.state import Limits  # needed by who transfers only

    return Limits(
        waits_for_peers=waits_for_peers,
        stall_seconds=_or_never(stall_seconds),
        disk_seconds=DISK_SECONDS if stall_seconds is None else stall_seconds,
        seed_seconds=_or_never(seed_seconds),
        seed_ratio=_or_never(seed_ratio),
    )


def _or_never(limit: float | None) -> float:
    return math.inf if limit is None else limit

"""Everything outside that a torrent may touch: network, threads, dice, calendar.

A test swaps the whole world for a simulated one (tests/sim/world.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from raincore.net.interface import Network
    from raincore.net.offload import Offload
    from raincore.net.rate_limiter import RateLimiter

__all__ = ["World"]

SCRATCH_LENGTH = 512 * 1024
"""Bytes that one read may bring; larger reads save system calls and wake-ups."""


@dataclass(slots=True, eq=False, kw_only=True)
class World:
    """What one process lends to all its torrents.

    Args:
        network: Makes every socket.
        offload: Worker threads for hashing and disk.
        rng: Dice; peer ids and piece order come from it.
        calendar: Seconds since the epoch, for records; never for decisions.
        down: Limits what all peers together may send us.
        up: Limits what we send to all peers together.
        scratch: The receive buffer that all links share (net.peer_link).
    """

    network: Network
    offload: Offload
    rng: random.Random
    calendar: Callable[[], float]
    down: RateLimiter
    up: RateLimiter
    scratch: memoryview

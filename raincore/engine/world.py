"""Everything outside that a torrent may touch: network, threads, dice, calendar.

A test swaps the whole world for a simulated one (tests/sim/world.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from raincore.net.interface import Network
    from raincore.net.offload import Offload
    from raincore.net.rate_limiter import RateLimiter
    from raincore.wire.announce import AnnounceReply, AnnounceRequest

__all__ = ["Trackers", "World"]

SCRATCH_LENGTH = 512 * 1024
"""Bytes that one read may bring; larger reads save system calls and wake-ups."""


class Trackers(Protocol):
    """All trackers there are; net.tracker_client.TrackerClient, or a simulation's."""

    async def announce(self, url: str, request: AnnounceRequest) -> AnnounceReply:
        """Tell a tracker about us; bounded in time. Cancelling forgets it.

        Raises:
            RainError: It could not be asked, or refused; the text is for people.
        """


@dataclass(slots=True, eq=False, kw_only=True)
class World:
    """What one process lends to all its torrents.

    Args:
        network: Makes every socket.
        trackers: Asks every tracker.
        offload: Worker threads for hashing and disk.
        rng: Dice; peer ids and piece order come from it.
        calendar: Seconds since the epoch, for records; never for decisions.
        down: Limits what all peers together may send us.
        up: Limits what we send to all peers together.
        scratch: The receive buffer that all links share (net.peer_link).
    """

    network: Network
    trackers: Trackers
    offload: Offload
    rng: random.Random
    calendar: Callable[[], float]
    down: RateLimiter
    up: RateLimiter
    scratch: memoryview

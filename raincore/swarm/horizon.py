"""How far ahead peers are asked: no further than all of them together have to go.

A peer may be asked for what it sends in three seconds. Of what is left at the end, and of what
memory there is for pieces on their way, that may be nearly all: then some promise what others,
who stand idle, could bring sooner. A share is what a peer brings in the time that all need for
all there is to ask for, or, as who is new has brought nothing yet, what each gets if all get the
same. Nobody is asked for more than half of that: the rest is for whoever turns out to be faster,
or comes later.

Where nobody else is known who could bring anything sooner, nothing is gained by asking little of
who is new: that only makes it wait for the next requests. So the fewer sources are known,
connected or not, the more each is asked for before it has shown how fast it is.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState

__all__ = ["Horizon", "look"]

LOOK_SECONDS = 0.02
"""How long an answer holds; 200 peers and 40 pieces take 0.2 ms to look through."""

FEW = 256
"""Pieces under way whose missing blocks are counted; of more, which are small ones, none is
thought to have come."""

PART = 0.5
"""How much of a share a peer is asked for."""

NEW_BLOCKS = 64
"""What all sources together are asked for before anybody has shown how fast it is. (200 torrents
of 1 MiB from one seed: four reads and four sends less for each. With 16 peers or more each is
asked for as little as ever.)"""


@dataclass(slots=True)
class Horizon:
    """The answer of the last look."""

    seconds: float = math.inf
    least: int = 0
    start: int = 0
    """Blocks that who is new may be asked for."""
    looked_at: float = -math.inf


def look(state: TorrentState, now: float) -> Horizon:
    """Say for how many seconds peers may be asked ahead, and how many blocks any may be."""
    horizon = state.horizon
    if now >= horizon.looked_at + LOOK_SECONDS:
        rates = [
            peer.download.per_second(now)
            for peer in state.peers.values()
            if peer.we_interested and not (peer.they_choke or peer.snubbed)
        ]
        part, rate = PART * in_play(state), sum(rates)
        horizon.seconds = part / rate if rate else math.inf
        horizon.least = int(part / len(rates) / BLOCK_LENGTH) if rates else 0
        horizon.start = NEW_BLOCKS // max(sources(state), 1)
        horizon.looked_at = now
    return horizon


def sources(state: TorrentState) -> int:
    """How many peers and web seeds are known, as far as they are not known to be of no use."""
    return max(len(state.peers), len(state.candidates)) + len(state.web.sources)


def in_play(state: TorrentState) -> int:
    """How many bytes may be asked for, or have been and have not come.

    All that is missing, as far as there is memory for it.
    """
    assert state.geometry is not None
    assert state.picker is not None
    piece_length, downloads = state.geometry.piece_length, state.downloads
    memory = max(state.config.disk.write_budget_bytes, 2 * piece_length) - state.lent_bytes
    startable = min(state.picker.unstarted * piece_length, max(memory, 0))
    if len(downloads) > FEW:
        return startable + len(downloads) * piece_length
    return startable + sum(one.missing_count for one in downloads.values()) * BLOCK_LENGTH

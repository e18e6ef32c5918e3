"""When the local network is searched for peers, and whether it is told of us (BEP 14, BEP 27).

A torrent whose info dictionary is unknown only listens: it may turn out to be private. One
that is known to be private does not even do that.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.swarm import both_swarms, privacy
from raincore.swarm.commands import LookNearby, StopLookingNearby

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState

__all__ = ["begin", "end", "is_over", "may_help", "on_info"]

HOPE_SECONDS = 12.0
"""How long neighbours may take to answer an announce before nobody is expected any more."""


def begin(state: TorrentState, now: float) -> None:
    """Listen from now on, and announce us as soon as we let others in."""
    nearby = state.nearby
    if nearby is None or privacy.is_private(state):
        return
    if nearby.hope_until == -math.inf:
        nearby.hope_until = state.timers.nearby = now + HOPE_SECONDS
    announce = state.info is not None and state.ready and state.port > 0
    state.do(LookNearby(announce, both_swarms.other(state)))


def on_info(state: TorrentState) -> None:
    """The info dictionary is known: a private torrent listens no more."""
    if state.nearby is not None and privacy.is_private(state):
        state.timers.nearby = math.inf
        state.do(StopLookingNearby(both_swarms.other(state)))


def end(state: TorrentState) -> None:
    """The torrent is over."""
    if state.nearby is not None:
        state.do(StopLookingNearby(both_swarms.other(state)))


def may_help(state: TorrentState, now: float) -> bool:
    """Whether a neighbour may still turn up soon."""
    nearby = state.nearby
    return nearby is not None and not privacy.is_private(state) and now < nearby.hope_until


def is_over(state: TorrentState, now: float) -> bool:
    """Whether the hope for neighbours has ended just now; true once."""
    if state.timers.nearby > now:
        return False
    state.timers.nearby = math.inf
    return True

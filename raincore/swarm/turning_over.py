"""Peers of no use make way now and then for others that wait (`policy.turnover`)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.policy import turnover
from raincore.policy.turnover import PeerView

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["arm", "on_timer", "turned_away"]


def arm(state: TorrentState, now: float) -> None:
    """See to it that a torrent which has peers looks from time to time whether to change them."""
    if state.timers.turnover == math.inf:
        state.timers.turnover = now + turnover.INTERVAL_SECONDS


def turned_away(state: TorrentState) -> None:
    """Somebody dialled us, and there was no place: from time to time one is to be free."""
    state.turned_away = True


def on_timer(state: TorrentState, now: float) -> None:
    """Let the least useful peers go, of those whose places are in demand."""
    if state.timers.turnover > now:
        return
    state.timers.turnover = now + turnover.INTERVAL_SECONDS if state.peers else math.inf
    limits = state.config.peers
    staying = [peer for peer in state.peers.values() if not peer.leaving]
    dialled = [peer for peer in staying if not peer.joined.incoming]
    accepted = [peer for peer in staying if peer.joined.incoming]
    leaving: list[int] = []
    others_to_dial = state.candidates.next(now) is not None
    if others_to_dial or state.turned_away:
        leaving = least_useful(state, staying, limits.places, now)
    if not leaving and others_to_dial:
        leaving = least_useful(state, dialled, limits.places_to_dial, now)
    if not leaving and state.turned_away:
        leaving = least_useful(state, accepted, limits.max_accepted, now)
    state.turned_away = False
    for key in leaving:
        state.drop(state.peer(key), "made_way")


def least_useful(state: TorrentState, peers: list[PeerState], places: int, now: float) -> list[int]:
    """Those who share some places and are of least use."""
    views = [
        PeerView(
            key=peer.key,
            pointless=not (peer.we_interested or peer.they_interested),
            suspected=peer.trust < 0,
            moved=peer.uploaded if state.finished else peer.downloaded,
            joined_at=peer.joined_at,
            chokes=peer.we_interested and peer.they_choke,
            last_heard=peer.last_heard,
        )
        for peer in peers
    ]
    return turnover.least_useful(views, places, now)

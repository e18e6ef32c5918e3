"""Who makes way for a newcomer when all places are taken (BEP 40)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.policy import peer_priority

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.swarm.events import PeerJoined
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["make_room", "worst"]

IDLE_SECONDS = 5.0
"""When all places are taken, a peer that wants nothing for so long makes way."""


def make_room(state: TorrentState, event: PeerJoined, now: float) -> bool:
    """See to it that a peer that dialled us finds a place; False if it does not.

    An idle peer makes way for anybody. Of the others, those that neither give nor get
    anything make way for whoever has the greater canonical priority: so the first to come
    keep nobody out for ever, and a crowd from one network gets the places of one.
    """
    limits = state.config.peers
    accepted = [peer for peer in state.peers.values() if peer.joined.incoming]
    room = state.lent.connections.allows(len(state.peers) + len(state.dialling) + 1)
    if room and len(accepted) < limits.max_accepted and len(state.peers) < limits.places:
        return True
    staying = [peer for peer in accepted if not peer.leaving]
    worst = next((peer for peer in staying if is_idle(peer, now)), None)
    if worst is None:
        waiting = [peer for peer in staying if peer.we_choke and not peer.download.per_second(now)]
        worst = min(waiting, key=lambda peer: value(state, peer.joined.endpoint), default=None)
        if worst is None or value(state, worst.joined.endpoint) >= value(state, event.endpoint):
            return False
    state.drop(worst, "made_way")
    return True


def worst(state: TorrentState, count: int, now: float) -> list[PeerState]:
    """The peers that would be missed least, at most so many: the idle, then the slowest."""

    def usefulness(peer: PeerState) -> tuple[bool, bool, float, int]:
        moved = peer.download.per_second(now) + peer.upload.per_second(now)
        idle, value_ = is_idle(peer, now), value(state, peer.joined.endpoint)
        return (not idle, not peer.we_choke or not peer.they_choke, moved, value_)

    staying = [peer for peer in state.peers.values() if not peer.leaving]
    return sorted(staying, key=usefulness)[:count]


def is_idle(peer: PeerState, now: float) -> bool:
    """Whether a peer has had time to want something of us, or we of it, and neither does."""
    wants = peer.they_interested or peer.we_interested
    return not wants and now - peer.joined_at >= IDLE_SECONDS


def value(state: TorrentState, endpoint: Endpoint) -> int:
    """The canonical priority of a peer; all are alike while our own address is in doubt."""
    facing = state.own.facing(endpoint)
    return 0 if facing is None else peer_priority.priority(facing, endpoint)

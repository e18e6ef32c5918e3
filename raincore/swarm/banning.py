"""Whom we will not talk to again: peers that sent bad data, and nobody else.

A ban names the address that was dialled and the pair of host and peer id. The host as
a whole is not banned: behind one address (a home router, loopback) there can be honest
peers beside the liar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm import webseed_telling
from raincore.swarm.events import PeerKey

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.swarm.events import PeerJoined
    from raincore.swarm.state import TorrentState

__all__ = ["ban", "is_banned", "remember"]

REMEMBERED_MAX = 1000
"""Peers under suspicion whose names are kept after they have left."""


def remember(state: TorrentState, senders: Iterable[int]) -> None:
    """Keep the names of peers that a later piece may convict, even if they leave first."""
    for key in senders:
        peer = state.peers.get(PeerKey(key))
        if peer is not None:
            state.suspected[peer.key] = peer.joined
    while len(state.suspected) > REMEMBERED_MAX:
        del state.suspected[next(iter(state.suspected))]


def ban(state: TorrentState, key: int, reason: str) -> None:
    """Drop a convicted peer, or web seed, and never talk to it again."""
    source = state.web.sources.get(key)
    if source is not None:
        webseed_telling.ban(state, source)
        return
    joined = state.suspected.get(PeerKey(key))
    peer = state.peers.get(PeerKey(key))
    if peer is not None:
        joined = peer.joined
        state.drop(peer, reason)
    if joined is None or is_banned(state, joined):
        return
    state.banned[joined.endpoint.host, joined.peer_id] = None
    if not joined.incoming:
        state.candidates.ban(joined.endpoint)
    state.counters.banned += 1
    state.warn("banned", f"banned {joined.endpoint}: it sent bad data")


def is_banned(state: TorrentState, joined: PeerJoined) -> bool:
    """Whether a peer that has just shaken hands was banned before."""
    return (joined.endpoint.host, joined.peer_id) in state.banned

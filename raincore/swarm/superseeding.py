"""Being the only seed of a new swarm: what each peer is shown of what we have (BEP 16)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.policy.shown_pieces import Viewer
from raincore.policy.superseed import SuperSeed
from raincore.wire import messages as m

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "begin",
    "may_want",
    "on_all_their_pieces",
    "on_have",
    "on_peer_joined",
    "on_peer_left",
    "on_timer",
]

LOOK_SECONDS = 1.0
"""How often it is looked how everybody gets on, while anybody may be shown more."""


def begin(state: TorrentState) -> None:
    """Show as little as possible from now on, if that is wanted and all of it is here."""
    if not state.super_seed:
        return
    if not state.finished:
        state.super_seed = False
        state.warn("super_seed", "not all is here yet, so all that is here is offered to everybody")
        return
    assert state.have is not None
    assert state.picker is not None
    state.showing = SuperSeed(state.have, state.picker)


def on_peer_joined(state: TorrentState, peer: PeerState, now: float) -> None:
    """A peer is there; it is shown something as soon as it has said what it has."""
    if state.showing is not None:
        state.showing.joined(peer.key, now)
        state.timers.showing = min(state.timers.showing, now + LOOK_SECONDS)


def on_all_their_pieces(state: TorrentState, peer: PeerState, now: float) -> None:
    """A peer has said all that it has, first or anew."""
    if state.showing is None:
        return
    assert peer.has is not None
    for piece in state.showing.passed_on():
        if peer.has[piece]:
            state.showing.heard(peer.key, piece, now)
    if peer.is_seed:
        state.showing.left(peer.key)
    show(state, now)


def on_have(state: TorrentState, peer: PeerState, piece: int, now: float) -> None:
    """A peer has got a piece: it, or who passed it on, may be shown another."""
    if state.showing is None:
        return
    changed = state.showing.heard(peer.key, piece, now)
    if peer.is_seed:
        state.showing.left(peer.key)
        changed = True
    if changed:
        show(state, now)


def may_want(state: TorrentState, peer: PeerState) -> bool:
    """Whether a peer can make use of a slot; many say so long after they had all they saw."""
    if state.showing is None or peer.has is None:
        return state.showing is None
    return state.showing.is_getting(peer.key, peer.has)


def on_peer_left(state: TorrentState, peer: PeerState, now: float) -> None:
    """What a peer was shown and did not get is shown to others."""
    if state.showing is not None:
        state.showing.left(peer.key)
        show(state, now)


def on_timer(state: TorrentState, now: float) -> None:
    """Look for those who have waited too long, kept others waiting, or want something else."""
    if state.showing is not None and state.timers.showing <= now:
        show(state, now)


def show(state: TorrentState, now: float) -> None:
    """Tell peers of pieces that they are to get and to pass on."""
    assert state.showing is not None
    state.slots_changed = True
    viewers: dict[int, Viewer] = {
        peer.key: Viewer(
            has=peer.has,
            interested=peer.they_interested,
            served=not peer.we_choke,
            uploaded=peer.uploaded,
            slow=state.choker.is_slow(peer.key),
        )
        for peer in state.peers.values()
        if peer.has is not None and not peer.leaving and not peer.asks_nothing
    }
    for key, piece in state.showing.show(viewers, now, state.choker.slots):
        state.say(state.peer(key), m.Have(piece))
    waits = state.showing.has_more_for(viewers)
    state.timers.showing = now + LOOK_SECONDS if waits else math.inf

"""The content is checked: exchange what each peer and we have, and begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm import allowing_fast, interest, requesting, superseeding
from raincore.wire import messages as m

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState

__all__ = ["on_ready"]


def on_ready(state: TorrentState, now: float) -> None:
    """Tell those who came early what we have, and take what they said of themselves."""
    assert state.have is not None
    state.slots_changed = True  # nobody was served so far
    superseeding.begin(state)
    haves = () if state.showing is not None else tuple(m.Have(piece) for piece in state.have)
    for peer in state.peers.values():
        state.say(peer, *haves)
        early, peer.early = peer.early, []
        interest.learn_pieces(state, peer, early)
        superseeding.on_peer_joined(state, peer, now)
        superseeding.on_all_their_pieces(state, peer, now)
        allowing_fast.offer(state, peer, now)
        interest.weigh(state, peer)
        requesting.refill(state, peer, now)

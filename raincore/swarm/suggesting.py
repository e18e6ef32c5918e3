"""Telling peers which pieces to ask us for, being a seed (BEP 6, "suggest piece")."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm.events import PeerKey
from raincore.wire import messages as m

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["on_choking", "on_have", "on_peer_left", "suggest"]

WINDOW = 4
"""Pieces that a peer is told of at once, beside those that are under way to it: enough that it
never has to ask for others, which may be under way to somebody else."""


def suggest(state: TorrentState, peer: PeerState) -> None:
    """Tell a peer that has a slot of pieces which it alone should ask us for.

    Only as a seed: a leecher's pieces come from others, who see to it. Not as a super-seed,
    which tells each peer of nothing else anyway.
    """
    if not (state.finished and peer.joined.fast and not peer.we_choke) or state.showing is not None:
        return
    assert state.geometry is not None
    assert state.have is not None
    assert state.picker is not None
    queue_seconds = state.config.peers.request_queue_seconds
    under_way = int(peer.took_rate * queue_seconds / state.geometry.piece_length)
    pieces = state.suggestions.choose(peer.key, state.have, state.picker, WINDOW + under_way)
    state.say(peer, *map(m.Suggest, pieces))


def on_choking(state: TorrentState, peer: PeerState) -> None:
    """A peer loses its slot: it may finish what it has begun of what was left to it alone.

    Others get the rest. Without this, what a peer has of a piece lies there until all of it
    has been sent to another.
    """
    assert state.geometry is not None
    peer.finishing = set(state.suggestions.interrupt(peer.key))
    peer.finishing_bytes = peer.sent_choked + len(peer.finishing) * state.geometry.piece_length
    state.say(peer, *(m.AllowedFast(piece) for piece in peer.finishing))


def on_peer_left(state: TorrentState, peer: PeerState) -> None:
    """A peer is gone."""
    state.suggestions.withdraw(peer.key)


def on_have(state: TorrentState, piece: int) -> None:
    """Somebody has got a piece: who was to get it from us is told of another."""
    key = state.suggestions.somebody_has(piece)
    if key is not None:
        suggest(state, state.peers[PeerKey(key)])

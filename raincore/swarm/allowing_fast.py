"""What newcomers may have without a slot, so that they have something to trade (BEP 6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.policy import allowed_fast
from raincore.wire import messages as m

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = ["may_have", "offer"]

CROWD_SHARE = 4
"""A newcomer is helped for each so many slots. Where all are newcomers, as in a new swarm, a
seed would otherwise share its line among all of them, and no piece would become whole."""

HELPED_SECONDS = 60.0
"""A newcomer that has not made use of it for so long keeps nobody else out."""


def offer(state: TorrentState, peer: PeerState, now: float) -> None:
    """Tell a newcomer which pieces it may ask for though we choke it, once.

    Not as a super-seed, which claims to have nothing; nor who has begun already, nor one
    of a crowd.
    """
    if not peer.joined.fast or peer.granted or not peer.we_choke or state.showing is not None:
        return
    assert state.geometry is not None
    piece_count = state.geometry.piece_count
    wanted = allowed_fast.count(piece_count, state.config.uploads.allowed_fast)
    if not wanted or peer.has is None or peer.has.count() >= wanted or is_crowded(state, now):
        return
    endpoint = peer.joined.endpoint
    peer.granted = allowed_fast.pieces(endpoint, state.info_hash, piece_count, wanted)
    state.say(peer, *(m.AllowedFast(piece) for piece in peer.granted))


def is_crowded(state: TorrentState, now: float) -> bool:
    """Whether as many newcomers as our slots allow are being helped."""
    helped = sum(
        bool(peer.granted)
        and peer.has is not None
        and peer.has.count() < len(peer.granted)
        and now - peer.joined_at < HELPED_SECONDS
        for peer in state.peers.values()
    )
    return helped >= max(1, state.choker.slots // CROWD_SHARE)


def may_have(state: TorrentState, peer: PeerState, piece: int) -> bool:
    """Whether a peer that we choke gets a piece that it asks for all the same.

    Each once, as near as bytes tell: else it could ask for ever. Nor when it has become a
    peer like others.
    """
    assert state.geometry is not None
    if piece in peer.finishing:
        return peer.sent_choked < peer.finishing_bytes
    return (
        piece in peer.granted
        and peer.has is not None
        and peer.has.count() <= len(peer.granted)
        and peer.sent_choked < len(peer.granted) * state.geometry.piece_length
    )

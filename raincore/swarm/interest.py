"""What peers have, and whether we want any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import RemoteProtocolError
from raincore.swarm import allowing_fast, have_news, suggesting, superseeding
from raincore.wire import messages as m
from raincore.wire import piece_bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.wire.lt_donthave import DontHave

__all__ = ["learn_pieces", "on_lost_piece", "on_their_pieces", "weigh"]

EARLY_MESSAGES_MAX = 100_000
"""Messages about pieces remembered from a peer before the info dictionary is known."""


def on_their_pieces(
    state: TorrentState,
    peer: PeerState,
    message: m.Have | m.PieceBitfield | m.HaveAll | m.HaveNone,
    now: float,
) -> None:
    """Note which pieces a peer has; become interested if it has one that we want."""
    if peer.has is None:
        remember_early(state, peer, message)
        return
    assert state.picker is not None
    if not isinstance(message, m.Have):
        state.picker.peer_left(peer.has)
        learn_pieces(state, peer, [message])
        superseeding.on_all_their_pieces(state, peer, now)
        allowing_fast.offer(state, peer, now)
    elif not peer.has[message.piece]:
        peer.has.add(message.piece)
        state.picker.peer_has(message.piece)
        superseeding.on_have(state, peer, message.piece, now)
        suggesting.on_have(state, message.piece)
        if not peer.we_choke and peer.has.count() == 1:
            state.slots_changed = True  # it may make way for others who have nothing
    if not peer.we_interested:
        weigh(state, peer)


def on_lost_piece(state: TorrentState, peer: PeerState, message: DontHave) -> None:
    """Note that a peer has a piece no more (BEP 54)."""
    if peer.has is None:
        remember_early(state, peer, message)
    elif peer.has[message.piece]:
        assert state.picker is not None
        state.picker.peer_lost(message.piece)
        peer.has.discard(message.piece)
        weigh(state, peer)


def remember_early(state: TorrentState, peer: PeerState, message: m.Message | DontHave) -> None:
    """Keep what a peer says of pieces for when we know how many there are."""
    peer.early.append(message)
    if len(peer.early) > EARLY_MESSAGES_MAX:
        state.drop(peer, "flood")


def learn_pieces(
    state: TorrentState, peer: PeerState, messages: Sequence[m.Message | DontHave]
) -> None:
    """Take what a peer said first, or before we knew how many pieces there are."""
    assert state.geometry is not None
    assert state.picker is not None
    try:
        peer.has = piece_bounds.validate_early(messages, state.geometry)
    except RemoteProtocolError:
        peer.has = Bitfield(state.geometry.piece_count)
        state.drop(peer, "bad_bitfield")
    state.picker.peer_joined(peer.has)


def weigh(state: TorrentState, peer: PeerState) -> None:
    """Tell a peer when our interest in it changes, and leave when neither can gain.

    Asks for nothing: that is for whoever has weighed to do, when all is known.
    """
    if peer.has is None or state.picker is None:
        return
    interested = state.picker.interesting(peer.has)
    if interested != peer.we_interested:
        peer.we_interested = interested
        from_now_on: m.Message = m.Interested() if interested else m.NotInterested()
        state.say(peer, from_now_on)
    tells = state.showing is not None and not peer.is_seed  # what was passed on to whom
    if state.finished and peer.asks_nothing and len(peer.has) and not tells:
        for endpoint in (peer.joined.endpoint, *peer.aliases):
            state.candidates.is_seed(endpoint)
        state.drop(peer, "both_seeds", have_news.last_words(state, peer))

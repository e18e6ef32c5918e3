"""Asking a seed for the pieces that it suggests, before any others (BEP 6, "suggest piece").

Only for what nobody but seeds has: it was not suggested to others, so that the seed sends it
once. Other pieces, begun ones too, are left to peers who have them. A seed that finished what
peers have begun with others would send a third of a new swarm's pieces twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.swarm import block_choice, trusting

if TYPE_CHECKING:
    from raincore.policy.piece_download import PieceDownload
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.wire.messages import Request, Suggest

__all__ = ["choose", "on_suggest"]


def on_suggest(state: TorrentState, peer: PeerState, message: Suggest) -> None:
    """Remember a piece that a peer would have us ask it for."""
    if peer.suggested is None:
        assert state.geometry is not None
        peer.suggested = Bitfield(state.geometry.piece_count)
    peer.suggested.add(message.piece)


def choose(state: TorrentState, peer: PeerState, room: int) -> list[Request]:
    """Take up to `room` blocks of what a seed suggests: of begun pieces first, then new ones."""
    requests: list[Request] = []
    suggested, picker = peer.suggested, state.picker
    if suggested is None or not peer.is_seed or peer.they_choke or peer.snubbed:
        return requests
    assert picker is not None
    if trusting.is_on_parole(peer):
        return requests
    for begun in [piece for piece in state.open_downloads if suggested[piece]]:
        if len(requests) >= room:
            break
        take(state, peer, state.open_downloads.pop(begun), room, requests)
    while len(requests) < room and block_choice.budget_allows_piece(state):
        piece = picker.pick_of(suggested)
        if piece is None:
            break
        take(state, peer, block_choice.begin(state, peer, piece), room, requests)
    return requests


def take(
    state: TorrentState,
    peer: PeerState,
    download: PieceDownload,
    room: int,
    requests: list[Request],
) -> None:
    """Ask for what is free of a piece, as far as there is room; the rest of it stays open."""
    block_choice.adopt(peer, download)
    block_choice.take_from(state, peer, download, room - len(requests), requests)
    if download.free_count:
        state.open_downloads[download.piece] = download

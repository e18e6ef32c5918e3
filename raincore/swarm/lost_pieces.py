"""Pieces that we said we have, and that turn out not to be what they were.

What an earlier run has verified, or what only looks whole, is believed until somebody asks
for it; then it is hashed first. If that fails nobody gets a byte of it: those who know how
are told that we have it no more (BEP 54), and it is fetched again, unless the content is
not ours to change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm import interest, lifecycle, requesting, streaming
from raincore.swarm.state import Phase
from raincore.wire.extension import LT_DONTHAVE
from raincore.wire.lt_donthave import DontHave

if TYPE_CHECKING:
    from raincore.swarm.events import PieceLost
    from raincore.swarm.state import TorrentState

__all__ = ["on_piece_lost"]


def on_piece_lost(state: TorrentState, event: PieceLost, now: float) -> None:
    """Have a piece no more; get it again if that may be."""
    piece = event.piece
    if state.have is None or state.picker is None or not state.have[piece]:
        return
    state.have.discard(piece)
    state.picker.lost(piece)
    note_files(state, piece)
    lifecycle.note_unsaved(state, now)
    for peer in state.peers.values():
        if peer.extended is not None and LT_DONTHAVE in peer.extended.ids:
            state.say(peer, DontHave(piece))
    if not event.may_replace:
        assert state.wanted is not None
        state.picker.set_wanted(state.wanted.pieces & state.have)
        tell(state, f"{event.text}; what is bad is not served")
        return
    tell(state, f"{event.text}; what is bad is fetched again")
    if state.phase in (Phase.SEALING, Phase.SEEDING) and not state.finished:
        lifecycle.want_again(state, now)
    if state.streams:
        streaming.renew(state, now)
    state.web.due = True
    for peer in list(state.peers.values()):
        interest.weigh(state, peer)
        requesting.refill(state, peer, now)


def tell(state: TorrentState, text: str) -> None:
    """Warn of each reason once, however many pieces it has cost."""
    if text not in state.losses_told:
        state.losses_told[text] = None
        state.warn("piece_lost", text)


def note_files(state: TorrentState, piece: int) -> None:
    """Count what its files lack, so that they become complete once more."""
    assert state.geometry is not None
    for span in state.geometry.file_spans(piece):
        state.file_pieces_missing[span.file_index] += 1

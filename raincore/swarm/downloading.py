"""From arriving block to verified piece.

Payload is not here: links put blocks into buffers, this keeps the books on who sent
which, has full pieces hashed and written, and finds the liar when a hash fails. What to
ask for next is decided in `requesting`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.errors import FormatError
from raincore.documents import events as records
from raincore.swarm import (
    announcing,
    banning,
    block_choice,
    disk_trouble,
    file_progress,
    have_news,
    interest,
    leaf_proofs,
    lifecycle,
    obstacles,
    requesting,
    streaming,
    trusting,
)
from raincore.swarm.commands import CheckAndWrite, DiscardPiece
from raincore.wire import messages as m

if TYPE_CHECKING:
    from raincore.policy.piece_download import PieceDownload
    from raincore.swarm.events import Heard, PieceBad, PieceStored
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "accept_block",
    "accept_run",
    "on_blocks",
    "on_peer_left",
    "on_piece_bad",
    "on_piece_stored",
    "settle_blocks",
]

# --- blocks --------------------------------------------------------------------------------


def accept_block(state: TorrentState, peer: PeerState, piece: int, number: int) -> None:
    """Record a block that the peer owed us and that has arrived."""
    download = state.downloads[piece]
    download.receive(peer.key, number)
    if state.endgame and download.is_shared:
        assert state.geometry is not None
        block = state.geometry.first_block(piece) + number
        for other in download.other_requesters(number, peer.key):
            state.superfluous.append((other, block))
    if download.is_complete:
        fill(state, download)


def accept_run(state: TorrentState, peer: PeerState, piece: int, first: int, count: int) -> None:
    """`accept_block` for blocks that follow each other, of which no other peer was asked."""
    download = state.downloads[piece]
    download.receive_run(peer.key, first, first + count)
    if download.is_complete:
        fill(state, download)


def fill(state: TorrentState, download: PieceDownload) -> None:
    """The last block of a piece has come."""
    del state.downloads[download.piece]
    state.checking[download.piece] = download.senders
    state.filled.append(download.piece)


def on_blocks(state: TorrentState, peer: PeerState, event: Heard, now: float) -> None:
    """Account for the blocks of one read, and have full pieces checked."""
    state.counters.downloaded += event.length
    peer.downloaded += event.length
    peer.download.add(event.length, now)
    peer.pipeline.received(event.blocks, event.length, now)
    peer.snubbed = False
    peer.refusals = 0
    if not peer.outstanding:
        peer.pipeline.idle()
    if state.timers.stall < math.inf:
        state.timers.stall = now + state.limits.stall_seconds
    if state.timers.save == math.inf:
        lifecycle.note_under_way(state, now)
    if state.filled or state.superfluous:
        settle_blocks(state, now)


def settle_blocks(state: TorrentState, now: float) -> None:
    """Have full pieces checked; call off requests that another peer has just answered."""
    for piece in state.filled:
        digests = state.suspects.wants_digests(piece)
        state.do(CheckAndWrite(piece, digests, leaf_proofs.keeps(state)))
        state.web.due = True  # a web seed may be at a piece that is not needed any more
    state.filled.clear()
    if not state.superfluous:
        return
    assert state.geometry is not None
    idle: dict[PeerState, None] = {}
    for key, block in state.superfluous:
        if key in state.web.sources:
            continue  # it will skip the block
        other = state.peer(key)
        del other.outstanding[block]
        state.say(other, m.Cancel(*state.geometry.request_of(block)))
        if not other.outstanding:
            other.pipeline.idle()
        idle[other] = None
    state.superfluous.clear()
    state.endgame = bool(state.downloads)
    for other in idle:
        requesting.refill(state, other, now)


def on_peer_left(state: TorrentState, peer: PeerState, now: float) -> None:
    """Use what a peer sent before it left, and offer what it still owed to others."""
    settle_blocks(state, now)
    requesting.on_peer_left(state, peer)


# --- pieces --------------------------------------------------------------------------------


def on_piece_stored(state: TorrentState, event: PieceStored, now: float) -> None:
    """Count a verified piece as ours and tell everybody."""
    assert state.have is not None
    assert state.picker is not None
    trusting.on_good_piece(state, state.checking.pop(event.piece))
    block_choice.close_books(state, event.piece)
    state.have.add(event.piece)
    state.picker.done(event.piece)
    for key in sorted(state.suspects.passed(event.piece, event.block_digests)):
        banning.ban(state, key, "sent_bad_block")
    lifecycle.note_unsaved(state, now)
    state.publish(records.PieceDone(info_hash=state.info_hash, index=event.piece))
    file_progress.on_piece_stored(state, event.piece)
    have_news.on_stored(state, event.piece, now)
    if state.finished:
        if state.complete:
            announcing.on_all_stored(state, now)
        lifecycle.on_all_stored(state)
        for peer in state.peers.values():
            interest.weigh(state, peer)
    obstacles.on_stored(state)
    disk_trouble.on_stored(state, event.piece, now)


def on_piece_bad(state: TorrentState, event: PieceBad, now: float) -> None:
    """Find out who lied, and get the piece again: its bad blocks, or from one peer alone."""
    senders = state.checking.pop(event.piece)
    state.counters.hash_failures += 1
    if event.contradicted:
        lifecycle.finish(state, contradiction(event.piece))
        return
    banning.remember(state, senders)
    convicted = state.suspects.failed(event.piece, senders, event.block_digests)
    if not convicted or not convicted <= state.web.sources.keys():  # whose ban is warning enough
        state.warn("hash_failed", f"piece {event.piece} failed its hash check; getting it again")
    for key in sorted(convicted):
        banning.ban(state, key, "sent_bad_block")
    disk_trouble.on_stored(state, event.piece, now)
    if not leaf_proofs.begin(state, event, senders, now):
        trusting.on_bad_piece(state, senders)
        release(state, event.piece)
    if state.streams:
        streaming.renew(state, now)  # it may be due, and was taken for brought
    lifecycle.give_up_if_alone(state, now)  # a web seed may have been the last hope


def release(state: TorrentState, piece: int) -> None:
    """Forget a piece that failed, so that it is picked anew."""
    assert state.picker is not None
    state.picker.release(piece)
    block_choice.close_books(state, piece)
    if leaf_proofs.keeps(state):
        state.do(DiscardPiece(piece))


def contradiction(piece: int) -> FormatError:
    """What is wrong with a hybrid whose hashes do not agree (BEP 52, "upgrade path")."""
    return FormatError(f"the torrent contradicts itself: v1 and v2 hashes differ: piece {piece}")

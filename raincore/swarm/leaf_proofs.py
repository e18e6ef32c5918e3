"""A piece that failed: which of its blocks are bad, by the leaf hashes of its file (BEP 52).

Its buffer is kept while a peer is asked for the hashes of its blocks, which are proved by the
piece's own. Then the good blocks stay, exactly the senders of the bad ones are banned, and
only those blocks are got again. Where nobody gives the hashes, all is as in a v1 torrent.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.policy import piece_tree
from raincore.policy.leaf_download import LEAVES_MAX, LeafDownload
from raincore.policy.piece_download import PieceDownload
from raincore.swarm import banning, piece_layers, trusting
from raincore.swarm.commands import DiscardPiece
from raincore.swarm.dispute import Dispute
from raincore.wire.messages import HashRequest

if TYPE_CHECKING:
    from raincore.swarm.events import PieceBad
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.wire.messages import Hashes, HashReject

__all__ = [
    "begin",
    "keeps",
    "on_hashes",
    "on_peer_left",
    "on_reject",
    "on_timer",
]

ASKED_MAX = 3
"""Peers that are asked, one after the other, before the whole piece is got again."""

PATIENCE_SECONDS = 20.0
"""For each; its answer comes behind the blocks that it was asked for before."""

BUDGET_SHARE = 2
"""At most this part of the byte budget is held by pieces in dispute."""


def keeps(state: TorrentState) -> bool:
    """Whether the buffers of bad pieces are worth keeping for now."""
    return state.hashes.v2 is not None


def begin(state: TorrentState, event: PieceBad, senders: tuple[int, ...], now: float) -> bool:
    """Find out which blocks of a piece are bad; False if nobody could tell."""
    assert state.info is not None
    assert state.geometry is not None
    tree = piece_tree.piece_tree(state.info, state.layers, event.piece)
    if tree is None or tree.leaf_count > LEAVES_MAX:
        return False
    length = state.geometry.length_of(event.piece)
    held = length + sum(state.geometry.length_of(piece) for piece in state.disputes)
    if BUDGET_SHARE * held > max(state.config.disk.write_budget_bytes, 2 * BUDGET_SHARE * length):
        return False
    dispute = Dispute(event.piece, senders, event.block_digests, LeafDownload(tree))
    if not ask(state, dispute, now):
        return False
    state.disputes[event.piece] = dispute
    return True


def ask(state: TorrentState, dispute: Dispute, now: float) -> bool:
    """Ask the next peer for what is missing; False if there is none."""
    dispute.asked = None
    if len(dispute.tried) >= ASKED_MAX:
        return False
    able = (
        peer
        for peer in state.peers.values()
        if not peer.leaving
        and peer.key not in dispute.tried
        and peer.has is not None
        and peer.has[dispute.piece]
        and piece_layers.knows_v2(state, peer)
    )
    senders = set(dispute.senders)
    peer = min(able, key=lambda one: (one.snubbed, one.key in senders), default=None)
    if peer is None:
        return False
    dispute.asked = peer.key
    dispute.tried.add(peer.key)
    dispute.until = now + PATIENCE_SECONDS
    state.timers.disputes = min(state.timers.disputes, dispute.until)
    state.say(
        peer,
        *(
            HashRequest(run.pieces_root, 0, run.index, run.length, run.proof_layers)
            for run in dispute.download.missing
        ),
    )
    return True


def on_hashes(state: TorrentState, peer: PeerState, message: Hashes, now: float) -> None:
    """Take leaf hashes if their proof holds; with the last, judge the blocks."""
    dispute = asked_of(state, peer, message)
    if dispute is None:
        return
    if not dispute.download.receive(piece_layers.run_of(message), message.hashes):
        banning.ban(state, peer.key, "sent_bad_hashes")
        go_on(state, dispute, now)
    elif not dispute.download.missing:
        judge(state, dispute)


def on_reject(state: TorrentState, peer: PeerState, message: HashReject, now: float) -> None:
    """They do not give them: ask another."""
    dispute = asked_of(state, peer, message)
    if dispute is not None:
        go_on(state, dispute, now)


def on_peer_left(state: TorrentState, peer: PeerState, now: float) -> None:
    """Ask another for what the peer owes."""
    for dispute in list(state.disputes.values()):
        if dispute.asked == peer.key:
            go_on(state, dispute, now)


def on_timer(state: TorrentState, now: float) -> None:
    """Ask others instead of those who keep silent."""
    if state.timers.disputes > now:
        return
    for dispute in list(state.disputes.values()):
        if dispute.until <= now:
            go_on(state, dispute, now)
    rearm(state)


def rearm(state: TorrentState) -> None:
    """See to it that the timer is right."""
    state.timers.disputes = min((one.until for one in state.disputes.values()), default=math.inf)


def asked_of(state: TorrentState, peer: PeerState, message: HashRequest) -> Dispute | None:
    """The piece that an answer is about, if this peer was asked for it."""
    run = piece_layers.run_of(message)
    return next(
        (
            one
            for one in state.disputes.values()
            if one.asked == peer.key and run in one.download.missing
        ),
        None,
    )


def go_on(state: TorrentState, dispute: Dispute, now: float) -> None:
    """Ask the next peer, or get the whole piece again."""
    if not ask(state, dispute, now):
        trusting.on_bad_piece(state, dispute.senders)
        give_up(state, dispute)


def give_up(state: TorrentState, dispute: Dispute) -> None:
    """Forget the blocks: nobody told which are good, or none is."""
    close(state, dispute)
    assert state.geometry is not None
    assert state.picker is not None
    state.lent_bytes -= state.geometry.length_of(dispute.piece)
    state.picker.release(dispute.piece)
    state.do(DiscardPiece(dispute.piece))


def close(state: TorrentState, dispute: Dispute) -> None:
    """The piece is in dispute no more: something may be asked of somebody."""
    del state.disputes[dispute.piece]
    state.blocks_freed = True
    rearm(state)


def judge(state: TorrentState, dispute: Dispute) -> None:
    """Keep the good blocks, ban who sent the others, and ask for those again."""
    leaves = dispute.download.leaves(len(dispute.digests))
    for key in sorted(state.suspects.passed(dispute.piece, leaves)):
        banning.ban(state, key, "sent_bad_block")
    download = PieceDownload(dispute.piece, len(leaves))
    both = zip(dispute.digests, leaves, strict=True)
    for number, (digest, leaf) in enumerate(both):
        if digest == leaf:
            download.receive(dispute.senders[number], number)
    if not download.received_count or download.is_complete:
        give_up(state, dispute)
        return
    close(state, dispute)
    state.downloads[dispute.piece] = download
    state.open_downloads[dispute.piece] = download

"""From interested to verified piece, endgame included.

Blocks are picked across peers: open pieces are finished before new ones are started,
new ones are the rarest, and every started piece is paid for from one byte budget, so
that a slow disk slows the requests and memory stays flat.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.errors import RemoteProtocolError
from raincore.base.geometry import BLOCK_LENGTH
from raincore.documents import events as records
from raincore.policy.piece_download import PieceDownload
from raincore.swarm import banning, file_progress, lifecycle
from raincore.swarm.commands import CheckAndWrite, DiscardPiece
from raincore.wire import messages as m
from raincore.wire import peer_protocol

if TYPE_CHECKING:
    from raincore.swarm.events import Heard, PeerKey, PieceBad, PieceStored
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "accept_block",
    "on_allowed_fast",
    "on_blocks",
    "on_choke",
    "on_peer_left",
    "on_piece_bad",
    "on_piece_stored",
    "on_ready",
    "on_reject",
    "on_their_pieces",
    "on_timer",
    "on_unchoke",
    "refill",
    "release_requests",
    "weigh_interest",
]

EARLY_MESSAGES_MAX = 100_000
"""Have messages remembered from a peer before the info dictionary is known."""

ENDGAME_BLOCKS = 16
"""Duplicate requests that an idle peer may be given at once."""

REJECT_REST_SECONDS = 1.0
"""A peer that rejects is asked again after this long, lest we ask and refuse in a loop."""

HAVE_INTERVAL_SECONDS = 0.05
"""HAVEs of pieces stored within this time leave together: a fast download stores
hundreds of pieces a second, and each HAVE of its own is a packet to every peer."""


# --- what they have --------------------------------------------------------------------


def on_their_pieces(
    state: TorrentState,
    peer: PeerState,
    message: m.Have | m.PieceBitfield | m.HaveAll | m.HaveNone,
    now: float,
) -> None:
    """Note which pieces a peer has; become interested if it has one that we want."""
    if state.geometry is None or peer.has is None or state.picker is None:
        peer.early.append(message)
        if len(peer.early) > EARLY_MESSAGES_MAX:
            state.drop(peer, "flood")
        return
    if isinstance(message, m.Have):
        if not peer.has[message.piece]:
            peer.has.add(message.piece)
            state.picker.peer_has(message.piece)
    else:
        state.picker.peer_left(peer.has)
        try:
            peer.has = peer_protocol.validate_early([message], state.geometry)
        except RemoteProtocolError:
            peer.has = Bitfield(state.geometry.piece_count)
            state.drop(peer, "bad_bitfield")
        state.picker.peer_joined(peer.has)
    weigh_interest(state, peer, now)


def on_ready(state: TorrentState, now: float) -> None:
    """The content is checked: exchange what each peer and we have, and begin."""
    assert state.have is not None
    haves = tuple(m.Have(piece) for piece in state.have)
    for peer in list(state.peers.values()):
        state.say(peer, *haves)
        learn_pieces(state, peer)
        weigh_interest(state, peer, now)


def learn_pieces(state: TorrentState, peer: PeerState) -> None:
    """Replay what a peer said about pieces before we knew how many there are."""
    assert state.geometry is not None
    assert state.picker is not None
    try:
        peer.has = peer_protocol.validate_early(peer.early, state.geometry)
    except RemoteProtocolError:
        peer.has = Bitfield(state.geometry.piece_count)
        state.drop(peer, "bad_bitfield")
    peer.early = []
    state.picker.peer_joined(peer.has)


def weigh_interest(state: TorrentState, peer: PeerState, now: float) -> None:
    """Tell a peer when our interest in it changes, and leave when neither can gain."""
    if not state.ready or peer.has is None or state.picker is None:
        return
    interested = not state.complete and state.picker.interesting(peer.has)
    if interested != peer.we_interested:
        peer.we_interested = interested
        state.say(peer, m.Interested() if interested else m.NotInterested())
    if interested:
        refill(state, peer, now)
    elif state.complete and peer.is_seed:
        state.drop(peer, "both_seeds")


# --- what they let us ask ----------------------------------------------------------------


def on_unchoke(state: TorrentState, peer: PeerState, now: float) -> None:
    """Start asking."""
    peer.they_choke = False
    refill(state, peer, now)


def on_choke(state: TorrentState, peer: PeerState, now: float) -> None:
    """Stop asking; without the Fast extension all requests are void (BEP 3, BEP 6)."""
    peer.they_choke = True
    if not peer.joined.fast:
        release_requests(state, peer)
        feed_hungry(state, now)


def on_allowed_fast(
    state: TorrentState, peer: PeerState, message: m.AllowedFast, now: float
) -> None:
    """Note a piece that may be asked for while choked (BEP 6, "allowed fast")."""
    peer.allowed_fast.add(message.piece)
    refill(state, peer, now)


def on_reject(state: TorrentState, peer: PeerState, message: m.Reject, now: float) -> None:
    """Hand a refused block to somebody else (BEP 6, "reject requests")."""
    if state.geometry is None:
        return
    number = message.begin // BLOCK_LENGTH
    block = message.piece * state.geometry.blocks_per_piece + number
    if peer.outstanding.pop(block, None) is not None:
        peer.rest_until = now + REJECT_REST_SECONDS
        give_back(state, peer, block)
        feed_hungry(state, now)


# --- asking ------------------------------------------------------------------------------


def refill(state: TorrentState, peer: PeerState, now: float) -> None:
    """Ask a peer for as much as its pipeline has room for."""
    state.hungry.pop(peer.key, None)
    if not peer.we_interested or not state.ready or state.geometry is None:
        return
    if now < peer.rest_until:
        state.hungry[peer.key] = None
        return
    room = peer.pipeline.depth(now) - len(peer.outstanding)
    if room <= 0:
        return
    blocks = choose_blocks(state, peer, room)
    if blocks:
        outstanding = peer.outstanding
        request_of = state.geometry.request_of
        requests = [m.Request(*request_of(block)) for block in blocks]
        for block, request in zip(blocks, requests, strict=True):
            outstanding[block] = request.length
        peer.pipeline.requested(now)
        state.say(peer, *requests)
        state.timers.housekeeping = min(state.timers.housekeeping, now + 1.0)
    if len(blocks) < room and not peer.they_choke:
        state.hungry[peer.key] = None


def choose_blocks(state: TorrentState, peer: PeerState, room: int) -> list[int]:
    """Pick up to `room` blocks: open pieces first, then new ones, then duplicates."""
    assert state.geometry is not None
    assert peer.has is not None
    blocks: list[int] = []
    has = peer.has.bits
    only = peer.allowed_fast if peer.they_choke else None
    for piece, download in list(state.open_downloads.items()):
        if has[piece] and (only is None or piece in only):
            take_from(state, peer, download, room - len(blocks), blocks)
            if len(blocks) >= room:
                return blocks
    while len(blocks) < room:
        started = start_piece(state, peer)
        if started is None:
            break
        take_from(state, peer, started, room - len(blocks), blocks)
    if not blocks and not peer.outstanding and only is None:
        blocks = duplicate_blocks(state, peer, min(room, ENDGAME_BLOCKS))
    return blocks


def take_from(
    state: TorrentState, peer: PeerState, download: PieceDownload, limit: int, blocks: list[int]
) -> None:
    """Append up to `limit` unasked blocks of one piece to `blocks`."""
    assert state.geometry is not None
    first = state.geometry.first_block(download.piece)
    blocks.extend(first + number for number in download.take(peer.key, limit))
    if download.free_count == 0:
        state.open_downloads.pop(download.piece, None)


def start_piece(state: TorrentState, peer: PeerState) -> PieceDownload | None:
    """Open a new piece that the peer has, if the byte budget allows."""
    assert state.geometry is not None
    assert state.picker is not None
    assert peer.has is not None
    budget = max(state.config.disk.write_budget_bytes, 2 * state.geometry.piece_length)
    if state.lent_bytes + state.geometry.piece_length > budget and not make_room(state, peer):
        return None
    if peer.they_choke:
        offered = Bitfield(state.geometry.piece_count, peer.allowed_fast) & peer.has
    else:
        offered = peer.has
    piece = state.picker.pick(offered, reverse=peer.snubbed)
    if piece is None:
        return None
    state.picker.start(piece)
    download = PieceDownload(piece, state.geometry.block_count(piece))
    if state.suspects.parole(piece):
        download.exclusive = peer.key
    state.downloads[piece] = download
    state.open_downloads[piece] = download
    state.lent_bytes += state.geometry.length_of(piece)
    return download


def make_room(state: TorrentState, peer: PeerState) -> bool:
    """Give up a stuck piece when the budget is spent and this peer stands idle.

    Stuck is a piece that nobody is being asked for and that this peer cannot continue:
    without this, pieces begun by peers that have left could hold the whole budget.
    """
    assert peer.has is not None
    if peer.outstanding:
        return False
    for piece, download in state.open_downloads.items():
        if not download.requested_count and not peer.has[piece]:
            abandon(state, piece)
            return True
    return False


def duplicate_blocks(state: TorrentState, peer: PeerState, limit: int) -> list[int]:
    """Endgame: ask an idle peer for blocks that others were asked for but have not sent.

    Reached only when this peer has nothing outstanding and nothing unasked is left for
    it, be it because the torrent is nearly done or because the budget is held by slow
    peers. The first answer cancels the other request.
    """
    assert state.geometry is not None
    assert peer.has is not None
    blocks: list[int] = []
    for piece, download in state.downloads.items():
        if peer.has[piece]:
            first = state.geometry.first_block(piece)
            for number in download.busy_blocks_for(peer.key):
                download.duplicate(peer.key, number)
                blocks.append(first + number)
                if len(blocks) >= limit:
                    break
        if len(blocks) >= limit:
            break
    state.duplicated += len(blocks)
    return blocks


# --- blocks and pieces arriving ------------------------------------------------------------


def accept_block(state: TorrentState, peer: PeerKey, piece: int, number: int, length: int) -> bool:
    """Record a requested block that has arrived; False if another peer was faster."""
    download = state.downloads.get(piece)
    if download is None or not download.receive(peer, number):
        state.counters.wasted += length
        return False
    if state.duplicated:
        assert state.geometry is not None
        block = state.geometry.first_block(piece) + number
        for other in download.other_requesters(number, peer):
            state.superfluous.append((other, block))
    if download.is_complete:
        del state.downloads[piece]
        state.open_downloads.pop(piece, None)
        state.checking[piece] = download.senders
        state.filled.append(piece)
    return True


def on_blocks(state: TorrentState, peer: PeerState, event: Heard, now: float) -> None:
    """Account for the blocks of one read, have full pieces checked, ask for more."""
    state.counters.downloaded += event.length
    peer.downloaded += event.length
    peer.download.add(event.length, now)
    peer.pipeline.received(event.blocks, event.length, now)
    peer.snubbed = False
    if not peer.outstanding:
        peer.pipeline.idle()
    if state.timers.stall < math.inf:
        state.timers.stall = now + state.limits.stall_seconds
    if state.superfluous:
        cancel_superfluous(state, now)
    for piece in state.filled:
        state.do(CheckAndWrite(piece, state.suspects.wants_digests(piece)))
    state.filled.clear()
    refill(state, peer, now)


def cancel_superfluous(state: TorrentState, now: float) -> None:
    """Call off requests that another peer has just answered."""
    assert state.geometry is not None
    superfluous, state.superfluous = state.superfluous, []
    state.duplicated = max(0, state.duplicated - len(superfluous))
    for key, block in superfluous:
        other = state.peers.get(key)  # type: ignore[call-overload]
        if other is not None and other.outstanding.pop(block, None) is not None:
            state.say(other, m.Cancel(*state.geometry.request_of(block)))
            refill(state, other, now)


def on_piece_stored(state: TorrentState, event: PieceStored, now: float) -> None:
    """Count a verified piece as ours and tell everybody."""
    assert state.have is not None
    assert state.picker is not None
    settle(state, event.piece)
    state.have.add(event.piece)
    state.picker.done(event.piece)
    for key in sorted(state.suspects.passed(event.piece, event.block_digests)):
        banning.ban(state, key, "sent_bad_block")
    state.new_haves.append(event.piece)
    state.timers.haves = min(state.timers.haves, state.haves_said_at + HAVE_INTERVAL_SECONDS)
    if state.timers.haves <= now:
        say_haves(state, now)
    lifecycle.note_unsaved(state, now)
    state.publish(records.PieceDone(info_hash=state.info_hash, index=event.piece))
    file_progress.on_piece_stored(state, event.piece)
    if not state.complete:
        feed_hungry(state, now)
        return
    say_haves(state, now)
    lifecycle.on_all_stored(state, now)
    for peer in state.peers.values():
        weigh_interest(state, peer, now)


def on_piece_bad(state: TorrentState, event: PieceBad, now: float) -> None:
    """Find out who lied, and get the piece again, from one peer alone."""
    assert state.picker is not None
    senders = settle(state, event.piece)
    state.picker.release(event.piece)
    state.counters.hash_failures += 1
    banning.remember(state, senders)
    convicted = state.suspects.failed(event.piece, senders, event.block_digests)
    state.warn("hash_failed", f"piece {event.piece} failed its hash check; getting it again")
    for key in sorted(convicted):
        banning.ban(state, key, "sent_bad_block")
    feed_hungry(state, now)


def settle(state: TorrentState, piece: int) -> tuple[int, ...]:
    """Close the books on a piece that was hashed; return who sent each block."""
    assert state.geometry is not None
    state.lent_bytes -= state.geometry.length_of(piece)
    return state.checking.pop(piece)


def say_haves(state: TorrentState, now: float) -> None:
    """Tell every peer which pieces we got since last time, honestly and in one packet."""
    haves = tuple(m.Have(piece) for piece in state.new_haves)
    state.new_haves = []
    state.haves_said_at = now
    state.timers.haves = math.inf
    for peer in state.peers.values():
        state.say(peer, *haves)


# --- giving back -----------------------------------------------------------------------------


def give_back(state: TorrentState, peer: PeerState, block: int) -> None:
    """Undo one request whose answer will not come."""
    assert state.geometry is not None
    piece, number = divmod(block, state.geometry.blocks_per_piece)
    download = state.downloads.get(piece)
    if download is None:
        return
    download.release(peer.key, number)
    if download.exclusive == peer.key:
        download.exclusive = None
    if download.free_count:
        state.open_downloads[piece] = download
        if not download.requested_count and not download.received_count:
            abandon(state, piece)


def release_requests(state: TorrentState, peer: PeerState, keep: int = 0) -> list[int]:
    """Give back all but the first `keep` requests of a peer; return the blocks."""
    blocks = list(peer.outstanding)[keep:]
    for block in blocks:
        del peer.outstanding[block]
        give_back(state, peer, block)
    if not peer.outstanding:
        peer.pipeline.idle()
    return blocks


def abandon(state: TorrentState, piece: int) -> None:
    """Forget a started piece, received blocks included, so that it can be picked anew."""
    assert state.geometry is not None
    assert state.picker is not None
    del state.downloads[piece]
    state.open_downloads.pop(piece, None)
    state.lent_bytes -= state.geometry.length_of(piece)
    state.picker.release(piece)
    state.do(DiscardPiece(piece))


def on_peer_left(state: TorrentState, peer: PeerState, now: float) -> None:
    """Offer the blocks that a peer still owed us to the others."""
    if peer.outstanding:
        release_requests(state, peer)
        feed_hungry(state, now)


def feed_hungry(state: TorrentState, now: float) -> None:
    """Ask the peers that have room, now that something can be asked for."""
    for key in list(state.hungry):
        peer = state.peers.get(key)
        if peer is None:
            del state.hungry[key]
            continue
        refill(state, peer, now)


def on_timer(state: TorrentState, now: float) -> None:
    """Say held-back HAVEs; snub peers that owe us blocks for too long."""
    if state.timers.haves <= now:
        say_haves(state, now)
    if state.timers.housekeeping > now:
        return
    busy = False
    for peer in list(state.peers.values()):
        if peer.outstanding and peer.pipeline.is_snubbed(now):
            snub(state, peer)
        busy = busy or bool(peer.outstanding)
    feed_hungry(state, now)
    state.timers.housekeeping = now + 1.0 if busy or state.hungry else math.inf


def snub(state: TorrentState, peer: PeerState) -> None:
    """Keep only the oldest request at a silent peer and offer the rest to others."""
    assert state.geometry is not None
    peer.snubbed = True
    peer.pipeline.snub()
    for block in release_requests(state, peer, keep=1):
        state.say(peer, m.Cancel(*state.geometry.request_of(block)))

"""Which blocks to ask a peer for, and taking them back: the books of started pieces.

Blocks are picked across peers: open pieces are finished before new ones are started,
new ones are the rarest, and every started piece is paid for from one byte budget, so
that a slow disk slows the requests and memory stays flat.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.geometry import BLOCK_LENGTH
from raincore.policy.piece_download import PieceDownload
from raincore.swarm import sharing, trusting
from raincore.swarm.commands import DiscardPiece
from raincore.wire.messages import Request

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "abandon",
    "adopt",
    "all_is_asked",
    "begin",
    "budget_allows_piece",
    "choose",
    "close_books",
    "give_back",
    "give_back_all",
    "something_to_ask",
    "take_from",
]


def choose(state: TorrentState, peer: PeerState, room: int) -> list[Request]:
    """Take up to `room` blocks that nobody was asked for: open pieces first, then new ones."""
    requests: list[Request] = []
    on_parole = trusting.is_on_parole(peer)
    if state.open_downloads:
        continue_pieces(state, peer, room, requests, only_own=on_parole)
    while len(requests) < room:
        started = start_piece(state, peer, idle=not (peer.outstanding or requests))
        if started is None:
            break
        take_from(state, peer, started, room - len(requests), requests)
        if started.free_count:
            state.open_downloads[started.piece] = started
    if on_parole and state.open_downloads and not (requests or peer.outstanding):
        continue_pieces(state, peer, room, requests)  # rather this than nothing at all
    return requests


def continue_pieces(
    state: TorrentState,
    peer: PeerState,
    room: int,
    requests: list[Request],
    *,
    only_own: bool = False,
) -> None:
    """Append unasked blocks of open pieces that the peer has and may be asked for.

    Args:
        only_own: Of pieces that nobody else has a part in.
    """
    assert peer.has is not None
    has = peer.has.bits
    only = peer.allowed_fast if peer.they_choke else None
    exhausted = []
    urgent = state.deadlines.pieces
    for piece, download in state.open_downloads.items():
        if not has[piece] or piece in urgent or (only is not None and piece not in only):
            continue
        if only_own and download.exclusive != peer.key:
            continue
        adopt(peer, download)
        take_from(state, peer, download, room - len(requests), requests)
        if not download.free_count:
            exhausted.append(piece)
        if len(requests) >= room:
            break
    for piece in exhausted:
        del state.open_downloads[piece]


def adopt(peer: PeerState, download: PieceDownload) -> None:
    """Go on with a piece on parole whose only peer can do so no longer."""
    if download.exclusive is not None and not download.requested_count:
        download.exclusive = peer.key


def take_from(
    state: TorrentState,
    peer: PeerState,
    download: PieceDownload,
    limit: int,
    requests: list[Request],
) -> None:
    """Append up to `limit` unasked blocks of one piece, and note them as outstanding."""
    numbers = download.take(peer.key, limit)
    if not numbers:
        return
    assert state.geometry is not None
    piece, outstanding = download.piece, peer.outstanding
    first = state.geometry.first_block(piece)
    last: Request | None = None
    if numbers[-1] == download.block_count - 1:  # the only block that can be shorter
        block = first + numbers.pop()
        last = Request(*state.geometry.request_of(block))
    new = tuple.__new__  # without the checks of NamedTuple's own constructor, as in peer_codec
    requests += [new(Request, (piece, number * BLOCK_LENGTH, BLOCK_LENGTH)) for number in numbers]
    outstanding.update(dict.fromkeys([first + number for number in numbers], BLOCK_LENGTH))
    if last is not None:
        requests.append(last)
        outstanding[block] = last.length


def all_is_asked(state: TorrentState) -> bool:
    """Whether everything is asked of somebody, so that only who owes nothing can be of use.

    What takes up the last reads of each torrent, and most reads of a small one.
    """
    assert state.picker is not None
    return not (
        state.open_downloads
        or state.deadlines.order
        or state.left_over
        or state.web.fetches
        or state.picker.unstarted
    )


def something_to_ask(state: TorrentState) -> bool:
    """Whether there may be a block that nobody was asked for, for some peer."""
    assert state.picker is not None
    if state.open_downloads:
        return True
    urgent = bool(state.deadlines.order)
    return state.picker.unstarted > 0 and budget_allows_piece(state, urgent=urgent)


def budget_allows_piece(state: TorrentState, *, urgent: bool = False) -> bool:
    """Whether memory for one more piece is left, and it can be written; two always fit.

    While pieces are due, half of it is theirs alone.
    """
    assert state.geometry is not None
    if state.disk.error is not None:
        return False
    piece_length = state.geometry.piece_length
    budget = max(state.config.disk.write_budget_bytes, 2 * piece_length)
    if state.deadlines.order and not urgent:
        budget //= 2
    return state.lent_bytes + piece_length <= budget and sharing.may_begin_piece(
        state, piece_length
    )


def start_piece(state: TorrentState, peer: PeerState, *, idle: bool) -> PieceDownload | None:
    """Start a new piece that the peer has, if the byte budget allows."""
    assert state.geometry is not None
    assert state.picker is not None
    assert peer.has is not None
    if not budget_allows_piece(state) and not (idle and make_room(state, peer)):
        return None
    offered = peer.has
    if peer.they_choke:
        offered = Bitfield(state.geometry.piece_count, peer.allowed_fast) & peer.has
    piece = state.picker.pick(offered, reverse=peer.snubbed)
    return None if piece is None else begin(state, peer, piece)


def begin(state: TorrentState, peer: PeerState, piece: int) -> PieceDownload:
    """Open the books of a piece that a peer is going to be asked for; the budget covers it."""
    assert state.geometry is not None
    assert state.picker is not None
    state.picker.start(piece)
    download = PieceDownload(piece, state.geometry.block_count(piece))
    if state.suspects.parole(piece) or trusting.is_on_parole(peer):
        download.exclusive = peer.key
    state.downloads[piece] = download
    state.lent_bytes += state.geometry.length_of(piece)
    return download


def make_room(state: TorrentState, peer: PeerState) -> bool:
    """Give up a stuck piece when the budget is spent and this peer stands idle.

    Stuck is a piece that nobody is being asked for and that this peer cannot continue:
    without this, pieces begun by peers that have left could hold the whole budget.
    """
    assert state.picker is not None
    assert peer.has is not None
    if not state.picker.unstarted:
        return False
    for piece, download in state.open_downloads.items():
        if not download.requested_count and not peer.has[piece]:
            abandon(state, piece)
            return True
    return False


# --- giving back -------------------------------------------------------------------------


def give_back(state: TorrentState, peer: PeerState, block: int) -> None:
    """Undo one request whose answer will not come; the caller forgets that it is owed."""
    assert state.geometry is not None
    piece, number = divmod(block, state.geometry.blocks_per_piece)
    download = state.downloads[piece]
    if download.exclusive == peer.key:
        download.exclusive = None
    if not download.release(peer.key, number):
        return
    state.blocks_freed = True
    state.open_downloads[piece] = download
    if not download.requested_count and not download.received_count:
        abandon(state, piece)


def give_back_all(state: TorrentState, key: int, download: PieceDownload) -> None:
    """Undo all that is asked of one sender in one piece; what it has sent is kept."""
    if download.exclusive == key:
        download.exclusive = None
    download.release_peer(key)
    if download.free_count:
        state.blocks_freed = True
        state.open_downloads[download.piece] = download
    if not download.requested_count and not download.received_count:
        abandon(state, download.piece)


def abandon(state: TorrentState, piece: int) -> None:
    """Forget a started piece, received blocks included, so that it can be picked anew."""
    assert state.geometry is not None
    assert state.picker is not None
    del state.downloads[piece]
    state.open_downloads.pop(piece, None)
    state.lent_bytes -= state.geometry.length_of(piece)
    state.picker.release(piece)
    state.do(DiscardPiece(piece))


def close_books(state: TorrentState, piece: int) -> None:
    """End the accounts of a piece that was hashed."""
    assert state.geometry is not None
    state.lent_bytes -= state.geometry.length_of(piece)
    state.blocks_freed = True

"""Choking rounds, keep-alives, and accounting for what was sent.

The blocks themselves go file → socket inside the link; the machine grants by unchoking
and hears by BlocksSent.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.policy.choker import ChokeView
from raincore.swarm import allowing_fast, interest, requesting, suggesting, superseeding
from raincore.wire import messages as m

if TYPE_CHECKING:
    from raincore.swarm.events import BlocksSent, PeerKey
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState

__all__ = [
    "arm",
    "choose",
    "may_send",
    "on_blocks_sent",
    "on_interest",
    "on_peer_left",
    "on_timer",
]

DEBT_PIECES = 1
"""What a peer may have of us on trust, while downloading."""


def arm(state: TorrentState, now: float) -> None:
    """Make sure that rounds take place while there are peers."""
    if state.timers.choke == math.inf:
        state.timers.choke = now + state.config.uploads.choke_interval_seconds


def may_send(state: TorrentState, key: PeerKey, piece: int) -> bool:
    """Whether a peer that asks for a piece may have it.

    We must have it and have shown that, and the peer must have a slot, or need none.
    """
    peer = state.peers.get(key)
    if peer is None or state.have is None or not state.have[piece]:
        return False
    if state.showing is not None:
        return not peer.we_choke and state.showing.may_have(key, piece)
    if state.finished:
        state.suggestions.begin(key, piece)
    return not peer.we_choke or allowing_fast.may_have(state, peer, piece)


def on_interest(state: TorrentState, peer: PeerState, *, interested: bool, now: float) -> None:
    """A peer wants our pieces, or no longer does; a slot may be filled at once."""
    if peer.they_interested != interested:
        peer.they_interested = interested
        peer.waiting_since = now
        state.slots_changed = True


def on_blocks_sent(state: TorrentState, event: BlocksSent, now: float) -> None:
    """Count what a peer got from us."""
    state.counters.uploaded += event.length
    peer = state.peers.get(event.peer)
    if peer is not None:
        peer.uploaded += event.length
        if peer.we_choke:
            peer.sent_choked += event.length
        peer.uploaded_since_unchoke += event.length
        peer.upload.add(event.length, now)
        peer.last_said = now
        peer.last_heard = now  # it takes what it asked for, though it may say nothing else
    if state.reports_progress and state.timers.progress == math.inf:
        state.timers.progress = now + 1.0


def on_peer_left(state: TorrentState, peer: PeerState) -> None:
    """Give a freed slot to somebody else."""
    state.choker.left(peer.key)
    suggesting.on_peer_left(state, peer)
    if not peer.we_choke:
        state.slots_changed = True
    if not state.peers:
        state.timers.choke = math.inf


def choose(state: TorrentState, now: float, *, new_round: bool) -> None:
    """Have the choker decide, and tell those for whom something changes."""
    state.slots_changed = False
    if not state.ready:
        return
    views = [
        view(state, peer)
        for peer in state.peers.values()
        if peer.they_interested and not peer.leaving and superseeding.may_want(state, peer)
    ]
    chosen = dict.fromkeys(
        state.choker.decide(views, now, seeding=state.finished, new_round=new_round)
    )
    for peer in state.peers.values():
        if peer.we_choke and peer.key in chosen:
            peer.we_choke = False
            peer.unchoked_at = now
            peer.uploaded_since_unchoke = 0
            suggesting.suggest(state, peer)  # before it asks
            state.say(peer, m.Unchoke())
        elif not peer.we_choke and peer.key not in chosen:
            peer.we_choke = True
            peer.waiting_since = now
            suggesting.on_choking(state, peer)
            state.say(peer, m.Choke())


def view(state: TorrentState, peer: PeerState) -> ChokeView:
    """What the choker is to know of a peer."""
    assert state.geometry is not None
    piece_length = state.geometry.piece_length
    has_some = peer.has is not None and peer.has.any()
    return ChokeView(
        key=peer.key,
        unchoked=not peer.we_choke,
        snubbed=peer.snubbed,
        owes=owes(state, peer),
        download_rate=peer.gave_rate,
        upload_rate=peer.took_rate,
        unchoked_since=peer.unchoked_at,
        uploaded_since_unchoke=peer.uploaded_since_unchoke,
        waiting_since=peer.waiting_since,
        newcomer=not has_some and peer.uploaded < piece_length,
        fed=has_some and peer.uploaded_since_unchoke >= piece_length,
    )


def owes(state: TorrentState, peer: PeerState) -> bool:
    """Whether a peer takes and takes, has what we want, and chokes us."""
    assert state.geometry is not None
    balance = peer.uploaded - peer.downloaded
    could_give = peer.we_interested and peer.they_choke
    return could_give and balance >= DEBT_PIECES * state.geometry.piece_length


def measure(state: TorrentState, now: float) -> None:
    """Say how fast each peer gave and took in the round that ends now.

    A rate of the last few seconds would call a slow peer generous whose block has just
    come, and a generous one mean whose block has just not.
    """
    began = now - state.config.uploads.choke_interval_seconds
    for peer in state.peers.values():
        seconds = max(now - max(began, peer.joined_at), 1.0)
        gave = (peer.downloaded - peer.downloaded_before) / seconds
        peer.gave_rate = (peer.gave_rate + gave) / 2  # who gave before may be just out of luck
        peer.took_rate = (peer.uploaded - peer.uploaded_before) / seconds
        peer.downloaded_before, peer.uploaded_before = peer.downloaded, peer.uploaded


def on_timer(state: TorrentState, now: float) -> None:
    """Hold a round: choke, weigh interest anew, keep alive, drop the dead."""
    if state.timers.choke > now:
        return
    limits = state.config.peers
    state.timers.choke = now + state.config.uploads.choke_interval_seconds
    measure(state, now)
    choose(state, now, new_round=True)
    for peer in state.peers.values():
        silent = now - peer.last_heard >= limits.idle_timeout_seconds
        if silent or pauses(state, peer, now) >= limits.piece_timeout_seconds:
            state.drop(peer, "timed_out")
            continue
        interest.weigh(state, peer)
        requesting.refill(state, peer, now)
        if now - peer.last_said >= limits.keep_alive_seconds:
            state.say(peer, m.KeepAlive())


def pauses(state: TorrentState, peer: PeerState, now: float) -> float:
    """For how long a peer has sent no byte in the middle of a message, as rounds see it."""
    come = state.unfinished_message(peer.key)
    if come is None or come != peer.unfinished or state.held_back(peer.key):
        peer.unfinished, peer.unfinished_since = come, now
    return 0.0 if come is None else now - peer.unfinished_since

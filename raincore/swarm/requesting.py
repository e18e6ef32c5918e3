"""When to ask whom, for how much, and when to take requests back.

A peer that has room but got nothing to do is *hungry*. Whatever frees blocks or budget
only says so (`blocks_freed`); the hungry are fed once, when the event has been dealt
with, so that no message can make us do the same work a thousand times.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING

from raincore.base.geometry import BLOCK_LENGTH
from raincore.swarm import (
    advised_blocks,
    block_choice,
    endgame,
    horizon,
    interest,
    unfinished,
    urgent_blocks,
    webseed_reserve,
)
from raincore.wire.messages import Cancel

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.wire.messages import AllowedFast, Reject, Request

__all__ = [
    "feed_hungry",
    "on_allowed_fast",
    "on_choke",
    "on_peer_left",
    "on_reject",
    "on_timer",
    "on_unchoke",
    "refill",
]

REFILL_PART = 8
"""Requests leave when this part of the pipeline has room, not for every few blocks that a
read brings: each send wakes the peer. (256 MiB over loopback, counted with strace: 234 sends;
606 without this.)"""

ENDGAME_BLOCKS = 16
"""Duplicate requests that an idle peer may be given at once."""

FED_AT_ONCE = 16
"""Hungry peers that one event can feed; the others get their turn at the next event, or
within a second. Two hundred of them would cost more than the event itself."""

REJECT_REST_SECONDS = 1.0
REJECT_REST_SECONDS_MAX = 64.0
"""A peer that rejects is asked again after this long, and twice as long each time until
it sends a block, lest we ask and refuse in a loop."""

TICK_SECONDS = 1.0
"""How often hungry peers are fed and silent ones looked for, while there are any."""

ENDGAME_TICK_SECONDS = 0.05
"""The same when all pieces are begun and somebody is idle: who is late is found out soon."""

HUNGRY_PER_TICK = 8
"""Each of the idle is compared with each of the others: where many are idle, more seldom."""


# --- what they let us ask ----------------------------------------------------------------
# None of these asks for anything: `refill` follows once for all messages of a read.


def on_unchoke(peer: PeerState) -> None:
    """Note that they answer requests."""
    peer.they_choke = False


def on_choke(state: TorrentState, peer: PeerState) -> None:
    """Stop asking; without the Fast extension all requests are void (BEP 3, BEP 6)."""
    if not peer.they_choke:
        peer.choked_since = peer.last_heard
    peer.they_choke = True
    state.hungry.pop(peer.key, None)
    if not peer.joined.fast:
        release_requests(state, peer)


def on_allowed_fast(peer: PeerState, message: AllowedFast) -> None:
    """Note a piece that may be asked for while choked (BEP 6, "allowed fast")."""
    peer.allowed_fast.add(message.piece)


def on_reject(state: TorrentState, peer: PeerState, message: Reject, now: float) -> None:
    """Hand a refused block to somebody else (BEP 6, "reject requests")."""
    assert state.geometry is not None
    number, rest = divmod(message.begin, BLOCK_LENGTH)
    block = message.piece * state.geometry.blocks_per_piece + number
    if rest or peer.outstanding.get(block) != message.length:
        return
    del peer.outstanding[block]
    block_choice.give_back(state, peer, block)
    if not peer.outstanding:
        peer.pipeline.idle()
    if peer.they_choke:
        # All that was under way when they choked us is refused, and so are pieces that
        # are no longer allowed fast.
        peer.allowed_fast.discard(message.piece)
    elif now >= peer.rest_until:
        rest_seconds = REJECT_REST_SECONDS * 2**peer.refusals
        peer.rest_until = now + min(rest_seconds, REJECT_REST_SECONDS_MAX)
        peer.refusals = min(peer.refusals + 1, 10)


# --- asking ------------------------------------------------------------------------------


def refill(state: TorrentState, peer: PeerState, now: float, *, twice: bool = True) -> None:
    """Ask a peer for as much as its pipeline has room for, if it lets us ask at all.

    Args:
        twice: Whether it may be asked for blocks that others owe us.
    """
    state.hungry.pop(peer.key, None)
    if not peer.we_interested or peer.leaving or (peer.they_choke and not peer.allowed_fast):
        return
    if state.disk.error is not None:
        return  # what came could not be written; all are asked when the disk works again
    if now < peer.rest_until:
        note_hungry(state, peer, now)
        return
    if peer.outstanding and block_choice.all_is_asked(state):
        if not peer.they_choke:
            note_hungry(state, peer, now)
        return
    hurried = bool(state.deadlines.order)
    assert state.geometry is not None
    pieces, ahead = state.geometry.piece_count, horizon.look(state, now)
    depth = peer.pipeline.depth(
        now,
        hurried=hurried,
        piece_count=pieces,
        ahead=ahead.seconds,
        least=ahead.least,
        start=ahead.start,
    )
    room = depth - len(peer.outstanding)
    if room * REFILL_PART < depth:
        return
    if state.left_over:
        unfinished.reopen(state)
    requests = choose(state, peer, room, now)
    if not requests and state.web.fetches and webseed_reserve.unreserved_piece(state, peer, now):
        requests = choose(state, peer, room, now)
    if twice and not (requests or peer.outstanding or peer.they_choke):
        # What is due is asked twice by `urgent_rescue`, of those who are known to be fast; an
        # idle peer is not, and may be all there is besides one that has fallen silent.
        most = min(room, ENDGAME_BLOCKS)
        endgame.duplicate_blocks(state, peer, most, requests, now, only_silent=hurried)
    if requests:
        peer.pipeline.requested(now)
        state.say(peer, *requests)
        state.timers.housekeeping = min(state.timers.housekeeping, now + TICK_SECONDS)
    if len(requests) < room and not peer.they_choke:
        note_hungry(state, peer, now)


def choose(state: TorrentState, peer: PeerState, room: int, now: float) -> list[Request]:
    """Take up to `room` blocks: of what is due first, then of what a seed suggests."""
    if not state.deadlines.order:
        requests = advised_blocks.choose(state, peer, room)
        if len(requests) < room:
            requests += block_choice.choose(state, peer, room - len(requests))
        return requests
    requests = urgent_blocks.choose(state, peer, room, now)
    if len(requests) < room:
        requests += block_choice.choose(state, peer, room - len(requests))
    return requests


def note_hungry(state: TorrentState, peer: PeerState, now: float) -> None:
    """Remember that a peer has room, and see to it that it is not forgotten."""
    assert state.picker is not None
    state.hungry[peer.key] = None
    helps = state.downloads and not (state.picker.unstarted or peer.outstanding)
    pause = TICK_SECONDS
    if helps and now >= peer.rest_until:
        pause = min(pause, ENDGAME_TICK_SECONDS * (1 + len(state.hungry) // HUNGRY_PER_TICK))
    state.timers.housekeeping = min(state.timers.housekeeping, now + pause)


# --- giving back -------------------------------------------------------------------------


def release_requests(state: TorrentState, peer: PeerState, keep: int = 0) -> list[int]:
    """Give back all but the first `keep` requests of a peer; return the blocks."""
    blocks = list(peer.outstanding)[keep:]
    for block in blocks:
        del peer.outstanding[block]
        block_choice.give_back(state, peer, block)
    if not peer.outstanding:
        peer.pipeline.idle()
    return blocks


def on_peer_left(state: TorrentState, peer: PeerState) -> None:
    """Offer the blocks that a peer still owed us to the others."""
    state.hungry.pop(peer.key, None)
    release_requests(state, peer)
    if not state.peers:
        state.timers.housekeeping = math.inf


# --- the hungry and the silent -----------------------------------------------------------


def feed_hungry(state: TorrentState, now: float) -> None:
    """Ask some of the peers that have room, now that something can be asked for."""
    state.blocks_freed = False
    for key in list(islice(state.hungry, FED_AT_ONCE)):
        if not block_choice.something_to_ask(state):
            return
        peer = state.peers[key]
        refill(state, peer, now, twice=False)
        if not peer.outstanding:
            interest.weigh(state, peer)  # at once: the slot that it gave us may serve others
    state.blocks_freed = False  # a web seed has made way for one of them, which has had its turn


def on_timer(state: TorrentState, now: float) -> None:
    """Snub peers that owe us blocks for too long; feed all that are hungry."""
    if state.timers.housekeeping > now:
        return
    state.timers.housekeeping = math.inf
    for peer in state.peers.values():
        if peer.outstanding:
            state.timers.housekeeping = now + TICK_SECONDS
            if not peer.snubbed and peer.pipeline.is_snubbed(now):
                if state.held_back(peer.key):
                    peer.pipeline.excuse(now)  # its blocks may wait for us
                else:
                    snub(state, peer)
    for key in list(state.hungry):
        peer = state.peers[key]
        refill(state, peer, now)
        if not peer.outstanding:
            interest.weigh(state, peer)  # others could make use of the slot that it gave us


def snub(state: TorrentState, peer: PeerState) -> None:
    """Keep only the oldest request at a silent peer and offer the rest to others."""
    assert state.geometry is not None
    peer.snubbed = True
    peer.pipeline.snub()
    for download in state.downloads.values():
        if download.exclusive == peer.key:
            download.exclusive = None
    cancels = [
        Cancel(*state.geometry.request_of(block)) for block in release_requests(state, peer, keep=1)
    ]
    state.say(peer, *cancels)

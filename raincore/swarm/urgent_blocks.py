"""Blocks that somebody waits for: who is asked for which of them.

A peer gets blocks of the first piece that it can bring in time, by what it has brought so
far: the fastest get what is needed next, the slow ones what is needed later, and those that
have fallen silent nothing. What comes late all the same is for `urgent_rescue`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from raincore.base.geometry import BLOCK_LENGTH
from raincore.swarm import block_choice, trusting

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.wire.messages import Request

__all__ = ["SLACK_SECONDS", "choose", "seconds_for", "seconds_of", "take"]

SLACK_SECONDS = 0.25
"""How late a block may be expected: rates are known no better."""

FIRST_BLOCKS = 8
"""While nothing is known of any peer, each is asked for so many."""

PROBE_BLOCKS = 2
"""Later, one of which nothing is known, and those are of what is needed last."""

SILENCE_SECONDS = 0.5
"""Who has been silent for so long is no longer judged by what it brought before."""


def choose(state: TorrentState, peer: PeerState, room: int, now: float) -> list[Request]:
    """Take up to `room` blocks of pieces that are due, as far as the peer is fast enough."""
    assert state.picker is not None
    assert peer.has is not None
    requests: list[Request] = []
    if peer.snubbed or peer.they_choke:
        return requests
    deadlines = state.deadlines
    rate = peer.download.per_second(now)
    is_planned = bool(rate and deadlines.rate)
    first = 0
    if is_planned:
        first = deadlines.position(now + seconds_for(peer, 1, now) - SLACK_SECONDS)
    elif deadlines.rate:
        room = min(room, PROBE_BLOCKS - len(peer.outstanding))
        first = len(deadlines.order) * 3 // 4
    elif not rate:
        room = min(room, FIRST_BLOCKS - len(peer.outstanding))
    on_parole = trusting.is_on_parole(peer)
    limits = Limits(first, room, rate if is_planned else 0.0)
    fill(state, peer, limits, now, requests, only_own=on_parole)
    if on_parole and not (requests or peer.outstanding):
        fill(state, peer, limits, now, requests)  # rather this than nothing at all
    return requests


class Limits(NamedTuple):
    """What a peer may be asked for.

    Args:
        first: Nothing that is due before this place in the order.
        room: So many blocks.
        rate: In bytes per second, what it can bring in time; 0 if that is not known.
    """

    first: int
    room: int
    rate: float


def fill(
    state: TorrentState,
    peer: PeerState,
    limits: Limits,
    now: float,
    requests: list[Request],
    *,
    only_own: bool = False,
) -> None:
    """Append blocks within the limits.

    Args:
        only_own: Of pieces that nobody else has a part in: by these a suspect proves itself.
    """
    assert state.picker is not None
    assert peer.has is not None
    deadlines, (first, room, rate) = state.deadlines, limits
    has, unstarted = peer.has.bits, state.picker.open_pieces.bits
    for index in range(first, len(deadlines.order)):
        piece = deadlines.order[index]
        if not has[piece] or not (unstarted[piece] or piece in state.open_downloads):
            continue
        if only_own and not unstarted[piece] and state.open_downloads[piece].exclusive != peer.key:
            continue
        limit = room - len(requests)
        if rate:
            seconds = deadlines.times[index] + SLACK_SECONDS - now
            limit = min(limit, int(seconds * rate / BLOCK_LENGTH) - len(peer.outstanding))
        if limit > 0 and not take(state, peer, piece, limit, requests):
            break
        if len(requests) >= room:
            break


def take(
    state: TorrentState, peer: PeerState, piece: int, limit: int, requests: list[Request]
) -> bool:
    """Append up to `limit` unasked blocks of a piece; False if there is no memory for it."""
    download = state.open_downloads.get(piece)
    if download is None:
        if not block_choice.budget_allows_piece(state, urgent=True):
            return False
        download = block_choice.begin(state, peer, piece)
    block_choice.adopt(peer, download)
    block_choice.take_from(state, peer, download, limit, requests)
    if download.free_count:
        state.open_downloads[piece] = download
    else:
        state.open_downloads.pop(piece, None)
    return True


def seconds_for(peer: PeerState, more: int, now: float) -> float:
    """How long a peer will take for all that it owes us and `more` blocks."""
    return seconds_of(peer, len(peer.outstanding) + more, now)


def seconds_of(peer: PeerState, blocks: int, now: float) -> float:
    """How long a peer will take for the first so many blocks of what it owes us."""
    rate = peer.download.per_second(now)
    silence = peer.pipeline.silent_seconds(now)
    if rate and silence < SILENCE_SECONDS:
        return blocks * BLOCK_LENGTH / rate
    if not rate and silence >= SILENCE_SECONDS:
        return math.inf
    # At best it sends one block in as much time as it has sent none.
    return max(blocks * silence, blocks * BLOCK_LENGTH / rate if rate else 0.0)

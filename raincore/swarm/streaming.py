"""Who waits for which bytes: readers of streams.

What they need become deadlines of pieces, in one order; `urgent_blocks` asks by it. Pieces that are
due are kept out of ordinary picking, and while somebody reads a torrent that is fetched on
demand, all others are too.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.bitfield import Bitfield
from raincore.base.geometry import BLOCK_LENGTH
from raincore.swarm import requesting, urgent_rescue
from raincore.swarm.state import Phase

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState
    from raincore.swarm.wish_events import StreamMoved

__all__ = ["on_needs", "on_timer", "renew"]

TICK_SECONDS = 0.25
"""How often late blocks are looked for, while something is due."""

READ_BYTES_PER_SECOND = 1e9
"""A reader needs what is further on so much later: two of them take turns by it."""


def on_needs(state: TorrentState, event: StreamMoved, now: float) -> None:
    """Somebody has moved on in what it reads, or has ended."""
    state.streams.pop(event.stream, None)
    if event.begin < event.end:
        state.streams[event.stream] = range(event.begin, event.end)
    if state.picker is not None:
        renew(state, now)
        feed(state, now)


def renew(state: TorrentState, now: float) -> None:
    """Find out anew what is due, once it is known what there is and what we have."""
    assert state.geometry is not None
    assert state.picker is not None
    length = state.geometry.piece_length
    needed: dict[int, float] = {}
    for stream in state.streams.values():
        for piece in range(stream.start // length, (stream.stop - 1) // length + 1):
            ahead = max(0, piece * length - stream.start)
            due = now + ahead / READ_BYTES_PER_SECOND
            needed[piece] = min(due, needed.get(piece, math.inf))
    state.deadlines.set({p: due for p, due in needed.items() if state.picker.needs(p)})
    plan(state, now)


def plan(state: TorrentState, now: float) -> None:
    """Reckon when what is due can be there; see that nobody else picks it."""
    assert state.picker is not None
    peers, web = state.peers.values(), state.web.sources.values()
    rate = sum(peer.download.per_second(now) for peer in peers if not peer.snubbed)
    rate += sum(source.download.per_second(now) for source in web)
    state.deadlines.plan(now, lambda piece: missing(state, piece), rate)
    if state.on_demand:
        state.picker.held = Bitfield.full(len(state.picker.open_pieces))
    elif state.deadlines:
        state.picker.held = Bitfield(len(state.picker.open_pieces), state.deadlines.order)
    else:
        state.picker.held = None
    state.timers.deadlines = now + TICK_SECONDS if state.deadlines else math.inf
    mind_stall(state, now)


def missing(state: TorrentState, piece: int) -> int:
    """Bytes of a piece that have not arrived; 0 for one that is not wanted."""
    assert state.geometry is not None
    assert state.picker is not None
    if piece in state.checking or not state.picker.needs(piece):
        return 0
    length = state.geometry.length_of(piece)
    download = state.downloads.get(piece)
    return length if download is None else length - download.received_count * BLOCK_LENGTH


def mind_stall(state: TorrentState, now: float) -> None:
    """Blame nobody for standing still while it is the reader that does."""
    if state.phase is not Phase.DOWNLOADING or not state.on_demand:
        return
    if state.disk.error is not None:
        return  # it is the disk that is waited for
    if not state.deadlines:
        state.timers.stall = math.inf
    elif state.timers.stall == math.inf:
        state.timers.stall = now + state.limits.stall_seconds


def feed(state: TorrentState, now: float) -> None:
    """Ask for what has come to be due."""
    if state.phase is not Phase.DOWNLOADING:
        return
    state.web.due = True
    for peer in state.peers.values():
        requesting.refill(state, peer, now)


def on_timer(state: TorrentState, now: float) -> None:
    """Look after what is due and late."""
    if state.timers.deadlines > now:
        return
    state.timers.deadlines = math.inf
    if state.picker is None:
        return
    plan(state, now)
    if state.phase is Phase.DOWNLOADING and state.deadlines and state.disk.error is None:
        urgent_rescue.rescue(state, now)
        feed(state, now)

"""Pieces set aside for a web seed, and giving them to peers that would be faster.

A fetch is given a run of pieces. Those that it has not begun are reserved: they are out of
picking, cost no memory yet, and can be taken back from the end of the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.swarm.peer_state import PeerState
    from raincore.swarm.state import TorrentState
    from raincore.swarm.webseed_state import Fetch

__all__ = ["give_up", "reserve", "seconds_left", "unreserved_piece"]


def reserve(state: TorrentState, fetch: Fetch) -> None:
    """Take the pieces of a fetch out of picking."""
    assert state.picker is not None
    for piece in range(fetch.begun, fetch.end):
        state.picker.start(piece)


def give_up(state: TorrentState, fetch: Fetch, end: int) -> None:
    """Shorten a fetch: pieces from `end` on can be picked again."""
    assert state.picker is not None
    for piece in range(max(end, fetch.begun), fetch.end):
        state.picker.release(piece)
        state.blocks_freed = True
    fetch.end = max(end, fetch.begun)


def bytes_left(state: TorrentState, fetch: Fetch) -> int:
    """Bytes that a fetch has still to bring."""
    assert state.geometry is not None
    end = min(fetch.end * state.geometry.piece_length, state.geometry.total_length)
    return max(0, end - fetch.position)


def seconds_left(state: TorrentState, fetch: Fetch, now: float) -> float:
    """How long a fetch is going to take; from a source that gives nothing, 1 s a byte."""
    return bytes_left(state, fetch) / max(fetch.source.download.per_second(now), 1.0)


def unreserved_piece(state: TorrentState, peer: PeerState, now: float) -> bool:
    """Free one piece for an idle peer, if it would be done before the web seed gets there.

    It is the last of the fetch that has the longest way to go. A peer whose rate is not
    known yet is taken to have a quarter of the web seed's.
    """
    assert state.geometry is not None
    assert peer.has is not None
    if peer.they_choke or peer.snubbed:
        return False
    left = [fetch for fetch in state.web.fetches.values() if fetch.end > fetch.begun]
    fetch = max(left, key=lambda fetch: seconds_left(state, fetch, now), default=None)
    if fetch is None or not peer.has[fetch.end - 1]:
        return False
    rate = fetch.source.download.per_second(now)
    own = peer.download.per_second(now) or rate / 4
    if (rate or own) and rate * state.geometry.piece_length >= own * bytes_left(state, fetch):
        return False
    give_up(state, fetch, fetch.end - 1)
    return True

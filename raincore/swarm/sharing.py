"""This torrent among others of the process: what it may take, and what it gives up for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm import making_way

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState

__all__ = ["count", "may_begin_piece", "may_connect", "may_dial", "on_timer", "want_no_peers"]


def count(state: TorrentState) -> None:
    """Account for what this torrent has, at the end of each event."""
    lent, dialling = state.lent, len(state.dialling)
    lent.half_open.use(dialling)
    lent.connections.use(len(state.peers) + dialling + len(state.refused))
    lent.memory.use(state.lent_bytes)
    if lent.memory.wants and (state.picker is None or not state.picker.unstarted):
        lent.memory.want_no_more()


def may_dial(state: TorrentState) -> bool:
    """Whether one more address may be dialled, as far as other torrents go."""
    return state.lent.half_open.allows(len(state.dialling) + 1) and may_connect(state)


def may_connect(state: TorrentState) -> bool:
    """Whether there is a place for one more connection."""
    return state.lent.connections.allows(len(state.peers) + len(state.dialling) + 1)


def want_no_peers(state: TorrentState) -> None:
    """There is nobody to dial: others may have what we were refused."""
    state.lent.half_open.want_no_more()
    state.lent.connections.want_no_more()


def may_begin_piece(state: TorrentState, length: int) -> bool:
    """Whether there is memory for one more piece; for two there always is.

    Otherwise torrents whose pieces are large, or that stand still with pieces begun, could
    keep others from ever finishing one.
    """
    return state.lent.memory.allows(state.lent_bytes + length, granted=2 * length)


def on_timer(state: TorrentState, now: float) -> None:
    """Give up connections that others need more, the worst first."""
    excess = state.lent.connections.excess
    for peer in making_way.worst(state, excess, now) if excess else ():
        state.drop(peer, "made_way")

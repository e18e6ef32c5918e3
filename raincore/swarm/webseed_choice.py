"""Which run of pieces an idle web seed is given, of those that nobody fetches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.policy import webseed_ranges
from raincore.swarm import block_choice

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState
    from raincore.swarm.webseed_state import WebseedState

__all__ = ["next_run"]

URGENT_RUN_BYTES = 4 * 1024 * 1024
"""Of what is due, no source gets more at once: others can go on right behind it."""


def next_run(state: TorrentState, source: WebseedState) -> range:
    """What is due first; if nothing is, the largest gap or the first in order.

    Returns:
        Empty if there is nothing for it, or no memory.
    """
    assert state.geometry is not None
    assert state.picker is not None
    assert source.has is not None
    length = state.geometry.piece_length
    if state.deadlines and block_choice.budget_allows_piece(state, urgent=True):
        due = state.picker.open_pieces & source.has
        run = state.deadlines.run(due, max(1, URGENT_RUN_BYTES // length))
        if run:
            return run
    if not block_choice.budget_allows_piece(state):
        return range(0)
    find = webseed_ranges.first_gap if state.sequential else webseed_ranges.largest_gap
    candidates = state.picker.unheld_pieces & source.has
    ranked = (candidates & rank for rank in state.picker.ranks if candidates.meets(rank))
    return find(next(ranked, candidates), length)

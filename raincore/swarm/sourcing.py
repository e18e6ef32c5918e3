"""Asking elsewhere than at peers for the info dictionary: whatever the link names beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm.commands import DropSources, FetchSource

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState

__all__ = ["ask", "drop", "failed"]


def ask(state: TorrentState) -> None:
    """Ask as many sources as may be asked at once; the first right answer wins."""
    while (source := state.lookup.sources.take()) is not None:
        state.do(FetchSource(source))


def failed(state: TorrentState, source: str, text: str) -> None:
    """A source was of no use: ask the next one."""
    state.lookup.sources.failed(source, text)
    ask(state)


def drop(state: TorrentState) -> None:
    """Nobody needs them any more."""
    if state.lookup.sources.drop():
        state.do(DropSources())

"""What the shell asks, in between events, about bytes that come from web seeds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.swarm import webseed_fetches
from raincore.swarm.state import Phase

if TYPE_CHECKING:
    from raincore.swarm.state import TorrentState
    from raincore.swarm.webseed_state import Room

__all__ = ["WebseedDoor"]


class WebseedDoor:
    """The hot path of fetches, as `TorrentMachine.place` is that of blocks.

    A read goes: `room`, read, `accept`, copy if need be, and RangeArrived, without anything
    in between.
    """

    def __init__(self, state: TorrentState) -> None:
        self._state = state

    def room(self, fetch: int) -> Room | None:
        """Where the next bytes of a fetch go.

        None if it must wait for ResumeFetch, or is over: see `end_of`.
        """
        if self._state.phase is Phase.STOPPED:
            return None
        return webseed_fetches.room(self._state, fetch)

    def accept(self, fetch: int, length: int) -> list[tuple[int, int]]:
        """Take note of bytes that were put, or will at once be, where `room` said.

        Returns:
            (begin, length) in the piece of those that count, if the room was not direct.
        """
        return webseed_fetches.accept(self._state, fetch, length)

    def position(self, fetch: int) -> int:
        """Content offset of the next byte of a fetch that is not over."""
        return self._state.web.fetches[fetch].position

    def end_of(self, fetch: int) -> int:
        """Content offset at which a fetch ends, as things stand; 0 if it is over."""
        if self._state.phase is Phase.STOPPED:
            return 0
        return webseed_fetches.end_of(self._state, fetch)

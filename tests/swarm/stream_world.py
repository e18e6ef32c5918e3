"""A shell in which somebody reads: the only file, on demand, from its first byte."""

from __future__ import annotations

from collections.abc import Sequence

from raincore.formats.webseed_url import WebUrls
from raincore.policy.excerpts import Excerpt
from raincore.policy.file_selection import Selection
from raincore.swarm.events import PeerKey
from raincore.swarm.state import Goal, Limits
from raincore.swarm.wish_events import StreamMoved
from tests.swarm.swarm_world import PIECE_LENGTH, config, info_of, ready_machine
from tests.swarm.web_world import WebShell, caught_up

__all__ = ["ON_DEMAND", "StreamShell", "stream_shell"]

ON_DEMAND = Selection(excerpt=Excerpt(0))


class StreamShell(WebShell):
    """See `stream_shell`."""

    def read(self, first: int = 0, stop: int | None = None, stream: int = 1) -> None:
        """A reader is at the first byte of one piece, and needs all before another."""
        total = self.info.geometry.total_length
        end = total if stop is None else min(stop * PIECE_LENGTH, total)
        self.feed(StreamMoved(stream, first * PIECE_LENGTH, end))

    def owed(self, key: PeerKey) -> list[int]:
        """The pieces that a peer was asked for, once for each block."""
        return [asked.piece for asked in self.remotes[key].owed]

    def bring_at(self, key: PeerKey, blocks_per_second: float, seconds: float) -> None:
        """A peer answers, at a steady pace, whatever it is asked."""
        end = self.now + seconds
        while self.now < end:
            self.wait(1 / blocks_per_second)
            if self.remotes[key].owed:
                self.deliver(key)
            self.finish_checks()


def stream_shell(
    *urls: str,
    pieces: int = 40,
    budget_pieces: int = 1000,
    select: Selection = ON_DEMAND,
    limits: Limits | None = None,
    have: Sequence[int] = (),
) -> StreamShell:
    """A torrent of pieces of two blocks that fetches what somebody waits for."""
    info = info_of(pieces)
    machine = ready_machine(
        info,
        have,
        settings=config(budget_pieces=budget_pieces),
        goal=Goal.SEED,
        select=select,
        web=WebUrls(urls, ()),
        limits=limits or Limits(waits_for_peers=True),
    )
    return caught_up(StreamShell(machine, info))

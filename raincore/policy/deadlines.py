"""Pieces that somebody waits for, in the order in which they are due.

When a piece is due has two bounds: when it was asked for, and when all peers together can
have brought everything before it. Only the later of the two is of use to decide who may
be asked: a peer that needs three seconds for a block holds up nobody who could not have had
that block sooner anyhow.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from raincore.base.bitfield import Bitfield

__all__ = ["Deadlines"]


class Deadlines:
    """Which pieces are due when. Times are on the machine's clock, in seconds."""

    __slots__ = ("order", "pieces", "rate", "times")

    order: list[int]
    """The pieces, the first one due first."""
    times: list[float]
    """When each of `order` can be there at the earliest, and need not before; rising."""
    pieces: dict[int, float]
    """When each piece was asked for."""
    rate: float
    """What all peers bring together, in bytes per second, when it was last planned."""

    def __init__(self) -> None:
        self.order = []
        self.times = []
        self.pieces = {}
        self.rate = 0.0

    def __bool__(self) -> bool:
        return bool(self.order)

    def set(self, pieces: Mapping[int, float]) -> None:
        """Forget all deadlines, and know these. Call `plan` then."""
        order = sorted(pieces, key=lambda piece: (pieces[piece], piece))
        self.order = order
        self.pieces = {piece: pieces[piece] for piece in order}
        self.times = [pieces[piece] for piece in order]

    def plan(self, now: float, missing: Callable[[int], int], rate: float) -> None:
        """Forget what has come, and reckon anew when the rest can be there. O(pieces).

        Args:
            missing: How many bytes of a piece have not arrived.
            rate: What all peers bring together, in bytes per second.
        """
        self.rate = rate
        ahead = 0
        latest = now
        pieces: dict[int, float] = {}
        times = []
        for piece, deadline in self.pieces.items():
            length = missing(piece)
            if not length:
                continue
            ahead += length
            pieces[piece] = deadline
            latest = max(latest, deadline, now + ahead / rate if rate else now)
            times.append(latest)
        self.pieces = pieces
        self.order = list(pieces)
        self.times = times

    def position(self, moment: float) -> int:
        """Where in the order the pieces begin that need not be there before a moment."""
        return bisect_left(self.times, moment)

    def run(self, candidates: Bitfield, longest: int) -> range:
        """The first piece due of some, and those right behind it that are due as well."""
        first = next((piece for piece in self.order if candidates[piece]), None)
        if first is None:
            return range(0)
        stop = first + 1
        while (
            stop < len(candidates)
            and stop - first < longest
            and candidates[stop]
            and stop in self.pieces
        ):
            stop += 1
        return range(first, stop)

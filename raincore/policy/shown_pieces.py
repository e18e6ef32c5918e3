"""What a super-seed has shown to one peer, and how that gets on with it.

Of what a peer was shown alone, two pieces are kept for it: one to get, one to pass on. Who
does not want them, since it selected other files, or makes no headway with them, has them no
longer to itself: they become spare, and it is shown more and more besides. Of what is spare
it may have anything, but no more at once than anybody else, so that it gains nothing by
waiting.
"""

from __future__ import annotations

from typing import NamedTuple

from raincore.base.bitfield import Bitfield

__all__ = ["ShownPieces", "Viewer"]

WINDOW = 2
"""Pieces that a peer may have been shown and not passed on: one to get, one to pass on."""

UNWANTED_SECONDS = 3.0
"""A peer that does not say for so long that it is interested does not want what it was shown."""

STEP_SECONDS = 1.0
"""The same for what it may choose from, of which nothing is kept for it."""

IDLE_SECONDS = 15.0
"""A peer that could ask us, and got nothing for so long, makes no headway."""

STARVING_SECONDS = 60.0
"""A peer for which there was nothing to show, and that got nothing from others either for so
long, cannot reach who has what it lacks."""

FIRST_STEP = 8 * WINDOW
GROWTH = 8
"""Of ten thousand pieces, the last are shown in the fifth step."""


class Viewer(NamedTuple):
    """What is known of a peer that is shown pieces."""

    has: Bitfield
    interested: bool = True
    """It says that it wants some of what it was shown."""
    served: bool = True
    """It has a slot."""
    uploaded: int = 0
    """Bytes that it got from us."""
    slow: bool = False
    """It takes next to nothing through its slot."""


class ShownPieces:
    """The books of one peer; whoever keeps them keeps the index of all peers."""

    __slots__ = ("begun", "ever", "getting", "marks", "moved_at", "passing_on", "spare", "step")

    ever: Bitfield
    """All that it was shown."""
    spare: Bitfield
    """Of that, what is not kept for it, and what it has not asked for."""
    getting: dict[int, float]
    """What is kept for it, or under way to it, and since when."""
    begun: set[int]
    """Of that, what it has asked for."""
    passing_on: dict[int, float]
    """What it got, or may have got without saying so, and since when."""

    def __init__(self, piece_count: int, now: float) -> None:
        self.ever = Bitfield(piece_count)
        self.spare = Bitfield(piece_count)
        self.getting = {}
        self.begun = set()
        self.passing_on = {}
        self.step = FIRST_STEP
        self.moved_at = now
        self.marks = (0, 0)

    @property
    def has_room(self) -> bool:
        """Whether it may be getting one more."""
        return len(self.getting) + len(self.passing_on) < WINDOW

    def may_choose(self, has: Bitfield) -> bool:
        """Whether there is something spare that it lacks."""
        return (self.spare - has).any()

    def is_getting(self, has: Bitfield) -> bool:
        """Whether it can make use of a slot."""
        return bool(self.getting) or (self.has_room and self.may_choose(has))

    def is_stuck(self, viewer: Viewer, now: float) -> bool:
        """Whether it has not got on for too long: neither with us nor, as it says, with others."""
        marks = (viewer.uploaded, viewer.has.count())
        if self.is_getting(viewer.has):
            waits = viewer.interested and not viewer.served  # for a slot
            unwilling = UNWANTED_SECONDS if self.getting else STEP_SECONDS
            patience = IDLE_SECONDS if viewer.interested else unwilling
        else:
            waits = not self.has_room  # for others to get what it passes on
            patience = STARVING_SECONDS
        if waits or marks != self.marks:
            self.marks = marks
            self.moved_at = now
        return now - self.moved_at >= patience

    def keep(self, piece: int, now: float) -> None:
        """Show it a piece that is kept for it."""
        self.ever.add(piece)
        self.getting[piece] = self.moved_at = now

    def offer(self, pieces: list[int], now: float) -> None:
        """Show it pieces of which it may choose, and more of them next time."""
        for piece in pieces:
            self.ever.add(piece)
            self.spare.add(piece)
        self.step = min(self.step * GROWTH, len(self.ever))
        self.moved_at = now

    def choose(self, piece: int, now: float) -> bool:
        """It asks for a piece; whether it may have it. A spare one counts from now on."""
        if not self.ever[piece]:
            return False
        if self.spare[piece]:
            if not self.has_room:
                return False
            self.spare.discard(piece)
            self.getting[piece] = now
        if piece in self.getting:
            self.begun.add(piece)
        return True

    def got(self, piece: int, now: float) -> bool:
        """It has a piece; whether it is one that it was getting."""
        if self.getting.pop(piece, None) is None:
            return False
        self.begun.discard(piece)
        self.passing_on[piece] = now
        return True

    def let_go(self, now: float) -> None:
        """Keep nothing for it any more; what it has asked for it may have, and not say so."""
        for piece in self.getting:
            if piece in self.begun:
                self.passing_on[piece] = now
            else:
                self.spare.add(piece)
        self.getting.clear()
        self.begun.clear()

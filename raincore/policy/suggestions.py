"""Which pieces a seed suggests to whom, so that nobody asks it for what it sends another (BEP 6).

Pieces that no peer has are all equally rare, and peers choose among them by dice: two soon ask
for the same one, since neither sees what the other is getting. Of a new swarm's only seed a
third of the line goes into such copies. So each peer is told of pieces that the seed has sent
to nobody; where others are as rare, it asks for those. Unlike a super-seed (BEP 16), the seed
hides nothing and waits for nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.base.bitfield import Bitfield

if TYPE_CHECKING:
    from raincore.policy.piece_download import PeerKey

__all__ = ["Copies", "Suggestions"]


class Copies(Protocol):
    """What the swarm has, as far as it is connected to us."""

    def rarest(self, among: Bitfield) -> int | None:
        """The piece that fewest peers have, of some; None if there are none."""

    def availability(self, piece: int) -> int:
        """How many peers have a piece."""


class Suggestions:
    """Remembers which piece is left to whom, until somebody has it."""

    __slots__ = ("_begun", "_left_to", "_pieces")

    def __init__(self) -> None:
        self._left_to: dict[int, PeerKey] = {}
        self._begun: dict[int, None] = {}  # an empty set is three times an empty dictionary
        self._pieces: dict[PeerKey, dict[int, None]] = {}

    def begin(self, key: PeerKey, piece: int) -> None:
        """A peer is being sent some of a piece, maybe one that was left to it."""
        if self._left_to.get(piece) == key:
            self._begun[piece] = None

    def interrupt(self, key: PeerKey) -> list[int]:
        """A peer has lost its slot: others may have what it has not begun; return the rest."""
        own = self._pieces.get(key, {})
        for piece in own.keys() - self._begun.keys():
            self._forget(key, piece)
        return list(own)

    def withdraw(self, key: PeerKey) -> None:
        """A peer gets nothing more from us: others may have what was left to it."""
        for piece in list(self._pieces.pop(key, ())):
            del self._left_to[piece]
            self._begun.pop(piece, None)

    def _forget(self, key: PeerKey, piece: int) -> None:
        del self._left_to[piece]
        del self._pieces[key][piece]
        self._begun.pop(piece, None)

    def somebody_has(self, piece: int) -> PeerKey | None:
        """A piece has left us; to whom it was left, who may be told of another."""
        key = self._left_to.get(piece)
        if key is not None:
            self._forget(key, piece)
        return key

    def choose(self, key: PeerKey, ours: Bitfield, copies: Copies, window: int) -> list[int]:
        """Leave more pieces to a peer, of those that nobody has.

        Args:
            key: The peer.
            ours: Pieces that we have; only read.
            copies: What peers have.
            window: How many it may have been told of and not got.

        Returns:
            What it is to be told of now; nothing once all pieces have left us.
        """
        own = self._pieces.setdefault(key, {})
        chosen: list[int] = []
        while len(own) < window:
            piece = copies.rarest(ours - Bitfield(len(ours), self._left_to))
            if piece is None or copies.availability(piece):
                break
            self._left_to[piece] = key
            own[piece] = None
            chosen.append(piece)
        return chosen

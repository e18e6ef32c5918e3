"""Which pieces to show to whom while the swarm of a new torrent has only one seed (BEP 16).

The seed says that it has nothing, then shows each peer a piece or two that nobody else
has or was shown. Who has got one is shown another as soon as somebody else has it too,
which proves that it was passed on. So each piece leaves the seed about once, and the peers
do the rest.

Ours beyond BEP 16: only so many peers are shown something at once as can be served at
once, lest pieces wait at peers that wait themselves; a piece that its peer makes no headway
with is shown to another when nothing new is left; and a peer waits a minute at most for
its piece to be seen elsewhere, since there may be none that can reach it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.base.bitfield import Bitfield

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.policy.piece_download import PeerKey

__all__ = ["Copies", "SuperSeed"]

WINDOW = 2
"""Pieces that a peer may have been shown and not passed on: one to get, one to pass on."""

PATIENCE_SECONDS = 60.0
"""How long a peer waits for its piece to be seen elsewhere."""

STALE_SECONDS = 30.0
"""After this long a piece that its peer has not got may be shown to another."""


class Copies(Protocol):
    """What the swarm has, as far as it is connected to us."""

    def rarest(self, among: Bitfield) -> int | None:
        """The piece that fewest peers have, of some; None if there are none."""

    def availability(self, piece: int) -> int:
        """How many peers have a piece."""


class _Shown:
    """What one peer was shown."""

    __slots__ = ("ever", "getting", "passing_on")

    def __init__(self, piece_count: int) -> None:
        self.ever = Bitfield(piece_count)
        self.getting: dict[int, float] = {}  # since when
        self.passing_on: dict[int, float] = {}


class SuperSeed:
    """Remembers who was shown which piece, and what became of it.

    Args:
        ours: The pieces that we have; only read.
        copies: What peers have; asked whenever a piece is chosen.
    """

    __slots__ = ("_copies", "_getting", "_ours", "_passing_on", "_peers")

    def __init__(self, ours: Bitfield, copies: Copies) -> None:
        self._ours = ours
        self._copies = copies
        self._peers: dict[PeerKey, _Shown] = {}  # who was shown something longest ago first
        self._getting: dict[int, dict[PeerKey, None]] = {}
        self._passing_on: dict[int, dict[PeerKey, None]] = {}

    def joined(self, key: PeerKey) -> None:
        """A peer is there, which wants pieces."""
        self._peers.setdefault(key, _Shown(len(self._ours)))

    def left(self, key: PeerKey) -> None:
        """A peer is gone, or has everything."""
        shown = self._peers.pop(key, None)
        if shown is not None:
            for piece in shown.getting:
                _take_out(self._getting, piece, key)
            for piece in shown.passing_on:
                _take_out(self._passing_on, piece, key)

    def has_shown(self, key: PeerKey, piece: int) -> bool:
        """Whether a peer was ever shown a piece, and hence may ask for it."""
        shown = self._peers.get(key)
        return shown is not None and shown.ever[piece]

    def is_getting(self, key: PeerKey) -> bool:
        """Whether a peer was shown something that it has not got."""
        shown = self._peers.get(key)
        return shown is not None and bool(shown.getting)

    def passed_on(self) -> list[int]:
        """Pieces that somebody has got, and that nobody else was seen to have."""
        return list(self._passing_on)

    def heard(self, key: PeerKey, piece: int, now: float) -> bool:
        """Note that a peer has a piece; whether this lets anybody be shown another."""
        others = [other for other in self._passing_on.get(piece, ()) if other != key]
        for other in others:
            self._passed_on(other, piece)
        shown = self._peers.get(key)
        got = shown is not None and shown.getting.pop(piece, None) is not None
        if shown is not None and got:
            _take_out(self._getting, piece, key)
            shown.passing_on[piece] = now
            self._passing_on.setdefault(piece, {})[key] = None
        return bool(others) or got

    def show(
        self, theirs: Mapping[PeerKey, Bitfield], now: float, at_once: int
    ) -> list[tuple[PeerKey, int]]:
        """Choose what to show now, and remember it.

        Args:
            theirs: What each peer has that wants pieces.
            now: Monotonic seconds.
            at_once: How many peers may be getting pieces from us at the same time.

        Returns:
            Whom to show which piece, in order.
        """
        chosen: list[tuple[PeerKey, int]] = []
        busy = sum(bool(shown.getting) for shown in self._peers.values())
        alone = len(theirs) < 2
        for key in list(self._peers):
            shown = self._peers[key]
            has = theirs.get(key)
            if has is None:
                continue
            self._lose_patience(key, 0.0 if alone else PATIENCE_SECONDS, now)
            while len(shown.getting) + len(shown.passing_on) < WINDOW:
                if not shown.getting and busy >= at_once:
                    break
                piece = self._choose(shown, has, now)
                if piece is None:
                    break
                busy += not shown.getting
                shown.ever.add(piece)
                shown.getting[piece] = now
                self._getting.setdefault(piece, {})[key] = None
                self._peers[key] = self._peers.pop(key)
                chosen.append((key, piece))
        return chosen

    def _lose_patience(self, key: PeerKey, patience: float, now: float) -> None:
        for piece, since in list(self._peers[key].passing_on.items()):
            if now - since >= patience:
                self._passed_on(key, piece)

    def _passed_on(self, key: PeerKey, piece: int) -> None:
        del self._peers[key].passing_on[piece]
        _take_out(self._passing_on, piece, key)

    def _choose(self, shown: _Shown, has: Bitfield, now: float) -> int | None:
        """A piece that nobody has or gets; if the swarm is whole, the rarest; or a stale one."""
        wanting = self._ours - has - shown.ever
        copies = self._copies
        new = wanting - Bitfield(len(self._ours), self._getting)
        piece = copies.rarest(new)
        if piece is not None and not copies.availability(piece):
            return piece
        stale = [
            (since, piece)
            for piece in self._getting
            if wanting[piece] and (since := self._stale_since(piece, now)) is not None
        ]
        if stale:
            return min(stale)[1]
        return None if self._getting_what_nobody_has() else piece

    def _stale_since(self, piece: int, now: float) -> float | None:
        """Since when one peer alone has been getting a piece; None if not for too long."""
        keys = self._getting[piece]
        since = min(self._peers[key].getting[piece] for key in keys)
        too_long = now - since >= STALE_SECONDS and not self._copies.availability(piece)
        return since if too_long and len(keys) < 2 else None

    def _getting_what_nobody_has(self) -> bool:
        return any(not self._copies.availability(piece) for piece in self._getting)


def _take_out(index: dict[int, dict[PeerKey, None]], piece: int, key: PeerKey) -> None:
    keys = index[piece]
    del keys[key]
    if not keys:
        del index[piece]

"""Which pieces to show to whom while the swarm of a new torrent has only one seed (BEP 16).

The seed says that it has nothing, then shows each peer a piece or two that nobody else
has or was shown. Who has got one is shown another as soon as somebody else has it too,
which proves that it was passed on. So each piece leaves the seed about once, and the peers
do the rest.

Ours beyond BEP 16: only so many peers are shown something at once as can be served at
once, lest pieces wait at peers that wait themselves; a piece that its peer makes no headway
with is shown to another when nothing new is left; a peer waits a minute at most for
its piece to be seen elsewhere, or less while we have nothing else to do, since there may be
none that can reach it; and who does not
want what it was shown chooses among more and more (`shown_pieces`), while others are shown
what was kept for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from raincore.base.bitfield import Bitfield
from raincore.policy.shown_pieces import ShownPieces, Viewer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.policy.piece_download import PeerKey

__all__ = ["Copies", "SuperSeed"]

PATIENCE_SECONDS = 60.0
"""How long a peer waits for its piece to be seen elsewhere."""

BORED_SECONDS = 10.0
"""The same while nobody is getting anything from us."""

STALE_SECONDS = 30.0
"""After this long a piece that its peer has not got may be shown to another."""


class Copies(Protocol):
    """What the swarm has, as far as it is connected to us."""

    def rarest(self, among: Bitfield) -> int | None:
        """The piece that fewest peers have, of some; None if there are none."""

    def availability(self, piece: int) -> int:
        """How many peers have a piece."""


class SuperSeed:
    """Remembers who was shown which piece, and what became of it.

    Args:
        ours: The pieces that we have; only read.
        copies: What peers have; asked whenever a piece is chosen.
    """

    __slots__ = ("_copies", "_getting", "_now", "_ours", "_passing_on", "_peers")

    def __init__(self, ours: Bitfield, copies: Copies) -> None:
        self._ours = ours
        self._copies = copies
        self._now = 0.0  # of the last look; exact enough for who asks between two
        self._peers: dict[PeerKey, ShownPieces] = {}  # who was shown something longest ago first
        self._getting: dict[int, dict[PeerKey, None]] = {}
        self._passing_on: dict[int, dict[PeerKey, None]] = {}

    def joined(self, key: PeerKey, now: float) -> None:
        """A peer is there, which wants pieces."""
        if key not in self._peers:
            self._peers[key] = ShownPieces(len(self._ours), now)

    def left(self, key: PeerKey) -> None:
        """A peer is gone, or has everything."""
        shown = self._peers.pop(key, None)
        if shown is not None:
            for piece in shown.getting:
                _take_out(self._getting, piece, key)
            for piece in shown.passing_on:
                _take_out(self._passing_on, piece, key)

    def may_have(self, key: PeerKey, piece: int) -> bool:
        """Whether a peer that has a slot and asks for a piece may have it; it has begun then."""
        shown = self._peers.get(key)
        if shown is None or not shown.choose(piece, self._now):
            return False
        if piece in shown.getting:
            self._getting.setdefault(piece, {})[key] = None
        return True

    def is_getting(self, key: PeerKey, has: Bitfield) -> bool:
        """Whether a peer was shown something that it has not got, and may have now."""
        shown = self._peers.get(key)
        return shown is not None and shown.is_getting(has)

    def passed_on(self) -> list[int]:
        """Pieces that somebody has got, and that nobody else was seen to have."""
        return list(self._passing_on)

    def heard(self, key: PeerKey, piece: int, now: float) -> bool:
        """Note that a peer has a piece; whether this lets anybody be shown another."""
        others = [other for other in self._passing_on.get(piece, ()) if other != key]
        for other in others:
            self._passed_on(other, piece)
        shown = self._peers.get(key)
        got = shown is not None and shown.got(piece, now)
        if got:
            _take_out(self._getting, piece, key)
            self._passing_on.setdefault(piece, {})[key] = None
        return bool(others) or got

    def has_more_for(self, viewers: Mapping[PeerKey, Viewer]) -> bool:
        """Whether anybody has not been shown all that it lacks: time may change that."""
        return any(not self._saw_all(key, viewer) for key, viewer in viewers.items())

    def show(
        self, viewers: Mapping[PeerKey, Viewer], now: float, at_once: int
    ) -> list[tuple[PeerKey, int]]:
        """Choose what to show now, and remember it.

        Args:
            viewers: Everybody that may want pieces, and whose pieces are known.
            now: Monotonic seconds.
            at_once: How many peers may be getting pieces from us at the same time.

        Returns:
            Whom to show which piece, in order.
        """
        self._now = now
        chosen = [
            (key, piece)
            for key, shown in self._peers.items()
            for piece in self._reconsider(key, shown, viewers.get(key), now)
        ]
        busy = sum(self._is_busy(key, viewer) for key, viewer in viewers.items())
        patience = self._patience(viewers, busy)
        for key in list(self._peers):
            shown = self._peers[key]
            viewer = viewers.get(key)
            if viewer is None:
                continue
            self._lose_patience(key, patience, now)
            while shown.has_room and not shown.may_choose(viewer.has):
                if not shown.getting and busy >= at_once:
                    shown.moved_at = now  # it waits for us
                    break
                piece = self._choose(shown, viewer.has, now)
                if piece is None:
                    break
                busy += not shown.getting
                shown.keep(piece, now)
                self._getting.setdefault(piece, {})[key] = None
                self._peers[key] = self._peers.pop(key)
                chosen.append((key, piece))
        return chosen

    def _reconsider(
        self, key: PeerKey, shown: ShownPieces, viewer: Viewer | None, now: float
    ) -> list[int]:
        """Keep nothing for who wants nothing or gets nowhere; what the latter may choose from."""
        if viewer is not None and not shown.is_stuck(viewer, now):
            return []
        for piece in shown.getting:
            _take_out(self._getting, piece, key)
            if piece in shown.begun:
                self._passing_on.setdefault(piece, {})[key] = None
        shown.let_go(now)
        if viewer is None or not shown.has_room:
            return []
        offered = self._spread(self._ours - viewer.has - shown.ever, shown.step)
        shown.offer(offered, now)
        return offered

    def _spread(self, lacking: Bitfield, count: int) -> list[int]:
        """Some of many pieces, far apart since files are runs: those that nobody has, if any."""
        new = [
            piece
            for piece in lacking
            if not (piece in self._getting or self._copies.availability(piece))
        ]
        pieces = new or list(lacking)
        count = min(count, len(pieces))
        return [pieces[n * len(pieces) // count] for n in range(count)]

    def _saw_all(self, key: PeerKey, viewer: Viewer) -> bool:
        shown = self._peers.get(key)
        return shown is None or not (self._ours - viewer.has - shown.ever).any()

    def _has_enough(self, key: PeerKey, viewer: Viewer) -> bool:
        """Whether a peer was shown everything, and wants nothing of it."""
        return not viewer.interested and self._saw_all(key, viewer)

    def _is_busy(self, key: PeerKey, viewer: Viewer) -> bool:
        """Whether a peer needs a part of our line; who takes next to nothing does not."""
        shown = self._peers.get(key)
        return shown is not None and bool(shown.getting) and not viewer.slow

    def _patience(self, viewers: Mapping[PeerKey, Viewer], busy: int) -> float:
        """For how long a peer waits to see passed on what it has."""
        wanting = sum(not self._has_enough(key, viewer) for key, viewer in viewers.items())
        if wanting < 2:
            return 0.0
        return PATIENCE_SECONDS if busy else BORED_SECONDS

    def _lose_patience(self, key: PeerKey, patience: float, now: float) -> None:
        for piece, since in list(self._peers[key].passing_on.items()):
            if now - since >= patience:
                self._passed_on(key, piece)

    def _passed_on(self, key: PeerKey, piece: int) -> None:
        del self._peers[key].passing_on[piece]
        _take_out(self._passing_on, piece, key)

    def _choose(self, shown: ShownPieces, has: Bitfield, now: float) -> int | None:
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

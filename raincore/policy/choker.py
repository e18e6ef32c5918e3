"""Whom to unchoke: the best givers or the longest waiters, and the optimistic slots.

While downloading, slots go to those who send us most (tit for tat, BEP 3, "choking").
While seeding, they go round: a peer keeps its slot until it has had its quota and a
minute of time, then the longest waiter gets it (LANDSCAPE 2.8). One slot in five, and
at least one, is optimistic: whatever peers deserve, it goes to each in turn.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from raincore.base.config import UploadLimits
    from raincore.policy.piece_download import PeerKey

__all__ = ["ChokeView", "Choker"]

QUOTA_PIECES = 20
QUOTA_SECONDS = 60.0
USUAL_PIECE_LENGTH = 1 << 20


class ChokeView(NamedTuple):
    """What the choker sees of a peer.

    Rates are in bytes per second, times in monotonic seconds.
    """

    key: PeerKey
    interested: bool
    """They want our pieces; nobody else gets a slot."""
    unchoked: bool
    """They have a slot now."""
    snubbed: bool
    """They owe us blocks for too long."""
    download_rate: float
    """From them to us."""
    upload_rate: float
    """From us to them."""
    unchoked_since: float
    """When the present slot was given; ignored while choked."""
    uploaded_since_unchoke: int
    """Bytes they got through the present slot; ignored while choked."""
    waiting_since: float
    """Since when they have wanted a slot; ignored while unchoked."""


class Choker:
    """Decides who has a slot; remembers only the optimistic ones.

    Args:
        limits: `slots` in all, optimistic ones included, and
            `optimistic_interval_seconds`.
        rng: Dice for ties.
    """

    __slots__ = ("_limits", "_optimistic", "_rng", "_rotate_at", "_tried", "quota_bytes")

    quota_bytes: int
    """What a peer may get from a seed before others take their turn; set it to 20
    pieces' worth as soon as the piece length is known (`set_piece_length`)."""

    def __init__(self, limits: UploadLimits, rng: random.Random) -> None:
        self._limits = limits
        self._rng = rng
        self._optimistic: list[PeerKey] = []
        self._tried: dict[PeerKey, float] = {}  # when each last began an optimistic turn
        self._rotate_at = -math.inf
        self.quota_bytes = QUOTA_PIECES * USUAL_PIECE_LENGTH

    def set_piece_length(self, piece_length: int) -> None:
        """Set the seeding quota to 20 pieces."""
        self.quota_bytes = QUOTA_PIECES * piece_length

    def is_optimistic(self, peer: PeerKey) -> bool:
        """Whether a peer has its slot by turn, not by merit."""
        return peer in self._optimistic

    def decide(
        self, peers: Sequence[ChokeView], now: float, *, seeding: bool, new_round: bool
    ) -> list[PeerKey]:
        """Choose who should be unchoked from now on.

        A new round, each `choke_interval_seconds`, weighs everybody anew and rotates
        the optimistic slots when their time is up. Between rounds (somebody became
        interested or uninterested, came or left) nobody who is interested loses a slot;
        free slots are given at once. Nothing changes when this is asked twice.

        Args:
            peers: Everybody connected, in a stable order.
            now: Monotonic seconds.
            seeding: We have everything that we want, so nobody can return favours.
            new_round: Whether a choke interval has passed.

        Returns:
            Keys of all peers that should have a slot, in the order of `peers`.
        """
        wanting = [peer for peer in peers if peer.interested]
        if new_round:
            self._forget_absent(peers)
            chosen = self._new_round(wanting, now, seeding=seeding)
        else:
            chosen = [peer.key for peer in wanting if peer.unchoked]
            waiting = [peer for peer in wanting if not peer.unchoked]
            room = max(0, self._limits.slots - len(chosen))
            chosen += self._best(waiting, room, now, seeding=seeding)
        kept = set(chosen)
        return [peer.key for peer in wanting if peer.key in kept]

    def _new_round(self, wanting: list[ChokeView], now: float, *, seeding: bool) -> list[PeerKey]:
        slots = max(0, self._limits.slots)
        optimistic_slots = min(slots, max(1, slots // 5))
        regular = self._best(wanting, slots - optimistic_slots, now, seeding=seeding)
        served = set(regular)
        rest = [peer for peer in wanting if peer.key not in served]
        if now >= self._rotate_at:
            self._optimistic = []
            self._rotate_at = now + self._limits.optimistic_interval_seconds
        present = {peer.key for peer in rest}
        self._optimistic = [key for key in self._optimistic if key in present]
        room = optimistic_slots - len(self._optimistic)
        if room > 0:
            self._optimistic += self._untried(rest, room, now)
        return regular + self._optimistic

    def _best(
        self, peers: list[ChokeView], count: int, now: float, *, seeding: bool
    ) -> list[PeerKey]:
        """The peers that earned a regular slot, best first."""
        # Anti-snubbing: who does not answer us gets an optimistic slot at most.
        ranked = sorted(
            (*(self._turn(peer, now) if seeding else self._merit(peer)), peer.key)
            for peer in peers
            if seeding or not peer.snubbed
        )
        return [entry[-1] for entry in ranked[:count]]

    def _merit(self, peer: ChokeView) -> tuple[float, float, float]:
        """Sort key of tit for tat: the best givers; of equals those who have a slot."""
        if peer.unchoked:
            return -peer.download_rate, -math.inf, peer.key in self._optimistic
        return -peer.download_rate, peer.waiting_since, self._rng.random()

    def _turn(self, peer: ChokeView, now: float) -> tuple[float, float, float]:
        """Sort key of the round robin: unfinished turns, then waiters, then finished turns.

        An optimistic turn is nobody's turn: it ends with its slot.
        """
        if not peer.unchoked:
            return 1.0, peer.waiting_since, self._rng.random()
        if peer.key in self._optimistic:
            return 1.0, peer.unchoked_since, self._rng.random()
        finished = (
            peer.uploaded_since_unchoke >= self.quota_bytes
            and now - peer.unchoked_since >= QUOTA_SECONDS
        )
        return 2.0 if finished else 0.0, peer.unchoked_since, self._rng.random()

    def _untried(self, peers: list[ChokeView], count: int, now: float) -> list[PeerKey]:
        """The peers whose last optimistic turn began longest ago, or that had none."""
        ranked = sorted(
            (
                self._tried.get(peer.key, -math.inf),
                peer.waiting_since,
                self._rng.random(),
                peer.key,
            )
            for peer in peers
            if peer.key not in self._optimistic
        )
        keys = [entry[-1] for entry in ranked[:count]]
        for key in keys:
            self._tried[key] = now
        return keys

    def _forget_absent(self, peers: Sequence[ChokeView]) -> None:
        present = {peer.key for peer in peers}
        self._tried = {key: at for key, at in self._tried.items() if key in present}

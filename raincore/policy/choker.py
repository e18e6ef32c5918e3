"""Whom to unchoke: the best givers or the longest waiters, and the optimistic slots.

While downloading, slots go to those who send us most (tit for tat, BEP 3, "choking").
While seeding, and among those who give the same, they go round: a peer keeps its slot
until it has had its quota and a minute of time, or five minutes, or a sixteenth of all
there is, then the longest waiter gets it (without the sixteenth, of a small torrent the first
comers would get all before others get any). One slot in five, and at least one, is
optimistic: whatever peers deserve, it goes to each in turn.

Who takes next to nothing through its slot is slow, and has it only as long as nobody else
waits. Without this rule, sixty slow readers would hold all slots of a seed for ever, since
none of them ever has had its quota.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from raincore.policy import newcomers
from raincore.policy.slot_trials import SlotTrials

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from raincore.base.config import UploadLimits
    from raincore.policy.piece_download import PeerKey

__all__ = ["ChokeView", "Choker"]

QUOTA_PIECES = 20
QUOTA_SECONDS = 60.0
TURN_SECONDS = 300.0
TURN_SHARE = 16
USUAL_PIECE_LENGTH = 1 << 20

SLOW_RATE = 1024.0
"""Bytes per second: who takes less is slow, whatever others take."""

SLOW_SHARE = 1 / 8
"""Who takes less than this part of a fair share of what we have been able to send is slow."""

FADING = 0.98
"""What we were able to send counts a little less with each round."""


class ChokeView(NamedTuple):
    """What the choker sees of a peer that wants our pieces; nobody else gets a slot.

    Rates are in bytes per second, times in monotonic seconds.
    """

    key: PeerKey
    unchoked: bool
    """They have a slot now."""
    snubbed: bool
    """They owe us blocks for too long."""
    owes: bool
    """They have had much more of us than we of them, and could give, but choke us."""
    download_rate: float
    """From them to us, in the last rounds."""
    upload_rate: float
    """From us to them, in the last round."""
    unchoked_since: float
    """When the present slot was given; ignored while choked."""
    uploaded_since_unchoke: int
    """Bytes they got through the present slot; ignored while choked."""
    waiting_since: float
    """Since when they have wanted a slot; ignored while unchoked."""
    newcomer: bool = False
    """They have no piece, and have not had the bytes of one from us."""
    fed: bool = False
    """They have some, and got the bytes of one through the present slot."""


class Choker:
    """Decides who has a slot; remembers the optimistic ones, and who was slow.

    Args:
        limits: How many slots, optimistic ones included; `choke_interval_seconds` and
            `optimistic_interval_seconds`.
        rng: Dice for ties.
    """

    __slots__ = (
        "_best_total",
        "_optimistic",
        "_rng",
        "_rotate_at",
        "_slow",
        "_trials",
        "_tried",
        "limits",
        "quota_bytes",
        "share_bytes",
        "slots",
    )

    slots: int
    """How many there are in this round."""

    quota_bytes: int
    """What a peer may get from a seed before others take their turn; set it to 20
    pieces' worth as soon as the piece length is known (`set_content`)."""

    share_bytes: float
    """What a peer may get in one turn, however short."""

    def __init__(self, limits: UploadLimits, rng: random.Random) -> None:
        self.limits = limits
        self._rng = rng
        self._optimistic: list[PeerKey] = []
        self._tried: dict[PeerKey, float] = {}  # when each last began an optimistic turn
        self._slow: dict[PeerKey, None] = {}
        self._best_total = 0.0
        self._rotate_at = -math.inf
        self._trials = SlotTrials()
        self.slots = self._trials.first(limits)
        self.quota_bytes = QUOTA_PIECES * USUAL_PIECE_LENGTH
        self.share_bytes = math.inf

    def set_content(self, piece_length: int, total_length: int) -> None:
        """Set the quota to 20 pieces, the longest turn to a sixteenth of all, and the slots."""
        self._trials = SlotTrials(-(-total_length // piece_length))
        self.slots = self._trials.first(self.limits)
        self.quota_bytes = QUOTA_PIECES * piece_length
        self.share_bytes = max(total_length / TURN_SHARE, piece_length)

    def is_optimistic(self, peer: PeerKey) -> bool:
        """Whether a peer has its slot by turn, not by merit."""
        return peer in self._optimistic

    def is_slow(self, peer: PeerKey) -> bool:
        """Whether a peer has taken next to nothing through its slot."""
        return peer in self._slow

    def left(self, key: PeerKey) -> None:
        """Forget a peer that is gone; its key never comes back."""
        self._tried.pop(key, None)
        self._slow.pop(key, None)

    def decide(
        self, wanting: Sequence[ChokeView], now: float, *, seeding: bool, new_round: bool
    ) -> list[PeerKey]:
        """Choose who should be unchoked from now on.

        A new round, each `choke_interval_seconds`, weighs everybody anew and rotates
        the optimistic slots when their time is up. Between rounds (somebody became
        interested or uninterested, came or left) nobody who is interested loses a slot,
        but in a crowd of newcomers (`newcomers`); free slots are given at once. Nothing
        changes when this is asked twice.

        Args:
            wanting: Everybody that is interested, in a stable order.
            now: Monotonic seconds.
            seeding: We have everything that we want, so nobody can return favours.
            new_round: Whether a choke interval has passed.

        Returns:
            Keys of all peers that should have a slot, in the order of `wanting`.
        """
        if new_round:
            self._judge(wanting, now)
            chosen = self._new_round(wanting, now, seeding=seeding)
        else:
            chosen, waiting, room = newcomers.between_rounds(
                wanting, self.slots, is_given=self.limits.slots is not None, seeding=seeding
            )
            chosen += self._best(waiting, room, now, seeding=seeding)
        kept = set(chosen)
        return [peer.key for peer in wanting if peer.key in kept]

    def _judge(self, wanting: Sequence[ChokeView], now: float) -> None:
        """Count the slots anew, and note who made no use of the one it had all the round."""
        served = [peer for peer in wanting if peer.unchoked]
        rates = [peer.upload_rate for peer in served]
        self.slots = self._trials.next(self.limits, self.slots, rates, self._best_total)
        self._best_total = max(sum(rates), self._best_total * FADING)
        share = self._best_total / max(self.slots, 1)
        slow_rate = max(SLOW_RATE, share * SLOW_SHARE)
        for peer in served:
            if now - peer.unchoked_since < self.limits.choke_interval_seconds:
                continue
            if peer.upload_rate < slow_rate:
                self._slow[peer.key] = None
            else:
                self._slow.pop(peer.key, None)

    def _new_round(
        self, wanting: Sequence[ChokeView], now: float, *, seeding: bool
    ) -> list[PeerKey]:
        optimistic_slots = self.limits.optimistic_slots
        if optimistic_slots is None:
            optimistic_slots = max(1, self.slots // 5)
        optimistic_slots = min(self.slots, optimistic_slots)
        regular = self._best(wanting, self.slots - optimistic_slots, now, seeding=seeding)
        served = set(regular)
        rest = [peer for peer in wanting if peer.key not in served]
        if now >= self._rotate_at:
            self._optimistic = []
            self._rotate_at = now + self.limits.optimistic_interval_seconds
        present = {peer.key for peer in rest}
        self._optimistic = [key for key in self._optimistic if key in present]
        room = optimistic_slots - len(self._optimistic)
        if room > 0:
            self._optimistic += self._untried(rest, room, now)
        else:
            self._optimistic = self._optimistic[:optimistic_slots]
        return regular + self._optimistic

    def _best(
        self, peers: Sequence[ChokeView], count: int, now: float, *, seeding: bool
    ) -> list[PeerKey]:
        """The peers that earned a regular slot, best first."""
        # Who does not answer us, or only takes, gets an optimistic slot at most, while
        # downloading: a slot that stays empty leaves more of the line to those who give.
        ranked = sorted(
            (0.0 if seeding else -peer.download_rate, *self._turn(peer, now), peer.key)
            for peer in peers
            if seeding or not (peer.snubbed or peer.owes)
        )
        return [entry[-1] for entry in ranked[:count]]

    def _turn(self, peer: ChokeView, now: float) -> tuple[float, float, float]:
        """Sort key of the round robin: unfinished turns, then waiters, then finished turns.

        Slow peers come last. An optimistic turn is nobody's turn: it ends with its slot.
        """
        slow = peer.key in self._slow
        last = 3.0 if slow else 0.0
        if not peer.unchoked:
            return last + 1.0, peer.waiting_since, self._rng.random()
        if peer.key in self._optimistic:
            return last + 1.0, peer.unchoked_since, self._rng.random()
        seconds = now - peer.unchoked_since
        had_quota = slow or peer.uploaded_since_unchoke >= self.quota_bytes
        finished = (
            (had_quota and seconds >= QUOTA_SECONDS)
            or seconds >= TURN_SECONDS
            or peer.uploaded_since_unchoke >= self.share_bytes
        )
        return last + (2.0 if finished else 0.0), peer.unchoked_since, self._rng.random()

    def _untried(self, peers: list[ChokeView], count: int, now: float) -> list[PeerKey]:
        """The peers whose last optimistic turn began longest ago, or that had none."""
        ranked = sorted(
            (
                self._tried.get(peer.key, -math.inf),
                now if peer.unchoked else peer.waiting_since,
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

"""A token bucket: what the passing of time allows, in bytes; no clock of its own.

Tokens come in at a rate and are taken as bytes are moved. What may pile up is small, so
that a limit holds over seconds and not only over minutes.
"""

from __future__ import annotations

import math

__all__ = ["BURST_SECONDS", "SMALLEST_QUANTUM_BYTES", "TokenBucket"]

BURST_SECONDS = 0.1
"""What may accumulate while nobody takes: 1 % of the bytes of ten seconds."""

QUANTUM_SECONDS = 0.02
"""Less than this much is not handed out, to save many small reads and wake-ups."""

SMALLEST_QUANTUM_BYTES = 256

LONGEST_DEBT_SECONDS = 1.0
"""What could not be held back keeps others waiting no longer than this."""


class TokenBucket:
    """Bytes that may be moved now.

    Args:
        bytes_per_second: The limit; 0 for none.
    """

    __slots__ = ("_refilled_at", "quantum", "rate", "tokens")

    def __init__(self, bytes_per_second: int = 0) -> None:
        self.rate = 0
        """Bytes per second; 0 for no limit."""
        self.quantum = 0
        """The smallest amount that is worth handing out."""
        self.tokens = 0.0
        """Bytes; below zero is a debt."""
        self._refilled_at = -math.inf
        self.set_rate(bytes_per_second, 0.0)

    @property
    def capacity(self) -> float:
        """What may accumulate."""
        return max(self.rate * BURST_SECONDS, self.quantum)

    def set_rate(self, bytes_per_second: int, now: float) -> None:
        """Change the limit from `now` on.

        Raises:
            ValueError: It is negative; a bug in the caller.
        """
        if bytes_per_second < 0:
            raise ValueError(f"rate is negative: {bytes_per_second}")
        if self.rate:
            self.refill(now)
        else:
            # Nothing was counted so far: neither what came in before nor a debt.
            self.tokens, self._refilled_at = 0.0, -math.inf
        self.rate = bytes_per_second
        self.quantum = max(SMALLEST_QUANTUM_BYTES, int(bytes_per_second * QUANTUM_SECONDS))
        self.tokens = min(self.tokens, self.capacity)

    def refill(self, now: float) -> None:
        """Take in what time has brought; the first time, a full bucket."""
        if self._refilled_at == -math.inf:
            self.tokens += self.capacity  # less what is owed already
        else:
            gained = (now - self._refilled_at) * self.rate
            self.tokens = min(self.capacity, self.tokens + gained)
        self._refilled_at = now

    def charge(self, count: int) -> None:
        """Count bytes that were moved without asking; the debt that this makes is bounded."""
        if self.rate:
            floor = min(self.tokens, -self.rate * LONGEST_DEBT_SECONDS)
            self.tokens = max(self.tokens - count, floor)

    def delay(self, now: float) -> float:
        """Seconds until there is a quantum."""
        if not self.rate:
            return 0.0
        self.refill(now)
        missing = self.quantum - self.tokens
        # Rounded up, or floating point could leave us a hair short of it, for ever.
        return missing / self.rate + 1e-6 if missing > 0 else 0.0

"""A token bucket for bytes per second, shared fairly by many links.

A link takes what it may move now; a link that may move nothing asks to be called back.
One task hands out what the passing of time brings, an equal share to each waiting link
in turn. Without a limit, `take` is one comparison and the task never wakes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.net.interface import OnReady

__all__ = ["RateLimiter"]

BURST_SECONDS = 0.1
"""What may accumulate while nobody takes: 1 % of the bytes of ten seconds."""

QUANTUM_SECONDS = 0.02
"""Less than this much is not handed out, to save many small reads and wake-ups."""

SMALLEST_QUANTUM_BYTES = 256


class RateLimiter:
    """Says how many bytes may be moved now.

    Args:
        bytes_per_second: The limit; 0 for none.
        clock: The present in monotonic seconds.
    """

    def __init__(
        self, bytes_per_second: int = 0, clock: Callable[[], float] = trio.current_time
    ) -> None:
        self._clock = clock
        self._rate = 0
        self._quantum = 0
        self._tokens = 0.0
        self._refilled_at = -math.inf
        self._share: int | None = None  # of the link being called back
        self._waiting: dict[OnReady, None] = {}  # an ordered set
        self._changed = trio.Event()
        self.set_rate(bytes_per_second)

    @property
    def bytes_per_second(self) -> int:
        """The limit; 0 for none."""
        return self._rate

    def set_rate(self, bytes_per_second: int) -> None:
        """Change the limit from now on; what waits is served at the new rate.

        Raises:
            ValueError: It is negative; a bug in the caller.
        """
        if bytes_per_second < 0:
            raise ValueError(f"rate is negative: {bytes_per_second}")
        if self._rate:
            self._refill()
        self._rate = bytes_per_second
        self._quantum = max(SMALLEST_QUANTUM_BYTES, int(bytes_per_second * QUANTUM_SECONDS))
        self._tokens = min(self._tokens, self._capacity)
        self._wake()

    def take(self, wanted: int) -> int:
        """Take an allowance of bytes.

        Args:
            wanted: Bytes that the caller would move now.

        Returns:
            Bytes that it may move, at most `wanted`; 0 means to stop and use
            `call_when_allowed`. What is not moved must be given back. Small change is
            not given out, so that reads do not become tiny.
        """
        if not self._rate:
            return wanted
        limit = wanted
        if self._share is None:
            if self._waiting:
                return 0  # others came first
            self._refill()
            if self._tokens < min(wanted, self._quantum):
                return 0
        else:
            limit = min(wanted, self._share)
        allowed = max(0, min(limit, int(self._tokens)))
        self._spend(allowed)
        return allowed

    async def wait(self, wanted: int) -> int:
        """Take an allowance as soon as there is any; for tasks, as `take` is for callbacks.

        Args:
            wanted: Bytes, at least 1.

        Returns:
            Bytes that may be moved, 1 to `wanted`; what is not moved must be given back.

        Waits for its turn among all who wait. Cancelling takes nothing.
        """
        allowed = self.take(wanted)
        if allowed:
            return allowed
        granted = trio.Event()

        def grant() -> None:
            nonlocal allowed
            allowed = self.take(wanted)
            if allowed:
                granted.set()
            else:
                self.call_when_allowed(grant)

        self.call_when_allowed(grant)
        try:
            await granted.wait()
        except BaseException:
            self._waiting.pop(grant, None)
            self.give_back(allowed)
            raise
        return allowed

    def give_back(self, unused: int) -> None:
        """Return bytes of an allowance that were not moved.

        Args:
            unused: Bytes; negative when more was moved than allowed, since a block is
                sent whole or not at all. That debt is paid before anybody takes again.
        """
        if self._rate:
            self._spend(-unused)

    def call_when_allowed(self, callback: OnReady) -> None:
        """Call once, from the task of `run`, when `take` will give something again.

        A callback that is already waiting keeps its one place in the queue. Bound
        methods of one object compare equal, so `link.resume` is one callback.
        """
        self._waiting[callback] = None
        self._wake()

    async def run(self) -> None:
        """Call back those who wait, as tokens come in, until cancelled.

        Sleeps while nobody waits. An exception from a callback ends it: that is a bug.
        """
        while True:
            self._changed = trio.Event()
            delay = self._delay()
            if delay > 0:
                with trio.move_on_after(delay):
                    await self._changed.wait()
            else:
                self._call_back()
                await trio.lowlevel.checkpoint()

    @property
    def _capacity(self) -> float:
        return max(self._rate * BURST_SECONDS, self._quantum)

    def _delay(self) -> float:
        """Seconds until somebody who waits can be served."""
        if not self._waiting:
            return math.inf
        if not self._rate:
            return 0
        self._refill()
        missing = self._quantum - self._tokens
        # Rounded up, or floating point could leave us a hair short of it, for ever.
        return missing / self._rate + 1e-6 if missing > 0 else 0

    def _call_back(self) -> None:
        """Serve those who wait now, in turn, each with an equal share."""
        waiting, self._waiting = self._waiting, {}
        share = max(self._quantum, int(self._tokens) // len(waiting))
        try:
            while waiting and (not self._rate or self._tokens >= self._quantum):
                callback = next(iter(waiting))
                del waiting[callback]
                self._share = share
                callback()
        finally:
            self._share = None
            # Who was not served stays ahead of those who were and want more.
            self._waiting = waiting | self._waiting

    def _spend(self, count: int) -> None:
        self._tokens -= count
        if self._share is not None:
            self._share -= count

    def _refill(self) -> None:
        now = self._clock()
        if self._refilled_at == -math.inf:
            self._tokens = self._capacity
        else:
            gained = (now - self._refilled_at) * self._rate
            self._tokens = min(self._capacity, self._tokens + gained)
        self._refilled_at = now

    def _wake(self) -> None:
        self._changed.set()

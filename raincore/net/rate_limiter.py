"""Token buckets for bytes per second, shared fairly: first by torrents, then by their links.

One limiter holds for the whole process; others stand behind it, one for each torrent. A
link takes what it may move now from its torrent's; a link that may move nothing asks to
be called back. Both limits hold, and who waits is served in turn: torrents an equal share
each, whatever the number of their links, and within a torrent each link an equal share.
One task hands out what the passing of time brings. Without a limit, `take` is a few
comparisons and the task never wakes.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import trio

from raincore.base.token_bucket import SMALLEST_QUANTUM_BYTES, TokenBucket

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.net.interface import OnReady

__all__ = ["RateLimiter"]


class RateLimiter:
    """Says how many bytes may be moved now.

    Args:
        bytes_per_second: The limit; 0 for none.
        clock: The present in monotonic seconds.
        behind: A limiter that all bytes of this one count for, too.
    """

    __slots__ = (
        "_behind",
        "_bucket",
        "_changed",
        "_clock",
        "_root",
        "_share",
        "_thirsty",
        "_waiting",
    )

    def __init__(
        self,
        bytes_per_second: int = 0,
        clock: Callable[[], float] = trio.current_time,
        *,
        behind: RateLimiter | None = None,
    ) -> None:
        self._clock = clock
        self._behind = behind
        self._root: RateLimiter = self if behind is None else behind._root
        self._bucket = TokenBucket(bytes_per_second)
        self._share: int | None = None  # of the one being called back
        self._waiting: dict[OnReady, None] = {}  # an ordered set
        self._thirsty: dict[RateLimiter, None] = {}  # at the root: who waits for its own tokens
        self._changed: trio.Event | None = None  # at the root, while its task sleeps

    @property
    def bytes_per_second(self) -> int:
        """The limit; 0 for none."""
        return self._bucket.rate

    def set_rate(self, bytes_per_second: int) -> None:
        """Change the limit from now on; what waits is served at the new rate.

        Raises:
            ValueError: It is negative; a bug in the caller.
        """
        self._bucket.set_rate(bytes_per_second, self._clock() if self._bucket.rate else 0.0)
        self._queue()

    def take(self, wanted: int) -> int:
        """Take an allowance of bytes.

        Args:
            wanted: Bytes that the caller would move now.

        Returns:
            Bytes that it may move, at most `wanted`; 0 means to stop and use
            `call_when_allowed`. What is not moved must be given back. Small change is
            not given out, so that reads do not become tiny.
        """
        bucket, behind, allowed = self._bucket, self._behind, wanted
        if not self.is_limited:
            return wanted
        if self._share is not None:
            allowed = min(wanted, self._share)
        elif self._waiting:
            return 0  # others came first
        if bucket.rate:
            if self._share is None:
                bucket.refill(self._clock())
                if bucket.tokens < min(wanted, bucket.quantum):
                    return 0
            allowed = min(allowed, int(bucket.tokens))
        if behind is not None and allowed > 0:
            allowed = behind.take(allowed)
        allowed = max(0, allowed)
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
        self._spend(-unused)
        if self._behind is not None:
            self._behind.give_back(unused)

    def charge(self, count: int) -> None:
        """Count bytes that could not be held back, such as a request or a choke.

        The debt that they make is bounded to what a second brings, so that a download that
        is fast does not stop uploads that are slow.
        """
        self._bucket.charge(count)
        if self._behind is not None:
            self._behind.charge(count)

    def call_when_allowed(self, callback: OnReady) -> None:
        """Call once, from the task of `run`, when `take` will give something again.

        A callback that is already waiting keeps its one place in the queue. Bound
        methods of one object compare equal, so `link.resume` is one callback.
        """
        self._waiting[callback] = None
        self._queue()

    def is_waiting(self, callback: OnReady) -> bool:
        """Whether a callback is still to be called."""
        return callback in self._waiting

    async def run(self) -> None:
        """Call back those who wait, as tokens come in, until cancelled.

        For the limiter that stands behind no other: it serves all that do. Sleeps while
        nobody waits. An exception from a callback ends it: that is a bug.
        """
        while True:
            self._changed = trio.Event()
            now = self._clock()
            delay = min((one._delay(now) for one in self._thirsty), default=math.inf)
            if delay > 0:
                with trio.move_on_after(delay):
                    await self._changed.wait()
            else:
                for one in list(self._thirsty):
                    if one._delay(now) <= 0:
                        one._go_on()
                await trio.lowlevel.checkpoint()

    @property
    def is_limited(self) -> bool:
        """Whether anything is held back: by this limiter or by one that it stands behind."""
        return bool(self._bucket.rate) or (self._behind is not None and self._behind.is_limited)

    def _delay(self, now: float) -> float:
        """Seconds until somebody who waits can be served, as far as this limit goes."""
        return self._bucket.delay(now) if self._waiting else math.inf

    def _queue(self) -> None:
        """Have whoever waits served when this limiter has tokens: the root's task sees to it."""
        if not self._waiting:
            return
        root = self._root
        root._thirsty[self] = None
        if root._changed is not None:
            root._changed.set()

    def _go_on(self) -> None:
        """There are tokens here: serve at once, or when the limiter behind has some, too."""
        del self._root._thirsty[self]
        behind = self._behind
        if behind is not None and behind.is_limited:
            behind.call_when_allowed(self._call_back)
        else:
            self._call_back()

    def _call_back(self) -> None:
        """Serve those who wait now, in turn, each with an equal share."""
        bucket, behind = self._bucket, self._behind
        waiting, self._waiting = self._waiting, {}
        if not waiting:
            return  # cancelled, meanwhile
        given = math.inf if behind is None or behind._share is None else behind._share
        tokens = bucket.tokens if bucket.rate else math.inf
        left = min(given, tokens)
        quantum = bucket.quantum if behind is None else max(bucket.quantum, behind._quantum)
        share = None if left == math.inf else max(quantum, int(left) // len(waiting))
        self._share = share
        try:
            while waiting and self._has_quantum():
                callback = next(iter(waiting))
                del waiting[callback]
                self._share = share
                callback()
        finally:
            self._share = None
            # Who was not served stays ahead of those who were and want more.
            self._waiting = waiting | self._waiting
            if self._waiting:
                self._queue()

    @property
    def _quantum(self) -> int:
        return self._bucket.quantum

    def _has_quantum(self) -> bool:
        """Whether the next in turn can be given something worth while."""
        bucket, behind = self._bucket, self._behind
        if bucket.rate and bucket.tokens < bucket.quantum:
            return False
        return behind is None or behind._share is None or behind._share >= SMALLEST_QUANTUM_BYTES

    def _spend(self, count: int) -> None:
        if self._bucket.rate:
            self._bucket.tokens -= count
        if self._share is not None:
            self._share -= count

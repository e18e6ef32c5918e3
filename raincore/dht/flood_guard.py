"""Who sends too much is not listened to, and all replies together have a budget of bytes.

Replies are larger than queries, and anybody can write a false sender on a datagram: the
budget bounds what somebody else can be made to receive from us.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.base.addresses import is_local

if TYPE_CHECKING:
    from collections.abc import Hashable

    from raincore.base.endpoint import Endpoint

__all__ = ["BAN_SECONDS", "FloodGuard"]

WINDOW_SECONDS = 10.0
WINDOW_DATAGRAMS = 50
BAN_SECONDS = 300.0
MAX_SENDERS = 20_000
MAX_BANNED = 10_000
BURST_SECONDS = 2.0


class FloodGuard:
    """Counts datagrams per address, and bytes of replies.

    Fifty datagrams from one address within ten seconds end our patience with it for five
    minutes. Local addresses are told apart by port: there may be many nodes on one machine.

    Args:
        reply_bytes_per_second: For replies to everybody together; math.inf for no limit.
        now: Monotonic seconds.
    """

    def __init__(self, reply_bytes_per_second: float, now: float) -> None:
        self._rate = reply_bytes_per_second
        self._burst = reply_bytes_per_second * BURST_SECONDS
        self._budget = self._burst
        self._filled = now
        self._counts: dict[Hashable, int] = {}
        self._window_ends = now + WINDOW_SECONDS
        self._banned: dict[Hashable, float] = {}

    def admits(self, endpoint: Endpoint, now: float) -> bool:
        """Count a datagram from an address, and say whether to look at it."""
        sender = _name(endpoint)
        if self._banned:
            until = self._banned.get(sender)
            if until is not None:
                if now < until:
                    return False
                del self._banned[sender]
        counts = self._counts
        if now >= self._window_ends or len(counts) >= MAX_SENDERS:
            # Those who are many at once get a shorter window, never more of our memory.
            counts.clear()
            self._window_ends = now + WINDOW_SECONDS
        count = counts.get(sender, 0) + 1
        counts[sender] = count
        if count < WINDOW_DATAGRAMS:
            return True
        if len(self._banned) >= MAX_BANNED:
            del self._banned[next(iter(self._banned))]
        self._banned[sender] = now + BAN_SECONDS
        return False

    def forgive(self, endpoint: Endpoint) -> None:
        """Take the latest datagram of an address back: it was an answer that we wanted."""
        sender = _name(endpoint)
        if sender in self._counts:
            self._counts[sender] -= 1

    def may_reply(self, length: int, now: float) -> bool:
        """Take the bytes of a reply from the budget, if it covers them."""
        if self._rate == math.inf:
            return True
        self._budget = min(self._burst, self._budget + (now - self._filled) * self._rate)
        self._filled = now
        if self._budget < length:
            return False
        self._budget -= length
        return True


def _name(endpoint: Endpoint) -> Hashable:
    """Who is counted as one."""
    return endpoint.sort_key if is_local(endpoint) else endpoint.sort_key[:2]

"""What a process has only so much of, shared fairly between its torrents.

Connections, dials under way, memory: each is a budget, of which each torrent has a share.
While there is enough, anybody takes what it wants. When there is not, nobody takes more than
an equal part, and who has more gives up some of it as soon as somebody with less asks.

A torrent that is refused asks again later; nobody calls it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

__all__ = ["Budget", "Lent", "Resources", "Share"]


class Budget:
    """So much of something.

    Args:
        total: How much; math.inf for no limit.
    """

    __slots__ = ("shares", "total", "used")

    def __init__(self, total: float = math.inf) -> None:
        self.total = total
        self.used = 0
        """By all shares together."""
        self.shares: dict[Share, None] = {}
        """Those that have some or want some."""

    @property
    def part(self) -> float:
        """An equal part of it, at least one."""
        return max(1, self.total // max(1, len(self.shares)))

    @property
    def wanted(self) -> int:
        """How much is asked for by those who have less than their part."""
        part = self.part
        return sum(share.wants for share in self.shares if share.used < part)


class Share:
    """What one torrent has of a budget.

    Args:
        budget: Which.
    """

    __slots__ = ("_budget", "used", "wants")

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self.used = 0
        self.wants = 0
        """How much it would take more, as far as it was refused."""

    def use(self, count: int) -> None:
        """Say how much it has now; what it may have is for `allows` to say."""
        if count != self.used:
            self._budget.used += count - self.used
            self.used = count
            self._note()

    def allows(self, count: int, granted: int = 0) -> bool:
        """Whether it may have `count` in all, now; if not, it is remembered that it wants more.

        Args:
            count: More than it has.
            granted: So much it may have in any case.
        """
        budget = self._budget
        more = count - self.used
        if count <= granted or budget.total == math.inf:
            return True
        if budget.used + more <= budget.total and (
            count <= budget.part or not any(one.wants for one in budget.shares if one is not self)
        ):
            if self.wants:
                self.wants = 0
                self._note()
            return True
        self.wants = max(self.wants, more)
        self._note()
        return False

    def want_no_more(self) -> None:
        """Nothing is missing that was refused."""
        if self.wants:
            self.wants = 0
            self._note()

    @property
    def excess(self) -> int:
        """How much of it others need, who have less than their part."""
        budget = self._budget
        if budget.used < budget.total or self.used <= budget.part:
            return 0
        needed = budget.wanted - (budget.total - budget.used)
        return int(max(0, min(needed, self.used - budget.part)))

    def _note(self) -> None:
        if self.used or self.wants:
            self._budget.shares[self] = None
        else:
            self._budget.shares.pop(self, None)


@dataclass(frozen=True, slots=True, eq=False)
class Lent:
    """What one torrent has of everything that is shared.

    Args:
        connections: To peers, dials under way among them.
        half_open: Dials under way.
        memory: Bytes of pieces that are downloaded, hashed and written.
    """

    connections: Share
    half_open: Share
    memory: Share

    def give_all_back(self) -> None:
        """The torrent is over."""
        for share in (self.connections, self.half_open, self.memory):
            share.use(0)
            share.want_no_more()


@dataclass(frozen=True, slots=True, eq=False)
class Resources:
    """What all torrents of a process share; without arguments there is enough of everything."""

    connections: Budget = field(default_factory=Budget)
    half_open: Budget = field(default_factory=Budget)
    memory: Budget = field(default_factory=Budget)

    def lend(self) -> Lent:
        """What a torrent needs to take part; it has nothing yet."""
        return Lent(Share(self.connections), Share(self.half_open), Share(self.memory))

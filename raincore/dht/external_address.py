"""Our own address, as most of the nodes that answer us say it is (BEP 42, "bootstrapping").

Any single node may lie, so each network has one vote, and a clear majority wins.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING

from raincore.base.addresses import network_of

if TYPE_CHECKING:
    from raincore.base.addresses import Network
    from raincore.base.endpoint import Endpoint

__all__ = ["ExternalAddress"]

ENOUGH_VOTES = 50
ROUND_SECONDS = 300.0
FIRST_ROUND_VOTES = 5
"""As long as nothing is known, so few votes end a round if they agree."""


class ExternalAddress:
    """Rounds of votes on the address; ports are ignored, since NATs give each its own.

    A round ends with 50 votes, or with the first vote after five minutes. The winner needs
    two votes, and two thirds of them.
    """

    def __init__(self) -> None:
        self._votes: dict[Network, Endpoint] = {}
        self._ends = math.inf
        self._known: Endpoint | None = None

    @property
    def known(self) -> Endpoint | None:
        """The winner of the last round that had one; only its address is meant."""
        return self._known

    def vote(self, voter: Endpoint, seen_as: Endpoint, now: float) -> bool:
        """Count what a node says, and say whether the address is known to be another now."""
        if not self._votes:
            self._ends = now + ROUND_SECONDS
        self._votes.setdefault(network_of(voter), seen_as)
        count = len(self._votes)
        first = self._known is None and count >= FIRST_ROUND_VOTES
        if count < ENOUGH_VOTES and now < self._ends and not first:
            return False
        winner = self._winner()
        if winner is None:
            if count >= ENOUGH_VOTES or now >= self._ends:
                self._votes.clear()
            return False
        self._votes.clear()
        changed = self._known is None or _host(winner) != _host(self._known)
        self._known = winner
        return changed

    def _winner(self) -> Endpoint | None:
        counted = Counter(map(_host, self._votes.values()))
        host, votes = counted.most_common(1)[0]
        if votes < 2 or 3 * votes < 2 * len(self._votes):
            return None
        return next(seen for seen in self._votes.values() if _host(seen) == host)


def _host(endpoint: Endpoint) -> str:
    return endpoint.host

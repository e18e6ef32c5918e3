"""Which connections came and went since a peer was last told (BEP 11).

All changes of a torrent stand in one order, each under a number; what one peer has been
told is the number of the last change it knows. So a peer costs one integer, and who
comes and goes between two messages to it is never mentioned.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.endpoint import Endpoint

__all__ = ["Difference", "PexDiff"]

FIRST_MAX = 100
"""Added addresses in the first message to a peer, which may hold more than others."""
MAX = 50
"""Added, and also dropped, addresses in any other (BEP 11)."""
GONE_MAX = 1000
"""Departures remembered; more than all peers together can be behind."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What to tell one peer.

    Args:
        added: Addresses and flags of those that are new to it.
        dropped: Those told of before and connected no more; none is in both.
        told: What to give `since` the next time.
    """

    added: tuple[tuple[Endpoint, int], ...]
    dropped: tuple[Endpoint, ...]
    told: int


class PexDiff:
    """The connections of one torrent whose listening address is known, and recent departures."""

    __slots__ = ("_gone", "_latest", "_live")

    def __init__(self) -> None:
        self._latest = 0
        self._live: dict[Endpoint, tuple[int, int]] = {}  # (change, flags), oldest first
        self._gone: dict[int, tuple[Endpoint, int]] = {}  # change: (endpoint, change it came by)

    @property
    def latest(self) -> int:
        """The number of the last change; who was told of it knows everything."""
        return self._latest

    def came(self, endpoint: Endpoint, flags: int) -> bool:
        """Note a connection; False if there is one to this address already."""
        if endpoint in self._live:
            return False
        self._latest += 1
        self._live[endpoint] = self._latest, flags
        return True

    def mark(self, endpoint: Endpoint, flags: int) -> None:
        """Change what is said of a connection; whoever knows it is not told again."""
        if endpoint in self._live:
            self._live[endpoint] = self._live[endpoint][0], flags

    def went(self, endpoint: Endpoint) -> None:
        """Note that a connection that `came` has ended."""
        came, _ = self._live.pop(endpoint)
        self._latest += 1
        self._gone[self._latest] = endpoint, came
        if len(self._gone) > GONE_MAX:
            del self._gone[next(iter(self._gone))]

    def since(self, told: int, allows: Callable[[Endpoint], bool]) -> Difference:
        """What a peer should be told next; O(changes since then).

        As many changes as one message holds, oldest first: after several full messages
        everybody knows the same.

        Args:
            told: 0 if it was told nothing yet, else what the last difference said.
            allows: Whether an address may be told to this peer at all; must always answer
                the same.
        """
        most = MAX if told else FIRST_MAX
        added: dict[Endpoint, int] = {}
        dropped: dict[Endpoint, None] = {}
        for change, endpoint, flags in self._changes(told):
            if allows(endpoint):
                if flags is None:
                    if endpoint in added:
                        del added[endpoint]  # they never heard of it
                    elif len(dropped) < MAX:
                        dropped[endpoint] = None
                    else:
                        break
                elif endpoint in dropped:
                    del dropped[endpoint]  # to them it was never away
                elif len(added) < most:
                    added[endpoint] = flags
                else:
                    break
            told = change
        return Difference(tuple(added.items()), tuple(dropped), told)

    def _changes(self, told: int) -> list[tuple[int, Endpoint, int | None]]:
        """All changes after one, in order; a departure has None in place of flags."""
        changes: list[tuple[int, Endpoint, int | None]] = []
        for endpoint, (came, flags) in reversed(self._live.items()):
            if came <= told:
                break
            changes.append((came, endpoint, flags))
        for went, (endpoint, came) in reversed(self._gone.items()):
            if went <= told:
                break
            changes.append((went, endpoint, None))
            if came > told:
                changes.append((came, endpoint, 0))
        return sorted(changes, key=itemgetter(0))

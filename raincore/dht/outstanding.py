"""Questions that we have asked: until they are answered, or given up.

An answer counts only if it repeats the transaction and comes from the address that was
asked, so that whoever does not see our questions cannot answer them.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from raincore.wire import krpc
from raincore.wire.krpc_messages import Query, Response

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import NodeId
    from raincore.wire.krpc_messages import Error, Question, Reply

__all__ = ["GIVEN_UP_SECONDS", "LATE_SECONDS", "Asked", "Listener", "Outstanding"]

LATE_SECONDS = 1.0
"""After so long somebody else is asked too."""

GIVEN_UP_SECONDS = 10.0
"""After so long no answer is expected any more."""

MAX_OUTSTANDING = 4000
TRANSACTION_LENGTH = 4


class Listener(Protocol):
    """Who wants to know what becomes of a question."""

    def on_reply(self, asked: Asked, reply: Reply, now: float) -> None:
        """The node answered."""

    def on_refusal(self, asked: Asked, error: Error, now: float) -> None:
        """The node answered by an error."""

    def on_late(self, asked: Asked, now: float) -> None:
        """There is no answer after LATE_SECONDS."""

    def on_silence(self, asked: Asked, now: float) -> None:
        """There is no answer after GIVEN_UP_SECONDS."""


@dataclass(slots=True, eq=False)
class Asked:
    """One question under way.

    Args:
        endpoint: Who was asked.
        node_id: Under which id we know it, if we do.
        question: What was asked.
        listener: Who wants to know.
        sent: When.
        transaction: What the answer has to repeat.
    """

    endpoint: Endpoint
    node_id: NodeId | None
    question: Question
    listener: Listener
    sent: float
    transaction: bytes


class Outstanding:
    """All questions under way.

    Args:
        rng: Dice for transactions; what cannot be guessed cannot be forged.
        read_only: Whether to say that we answer nothing (BEP 43).
    """

    def __init__(self, rng: random.Random, *, read_only: bool) -> None:
        self._rng = rng
        self._read_only = read_only
        self._asked: dict[bytes, Asked] = {}
        self._timers: list[tuple[float, bytes, bool]] = []
        self.datagrams: list[tuple[bytes, Endpoint]] = []
        """What is to be sent."""

    def __len__(self) -> int:
        return len(self._asked)

    @property
    def has_room(self) -> bool:
        """Whether another question may be asked."""
        return len(self._asked) < MAX_OUTSTANDING

    def ask(
        self,
        endpoint: Endpoint,
        node_id: NodeId | None,
        question: Question,
        listener: Listener,
        *,
        own_id: NodeId,
        now: float,
    ) -> None:
        """Send a question; its answer is found by `match`, or its silence by `due`."""
        transaction = self._rng.randbytes(TRANSACTION_LENGTH)
        while transaction in self._asked:
            transaction = self._rng.randbytes(TRANSACTION_LENGTH)
        self._asked[transaction] = Asked(endpoint, node_id, question, listener, now, transaction)
        heapq.heappush(self._timers, (now + LATE_SECONDS, transaction, False))
        query = Query(transaction, own_id, question, self._read_only)
        self.datagrams.append((krpc.encode(query), endpoint))

    def match(self, message: Response | Error, sender: Endpoint) -> Asked | None:
        """Take the question that a message answers; None if nobody asked."""
        asked = self._asked.get(message.transaction)
        if asked is None or asked.endpoint != sender:
            return None
        return self._asked.pop(message.transaction)

    def take_back(self, endpoint: Endpoint) -> list[Asked]:
        """Take the questions to an address that cannot be sent to; none is answered."""
        found = [asked for asked in self._asked.values() if asked.endpoint == endpoint]
        for asked in found:
            del self._asked[asked.transaction]
        return found

    def next_timer(self) -> float:
        """When `due` gives something; infinite for never."""
        timers = self._timers
        while timers and timers[0][1] not in self._asked:
            heapq.heappop(timers)
        return timers[0][0] if timers else math.inf

    def due(self, now: float) -> Iterator[tuple[Asked, bool]]:
        """Take the questions whose time has come, each with whether it is given up.

        If it is not, the answer is only late.
        """
        while self.next_timer() <= now:
            _, transaction, late = heapq.heappop(self._timers)
            asked = self._asked[transaction]
            if late:
                del self._asked[transaction]
            else:
                due = asked.sent + GIVEN_UP_SECONDS
                heapq.heappush(self._timers, (due, transaction, True))
            yield asked, late

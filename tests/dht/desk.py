"""A node's place taken by a list: what a search asks, tells and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.dht.outstanding import Asked
from raincore.wire.krpc_messages import Error, Reply
from tests.dht.places import OWN

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import NodeId
    from raincore.dht.events import Event
    from raincore.dht.outstanding import Listener
    from raincore.dht.search import Search
    from raincore.wire.krpc_messages import Question

NOW = 100.0


class Desk:
    """What searches and upkeep need of a node, without a node."""

    def __init__(self) -> None:
        self.own_id = OWN
        self.ipv6 = False
        self.honest_ids_only = False
        self.asked: list[Asked] = []
        self.told: list[Event] = []
        self.over: list[Search] = []

    def ask(
        self,
        endpoint: Endpoint,
        node_id: NodeId | None,
        question: Question,
        listener: Listener,
        now: float,
    ) -> None:
        self.asked.append(Asked(endpoint, node_id, question, listener, now, b"abcd"))

    def tell(self, event: Event) -> None:
        self.told.append(event)

    def ended(self, search: Search, now: float) -> None:
        self.over.append(search)

    def take(self) -> list[Asked]:
        """The questions since the last call."""
        taken, self.asked = self.asked, []
        return taken

    def answer(self, asked: Asked, **fields: object) -> None:
        """Let a node answer under the id that we know it by."""
        assert asked.node_id is not None
        reply = Reply(node_id=asked.node_id, **fields)  # type: ignore[arg-type]
        asked.listener.on_reply(asked, reply, NOW)

    def refuse(self, asked: Asked, code: int = 203) -> None:
        asked.listener.on_refusal(asked, Error(b"abcd", code, "no"), NOW)

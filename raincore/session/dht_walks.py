"""Walks over the DHT, bounded in count, time and rate: all nodes, or what they have peers of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import trio

from raincore.base.errors import ConnectError, the_one
from raincore.dht.crawl import Crawl
from raincore.dht.events import Refused, Replied
from raincore.formats import compact
from raincore.wire.krpc_messages import FindNode, SampleInfoHashes, Want

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from raincore.base.ids import InfoHash
    from raincore.dht.crawl import Step
    from raincore.formats.compact import Node
    from raincore.session.dht_client import DhtClient
    from raincore.wire.krpc_messages import Question, Reply

    Ask = Callable[[Step], Question]
    Take = Callable[[Step, Replied], bool]
    OnSample = Callable[[Node, Sequence[InfoHash], int | None, int | None], None]

__all__ = ["Walk", "crawl", "sample"]

AT_ONCE = 500
"""Questions under way; so many are enough for the highest rates."""

PATIENCE_SECONDS = 3.0
"""How long a single node may take; there are others."""

MAX_NODES = 32
BOTH = Want(ipv4=True, ipv6=True)


async def crawl(
    client: DhtClient, *, count: int, rate: float, on_node: Callable[[Node, float], None]
) -> Walk:
    """Visit node after node, each once (BEP 5).

    Args:
        client: Asks; its timeout bounds the whole walk.
        count: Nodes, after which it ends.
        rate: Questions per second.
        on_node: Is told each node that answers, and the seconds that it took.

    Raises:
        NetworkError: Nobody at all has answered.
    """

    def take(step: Step, event: Replied) -> bool:
        if step.is_first:
            walk.found += 1
            on_node(event.node, event.rtt)
        return walk.answered < count

    walk = Walk(client, rate, lambda step: FindNode(step.target, BOTH), take)
    await walk.run()
    return walk


async def sample(client: DhtClient, *, count: int, rate: float, on_sample: OnSample) -> Walk:
    """Ask node after node what it has peers of, each once (BEP 51).

    Args:
        client: Asks; its timeout bounds the whole walk.
        count: Info-hashes, after which it ends.
        rate: Questions per second.
        on_sample: Is told the node, the info-hashes that no node before has named, how many
            the node has, and for how many seconds its sample stays the same.

    Raises:
        NetworkError: Nobody at all has answered.
    """
    known: set[InfoHash] = set()

    def ask(step: Step) -> Question:
        if step.is_first:
            return SampleInfoHashes(step.target, BOTH)
        return FindNode(step.target, BOTH)

    def take(step: Step, event: Replied) -> bool:
        reply = event.reply
        fresh = [one for one in dict.fromkeys(reply.samples or ()) if one not in known]
        fresh = fresh[: count - len(known)]
        known.update(fresh)
        walk.found = len(known)
        if fresh:
            on_sample(
                event.node, fresh, _sensible(reply.sampled_from), _sensible(reply.sample_seconds)
            )
        return len(known) < count

    walk = Walk(client, rate, ask, take)
    await walk.run()
    return walk


class Walk:
    """One walk under way, and how far it came.

    Args:
        client: Asks.
        rate: Questions per second.
        ask: What to ask at a step.
        take: Is told of each answer; gives whether to go on.
    """

    def __init__(self, client: DhtClient, rate: float, ask: Ask, take: Take) -> None:
        self.asked = 0
        """Questions so far."""
        self.found = 0
        """Of what it is about: nodes, or info-hashes."""
        self.seconds = 0.0
        """How long it took."""
        self._client = client
        self._pause = 1 / rate
        self._ask = ask
        self._take = take
        self._crawl = Crawl(client.rng)
        self._under_way = 0
        self._is_over = False
        self._changed = trio.Event()

    def __str__(self) -> str:
        return f"{self.answered} nodes answered {self.asked} questions in {self.seconds:.1f} s"

    @property
    def answered(self) -> int:
        """Nodes that have answered."""
        return self._crawl.answered

    async def run(self) -> None:
        """Walk until everybody was asked, enough is found, or the time is over.

        Raises:
            ConnectError: Nobody at all has answered.
        """
        client, began = self._client, trio.current_time()
        try:
            with client.patience():
                await client.settle()
                for saved in client.service.saved().values():
                    for node in saved.nodes:
                        self._crawl.add(node.endpoint, node.node_id)
                async with trio.open_nursery() as nursery:
                    await self._steps(nursery)
        except BaseExceptionGroup as group:
            raise the_one(group) from None
        finally:
            self.seconds = trio.current_time() - began
        if not client.service.node_count and not client.stopped:
            raise ConnectError(client.silence)

    async def _steps(self, nursery: trio.Nursery) -> None:
        due = trio.current_time()
        while True:
            self._changed = trio.Event()
            step = self._crawl.next_step() if self._under_way < AT_ONCE else None
            if step is not None:
                self.asked += 1
                self._under_way += 1
                nursery.start_soon(self._one, step, nursery.cancel_scope)
                due = max(due + self._pause, trio.current_time() - 1.0)
                await trio.sleep_until(due)
            elif self._under_way:
                await self._changed.wait()
            else:
                return

    async def _one(self, step: Step, everything: trio.CancelScope) -> None:
        event = None
        with trio.move_on_after(PATIENCE_SECONDS):
            event = await self._client.service.ask(step.endpoint, self._ask(step))
        self._under_way -= 1
        self._changed.set()
        if isinstance(event, Refused):
            self._crawl.on_refusal(step)
        elif isinstance(event, Replied):
            nodes = _nodes(event.reply, self._families)
            self._crawl.on_answer(step, event.node.node_id, nodes)
            # Another answer may have come beside the one that was enough.
            if not self._is_over and not self._take(step, event):
                self._is_over = True
                everything.cancel()

    @property
    def _families(self) -> set[bool]:
        return {endpoint.is_ipv6 for endpoint in self._client.service.endpoints}


def _nodes(reply: Reply, families: set[bool]) -> list[Node]:
    found: list[Node] = []
    for ipv6, packed in ((False, reply.nodes), (True, reply.nodes6)):
        if packed is not None and ipv6 in families:
            found += compact.unpack_nodes(packed, ipv6=ipv6, limit=MAX_NODES)
    # An IPv4 address can be wrapped into an IPv6 one.
    return [node for node in found if node.endpoint.is_ipv6 in families]


def _sensible(number: int | None) -> int | None:
    return number if number is not None and 0 <= number < 2**31 else None

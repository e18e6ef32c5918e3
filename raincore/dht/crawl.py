"""A walk over all nodes of the DHT: whom to ask next, and for what (BEP 5, BEP 51).

Every node is asked for those close to itself, which it knows best, and when nobody new is
left, also for those in the far parts of its table. A lookup goes towards a target; a walk
goes everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.base.addresses import credible, network_of
from raincore.dht import node_ids

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from raincore.base.addresses import Network
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import NodeId
    from raincore.formats.compact import Node

__all__ = ["Crawl", "Step"]

MAX_SEEN = 500_000
"""Addresses that are remembered; a liar can name more than there are."""

FAR_PARTS = 4
"""Questions to a node beside the first: for ids that differ from its own in the first bit,
in the second, and so on, which are the buckets that hold most of what is."""

PER_NETWORK = 8
"""Addresses of one network that are asked: whoever owns it may answer on all of them."""


class Step(NamedTuple):
    """One node to be asked.

    Args:
        endpoint: Where it is.
        target: What the nodes that it is to name are to be close to.
        number: How often it was asked before.
    """

    endpoint: Endpoint
    target: NodeId
    number: int = 0

    @property
    def is_first(self) -> bool:
        """Whether it was not asked before."""
        return not self.number


class Crawl:
    """The state of one walk.

    Args:
        rng: Dice for targets and for the order, so that no part of the key space and no
            teller is preferred.
    """

    def __init__(self, rng: random.Random) -> None:
        self.answered = 0
        """Nodes that have answered."""
        self._rng = rng
        self._waiting: list[Step] = []
        self._again: list[Step] = []
        self._seen: set[Endpoint] = set()
        self._networks: dict[tuple[bool, Network], int] = {}

    def add(self, endpoint: Endpoint, node_id: NodeId | None = None) -> None:
        """Take an address to walk to; what was seen before is ignored."""
        if endpoint in self._seen or len(self._seen) >= MAX_SEEN:
            return
        network = endpoint.is_ipv6, network_of(endpoint)
        held = self._networks.get(network, 0)
        if held >= PER_NETWORK:
            return
        self._networks[network] = held + 1
        self._seen.add(endpoint)
        target = node_ids.random_id(self._rng) if node_id is None else node_id
        self._waiting.append(Step(endpoint, target))

    def next_step(self) -> Step | None:
        """Take a node to ask, rather one that was not asked before; None if there is none."""
        steps = self._waiting or self._again
        if not steps:
            return None
        at = self._rng.randrange(len(steps))
        steps[at], steps[-1] = steps[-1], steps[at]
        return steps.pop()

    def on_answer(self, step: Step, node_id: NodeId, nodes: Iterable[Node]) -> None:
        """Note that a node answered.

        Args:
            step: The question.
            node_id: The id it answered with.
            nodes: Those that it named, of its own address family or of both.
        """
        if step.is_first:
            self.answered += 1
        if step.number < FAR_PARTS:
            target = node_ids.with_bit_flipped(node_id, step.number)
            self._again.append(Step(step.endpoint, target, step.number + 1))
        for node_id, endpoint in nodes:
            if credible(endpoint, step.endpoint):
                self.add(endpoint, node_id)

    def on_refusal(self, step: Step) -> None:
        """Note that a node does not answer this question; the next may be another one."""
        if step.is_first:
            self._again.append(step._replace(number=1))

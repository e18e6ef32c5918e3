"""A node that we know, and how well it has answered."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from raincore.dht import node_ids
from raincore.formats import compact

if TYPE_CHECKING:
    from raincore.formats.compact import Node

__all__ = ["BAD_AFTER", "Contact"]

BAD_AFTER = 2
"""Questions in a row without an answer that make a node bad (BEP 5, "routing table")."""

FULL_TRUST_SECONDS = 15 * 60.0
RTT_WEIGHT = 0.25


class Contact:
    """One entry of the routing table.

    Attributes:
        node: Id and address.
        packed: The same as it goes over the wire: joined again and again in replies.
        number: The id as a number, for distances.
        suits: Whether the address may have this id (BEP 42).
        answered: When it last answered a question of ours; -inf for never.
        asked: When it last asked us something.
        rtt: Round trip in seconds, smoothed; math.inf until it answers.
        fails: Our last questions that it did not answer.
        checked: When we last asked it whether it is there.
    """

    __slots__ = (
        "answered",
        "asked",
        "checked",
        "fails",
        "node",
        "number",
        "packed",
        "rtt",
        "suits",
    )

    def __init__(self, node: Node) -> None:
        self.node = node
        self.packed = compact.pack_nodes([node], ipv6=node.endpoint.is_ipv6)
        self.number = int.from_bytes(node.node_id, "big")
        self.suits = node_ids.suits(*node)
        self.answered = -math.inf
        self.asked = -math.inf
        self.checked = -math.inf
        self.rtt = math.inf
        self.fails = 0

    def __repr__(self) -> str:
        return f"<{self.node.node_id.hex()[:8]} {self.node.endpoint}>"

    @property
    def is_confirmed(self) -> bool:
        """Whether it has ever answered us: what only asks may have a forged address."""
        return self.answered != -math.inf

    @property
    def is_bad(self) -> bool:
        """Whether it seems to be gone."""
        return self.fails >= BAD_AFTER

    def is_good(self, now: float) -> bool:
        """Whether it is known to be there: it was heard within 15 minutes (BEP 5)."""
        lately = max(self.answered, self.asked) > now - FULL_TRUST_SECONDS
        return self.is_confirmed and lately and not self.is_bad

    def on_answer(self, rtt: float, now: float) -> None:
        """Note an answer that took `rtt` seconds."""
        self.rtt = rtt if self.rtt == math.inf else self.rtt + RTT_WEIGHT * (rtt - self.rtt)
        self.answered = now
        self.fails = 0

    @property
    def rank(self) -> tuple[bool, bool, bool, float]:
        """Sorts the better contact first: there, proven, of an honest id, near."""
        return (self.is_bad, not self.is_confirmed, not self.suits, self.rtt)

"""Everything that a DHT node has to tell its owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import NodeId
    from raincore.dht.item import Item
    from raincore.formats.compact import Node
    from raincore.wire.krpc_messages import Reply

__all__ = [
    "Event",
    "Handle",
    "IdChanged",
    "ItemFound",
    "Joined",
    "LookupEnded",
    "PeersFound",
    "Refused",
    "Replied",
    "ScrapeFound",
    "Silent",
    "StoreRefused",
    "Stored",
]

Handle = int
"""Names one lookup or question for as long as it lasts."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A search for ourselves is over: after a start, a new id, and from time to time.

    Args:
        node_count: Nodes that are known to be there. With fewer than eight, it is tried
            again soon, then less and less often, and another `Joined` follows.
        asked: Nodes that were asked.
        answered: Nodes that answered.
    """

    node_count: int
    asked: int
    answered: int


@dataclass(frozen=True, slots=True)
class IdChanged:
    """We have another id, one that suits our address (BEP 42): save it."""

    node_id: NodeId
    external: Endpoint


@dataclass(frozen=True, slots=True)
class PeersFound:
    """A node knows peers that no node has named before in this lookup."""

    handle: Handle
    node: Node
    peers: tuple[Endpoint, ...]


@dataclass(frozen=True, slots=True)
class ScrapeFound:
    """How many peers all nodes together know of, at a guess (BEP 33)."""

    handle: Handle
    seeds: float
    leechers: float


@dataclass(frozen=True, slots=True)
class ItemFound:
    """An item whose hash or signature is right; newer than any found before in this lookup."""

    handle: Handle
    node: Node
    item: Item


@dataclass(frozen=True, slots=True)
class Stored:
    """A node has stored our announce or item."""

    handle: Handle
    node: Node


@dataclass(frozen=True, slots=True)
class StoreRefused:
    """A node has not: it said why, or nothing at all (then `code` is None)."""

    handle: Handle
    node: Node
    code: int | None
    text: str


@dataclass(frozen=True, slots=True)
class LookupEnded:
    """A lookup is over, storing included; nothing follows under its handle.

    Args:
        handle: Which.
        closest: The closest nodes that answered, the closest first.
        asked: Nodes that were asked.
        answered: Nodes that answered.
        stored: Nodes that stored what was to be stored.
        hops: How many had to be asked one after another to reach the closest.
        rtts: Seconds that each of the closest took to answer.
    """

    handle: Handle
    closest: tuple[Node, ...]
    asked: int
    answered: int
    stored: int
    hops: int
    rtts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Replied:
    """A single question was answered, `rtt` seconds after it was asked."""

    handle: Handle
    node: Node
    reply: Reply
    rtt: float


@dataclass(frozen=True, slots=True)
class Refused:
    """A single question was answered by an error."""

    handle: Handle
    endpoint: Endpoint
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class Silent:
    """A single question was not answered in time."""

    handle: Handle
    endpoint: Endpoint


Event = (
    Joined
    | IdChanged
    | PeersFound
    | ScrapeFound
    | ItemFound
    | Stored
    | StoreRefused
    | LookupEnded
    | Replied
    | Refused
    | Silent
)

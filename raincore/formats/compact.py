"""Lists of peers and of DHT nodes as packed bytes, and back (BEP 5, 7, 23, 32)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "PEER_LENGTH",
    "PEER_LENGTH_V6",
    "Node",
    "pack_nodes",
    "pack_peers",
    "unpack_nodes",
    "unpack_peers",
]

PEER_LENGTH = 6
"""An IPv4 address and a port, big-endian (BEP 23)."""

PEER_LENGTH_V6 = 18
"""An IPv6 address and a port (BEP 7)."""


class Node(NamedTuple):
    """A DHT node: its id, and where it is (BEP 5, "contact encoding")."""

    node_id: NodeId
    endpoint: Endpoint


def unpack_peers(packed: bytes, *, ipv6: bool, limit: int) -> list[Endpoint]:
    """Read a compact list of peers.

    Args:
        packed: From a stranger: what does not fill an entry at the end is ignored, and so
            are entries with port 0, which nobody can dial, and repeated ones.
        ipv6: Whether entries are 18 bytes long rather than 6.
        limit: Entries beyond so many are not looked at.

    Returns:
        The endpoints in their order; an IPv4 address that was wrapped into IPv6 comes out
        as IPv4.
    """
    size = PEER_LENGTH_V6 if ipv6 else PEER_LENGTH
    end = min(len(packed) // size, limit) * size
    found = (Endpoint.from_packed(packed[start : start + size]) for start in range(0, end, size))
    return list(dict.fromkeys(endpoint for endpoint in found if endpoint.port))


def pack_peers(endpoints: Iterable[Endpoint], *, ipv6: bool) -> bytes:
    """Write the endpoints of one family; those of the other are left out."""
    return b"".join(endpoint.packed for endpoint in endpoints if endpoint.is_ipv6 == ipv6)


def unpack_nodes(packed: bytes, *, ipv6: bool, limit: int) -> list[Node]:
    """Read a compact list of nodes: 20 bytes of id before each address (BEP 5, 32).

    Args:
        packed: From a stranger; treated as by `unpack_peers`.
        ipv6: Whether entries are 38 bytes long rather than 26.
        limit: Entries beyond so many are not looked at.
    """
    size = NodeId.LENGTH + (PEER_LENGTH_V6 if ipv6 else PEER_LENGTH)
    end = min(len(packed) // size, limit) * size
    entries = (packed[start : start + size] for start in range(0, end, size))
    found = (
        Node(NodeId(entry[: NodeId.LENGTH]), Endpoint.from_packed(entry[NodeId.LENGTH :]))
        for entry in entries
    )
    return list(dict.fromkeys(node for node in found if node.endpoint.port))


def pack_nodes(nodes: Iterable[Node], *, ipv6: bool) -> bytes:
    """Write the nodes of one family; those of the other are left out."""
    return b"".join(
        node.node_id + node.endpoint.packed for node in nodes if node.endpoint.is_ipv6 == ipv6
    )

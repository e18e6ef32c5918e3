"""What a DHT node keeps between two runs: its id, and the nodes that it knew.

    {"ipv4": {"id": 20 bytes, "nodes": compact}, "ipv6": the same, "v": 1}

bencoded; a family that is not known is left out. Nodes are as in BEP 5 and BEP 32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from raincore.base.errors import FormatError
from raincore.base.ids import NodeId
from raincore.formats import bencoding, compact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.formats.bencoding import Encodable, Value
    from raincore.formats.compact import Node

__all__ = ["MAX_LENGTH", "MAX_NODES", "Saved", "decode", "encode"]

MAX_NODES = 500
"""Nodes of one family that are kept; a table of ours holds fewer."""

MAX_LENGTH = 64 * 1024
"""Bytes that `encode` gives at most, and `decode` wants to see."""

VERSION = 1
NAMES: Final = {4: b"ipv4", 6: b"ipv6"}


@dataclass(frozen=True, slots=True)
class Saved:
    """What is worth keeping between two runs: our id, and the nodes that we knew."""

    node_id: NodeId
    nodes: tuple[Node, ...]


def encode(families: Mapping[int, Saved]) -> bytes:
    """Write what is known of each family, 4 or 6; the first nodes if there are too many."""
    value: dict[bytes, Encodable] = {b"v": VERSION}
    for family, saved in families.items():
        nodes = compact.pack_nodes(saved.nodes[:MAX_NODES], ipv6=family == 6)
        value[NAMES[family]] = {b"id": saved.node_id, b"nodes": nodes}
    return bencoding.encode(value)


def decode(data: bytes) -> dict[int, Saved]:
    """Read what `encode` wrote.

    Args:
        data: Perhaps damaged, or no such thing.

    Raises:
        FormatError: It was not written by this program.
    """
    if len(data) > MAX_LENGTH:
        raise FormatError(f"more than {MAX_LENGTH} bytes")
    value = bencoding.decode(data, max_depth=3, max_tokens=20)
    if not isinstance(value, dict) or value.get(b"v") != VERSION:
        raise FormatError("not of version 1")
    found = {}
    for family, name in NAMES.items():
        if name in value:
            found[family] = _family(value[name], name.decode(), ipv6=family == 6)
    return found


def _family(value: Value, name: str, *, ipv6: bool) -> Saved:
    if not isinstance(value, dict):
        raise FormatError("not a dictionary", name)
    node_id, nodes = value.get(b"id"), value.get(b"nodes")
    if not isinstance(node_id, bytes) or len(node_id) != NodeId.LENGTH:
        raise FormatError("not 20 bytes", f"{name}.id")
    if not isinstance(nodes, bytes):
        raise FormatError("not a string", f"{name}.nodes")
    known = compact.unpack_nodes(nodes, ipv6=ipv6, limit=MAX_NODES)
    return Saved(NodeId(node_id), tuple(node for node in known if node.endpoint.is_ipv6 == ipv6))

"""Ids and addresses that tests need by the dozen."""

from __future__ import annotations

from raincore.base.endpoint import Endpoint
from raincore.base.ids import NodeId
from raincore.formats.compact import Node

OWN = NodeId(bytes(20))


def public(number: int, *, port: int = 6881) -> Endpoint:
    """The n-th address; each in a /24 of its own."""
    return Endpoint(f"{20 + number // 65536}.{number // 256 % 256}.{number % 256}.7", port)


def public6(number: int) -> Endpoint:
    return Endpoint(f"2001:db8:0:{number:x}::7", 6881)


def node_id(prefix: str, tail: int = 0) -> NodeId:
    """An id that begins with these hex digits and ends with this number."""
    head = bytes.fromhex(prefix + "0" * (len(prefix) % 2))
    return NodeId(head + tail.to_bytes(20 - len(head), "big"))


def node(prefix: str, number: int) -> Node:
    """A node whose id begins so, at the n-th address."""
    return Node(node_id(prefix, number), public(number))

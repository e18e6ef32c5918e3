"""Ids of nodes: how close they are, and whether an address may have one (BEP 5, BEP 42)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.addresses import is_local
from raincore.base.crc32c import crc32c
from raincore.base.ids import NodeId

if TYPE_CHECKING:
    import random

    from raincore.base.endpoint import Endpoint

__all__ = ["BITS", "id_for", "random_id", "shared_bits", "suits", "with_bit_flipped"]

BITS = 8 * NodeId.LENGTH

MASK_4 = 0x030F3FFF
MASK_6 = 0x0103070F1F3F7FFF
PREFIX = 0xFFFFF800
"""21 of the 32 bits of the checksum count."""


def random_id(rng: random.Random) -> NodeId:
    """An id from anywhere in the key space."""
    return NodeId(rng.randbytes(NodeId.LENGTH))


def shared_bits(one: bytes, other: bytes) -> int:
    """How many leading bits two ids have in common, 0 to 160; more is closer."""
    distance = int.from_bytes(one, "big") ^ int.from_bytes(other, "big")
    return BITS - distance.bit_length()


def with_bit_flipped(node_id: NodeId, bit: int) -> NodeId:
    """The id that has the first `bit` bits in common with another, and not the next."""
    number = int.from_bytes(node_id, "big") ^ 1 << BITS - 1 - bit
    return NodeId(number.to_bytes(NodeId.LENGTH, "big"))


def id_for(endpoint: Endpoint, rng: random.Random) -> NodeId:
    """Make an id that a node with this address may have (BEP 42, "node ID restriction").

    Args:
        endpoint: Our address as the world sees it; the port does not matter.
        rng: Dice for the bits that are free.
    """
    tail = rng.getrandbits(8)
    prefix = _checksum(endpoint, tail) & PREFIX
    head = prefix | rng.getrandbits(32) & ~PREFIX
    middle = rng.randbytes(NodeId.LENGTH - 5)
    return NodeId(head.to_bytes(4, "big") + middle + bytes([tail]))


def suits(node_id: NodeId, endpoint: Endpoint) -> bool:
    """Whether a node with this address may have this id; local nodes may have any (BEP 42)."""
    claimed = int.from_bytes(node_id[:4], "big")
    return not (claimed ^ _checksum(endpoint, node_id[-1])) & PREFIX or is_local(endpoint)


def _checksum(endpoint: Endpoint, tail: int) -> int:
    """What an id has to begin with; three bits of its last byte have a say in it."""
    family, number, _ = endpoint.sort_key
    if family == 4:
        return crc32c((number & MASK_4 | (tail & 7) << 29).to_bytes(4, "big"))
    return crc32c(((number >> 64) & MASK_6 | (tail & 7) << 61).to_bytes(8, "big"))

"""How much two peers want to be connected, the same number at both ends (BEP 40)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.crc32c import crc32c

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint

__all__ = ["priority"]

WHOLE_BYTES = {4: 2, 16: 6}
"""Leading bytes that count in full, at least: a network's; of the rest each second bit."""
FADED = b"\x55"
MASKS = {
    length: [int.from_bytes((b"\xff" * whole).ljust(length, FADED)) for whole in range(length + 1)]
    for length in WHOLE_BYTES
}
"""By the length of an address and how many of its bytes count in full."""


def priority(ours: Endpoint, theirs: Endpoint) -> int:
    """The canonical priority of a connection, 32 bits; the greater is kept, and dialled first.

    A checksum of both addresses, so it looks like dice but falls alike for both ends, and
    whoever wants all our places needs addresses in many networks. Ports count only
    between peers of one address.

    Args:
        ours: As the peer sees us; of the same family as `theirs`.
        theirs: As we see the peer.

    >>> from raincore.base.endpoint import Endpoint
    >>> hex(priority(Endpoint("123.213.32.10", 1), Endpoint("98.76.54.32", 2)))
    '0xec2d7224'
    """
    family, one, our_port = ours.sort_key
    _, other, their_port = theirs.sort_key
    if one == other:
        return crc32c(b"".join(port.to_bytes(2, "big") for port in sorted((our_port, their_port))))
    length = 4 if family == 4 else 16
    shared = length - ((one ^ other).bit_length() + 7) // 8
    mask = MASKS[length][max(shared + 1, WHOLE_BYTES[length])]
    low, high = sorted((one & mask, other & mask))
    return crc32c(low.to_bytes(length, "big") + high.to_bytes(length, "big"))

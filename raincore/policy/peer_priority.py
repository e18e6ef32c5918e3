"""How much two peers want to be connected, the same number at both ends (BEP 40)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.base.crc32c import crc32c

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint

__all__ = ["priority"]

WHOLE_BYTES = {4: 2, 16: 6}
"""Leading bytes that count in full, at least: a network's; of the rest each second bit."""
FADED = 0x55


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
    ends = ours.packed, theirs.packed
    hosts = [end[:-2] for end in ends]
    if hosts[0] == hosts[1]:
        return crc32c(b"".join(sorted(end[-2:] for end in ends)))
    length = len(hosts[0])
    shared = next(n for n in range(length) if hosts[0][n] != hosts[1][n])
    least = WHOLE_BYTES[length]
    whole = least if shared < least else shared + 1
    return crc32c(b"".join(sorted(_masked(host, whole) for host in hosts)))


def _masked(host: bytes, whole: int) -> bytes:
    return host[:whole] + bytes(byte & FADED for byte in host[whole:])

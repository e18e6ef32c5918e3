"""Which pieces a newcomer may have from us without a slot (BEP 6, "allowed fast set").

They follow from its network and the torrent alone, so that all peers allow it the same, and
a crowd from one network gets the pieces of one.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash

__all__ = ["count", "pieces"]

IPV4_KEPT, IPV6_KEPT = 3, 8
"""Bytes of an address that name its network; those of IPv6 are ours, since BEP 6 has none."""

SHARE = 20
"""At most one in so many pieces is given away: small torrents are soon had without that."""


def count(piece_count: int, most: int) -> int:
    """How many pieces of a torrent a newcomer may have so."""
    return min(most, piece_count // SHARE)


def pieces(
    newcomer: Endpoint, info_hash: InfoHash, piece_count: int, wanted: int
) -> tuple[int, ...]:
    """The first `wanted` pieces of the set, in its order.

    Args:
        newcomer: Where it is, as we see it.
        info_hash: Of the torrent.
        piece_count: Pieces of the torrent.
        wanted: How many; not more than there are.
    """
    address = newcomer.packed[:-2]
    kept = IPV6_KEPT if newcomer.is_ipv6 else IPV4_KEPT
    digest = address[:kept].ljust(len(address), b"\0") + info_hash
    found: dict[int, None] = {}
    while len(found) < wanted:
        digest = hashlib.sha1(digest).digest()
        for start in range(0, len(digest), 4):
            if len(found) < wanted:
                found[int.from_bytes(digest[start : start + 4]) % piece_count] = None
    return tuple(found)

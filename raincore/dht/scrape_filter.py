"""Sets of addresses as bloom filters that can be united and counted (BEP 33)."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint

__all__ = ["FILTER_LENGTH", "ScrapeFilter"]

FILTER_LENGTH = 256
"""Bytes in a filter."""

BITS = 8 * FILTER_LENGTH
HASHES = 2


class ScrapeFilter:
    """A set that knows how many it holds, roughly, but not whom.

    Args:
        packed: FILTER_LENGTH bytes, as another node made them; empty for an empty set.
    """

    __slots__ = ("_bits",)

    def __init__(self, packed: bytes = b"") -> None:
        assert len(packed) in (0, FILTER_LENGTH)
        self._bits = int.from_bytes(packed, "little")

    def add(self, endpoint: Endpoint) -> None:
        """Add the address; the port does not count."""
        family, number, _ = endpoint.sort_key
        self.add_packed(number.to_bytes(4 if family == 4 else 16, "big"))

    def add_packed(self, address: bytes) -> None:
        """Add an address of 4 or 16 bytes."""
        digest = hashlib.sha1(address).digest()
        for at in range(0, 2 * HASHES, 2):
            self._bits |= 1 << int.from_bytes(digest[at : at + 2], "little") % BITS

    def unite(self, packed: bytes) -> None:
        """Add everything that another node's filter of FILTER_LENGTH bytes holds."""
        assert len(packed) == FILTER_LENGTH
        self._bits |= int.from_bytes(packed, "little")

    def may_hold(self, address: bytes) -> bool:
        """Whether the packed address may be in the set; False is certain."""
        one = ScrapeFilter()
        one.add_packed(address)
        return self._bits & one._bits == one._bits

    def estimate(self) -> float:
        """How many addresses are in the set; beyond some 6,000 it cannot tell."""
        zeros = BITS - self._bits.bit_count()
        if zeros == BITS:
            return 0.0  # the formula of the BEP says one half
        # A full filter counts as one with a single zero: for it, the formula has no answer.
        return math.log(max(zeros, 1) / BITS) / (HASHES * math.log(1 - 1 / BITS))

    def packed(self) -> bytes:
        """The FILTER_LENGTH bytes that go over the wire."""
        return self._bits.to_bytes(FILTER_LENGTH, "little")

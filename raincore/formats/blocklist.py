"""Addresses to stay away from: ranges, merged, and a look-up that takes a microsecond.

HOT PATH. Budget: 2 µs a look-up among 500,000 ranges; 8 bytes a range of IPv4, 32 of IPv6.

Ranges are kept in arrays of machine numbers, sorted and without overlaps, so that one
bisection answers. An IPv6 address is two numbers of 64 bits.
"""

from __future__ import annotations

import operator
from array import array
from bisect import bisect_left, bisect_right
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from raincore.base.endpoint import Endpoint

__all__ = ["Blocklist", "pack_v4"]

HALF = 32
LOW = (1 << HALF) - 1
HALF_V6 = 64
LOW_V6 = (1 << HALF_V6) - 1
BUCKETS = 256


def pack_v4(first: int, last: int) -> int:
    """Two IPv4 addresses as the one number in which `Blocklist` takes a range."""
    return first << HALF | last


class Blocklist:
    """Ranges of addresses, each from its first to its last one.

    Args:
        v4: Ranges as `pack_v4` makes them, in any order; may overlap.
        v6: Pairs of addresses as numbers, in any order; may overlap.
    """

    __slots__ = ("_ends", "_high_ends", "_highs", "_low_ends", "_lows", "_starts")

    def __init__(self, v4: Sequence[int] = (), v6: Iterable[tuple[int, int]] = ()) -> None:
        self._starts = array("I")
        self._ends = array("I")
        self._merge_v4(v4)
        self._highs = array("Q")
        self._lows = array("Q")
        self._high_ends = array("Q")
        self._low_ends = array("Q")
        self._merge_v6(v6)

    def __len__(self) -> int:
        """How many ranges are left after merging those that overlap or touch."""
        return len(self._starts) + len(self._highs)

    def blocks(self, endpoint: Endpoint) -> bool:
        """Whether an address is in a range; its port does not matter."""
        family, address, _ = endpoint.sort_key
        if family == 4:
            at = bisect_right(self._starts, address) - 1
            return at >= 0 and address <= self._ends[at]
        high, low = address >> HALF_V6, address & LOW_V6
        at = bisect_right(self._highs, high) - 1
        if at >= 0 and self._highs[at] == high:
            # Among the ranges that begin with the same upper half, the lower half decides.
            left = bisect_left(self._highs, high, 0, at)
            at = bisect_right(self._lows, low, left, at + 1) - 1
        return at >= 0 and (high, low) <= (self._high_ends[at], self._low_ends[at])

    def _merge_v4(self, ranges: Sequence[int]) -> None:
        starts, ends = self._starts, self._ends
        last = -2
        for packed in _in_order(ranges):
            start, end = packed >> HALF, packed & LOW
            if start > last + 1:
                starts.append(start)
                ends.append(end)
                last = end
            elif end > last:
                ends[-1] = last = end

    def _merge_v6(self, ranges: Iterable[tuple[int, int]]) -> None:
        merged: list[tuple[int, int]] = []
        for start, end in sorted(ranges):
            if merged and start <= merged[-1][1] + 1:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        for start, end in merged:
            self._highs.append(start >> HALF_V6)
            self._lows.append(start & LOW_V6)
            self._high_ends.append(end >> HALF_V6)
            self._low_ends.append(end & LOW_V6)


def _in_order(ranges: Sequence[int]) -> Iterable[int]:
    """Sort packed ranges, a part at a time: as objects, all at once would fill 20 MB."""
    if all(map(operator.le, ranges, islice(ranges, 1, None))):
        return ranges
    return _sorted_by_parts(ranges)


def _sorted_by_parts(ranges: Iterable[int]) -> Iterator[int]:
    buckets = [array("Q") for _ in range(BUCKETS)]
    for packed in ranges:
        buckets[packed >> 56].append(packed)
    for bucket in buckets:
        yield from sorted(bucket)

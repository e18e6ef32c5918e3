"""How many peers to serve at once: a number that was given, or as many as the line carries.

By rate: a slot is worth having while something flows through it, and each
further one has to carry more than the one before. So a line of 100 KiB/s has 8 slots, one
of 10 MiB/s 70: few enough that each peer soon has whole pieces to pass on, and enough to
fill the line. Who takes next to nothing does not count for the line (`Choker` sees to
it that such peers do not keep others out).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from raincore.base.config import UploadLimits

__all__ = ["count"]

FIRST_RATE = 1024.0
"""What the best slot must carry to be worth having, in bytes per second."""

STEP = 2048.0
"""How much more each further slot must carry."""

GROWTH = 4
"""While every slot is worth having, a quarter more are tried in each round."""


def count(limits: UploadLimits, rates: Iterable[float]) -> int:
    """Say how many peers should have a slot from now on.

    Args:
        limits: `slots` if a number was given; else `slots_min` and `slots_max`.
        rates: What flows through each slot now, in bytes per second, in any order.

    Returns:
        Slots in all, optimistic ones included.
    """
    if limits.slots is not None:
        return max(0, limits.slots)
    ordered = sorted(rates, reverse=True)
    worth = 0
    while worth < len(ordered) and ordered[worth] >= FIRST_RATE + STEP * worth:
        worth += 1
    to_try = max(1, worth // GROWTH) if worth == len(ordered) else 1
    return min(max(worth + to_try, limits.slots_min), limits.slots_max)

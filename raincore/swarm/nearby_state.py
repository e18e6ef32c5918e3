"""What is known of the search in the local network."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["NearbyState"]


@dataclass(slots=True)
class NearbyState:
    """Of a torrent."""

    hope_until: float = -math.inf
    """Until then a neighbour may answer that has heard of us."""

"""A piece that failed, while it is found out which of its blocks are bad (BEP 52)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.policy.leaf_download import LeafDownload

__all__ = ["Dispute"]


@dataclass(slots=True, eq=False)
class Dispute:
    """One piece that failed.

    Args:
        piece: Its index.
        senders: Who sent each block.
        digests: The leaf hash of each block as it came.
        download: The leaf hashes that they should have.
    """

    piece: int
    senders: tuple[int, ...]
    digests: tuple[bytes, ...]
    download: LeafDownload
    asked: int | None = None
    """The peer whose answer is waited for."""
    tried: set[int] = field(default_factory=set)
    until: float = math.inf
    """When another is asked."""

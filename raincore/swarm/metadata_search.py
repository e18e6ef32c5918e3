"""What a search for an info dictionary goes by: hashes that it must fit, and other sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.info_hashes import InfoHashes

__all__ = ["MetadataSearch"]


@dataclass(frozen=True, slots=True)
class MetadataSearch:
    """Nothing here matters to a torrent whose info dictionary is known.

    Args:
        hashes: What it must fit; None if that is the hash of the swarm alone.
        sources: Where else than at peers it may be had, the most promising first.
    """

    hashes: InfoHashes | None = None
    sources: tuple[str, ...] = ()

"""What names one torrent: its v1 info-hash, its v2 one, or both; and what fits that name."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.ids import InfoHash, InfoHashV2

__all__ = ["InfoHashes"]


@dataclass(frozen=True, slots=True)
class InfoHashes:
    """The info-hashes by which somebody asks for a torrent; at least one is there.

    Args:
        v1: SHA-1 of the info dictionary (BEP 3).
        v2: SHA-256 of the same bytes (BEP 52).
    """

    v1: InfoHash | None
    v2: InfoHashV2 | None = None

    def __post_init__(self) -> None:
        if self.v1 is None and self.v2 is None:
            raise ValueError("no hash names nothing")

    @property
    def swarm(self) -> InfoHash:
        """What handshakes, trackers and the DHT know the torrent by (BEP 52: v1 first)."""
        if self.v1 is not None:
            return self.v1
        assert self.v2 is not None
        return self.v2.truncated()

    @property
    def swarms(self) -> tuple[InfoHash, ...]:
        """The hashes of all its swarms: a hybrid has two, v1 first (BEP 52, "upgrade path")."""
        v2 = () if self.v2 is None else (self.v2.truncated(),)
        return tuple(dict.fromkeys((self.swarm, *v2)))

    def is_v2(self, swarm: InfoHash) -> bool:
        """Whether this is what those know the torrent by who speak v2."""
        return self.v2 is not None and swarm == self.v2.truncated()

    def fit(self, raw: bytes) -> bool:
        """Whether these are the bytes of the info dictionary; every hash must agree.

        Twenty bytes alone may also be the beginning of a v2 hash, which is all that
        trackers and the DHT know of a v2 torrent (BEP 52).

        Args:
            raw: From anybody. 30 MiB take some 60 ms.
        """
        if self.v2 is not None and hashlib.sha256(raw).digest() != self.v2:
            return False
        if self.v1 is None or hashlib.sha1(raw).digest() == self.v1:
            return True
        return hashlib.sha256(raw).digest()[:20] == self.v1

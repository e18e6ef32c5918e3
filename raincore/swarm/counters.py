"""What a torrent counts as long as it runs."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Counters"]


@dataclass(slots=True)
class Counters:
    """Bytes unless said."""

    downloaded: int = 0
    uploaded: int = 0
    wasted: int = 0
    hash_failures: int = 0
    dials: int = 0
    dial_failures: int = 0
    banned: int = 0

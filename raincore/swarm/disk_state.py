"""What keeps a torrent from writing, as far as it is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.errors import StorageError

__all__ = ["DiskState"]


@dataclass(slots=True)
class DiskState:
    """Whether the disk takes what we write. While it does not, nothing is asked of anybody."""

    error: StorageError | None = None
    """Why the torrent waits for the disk; None while it does not."""
    since: float = math.inf
    """When it began to wait."""
    until: float = math.inf
    """When it gives up waiting."""
    next_try: float = math.inf
    """When the disk is tried again; infinite while a try is under way."""
    failures: int = 0
    """In a row, to be tried less and less often."""
    worked_at: float = -math.inf
    """When the disk last took what it had refused."""
    refused: dict[int, None] = field(default_factory=dict)
    """Verified pieces that are held in memory until they can be written."""

    @property
    def next_timer(self) -> float:
        """When something is to be done about it."""
        return min(self.next_try, self.until)

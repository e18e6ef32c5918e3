"""Which torrent of this process a file belongs to: two must not write into one."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Claims"]


class Claims:
    """Paths and their owners, first come first served. Thread safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._owners: dict[str, object] = {}

    def take(self, path: str, owner: object) -> bool:
        """Claim a path; whether it is the owner's now."""
        with self._lock:
            return self._owners.setdefault(path, owner) is owner

    def release(self, paths: Iterable[str], owner: object) -> None:
        """Give up those of these paths that are the owner's.

        Who has claimed them says which they are: to look for them among those of ten
        thousand others, whenever one ends, would take longer than all else that it does.
        """
        with self._lock:
            for path in paths:
                if self._owners.get(path) is owner:
                    del self._owners[path]

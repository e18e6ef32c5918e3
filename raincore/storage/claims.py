"""Which torrent of this process a file belongs to: two must not write into one."""

from __future__ import annotations

import threading

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

    def release(self, owner: object) -> None:
        """Give up all that an owner has claimed. O(paths)."""
        with self._lock:
            self._owners = {
                path: other for path, other in self._owners.items() if other is not owner
            }

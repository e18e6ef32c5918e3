"""Descriptors kept for those who control the server, for when torrents have taken all others."""

from __future__ import annotations

import os

__all__ = ["Spare"]

COUNT = 8


class Spare:
    """Open files that mean nothing: closing one makes room for a connection.

    Args:
        count: How many to keep, as far as there are any to be had.
    """

    def __init__(self, count: int = COUNT) -> None:
        self._count = count
        self._kept: list[int] = []
        self.refill()

    def refill(self) -> None:
        """Open what is missing, if the system lets us."""
        while len(self._kept) < self._count:
            try:
                self._kept.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))
            except OSError:
                return

    def lend(self) -> bool:
        """Close one; False if there is none left."""
        if not self._kept:
            return False
        os.close(self._kept.pop())
        return True

    def close(self) -> None:
        """Close all; harmless when repeated."""
        self._count = 0
        while self.lend():
            pass

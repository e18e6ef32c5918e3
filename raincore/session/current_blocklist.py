"""Whom to stay away from now: lists that come and are replaced while connections are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.endpoint import Endpoint
    from raincore.formats.blocklist import Blocklist

__all__ = ["CurrentBlocklist"]


class CurrentBlocklist:
    """Several lists as one, each under the name of where it is from."""

    def __init__(self) -> None:
        self._lists: dict[str, Blocklist] = {}
        self._read_at: float | None = None

    def __len__(self) -> int:
        """How many ranges there are."""
        return sum(map(len, self._lists.values()))

    def blocks(self, endpoint: Endpoint) -> bool:
        """Whether to stay away from an address."""
        for one in self._lists.values():  # noqa: SIM110 - a generator costs more than the search
            if one.blocks(endpoint):
                return True
        return False

    def put(self, name: str, found: Blocklist, read_at: float | None = None) -> None:
        """Add a list, or replace that of the same name, at once.

        Args:
            read_at: When it was read from its source, in seconds since 1970.
        """
        self._lists[name] = found
        self._read_at = read_at if self._read_at is None else max(self._read_at, read_at or 0.0)

    def drop(self, name: str) -> None:
        """Forget a list; harmless when there is none of that name."""
        self._lists.pop(name, None)

    def age_seconds(self, now: float) -> int | None:
        """How long ago the newest list was read; None if none ever was."""
        return None if self._read_at is None else max(0, int(now - self._read_at))

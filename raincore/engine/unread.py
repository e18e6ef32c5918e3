"""Files that a check could not read: their pieces count as missing, and a few are named."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from raincore.base.errors import StorageError

__all__ = ["Unread"]

TOLD_MAX = 5


class Unread:
    """What could not be read, each file once."""

    def __init__(self) -> None:
        self._errors: dict[str, str] = {}

    def note(self, error: StorageError) -> None:
        """A piece could not be read."""
        self._errors.setdefault(error.path or "", str(error))

    def told(self) -> list[tuple[str, str]]:
        """Warnings to give, as (code, message)."""
        messages = list(self._errors.values())
        more = len(messages) - TOLD_MAX
        told = messages[:TOLD_MAX] + ([f"{more} more files cannot be read"] if more > 0 else [])
        return [("unreadable", message) for message in told]

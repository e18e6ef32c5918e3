"""All facts about one tracker of a torrent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from raincore.base.printable import printable

if TYPE_CHECKING:
    from raincore.policy.announce_schedule import AnnounceSchedule

__all__ = ["TrackerState"]


@dataclass(slots=True, eq=False)
class TrackerState:
    """One tracker, from when it is first asked.

    Args:
        url: As the torrent has it; it may hold a key of the user's.
        schedule: When to announce to it.
    """

    url: str
    schedule: AnnounceSchedule
    uploaded_before: int = 0
    """Bytes that were sent before it first heard of us; it counts from `started` (BEP 3)."""
    downloaded_before: int = 0
    tracker_id: bytes | None = None
    warned: str | None = None
    """Its latest warning, which is told once."""
    said: str = "no answer yet"
    """What came of the latest announce, in a few words."""

    @property
    def place(self) -> str:
        """Its host and port, to name it by without giving the user's key away."""
        try:
            return printable(urlsplit(self.url).netloc.rpartition("@")[2])
        except ValueError:
            return printable(self.url)

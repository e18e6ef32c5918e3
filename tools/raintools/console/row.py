"""One torrent of the list, as far as the server has told of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from raintools.ctl.fields import text

__all__ = ["Row"]


@dataclass(slots=True)
class Row:
    """One torrent.

    Args:
        ident: Its id.
        listed: What the list says of it.
        order: Its place among all, the oldest first.
        stats: Its numbers, as old as its last time on screen; None before that.
    """

    ident: str
    listed: dict[str, Any]
    order: tuple[int, str]
    stats: dict[str, Any] | None = None
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = text(self.stats, "Name") or text(self.listed, "Name")

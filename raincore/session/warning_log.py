"""Warnings of torrents in the log of the process: of one that thousands have, a few lines.

A tracker that is down, or a disk that is gone, is a warning of each torrent that has it. The
event log and the records of each torrent have all of them; people read this one.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["WarningLog"]

log = logging.getLogger(__name__)

PAUSE_SECONDS = 600.0
"""What was not said for so long is news again."""
REMEMBERED_MAX = 200
"""Different warnings."""


@dataclass(slots=True)
class _Said:
    at: float
    count: int = 0


@dataclass(frozen=True, slots=True)
class WarningLog:
    """Writes the first, the tenth, the hundredth and so on of the same warnings.

    Args:
        clock: The present in monotonic seconds.
    """

    clock: Callable[[], float] = trio.current_time
    _said: dict[tuple[str, str], _Said] = field(default_factory=dict)

    def write(self, id: str, *, code: str, message: str) -> None:
        """A torrent, by its id, has something to say; `times` is how often that was so."""
        now, key = self.clock(), (code, message)
        said = self._said.pop(key, None)
        if said is None or now - said.at > PAUSE_SECONDS:
            said = _Said(now)
        said.at, said.count = now, said.count + 1
        self._said[key] = said
        if len(self._said) > REMEMBERED_MAX:
            del self._said[next(iter(self._said))]
        if str(said.count).strip("0") != "1":
            return
        facts: dict[str, object] = {"id": id, "code": code, "message": message}
        if said.count > 1:
            facts["times"] = said.count
        log.warning("a torrent needs attention", extra={"facts": facts})

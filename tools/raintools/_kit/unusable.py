"""What was left out of an input since nobody could use it: a warning, once for each input."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from raintools._kit.exits import Outcome
    from raintools._kit.lines import Foreign
    from raintools._kit.sources import Loaded

__all__ = ["told"]

Read = TypeVar("Read", bound="Loaded | Foreign")


def told(read: Read, origin: str, outcome: Outcome) -> Read:
    """Warn of peers in a magnet link that are no addresses; give back what was read."""
    faults = getattr(getattr(read, "torrent", None), "unusable", ())
    if faults:
        more = f", and {len(faults) - 1} more" if len(faults) > 1 else ""
        outcome.warn(f"{origin}: a peer of the link (x.pe) is left out: {faults[0]}{more}")
    return read

"""What a torrent asks of web seeds; `range_events` has what comes of it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FetchRange", "ResumeFetch", "StopFetch"]


@dataclass(frozen=True, slots=True)
class FetchRange:
    """Fetch pieces from a web seed: RangeArrived as they come, RangeEnded at the end.

    The shell asks `TorrentMachine.room` where bytes go, and `TorrentMachine.end_of` how
    far it is to go, since others may take over what has not been begun.

    Args:
        fetch: Names it.
        url: The web seed, as the torrent has it.
        by_piece: Whether it serves pieces (BEP 17) rather than files (BEP 19).
        first: Piece index.
        stop: The piece behind the last.
    """

    fetch: int
    url: str
    by_piece: bool
    first: int
    stop: int


@dataclass(frozen=True, slots=True)
class ResumeFetch:
    """A fetch that `room` told to wait can go on."""

    fetch: int


@dataclass(frozen=True, slots=True)
class StopFetch:
    """End a fetch at once; RangeEnded follows."""

    fetch: int

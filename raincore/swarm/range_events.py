"""What can happen to a range that is fetched from a web seed."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RangeArrived", "RangeEnded", "RangeEvent", "RangeFailure"]


@dataclass(frozen=True, slots=True)
class RangeArrived:
    """Bytes of a `FetchRange` came, and are where `TorrentMachine.room` said."""

    fetch: int
    length: int


@dataclass(frozen=True, slots=True)
class RangeFailure:
    """Why a `FetchRange` ended before its end.

    Args:
        text: For people.
        retry_seconds: How long the server wants us to stay away; None if it did not say.
        missing_file: Index of the file that it does not have; None if that is not why.
        is_final: Whether asking again is useless.
    """

    text: str
    retry_seconds: float | None = None
    missing_file: int | None = None
    is_final: bool = False


@dataclass(frozen=True, slots=True)
class RangeEnded:
    """A `FetchRange` is over, and why if not because it came to its end or was stopped."""

    fetch: int
    failure: RangeFailure | None = None


RangeEvent = RangeArrived | RangeEnded

"""What the user wants, when that changes while a torrent runs: part of swarm.events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.base.config import Config
    from raincore.policy.file_selection import Selection
    from raincore.policy.priorities import Priority

__all__ = [
    "AnnounceWanted",
    "FilesChosen",
    "SettingsChanged",
    "StreamMoved",
    "TrackersChanged",
    "WishEvent",
    "WishesChanged",
]


@dataclass(frozen=True, slots=True)
class WishesChanged:
    """Other files are wanted, or in another order. None: as before.

    Args:
        select: Which files are wanted; their priorities are forgotten.
        priorities: Of some files, by number as documents count; others keep theirs.
        sequential: Whether pieces are fetched in their order.
        edges_first: Whether the beginning and end of each file come first.
    """

    select: Selection | None = None
    priorities: Mapping[int, Priority] | None = None
    sequential: bool | None = None
    edges_first: bool | None = None


@dataclass(frozen=True, slots=True)
class FilesChosen:
    """A `ChooseFiles` was carried out."""


@dataclass(frozen=True, slots=True)
class StreamMoved:
    """Somebody reads content in order, and is here now.

    Args:
        stream: Names the reader.
        begin: Content offset of the next byte that it needs.
        end: Content offset up to where is to be fetched ahead; `begin` if it has ended.
    """

    stream: int
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class AnnounceWanted:
    """Peers are to be asked for before the time, as far as trackers allow."""


@dataclass(frozen=True, slots=True)
class TrackersChanged:
    """Trackers came, each as a tier of its own behind all others, or went.

    Args:
        added: URLs.
        removed: URLs; those that know us are told that we are gone.
    """

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SettingsChanged:
    """Other settings hold from now on; what is under way goes on by those it began with."""

    config: Config


WishEvent = (
    WishesChanged | FilesChosen | StreamMoved | AnnounceWanted | TrackersChanged | SettingsChanged
)

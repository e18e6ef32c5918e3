"""What the user wants of the trackers of a torrent that runs: part of swarm.events."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["AnnounceWanted", "TrackersChanged"]


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

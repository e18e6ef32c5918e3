"""One frozen record per part of a torrent: its trackers, peers, web seeds, files, and counts.

Units are those of `session_records`, through which all of these are had as well.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

__all__ = [
    "AddressCounts",
    "ByteCounts",
    "ConnectionCounts",
    "DownloadCounts",
    "FileStatsView",
    "FileView",
    "PeerView",
    "PieceCounts",
    "TrackerStatus",
    "TrackerView",
    "WebseedView",
]


class TrackerStatus(enum.Enum):
    """What is known of a tracker; the values are the words of rain's API."""

    NOT_CONTACTED = "Not contacted yet"
    """It was not asked in this run."""
    CONTACTING = "Contacting"
    """It was asked and has not answered."""
    WORKING = "Working"
    """Its last answer was one."""
    NOT_WORKING = "Not working"
    """It did not answer, or refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PieceCounts:
    """Pieces; `checked`: looked at in a check; `available`: that some connected peer has."""

    checked: int = 0
    have: int = 0
    missing: int = 0
    available: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ByteCounts:
    """Bytes; what moved is of all runs.

    `total` has padding in it, `allocated` are those of files that exist.
    """

    total: int = 0
    padding: int = 0
    allocated: int = 0
    completed: int = 0
    incomplete: int = 0
    downloaded: int = 0
    uploaded: int = 0
    wasted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCounts:
    """Connections, by who began them."""

    total: int = 0
    incoming: int = 0
    outgoing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressCounts:
    """Addresses that could be dialled, by where they are from; others count in `total`."""

    total: int = 0
    tracker: int = 0
    dht: int = 0
    pex: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadCounts:
    """Peers that owe us something, by what keeps them."""

    total: int = 0
    running: int = 0
    snubbed: int = 0
    choked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackerView:
    """One tracker of a torrent, in the order of its tiers.

    Args:
        tier: From 0.
        current: Whether it is the one of its tier that would be asked next.
        error_unknown: Whether `error` is not the tracker's own reason but ours.
    """

    url: str
    tier: int
    current: bool = True
    status: TrackerStatus = TrackerStatus.NOT_CONTACTED
    leechers: int = 0
    seeders: int = 0
    warning: str = ""
    error: str = ""
    error_unknown: bool = False
    last_announce: float | None = None
    next_announce: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerView:
    """One connected peer.

    Args:
        id: 20 raw bytes.
        client: What it says it is, else what its id says (BEP 20).
        address: "host:port" or "[v6]:port".
        source: Where its address is from: "manual", "tracker", "lsd", "dht", "pex", or
            "incoming" if it came to us; "" if that is forgotten.
        progress: Share of the pieces that it has, 0 to 1.
    """

    id: bytes
    client: str
    address: str
    source: str
    connected_at: float
    downloading: bool = False
    we_interested: bool = False
    we_choke: bool = True
    they_interested: bool = False
    they_choke: bool = True
    optimistic: bool = False
    snubbed: bool = False
    encrypted_handshake: bool = False
    encrypted_stream: bool = False
    download_rate: int = 0
    upload_rate: int = 0
    downloaded: int = 0
    uploaded: int = 0
    progress: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WebseedView:
    """One web seed; `error` is "" while nothing is wrong with it."""

    url: str
    error: str = ""
    download_rate: int = 0
    downloaded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FileView:
    """One file that is no padding.

    `path` begins with the torrent's name if there are several files, `index` is the file's
    number in documents and selections.
    """

    path: str
    length: int
    index: int = 0
    wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStatsView:
    """How much of a file is there, in verified pieces."""

    file: FileView
    bytes_completed: int

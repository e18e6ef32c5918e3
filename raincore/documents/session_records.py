"""One frozen record per thing that a session says of itself and of its torrents.

All are snapshots: nothing in them changes afterwards, and making one waits for nothing.
Lengths are in bytes, rates in bytes per second, durations in seconds and moments in seconds
since 1970 (None where there was none), unless a field says otherwise.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from raincore.documents.torrent_records import (
    AddressCounts,
    ByteCounts,
    ConnectionCounts,
    DownloadCounts,
    FileStatsView,
    FileView,
    PeerView,
    PieceCounts,
    TrackerStatus,
    TrackerView,
    WebseedView,
)

__all__ = [
    "AddressCounts",
    "ByteCounts",
    "Changes",
    "ConnectionCounts",
    "DownloadCounts",
    "FileStatsView",
    "FileView",
    "PeerView",
    "PieceCounts",
    "SessionEvent",
    "SessionStats",
    "TorrentStats",
    "TorrentStatus",
    "TorrentSummary",
    "TrackerStatus",
    "TrackerView",
    "WebseedView",
]

NO_PIECES, NO_BYTES, NOBODY = PieceCounts(), ByteCounts(), ConnectionCounts()
NO_ADDRESSES, NO_DOWNLOADS = AddressCounts(), DownloadCounts()


class TorrentStatus(enum.Enum):
    """What a torrent is doing; the values are the words of rain's API."""

    STOPPED = "Stopped"
    """Not running, because it was told to, reached a limit, or failed."""
    QUEUED = "Queued"
    """Started, and waits until there is room among the active ones."""
    METADATA = "Downloading Metadata"
    """Looks for the info dictionary."""
    ALLOCATING = "Allocating"
    """Started, and waits for its turn to be checked."""
    VERIFYING = "Verifying"
    """What is on disk is compared with the hashes."""
    DOWNLOADING = "Downloading"
    """Some wanted piece is missing."""
    SEEDING = "Seeding"
    """Everything wanted is there and served."""
    STOPPING = "Stopping"
    """Was told to stop; saves, and tells trackers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TorrentSummary:
    """A row of the list.

    Args:
        id: Names it in this session.
        name: As it was added, or from the metadata once that is known and none was given.
        info_hash: 40 hex digits by which the swarm knows it.
        info_hash_v2: 64 hex digits; "" for v1 only, or while unknown.
        port: Where it accepts peers; 0 if it has none.
        error: Why it stopped; "" if nobody but the user made it.
        labels: Given by the user, sorted.
        revision: Of the session, when anything of this row last changed.
    """

    id: str
    name: str
    info_hash: str
    info_hash_v2: str = ""
    port: int = 0
    added_at: float = 0.0
    status: TorrentStatus = TorrentStatus.STOPPED
    error: str = ""
    labels: tuple[str, ...] = ()
    completed_at: float | None = None
    revision: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What became of the list since a revision.

    Args:
        revision: To ask with next time.
        changed: Rows that are new or different, in the order of their change.
        removed: Ids that are gone.
        complete: Whether `changed` is the whole list: the revision that was asked for is
            too old, or of another run of the session.
    """

    revision: int
    changed: tuple[TorrentSummary, ...]
    removed: tuple[str, ...] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionEvent:
    """Something happened that a program might act on.

    Args:
        revision: Of the session when it happened; rises with each event.
        time: When.
        id: Of the torrent.
        kind: One of "added", "removed", "changed" (options, trackers), "status" (`status`
            says what, and `message` why if it is an error), "metadata" (it is known now),
            "completed" (once in its life), "warning" (`code` and `message`), and "lost":
            events up to `revision` were forgotten, ask for the whole list.
    """

    revision: int
    time: float
    id: str
    kind: str
    status: str = ""
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TorrentStats:
    """One torrent in numbers.

    Args:
        file_count: Padding files are counted too, as rain does.
        seeded_seconds: Of all runs.
        eta_seconds: None unless it is downloading, and something comes.
        ratio: Bytes uploaded per byte of wanted content.
    """

    info_hash: str
    port: int
    name: str
    private: bool = False
    file_count: int = 0
    piece_length: int = 0
    status: TorrentStatus = TorrentStatus.STOPPED
    error: str = ""
    pieces: PieceCounts = NO_PIECES
    bytes: ByteCounts = NO_BYTES
    peers: ConnectionCounts = NOBODY
    handshakes: ConnectionCounts = NOBODY
    addresses: AddressCounts = NO_ADDRESSES
    downloads: DownloadCounts = NO_DOWNLOADS
    metadata_downloads: DownloadCounts = NO_DOWNLOADS
    seeded_seconds: int = 0
    download_rate: int = 0
    upload_rate: int = 0
    eta_seconds: int | None = None
    ratio: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStats:
    """The session in numbers.

    Args:
        ports_available: That no torrent has; 0 where all share one.
        blocklist_age_seconds: Since it was last read; None if there is none.
        read_cache_utilization: Percent of reads that needed no disk.
        write_cache_pending: Torrents that wait for memory.
        bytes_read: Of content, from disk for peers; `bytes_written` to it; since the session
            began.
        warnings: What needs attention still, a line for each.
    """

    uptime_seconds: int
    torrents: int
    peers: int = 0
    ports_available: int = 0
    blocklist_rules: int = 0
    blocklist_age_seconds: int | None = None
    read_cache_objects: int = 0
    read_cache_length: int = 0
    read_cache_utilization: int = 0
    reads_per_second: int = 0
    reads_active: int = 0
    reads_pending: int = 0
    write_cache_objects: int = 0
    write_cache_length: int = 0
    write_cache_pending: int = 0
    writes_per_second: int = 0
    writes_active: int = 0
    writes_pending: int = 0
    download_rate: int = 0
    upload_rate: int = 0
    read_rate: int = 0
    write_rate: int = 0
    bytes_downloaded: int = 0
    bytes_uploaded: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    damaged_records: int = 0
    warnings: tuple[str, ...] = ()

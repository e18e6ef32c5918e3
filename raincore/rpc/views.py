"""Records of a session as the JSON objects of rain's API: its names, its units, its zeros."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raincore.documents.events import Explanation
    from raincore.documents.session_records import (
        ConnectionCounts,
        DownloadCounts,
        FileStatsView,
        FileView,
        PeerView,
        SessionEvent,
        SessionStats,
        TorrentStats,
        TorrentSummary,
        TrackerView,
        WebseedView,
    )

__all__ = [
    "cause",
    "eta",
    "event",
    "file",
    "file_stats",
    "local_time",
    "moment",
    "peer",
    "session_stats",
    "summary",
    "torrent",
    "torrent_stats",
    "tracker",
    "webseed",
]

NEVER = "0001-01-01T00:00:00Z"
GRAINS = (
    *((28800, 3600), (14400, 1800), (7200, 900), (3600, 300)),
    *((1800, 60), (900, 30), (300, 15), (60, 5)),
)
"""How fine an estimate above so many seconds is told."""
SOURCES = {"manual", "tracker", "dht", "pex", "incoming"}


def moment(seconds: float | None) -> str:
    """A time in RFC 3339, to the second, in the local zone; Go's zero for none."""
    return local_time(int(seconds)) if seconds else NEVER


@lru_cache(maxsize=20_000)
def local_time(seconds: int) -> str:
    """The same of a moment that there was; a third of a list's time without the cache."""
    return datetime.fromtimestamp(seconds).astimezone().isoformat().replace("+00:00", "Z")


def torrent(row: TorrentSummary) -> dict[str, Any]:
    """A torrent as rain lists it."""
    return {
        "ID": row.id,
        "Name": row.name,
        "InfoHash": row.info_hash,
        "Port": row.port,
        "AddedAt": moment(row.added_at),
    }


def summary(row: TorrentSummary) -> dict[str, Any]:
    """A torrent with what we know of it beside that."""
    return {
        **torrent(row),
        "InfoHashV2": row.info_hash_v2,
        "Status": row.status.value,
        "Error": row.error,
        "Labels": list(row.labels),
        "CompletedAt": moment(row.completed_at),
        "Revision": row.revision,
    }


def torrent_stats(stats: TorrentStats) -> dict[str, Any]:
    """A torrent in numbers."""
    pieces, counts, addresses = stats.pieces, stats.bytes, stats.addresses
    return {
        "InfoHash": stats.info_hash,
        "Port": stats.port,
        "Status": stats.status.value,
        "Error": stats.error,
        "Pieces": {
            "Checked": pieces.checked,
            "Have": pieces.have,
            "Missing": pieces.missing,
            "Available": pieces.available,
            "Total": pieces.total,
        },
        "Bytes": {
            "Total": counts.total,
            "Padding": counts.padding,
            "Allocated": counts.allocated,
            "Completed": counts.completed,
            "Incomplete": counts.incomplete,
            "Downloaded": counts.downloaded,
            "Uploaded": counts.uploaded,
            "Wasted": counts.wasted,
        },
        "Peers": _connections(stats.peers),
        "Handshakes": _connections(stats.handshakes),
        "Addresses": {
            "Total": addresses.total,
            "Tracker": addresses.tracker,
            "DHT": addresses.dht,
            "PEX": addresses.pex,
        },
        "Downloads": {**_downloads(stats.downloads), "Choked": stats.downloads.choked},
        "MetadataDownloads": _downloads(stats.metadata_downloads),
        "Name": stats.name,
        "Private": stats.private,
        "FileCount": stats.file_count,
        "PieceLength": stats.piece_length,
        "SeededFor": stats.seeded_seconds,
        "Speed": {"Download": stats.download_rate, "Upload": stats.upload_rate},
        "ETA": eta(stats.eta_seconds),
    }


def session_stats(stats: SessionStats) -> dict[str, Any]:
    """A session in numbers."""
    age = stats.blocklist_age_seconds
    return {
        "Uptime": stats.uptime_seconds,
        "Torrents": stats.torrents,
        "Peers": stats.peers,
        "PortsAvailable": stats.ports_available,
        "BlockListRules": stats.blocklist_rules,
        "BlockListRecency": -1 if age is None else age,
        "ReadCacheObjects": stats.read_cache_objects,
        "ReadCacheSize": stats.read_cache_length,
        "ReadCacheUtilization": stats.read_cache_utilization,
        "ReadsPerSecond": stats.reads_per_second,
        "ReadsActive": stats.reads_active,
        "ReadsPending": stats.reads_pending,
        "WriteCacheObjects": stats.write_cache_objects,
        "WriteCacheSize": stats.write_cache_length,
        "WriteCachePendingKeys": stats.write_cache_pending,
        "WritesPerSecond": stats.writes_per_second,
        "WritesActive": stats.writes_active,
        "WritesPending": stats.writes_pending,
        "SpeedDownload": stats.download_rate,
        "SpeedUpload": stats.upload_rate,
        "SpeedRead": stats.read_rate,
        "SpeedWrite": stats.write_rate,
        "BytesDownloaded": stats.bytes_downloaded,
        "BytesUploaded": stats.bytes_uploaded,
        "BytesRead": stats.bytes_read,
        "BytesWritten": stats.bytes_written,
    }


def tracker(view: TrackerView) -> dict[str, Any]:
    """A tracker."""
    return {
        "URL": view.url,
        "Status": view.status.value,
        "Leechers": view.leechers,
        "Seeders": view.seeders,
        "Warning": view.warning,
        "Error": view.error,
        "ErrorUnknown": view.error_unknown,
        "ErrorInternal": view.error,
        "LastAnnounce": moment(view.last_announce),
        "NextAnnounce": moment(view.next_announce),
    }


def peer(view: PeerView) -> dict[str, Any]:
    """A connected peer."""
    return {
        "ID": view.id.hex(),
        "Client": view.client,
        "Addr": view.address,
        "Source": view.source.upper() if view.source in SOURCES else "UNKNOWN",
        "ConnectedAt": moment(view.connected_at),
        "Downloading": view.downloading,
        "ClientInterested": view.we_interested,
        "ClientChoking": view.we_choke,
        "PeerInterested": view.they_interested,
        "PeerChoking": view.they_choke,
        "OptimisticUnchoked": view.optimistic,
        "Snubbed": view.snubbed,
        "EncryptedHandshake": view.encrypted_handshake,
        "EncryptedStream": view.encrypted_stream,
        "DownloadSpeed": view.download_rate,
        "UploadSpeed": view.upload_rate,
    }


def webseed(view: WebseedView) -> dict[str, Any]:
    """A web seed."""
    return {"URL": view.url, "Error": view.error, "DownloadSpeed": view.download_rate}


def file(view: FileView) -> dict[str, Any]:
    """A file."""
    return {"Path": view.path, "Length": view.length}


def file_stats(view: FileStatsView) -> dict[str, Any]:
    """How much of a file is there."""
    return {"File": file(view.file), "BytesCompleted": view.bytes_completed}


def cause(found: Explanation) -> dict[str, Any]:
    """A reason why a torrent moves or does not; `Remedy` is "" where nothing is to be done."""
    return {
        "Cause": found.cause,
        "Evidence": found.evidence,
        "Remedy": found.remedy or "",
        "Facts": dict(found.facts),
    }


def event(record: SessionEvent) -> dict[str, Any]:
    """Something that happened; `Time` has milliseconds, being ours."""
    time = datetime.fromtimestamp(record.time).astimezone().isoformat(timespec="milliseconds")
    return {
        "Revision": record.revision,
        "Time": time.replace("+00:00", "Z"),
        "ID": record.id,
        "Kind": record.kind,
        "Status": record.status,
        "Code": record.code,
        "Message": record.message,
    }


def _connections(counts: ConnectionCounts) -> dict[str, int]:
    return {"Total": counts.total, "Incoming": counts.incoming, "Outgoing": counts.outgoing}


def _downloads(counts: DownloadCounts) -> dict[str, int]:
    return {"Total": counts.total, "Running": counts.running, "Snubbed": counts.snubbed}


def eta(seconds: int | None) -> int:
    """Tell an estimate no finer than it can be known; -1 for none."""
    if seconds is None:
        return -1
    grain = next((grain for above, grain in GRAINS if seconds > above), 1)
    return int((seconds + grain / 2) // grain * grain)

"""A torrent's and a session's numbers as rain shows them to people, in its words and units."""

from __future__ import annotations

from typing import Any

from raintools.ctl.fields import flag, length, number, text

__all__ = [
    "duration",
    "eta",
    "progress",
    "ratio",
    "session_stats",
    "size",
    "status",
    "torrent_stats",
]

KIB, MIB = 1024, 1024 * 1024


def torrent_stats(stats: Any) -> str:
    """Ten lines about a torrent, from what GetTorrentStats gives."""
    peers = f"{number(stats, 'Peers', 'Incoming')} in / {number(stats, 'Peers', 'Outgoing')} out"
    down, up = (f"{number(stats, 'Speed', way) // KIB} KiB/s" for way in ("Download", "Upload"))
    lines = [
        f"Name: {text(stats, 'Name')}",
        f"Private: {'true' if flag(stats, 'Private') else 'false'}",
        f"Status: {status(stats)}",
        f"Progress: {progress(stats)}%",
        f"Ratio: {ratio(stats):.2f}",
        f"Size: {size(length(stats))}",
        f"Peers: {peers}",
        f"Download speed: {down:>11}",
        f"Upload speed:   {up:>11}",
        f"ETA: {eta(stats)}",
    ]
    return "\n".join(lines)


def session_stats(stats: Any) -> str:
    """Nine lines about a session, from what GetSessionStats gives."""

    def of(key: str, unit: int = 1) -> int:
        return number(stats, key) // unit

    recency = of("BlockListRecency")
    updated = "never" if recency < 0 else f"{duration(recency)} ago"
    cached = f"Objects: {of('ReadCacheObjects')}, Size: {of('ReadCacheSize', MIB)}MB"
    waiting = f"Objects: {of('WriteCacheObjects')}, Size: {of('WriteCacheSize', MIB)}MB"
    lines = [
        f"Torrents: {of('Torrents')}, Peers: {of('Peers')}, Uptime: {duration(of('Uptime'))}",
        f"BlocklistRules: {of('BlockListRules')}, Updated: {updated}",
    ]
    for label, one in (("Reads", "Read"), ("Writes", "Write")):
        lines.append(
            f"{label}: {of(f'{label}PerSecond')}/s, {of(f'Speed{one}', KIB)}KB/s, "
            f"Active: {of(f'{label}Active')}, Pending: {of(f'{label}Pending')}"
        )
    lines += [
        f"ReadCache {cached}, Utilization: {of('ReadCacheUtilization')}%",
        f"WriteCache {waiting}, PendingKeys: {of('WriteCachePendingKeys')}",
        f"DownloadSpeed: {of('SpeedDownload', KIB)}KB/s, UploadSpeed: {of('SpeedUpload', KIB)}KB/s",
        f"BytesDownloaded: {of('BytesDownloaded', MIB)}MB, "
        f"BytesUploaded: {of('BytesUploaded', MIB)}MB",
        f"BytesRead: {of('BytesRead', MIB)}MB, BytesWritten: {of('BytesWritten', MIB)}MB",
    ]
    return "\n".join(lines)


def status(stats: Any) -> str:
    """What a torrent is doing, and why it stopped if it failed."""
    word, error = text(stats, "Status"), text(stats, "Error")
    return f"{word}: {error}" if word == "Stopped" and error else word


def progress(stats: Any) -> int:
    """Whole percent of what the torrent is doing: checking, allocating, or having."""
    part, whole = ("Pieces", "Have"), ("Pieces", "Total")
    word = text(stats, "Status")
    if word == "Verifying":
        part = ("Pieces", "Checked")
    elif word == "Allocating":
        part, whole = ("Bytes", "Allocated"), ("Bytes", "Total")
    total = number(stats, *whole)
    return number(stats, *part) * 100 // total if total > 0 else 0


def ratio(stats: Any) -> float:
    """Bytes given per byte got; 0 while nothing was got."""
    got = number(stats, "Bytes", "Downloaded")
    return number(stats, "Bytes", "Uploaded") / got if got > 0 else 0.0


def size(count: int) -> str:
    """Bytes in whole bytes, KiB or MiB."""
    if count < KIB:
        return f"{count} bytes"
    return f"{count // KIB} KiB" if count < MIB else f"{count // MIB} MiB"


def eta(stats: Any) -> str:
    """The time that is left, or "" if nobody knows."""
    seconds = number(stats, "ETA")
    return duration(seconds) if seconds >= 0 else ""


def duration(seconds: int) -> str:
    """Seconds as Go writes them.

    >>> duration(0), duration(495), duration(7200)
    ('0s', '8m15s', '2h0m0s')
    """
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{sign}{hours}h{minutes}m{seconds}s"
    return f"{sign}{minutes}m{seconds}s" if minutes else f"{sign}{seconds}s"

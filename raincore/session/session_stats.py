"""A session in numbers, from memory alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import trio

from raincore.documents.session_records import SessionStats
from raincore.session import torrent_views

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from raincore.session.commons import Commons
    from raincore.session.services import Services
    from raincore.session.torrent_life import TorrentLife
    from raincore.swarm.state import TorrentState

__all__ = ["of"]


def of(
    commons: Commons,
    lives: Collection[TorrentLife],
    uptime_seconds: int,
    damaged: int,
    warnings: Sequence[str],
) -> SessionStats:
    """Add everything up. O(torrents), and O(peers) of those that have some."""
    now = trio.current_time()
    states = [life.torrent.machine.state for life in lives if life.torrent is not None]
    down = up = peers = pieces = lent = 0
    for state in states:
        if state.peers or state.web.sources:
            rates = torrent_views.rates(state, now)
            down, up, peers = down + rates[0], up + rates[1], peers + len(state.peers)
        if state.lent_bytes:
            pieces += len(state.downloads) + len(state.checking)
            lent += state.lent_bytes
    blocklist = commons.services.outside.blocklist
    moved = commons.moved
    running = [life.run_counts() for life in lives if life.run is not None]
    return SessionStats(
        uptime_seconds=uptime_seconds,
        torrents=len(lives),
        peers=peers,
        ports_available=0 if commons.shared is not None else commons.ports.available,
        blocklist_rules=len(blocklist),
        blocklist_age_seconds=blocklist.age_seconds(commons.services.world.calendar()),
        write_cache_objects=pieces,
        write_cache_length=lent,
        write_cache_pending=sum(starved(state) for state in states),
        download_rate=down,
        upload_rate=up,
        bytes_downloaded=moved.downloaded + sum(one.downloaded for one in running),
        bytes_uploaded=moved.uploaded + sum(one.uploaded for one in running),
        damaged_records=damaged,
        warnings=tuple(warnings),
        **disk(commons.services, now),
    )


def disk(services: Services, now: float) -> dict[str, Any]:
    """What is read and written of content, as fields of SessionStats."""
    meter, runs = services.world.meter, services.world.cache.runs
    readers, writers = services.config.disk.parallel_reads, services.config.disk.parallel_writes
    return {
        "read_cache_objects": len(runs),
        "read_cache_length": sum(len(run.view) for run in runs.values()),
        "read_cache_utilization": meter.percent_found(now),
        "reads_per_second": round(meter.reads.per_second(now)),
        "reads_active": min(meter.loading, readers),
        "reads_pending": max(meter.loading - readers, 0),
        "writes_per_second": round(meter.writes.per_second(now)),
        "writes_active": min(meter.storing, writers),
        "writes_pending": max(meter.storing - writers, 0),
        "read_rate": round(meter.read.per_second(now)),
        "write_rate": round(meter.written.per_second(now)),
        "bytes_read": meter.read.total,
        "bytes_written": meter.written.total,
    }


def starved(state: TorrentState) -> bool:
    """Whether a torrent could ask for more if there were memory for it."""
    budget = state.config.disk.write_budget_bytes
    return bool(state.hungry) and state.lent_bytes >= budget

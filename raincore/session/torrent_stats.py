"""One torrent of a session in numbers, from memory alone."""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

import trio

from raincore.documents.session_records import ByteCounts, TorrentStats
from raincore.session import torrent_views
from raincore.swarm import stats as swarm_stats

if TYPE_CHECKING:
    from raincore.session.torrent_life import TorrentLife
    from raincore.storage.torrent_record import Counts

__all__ = ["of"]


def of(life: TorrentLife, port: int) -> TorrentStats:
    """The numbers of a torrent now; `port` is where it accepts peers.

    While it does not run, the same object until something of it changes: of a thousand
    that are asked for together most stand still, and who has written one need not again.
    """
    if life.run is not None:
        life.numbers = None
        return reckon(life, port)
    # All that the numbers are made of then; nothing of it is changed meanwhile, but replaced.
    made_of = (life.record, life.base, life.known, life.info, life.status, port)
    if life.numbers is not None:
        before, stats = life.numbers
        if all(map(is_, before, made_of)):
            return stats
    stats = reckon(life, port)
    life.numbers = (made_of, stats)
    return stats


def reckon(life: TorrentLife, port: int) -> TorrentStats:
    """Make them anew."""
    torrent, info = life.torrent, life.info
    state = torrent.machine.state if torrent is not None else None
    now = trio.current_time()
    down, up = torrent_views.rates(state, now) if state is not None else (0, 0)
    counts = life.counts()
    sizes = bytes_of(life, counts)
    wanted, have = state.wanted if state is not None else None, life.have
    missing = sizes.incomplete
    if down and wanted is not None and have is not None:  # else nothing is made of it
        missing = wanted.length - wanted.bytes_in(have)
    strangers = life.run.greeting if life.run is not None else 0
    moves = torrent_views.around(state, life.status, missing, down, now=now, strangers=strangers)
    return TorrentStats(
        info_hash=life.record.info_hash,
        port=port,
        name=info.name if info is not None else life.name,
        private=info is not None and info.private,
        file_count=len(info.files) if info is not None else 0,
        piece_length=info.piece_length if info is not None else 0,
        status=life.status,
        error=life.error,
        pieces=torrent_views.pieces(info, have, state, life.checked),
        bytes=sizes,
        seeded_seconds=int(counts.seeded_seconds),
        download_rate=down,
        upload_rate=up,
        ratio=life.ratio(counts.uploaded),
        **moves,
    )


def bytes_of(life: TorrentLife, counts: Counts) -> ByteCounts:
    """What there is of a torrent, and what has moved."""
    info, have = life.info, life.have
    total = info.geometry.total_length if info is not None else 0
    done = swarm_stats.bytes_of(info.geometry, have) if info is not None and have is not None else 0
    return ByteCounts(
        total=total,
        padding=total - info.total_length if info is not None else 0,
        allocated=total if have is not None else 0,
        completed=done,
        incomplete=total - done,
        downloaded=counts.downloaded,
        uploaded=counts.uploaded,
        wasted=counts.wasted,
    )

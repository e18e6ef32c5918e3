"""The facts of one torrent of a session, whether it runs or not, and what is kept of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import trio

from raincore.base.bitfield import Bitfield
from raincore.base.errors import FormatError
from raincore.base.printable import printable
from raincore.documents.session_records import TorrentStatus
from raincore.formats import tracker_url
from raincore.session import torrent_documents
from raincore.session.torrent_memory import TorrentMemory
from raincore.session.tracker_facts import TrackerFacts
from raincore.storage import resume_record, torrent_record
from raincore.storage.torrent_record import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from raincore.documents.events import Explanation
    from raincore.engine.torrent import Torrent
    from raincore.formats.info import Info
    from raincore.session.commons import Commons
    from raincore.session.torrent_run import TorrentRun
    from raincore.storage.torrent_record import TorrentRecord

__all__ = ["TorrentFacts", "added"]

MOST_WAIT_SECONDS = 3600.0
"""How far ahead an announce may have been planned."""
SEEDED_STEP_SECONDS = 600.0
"""How much of the time that a torrent was seeded may be lost with the process."""
NOTHING = Counts()


class TorrentFacts:
    """Who a torrent is, what it has, and the run under way, if there is one.

    Attributes:
        last_words: Why it has failed, as its last run saw it.
        removed: Whether the session has forgotten it: then nothing is kept any more.

    Args:
        commons: Of its session.
        record: Who it is.
        counts: Of its runs so far.
        info: Its info dictionary, if that is known.
        layers: Its piece layers, by pieces root (BEP 52).
        resume: What was verified, as the database has it.
    """

    __slots__ = (
        "base",
        "commons",
        "info",
        "kept",
        "known",
        "last_words",
        "layers",
        "memory",
        "record",
        "removed",
        "run",
        "tracker_facts",
    )

    def __init__(
        self,
        commons: Commons,
        record: TorrentRecord,
        counts: Counts,
        info: Info | None = None,
        layers: Mapping[bytes, bytes] | None = None,
        resume: object = None,
    ) -> None:
        self.commons = commons
        self.record = record
        self.info = info
        self.layers: Mapping[bytes, bytes] = layers or {}
        self.memory = TorrentMemory(record.id, commons.ledger, resume)
        self.tracker_facts = TrackerFacts()
        self.run: TorrentRun | None = None
        self.base = self.kept = counts
        self.known = remembered(resume, info)
        self.removed = False
        self.last_words: list[Explanation] = []

    @property
    def name(self) -> str:
        """To show to people."""
        return self.record.name or (self.info.name if self.info is not None else "")

    @property
    def torrent(self) -> Torrent | None:
        """The engine's torrent, while there is one that was not told to stop."""
        run = self.run
        return run.torrent if run is not None and run.stopping_since is None else None

    @property
    def error(self) -> str:
        """Why it does not run, or stands still; "" if nothing is wrong."""
        torrent = self.torrent
        if torrent is not None and torrent.disk_error is not None:
            return printable(str(torrent.disk_error), limit=1000)
        return self.record.error

    @property
    def checked(self) -> int:
        """Good pieces that the check under way has met; else those that are there."""
        if self.run is not None and self.run.status is TorrentStatus.VERIFYING:
            return self.run.checked
        return 0

    @property
    def have(self) -> Bitfield | None:
        """Pieces that are there, as far as it was ever checked."""
        live = self.run.torrent.machine.state.have if self.run and self.run.torrent else None
        return live if live is not None else self.known

    @property
    def is_complete(self) -> bool:
        """Whether everything wanted is there, and safe."""
        if self.run is not None:
            return self.run.status is TorrentStatus.SEEDING
        if self.info is None or self.known is None:
            return False
        wanted = torrent_documents.wanted(self.record.options, self.info)
        return not (wanted.pieces - self.known).any()

    def run_counts(self) -> Counts:
        """Bytes and seconds of the run under way."""
        state = self.run.torrent.machine.state if self.run and self.run.torrent else None
        if state is None:
            return NOTHING
        counters = state.counters
        return Counts(
            downloaded=counters.downloaded,
            uploaded=counters.uploaded,
            wasted=counters.wasted,
            seeded_seconds=max(0.0, trio.current_time() - state.seeding_since),
        )

    def counts(self) -> Counts:
        """Bytes and seconds of all its runs."""
        if self.run is None:
            return self.base
        return added(self.base, self.run_counts(), self.tracker_facts.next_times())

    def announce_at(self) -> dict[str, float]:
        """When trackers may hear of it: a seed that was just here has nothing new to tell."""
        urls = [url for tier in self.record.trackers for url in tier]
        if not (urls and self.is_complete):
            return {}
        now, today = trio.current_time(), self.commons.services.world.calendar()
        turn = self.commons.pace.reserve(tracker_url.place(urls[0]), now)
        due = {url: now + time - today for url, time in self.base.next_announces.items()}
        first = min(due.values(), default=turn)  # one of them answered: that ends a round
        # A clock that was put back or forward must not silence us for longer than that.
        return {url: max(turn, min(due.get(url, first), now + MOST_WAIT_SECONDS)) for url in urls}

    def ratio(self, uploaded: int | None = None) -> float:
        """Bytes uploaded per byte of content that is wanted.

        Args:
            uploaded: In all its runs, if that is known already.
        """
        if uploaded is None:
            uploaded = self.base.uploaded + self.run_counts().uploaded
        if not uploaded:
            return 0.0
        torrent = self.torrent
        wanted = torrent.machine.state.wanted if torrent is not None else None
        length = wanted.length if wanted else self.info.total_length if self.info else 0
        return uploaded / length if length else 0.0

    def keep(self) -> None:
        """Have the record kept, whatever was kept before."""
        self._put(f"torrent:{self.record.id}", partial(torrent_record.encode, self.record))

    def keep_info(self) -> None:
        """Have the metadata kept."""
        assert self.info is not None
        self._put(f"info:{self.record.id}", self.info.raw)
        for root, layer in self.layers.items():
            self._put(f"layer:{self.record.id}:{root.hex()}", layer)

    def keep_counts(self, *, exactly: bool = False) -> None:
        """Have the counters kept, if enough has changed."""
        counts, kept = self.counts(), self.kept
        grown = counts.seeded_seconds - kept.seeded_seconds
        same = moved(counts) == moved(kept) and counts.next_announces == kept.next_announces
        if not same or grown >= SEEDED_STEP_SECONDS or (exactly and grown):
            self.kept = counts
            self._put(f"counts:{self.record.id}", partial(torrent_record.encode_counts, counts))

    def _put(self, key: str, value: object) -> None:
        """Keep a row, unless all of them were deleted: it would come back with the next start."""
        if not self.removed:
            self.commons.ledger.put(key, value)


def added(one: Counts, other: Counts, times: Mapping[str, float] | None = None) -> Counts:
    """Both together; of the announces, what `times` says, else the first.

    Made at one go, since it is made for every torrent again and again.
    """
    return Counts(
        downloaded=one.downloaded + other.downloaded,
        uploaded=one.uploaded + other.uploaded,
        wasted=one.wasted + other.wasted,
        seeded_seconds=one.seeded_seconds + other.seeded_seconds,
        next_announces=times or one.next_announces,
    )


def moved(counts: Counts) -> tuple[int, int, int]:
    """Bytes alone."""
    return counts.downloaded, counts.uploaded, counts.wasted


def remembered(resume: object, info: Info | None) -> Bitfield | None:
    """The pieces that were there when the torrent last ran; None if that is not known."""
    if resume is None or info is None:
        return None
    try:
        record = resume_record.parse(resume)
        return Bitfield.from_bytes(record.have, info.geometry.piece_count)
    except FormatError:
        return None

"""One torrent of a session, from when it is added until it is removed, running or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import FormatError
from raincore.base.session_errors import MetadataNotReady, NotRunning, SessionError
from raincore.formats import tracker_url
from raincore.policy import named_peers
from raincore.session import (
    durable,
    torrent_documents,
    torrent_reasons,
    torrent_row,
    torrent_stats,
    torrent_views,
)
from raincore.swarm.wish_events import AnnounceWanted, TrackersChanged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from raincore.documents.events import Explanation
    from raincore.documents.session_records import (
        FileStatsView,
        FileView,
        PeerView,
        TorrentStats,
        TorrentStatus,
        TorrentSummary,
        TrackerView,
        WebseedView,
    )
    from raincore.session.torrent_life import TorrentLife
    from raincore.storage.torrent_record import TorrentOptions

__all__ = ["ManagedTorrent"]


class ManagedTorrent:
    """A torrent of a session; made by `Session.add_torrent` and `add_uri`.

    What reads answers from memory and never waits; what changes something is a coroutine,
    and durable when it returns (StorageError if it is not, TorrentNotFound once removed).
    """

    __slots__ = ("life",)

    def __init__(self, life: TorrentLife) -> None:
        self.life = life

    @property
    def id(self) -> str:
        """What it is called in its session."""
        return self.life.record.id

    @property
    def name(self) -> str:
        """As it was added; what the metadata say, if it was added without."""
        return self.life.name

    @property
    def info_hash(self) -> str:
        """40 hex digits by which the swarm knows it."""
        return self.life.record.info_hash

    @property
    def port(self) -> int:
        """Where it accepts peers; 0 if it does not."""
        shared = self.life.commons.shared
        return shared.port if shared is not None else self.life.record.port

    @property
    def added_at(self) -> float:
        """When, in seconds since 1970."""
        return self.life.record.added_at

    @property
    def revision(self) -> int:
        """Of the session, when its row in the list last changed."""
        return self.life.revision

    @property
    def status(self) -> TorrentStatus:
        """What it is doing."""
        return self.life.status

    @property
    def error(self) -> str:
        """Why it has stopped; "" if it was told to, or runs."""
        return self.life.error

    @property
    def options(self) -> TorrentOptions:
        """What is wanted of it."""
        return self.life.record.options

    @property
    def directory(self) -> Path:
        """Of its content: the parent of its name."""
        return Path(self.life.record.data_dir)

    def summary(self) -> TorrentSummary:
        """Its row in the list: the same object until something in it has changed."""
        return torrent_row.of(self.life, self.port)

    async def start(self) -> None:
        """Run, also after a restart; a stop that is under way is followed by a start."""
        await durable.set_started([self.life], started=True)

    async def stop(self) -> None:
        """Stop, also after a restart. Does not wait for it: `wait_stopped` does."""
        await durable.set_started([self.life], started=False)

    async def verify(self) -> None:
        """Hash everything that is there, then stay stopped. Does not wait for it.

        Raises:
            MetadataNotReady: It is not known yet what there should be.
        """
        if self.life.info is None:
            raise MetadataNotReady
        self.life.verify()
        await self.life.saved()

    async def announce(self) -> None:
        """Ask for peers before the time, as far as trackers allow."""
        torrent = self.life.torrent
        if torrent is not None:
            torrent.dispatch(AnnounceWanted())

    async def add_peer(self, address: str) -> None:
        """Dial a peer, "host:port", now if it runs, and in all its runs from now on.

        A host name is looked up beside everything else. Of the peers that were added so,
        the latest 1000 are kept.

        Raises:
            FormatError: It is no address.
        """
        old = self.life.record.added_peers
        self.life.name_peer(named_peers.checked(address))
        await durable.saved(self.life, lambda: self.life.change(added_peers=old))

    async def add_tracker(self, url: str) -> None:
        """Add a tracker as the last tier; one that is there is not added twice.

        Raises:
            FormatError: It is no URL.
            SessionError: "unsupported tracker scheme: X".
        """
        try:
            url = tracker_url.parse(url).text
        except FormatError as error:
            if str(error).startswith("unsupported"):
                raise SessionError(str(error)) from error
            raise
        tiers = self.life.record.trackers
        if not any(url in tier for tier in tiers):
            await durable.set_trackers(self.life, (*tiers, (url,)), TrackersChanged(added=(url,)))

    async def remove_tracker(self, url: str) -> None:
        """Forget a tracker; harmless when it is not there."""
        tiers = [tuple(one for one in tier if one != url) for tier in self.life.record.trackers]
        kept = tuple(filter(None, tiers))
        if kept != self.life.record.trackers:
            await durable.set_trackers(self.life, kept, TrackersChanged(removed=(url,)))

    async def set_options(self, options: TorrentOptions) -> None:
        """Replace what is wanted of it: `replace(torrent.options, sequential=True)`.

        Raises:
            ConfigError: A selection that fits no file, or a limit that makes no sense.
        """
        torrent_documents.check_options(options, self.life.info)
        old = self.life.record.options
        self.life.set_options(replace(options, labels=tuple(sorted(set(options.labels)))))
        await durable.saved(self.life, lambda: self.life.set_options(old))

    def stats(self) -> TorrentStats:
        """The torrent in numbers."""
        return torrent_stats.of(self.life, self.port)

    def trackers(self) -> list[TrackerView]:
        """Its trackers, tier by tier."""
        torrent = self.life.torrent
        state = torrent.machine.state if torrent is not None else None
        today = self.life.commons.services.world.calendar()
        tiers = self.life.record.trackers
        return self.life.tracker_facts.views(tiers, state, trio.current_time(), today)

    def peers(self) -> list[PeerView]:
        """Its connected peers, the oldest first."""
        torrent = self.life.torrent
        if torrent is None:
            return []
        today = self.life.commons.services.world.calendar()
        return torrent_views.peers(torrent.machine.state, trio.current_time(), today)

    def webseeds(self) -> list[WebseedView]:
        """Its web seeds."""
        torrent, record = self.life.torrent, self.life.record
        if torrent is not None and torrent.machine.state.web.sources:
            return torrent_views.webseeds(torrent.machine.state, trio.current_time())
        return torrent_views.idle_webseeds((*record.webseeds, *record.http_seeds))

    def files(self) -> list[FileView]:
        """Its files.

        Raises:
            MetadataNotReady: It is not known what files there are.
        """
        return list(self.each_file())

    def each_file(self) -> Iterator[FileView]:
        """The same one after another: there may be 100,000 of them."""
        if self.life.info is None:
            raise MetadataNotReady
        return torrent_views.files(self.life.info, self._unwanted())

    def file_stats(self) -> list[FileStatsView]:
        """How much of each file is there.

        Raises:
            MetadataNotReady: It is not known what files there are.
            NotRunning: It was not checked yet what is there.
        """
        return list(self.each_file_stats())

    def each_file_stats(self) -> Iterator[FileStatsView]:
        """The same one after another, each as it is then."""
        if self.life.info is None:
            raise MetadataNotReady
        if self.life.have is None:
            raise NotRunning("torrent not running so file stats unavailable")
        return torrent_views.file_stats(self.life.info, self.life.have, self._unwanted())

    def _unwanted(self) -> frozenset[int]:
        assert self.life.info is not None
        if not (self.options.select or self.options.priorities):
            return frozenset()
        return torrent_documents.wanted(self.options, self.life.info).unwanted

    def magnet(self) -> str:
        """A magnet link.

        Raises:
            TorrentIsPrivate: It may not be spoken of (BEP 27).
        """
        return torrent_documents.magnet(self.life.record, self.life.info)

    def metainfo(self) -> bytes:
        """A .torrent file with its present trackers.

        Raises:
            MetadataNotReady: There is nothing to write yet.
        """
        if self.life.info is None:
            raise MetadataNotReady
        today = int(self.life.commons.services.world.calendar())
        return torrent_documents.metainfo(self.life.record, self.life.info, self.life.layers, today)

    def explain(self) -> list[Explanation]:
        """Why it does not move, or that it does: causes with evidence and remedy, at least one.

        The slugs are those of `swarm.explain`, and "stopped", "queued" and "failed".
        """
        return torrent_reasons.of(self.life)

    async def wait_complete(self) -> None:
        """Wait until everything wanted is there.

        Raises:
            SessionError: It stopped before, or was removed; the message says why.
        """
        await self.life.wait(lambda: self.life.is_complete)

    async def wait_metadata(self) -> None:
        """Wait until its info dictionary is known; raises as `wait_complete`."""
        await self.life.wait(lambda: self.life.info is not None)

    async def wait_stopped(self) -> None:
        """Wait until it does not run, and has nothing to do.

        Raises:
            SessionError: It stopped for another reason than that it was told to.
        """
        await self.life.wait_idle()
        if self.error:
            raise SessionError(self.error)

"""One run of a torrent of a session, from when it is started until it has stopped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import trio

from raincore.base.bitfield import Bitfield
from raincore.base.errors import ListenError
from raincore.base.ids import InfoHash, InfoHashV2
from raincore.base.info_hashes import InfoHashes
from raincore.documents import events as records
from raincore.documents.session_records import TorrentStatus
from raincore.engine.content import Content
from raincore.formats.webseed_url import WebUrls
from raincore.net.acceptor import Acceptor
from raincore.net.offload import result_of
from raincore.session import job_content, torrent_documents
from raincore.session.job import Job
from raincore.session.shared_port import SharedPort
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal, Limits, Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from raincore.engine.torrent import Torrent
    from raincore.formats.info import Info
    from raincore.session.commons import Commons
    from raincore.session.torrent_memory import TorrentMemory
    from raincore.storage.interface import Storage
    from raincore.storage.torrent_record import TorrentOptions, TorrentRecord

__all__ = ["TorrentRun", "apply_limits", "job_of"]

STATUSES = {
    Phase.STARTING: TorrentStatus.ALLOCATING,
    Phase.METADATA: TorrentStatus.METADATA,
    Phase.CHECKING: TorrentStatus.VERIFYING,
    Phase.DOWNLOADING: TorrentStatus.DOWNLOADING,
    Phase.SEALING: TorrentStatus.DOWNLOADING,
    Phase.SEEDING: TorrentStatus.SEEDING,
    Phase.STOPPED: TorrentStatus.STOPPING,
}

SCARCE = "too few open files are left; allow more (ulimit -n), or use shared-port"


class TorrentRun:
    """A torrent that runs, or is verified; made anew for each time.

    Args:
        commons: Of its session.
        record: Who the torrent is, as it begins.
        job: What is to be done with it; see `job_of`.
        memory: What of its content was verified.
        on_record: Is told of every event; must not block.
    """

    __slots__ = (
        "_acceptor",
        "_commons",
        "_content",
        "_job",
        "_memory",
        "_on_record",
        "_record",
        "checked",
        "scope",
        "stopping_since",
        "torrent",
        "verifies",
    )

    def __init__(
        self,
        commons: Commons,
        record: TorrentRecord,
        job: Job,
        memory: TorrentMemory,
        on_record: Callable[[records.Event], None],
    ) -> None:
        self._commons = commons
        self._record = record
        self._job = job
        self._memory = memory
        self._on_record = on_record
        self._content: Content | None = None
        self._acceptor: Acceptor | None = None
        self.torrent: Torrent | None = None
        self.scope = trio.CancelScope()
        self.checked = 0
        """Good pieces that a check has met so far."""
        self.stopping_since: float | None = None
        self.verifies = False

    @property
    def status(self) -> TorrentStatus:
        """What it is doing."""
        if self.stopping_since is not None:
            return TorrentStatus.STOPPING
        if self.verifies:
            return TorrentStatus.VERIFYING
        if self.torrent is None:
            return TorrentStatus.ALLOCATING
        return STATUSES[self.torrent.machine.state.phase]

    async def run(self) -> None:
        """Run until `stop`, or until it fails.

        Raises:
            RainError: Why it cannot go on.

        Leaves no task behind. Cancelling `scope` ends it at once, without saving.
        """
        commons = self._commons
        port, acceptor = self._open_port()
        self._acceptor = acceptor
        try:
            with self.scope:
                content = self._content = self._make_content(recheck=False)
                await port.run_one(self._job, self._take, self._made, content=content)
        finally:
            if acceptor is not None:
                acceptor.close()
        commons.note(self._record.id)

    async def verify(self, info: Info) -> Bitfield:
        """Hash everything that is there; remember what is good.

        Returns:
            The good pieces; too few if `stop` came.

        Raises:
            RainError: Content could not be read.
        """
        self.verifies = True
        content = self._content = self._make_content(recheck=True)
        have = Bitfield(info.geometry.piece_count)
        try:
            with self.scope:
                layers, tell = self._job.layers, self._take
                have = await result_of(lambda done: content.check(info, tell, done, layers))
                if self.stopping_since is None:
                    content.save(have)
                    await content.wait_saved()
        finally:
            content.close()
        return have

    def stop(self) -> None:
        """End it cleanly: save, and tell trackers. Harmless when repeated."""
        if self.stopping_since is None:
            self.stopping_since = trio.current_time()
            if self.torrent is not None:
                self.torrent.stop()
            elif self.verifies and self._content is not None:
                self._content.close()

    def hurry(self, seconds: float) -> None:
        """Have trackers take so long at most to hear of the end; saving takes what it takes."""
        if self.torrent is not None:
            self.torrent.announcers.hurry(seconds)

    def abandon(self) -> None:
        """End it at once."""
        self.stopping_since = self.stopping_since or trio.current_time()
        self.scope.cancel()

    @property
    def greeting(self) -> int:
        """Strangers at the torrent's own port that have not said yet what they want."""
        return self._acceptor.greeting if self._acceptor is not None else 0

    def explain(self) -> list[records.Explanation]:
        """Why it does not move, or that it does; nothing while there is no torrent to ask."""
        return self.torrent.explain() if self.torrent is not None else []

    def _made(self, torrent: Torrent) -> None:
        self.torrent = torrent
        apply_limits(torrent, self._record.options)
        if self.stopping_since is not None:
            torrent.stop()

    def _take(self, record: records.Event) -> None:
        if isinstance(record, records.Progress) and (
            self.torrent is None or self.torrent.machine.state.phase is Phase.CHECKING
        ):
            self.checked = record.pieces_have
        self._on_record(record)

    def _open_port(self) -> tuple[SharedPort, Acceptor | None]:
        """Listen at the torrent's port; that this fails is a warning and no more."""
        commons, port = self._commons, self._record.port
        if commons.shared is not None:
            return commons.shared, None
        shared = SharedPort(commons.services, port, commons.dht)
        shared.config = commons.config  # it may have changed since they were opened
        if not port:
            return shared, None
        world, torrents = commons.services.world, shared.torrents
        asked = torrents.offer, torrents.find, torrents.welcome
        strangers = min(commons.config.peers.max_accepted, commons.services.open_files.strangers)
        limits = commons.config.peers
        if strangers < limits.max_accepted:
            limits = replace(limits, max_accepted=strangers)
        acceptor = Acceptor(world.network, *asked, limits, world.encrypter)
        try:
            if commons.services.open_files.are_scarce():
                raise ListenError(SCARCE, str(port))
            acceptor.listen_at(commons.config.session.listen_host, port)
        except ListenError as error:
            text = f"nobody can connect to this torrent: {error}"
            info_hash = self._job.info_hash
            self._on_record(records.Warning(info_hash=info_hash, code="listen", message=text))
        acceptor.greet_in(commons.nursery)
        return shared, acceptor

    def _make_content(self, *, recheck: bool) -> Content:
        offload, make_storage = self._commons.services.world.offload, self._commons.make_storage
        job = replace(self._job, recheck=True) if recheck else self._job
        if make_storage is None:
            services, memory = self._commons.services, self._memory
            return job_content.of(job, services, memory, may_vanish=False)

        def open_storage(info: Info) -> Storage:
            assert make_storage is not None
            return make_storage(self._record, info)

        return Content(
            job.info_hash,
            str(job.directory),
            open_storage,
            offload,
            self._memory,
            recheck=recheck,
        )


def apply_limits(torrent: Torrent, options: TorrentOptions) -> None:
    """Hold a torrent to limits of its own; to those of every torrent if it has none."""
    limits = torrent.config.rates
    down = options.download_bytes_per_second or limits.torrent_download_bytes_per_second
    up = options.upload_bytes_per_second or limits.torrent_upload_bytes_per_second
    torrent.set_limits(down=down, up=up)


def job_of(
    record: TorrentRecord,
    info: Info | None,
    layers: Mapping[bytes, bytes],
    turns: Callable[[], Mapping[str, float]] = dict,
) -> Job:
    """What is to be done with a torrent: everything but to end by itself.

    Args:
        turns: Says when a seed may tell its trackers of itself, by URL.
    """
    v1 = InfoHash(bytes.fromhex(record.hash_v1)) if record.hash_v1 else None
    v2 = InfoHashV2(bytes.fromhex(record.hash_v2)) if record.hash_v2 else None
    hashes = InfoHashes(v1, v2) if v1 is not None or v2 is not None else None
    return Job(
        info_hash=InfoHash(bytes.fromhex(record.info_hash)),
        info=info,
        layers=layers,
        directory=Path(record.data_dir),
        goal=Goal.SEED,
        reports_progress=False,  # who wants to know asks the session
        select=record.options.select,
        sequential=record.options.sequential,
        edges_first=record.options.edges_first,
        priorities=torrent_documents.priorities(record.options),
        limits=Limits(waits_for_peers=True),
        peers=tuple(dict.fromkeys((*record.peers, *record.added_peers))),
        nodes=record.nodes,
        trackers=record.trackers,
        announce_at=turns(),
        seed_turns=turns,
        search=MetadataSearch(hashes, record.sources),
        web=WebUrls(record.webseeds, record.http_seeds),
    )

"""Torrents that accept peers at one port: a job becomes a torrent, and is run to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from raincore.documents import events as records
from raincore.engine.torrent import OnRecord, Torrent
from raincore.formats import client_id
from raincore.formats.webseed_url import NO_WEB
from raincore.net import torrent_url
from raincore.session import job_content, peer_lookup
from raincore.session.registry import Registry
from raincore.storage import unfinished_pieces
from raincore.swarm.given import Given

if TYPE_CHECKING:
    from collections.abc import Callable

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash, PeerId
    from raincore.engine.content import Content
    from raincore.engine.streams import ContentStream
    from raincore.formats.info import Info
    from raincore.formats.metainfo import Metainfo
    from raincore.net.dht_service import DhtService
    from raincore.session.job import Job
    from raincore.session.services import Services

__all__ = ["SharedPort"]


class SharedPort:
    """Runs torrents; whoever makes it listens and hands strangers to `torrents`.

    Args:
        services: What they share with all others of the process.
        port: Where peers are accepted, as others are told; 0 while that is not known.
        dht: Our part in the DHT, as far as there is one.
    """

    def __init__(self, services: Services, port: int = 0, dht: DhtService | None = None) -> None:
        self.services = services
        self.config = services.config
        self.world = services.world
        self.port = port
        self.dht = dht
        self.torrents = Registry()

    async def run_one(
        self,
        job: Job,
        on_record: OnRecord,
        on_made: Callable[[Torrent], None],
        *,
        content: Content | None = None,
    ) -> bool:
        """Run one torrent until it is done; `stop_one` ends it from its first moment on.

        Args:
            on_record: Is told of every event; must not block.
            on_made: Is told of the torrent before anything else happens.
            content: Where its content is; None for files, as the job says.

        Returns:
            Whether it reached its goal; False if it was stopped before.

        Raises:
            RainError: Why the torrent could not reach its goal.

        Waits for the swarm and the disk; leaves no task behind. Cancelling drops the
        peers without saving.
        """
        torrent = self._torrent(job, on_record, content)
        on_made(torrent)
        self.torrents.add(job.info_hash, torrent)
        if self.dht is not None and not (job.info is not None and job.info.private):
            self.dht.add_hosts(job.nodes)
        try:
            await torrent.run(await self._resolve(job, torrent))
        finally:
            self.torrents.remove(job.info_hash, torrent)
        return torrent.reached_goal

    def stop_one(self, info_hash: InfoHash) -> None:
        """End one torrent cleanly, if it runs."""
        torrent = self.torrents.get(info_hash)
        if torrent is not None:
            torrent.stop()

    def open_stream(self, info_hash: InfoHash, begin: int, end: int) -> ContentStream:
        """Read content of a torrent that runs; see `engine.wishes`.

        Raises:
            KeyError: It does not run.
        """
        torrent = self.torrents.get(info_hash)
        if torrent is None:
            raise KeyError(info_hash)
        return torrent.open_stream(begin, end)

    def _torrent(self, job: Job, on_record: OnRecord, content: Content | None) -> Torrent:
        given = Given(
            info_hash=job.info_hash,
            own_id=self._peer_id(job.info),
            info=job.info,
            layers=job.layers,
            goal=job.goal,
            reports_progress=job.reports_progress,
            select=job.select,
            sequential=job.sequential,
            super_seed=job.super_seed,
            edges_first=job.edges_first,
            priorities=job.priorities,
            limits=job.limits,
            trackers=job.trackers,
            announce_at=job.announce_at,
            seed_turns=job.seed_turns,
            search=job.search,
            port=self.port,
            hosts=self.world.hosts,
            blocks=self.world.blocks,
            web=job.web if self.config.sources.webseeds else NO_WEB,
            dht_port=None if self.dht is None else self.dht.port,
            looks_nearby=self.world.lsd is not None,
        )
        return Torrent(
            self.world,
            self.config,
            given,
            content or job_content.of(job, self.services, self.services.store),
            on_record=on_record,
            fetch_torrent=self._fetch_torrent,
            unfinished=self._unfinished(job, remembered=content is not None),
            on_swarm=lambda alias: self.torrents.also(alias, job.info_hash),
        )

    async def _fetch_torrent(self, source: str) -> Metainfo:
        return await torrent_url.fetch(self.services.http, source, self.world.offload)

    def _peer_id(self, info: Info | None) -> PeerId:
        """A new one; private trackers may want another prefix than ours."""
        prefix = self.config.private.peer_id_prefix.encode() if info and info.private else b""
        return client_id.make(self.world.rng, prefix or client_id.PREFIX)

    def _unfinished(self, job: Job, *, remembered: bool) -> str | None:
        if (
            job.fixed
            or job.aside is not None
            or not (remembered or self.services.store is not None)
        ):
            return None
        return unfinished_pieces.place_of(job.info_hash.hex(), job.directory)

    async def _resolve(self, job: Job, torrent: Torrent) -> list[Endpoint]:
        def warn(text: str) -> None:
            torrent.tell(records.Warning(info_hash=job.info_hash, code="unresolved", message=text))

        network = self.world.network
        patience = min(job.limits.stall_seconds, self.config.sockets.lookup_timeout_seconds)
        return await peer_lookup.resolve(network, job.peers, patience, warn)

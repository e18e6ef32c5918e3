"""A few torrents without a registry: what rain-fetch and rain-seed run on.

One port, one set of worker threads and one resume store for all of them; nothing is
kept between runs but the resume store.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, ListenError
from raincore.documents import events as records
from raincore.engine.content import Content
from raincore.engine.torrent import OnRecord, Torrent
from raincore.formats import client_id
from raincore.formats.webseed_url import NO_WEB
from raincore.net import torrent_url
from raincore.net.acceptor import Acceptor
from raincore.net.lsd_service import LsdService
from raincore.session import peer_names
from raincore.session.dht import open_dht
from raincore.session.known_metadata import KnownMetadata
from raincore.session.registry import Registry
from raincore.session.services import open_services
from raincore.storage import selected_storage, unfinished_pieces
from raincore.storage.claims import Claims
from raincore.storage.file_storage import FileStorage
from raincore.storage.layout import Layout
from raincore.swarm.given import Given

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import trio

    from raincore.base.config import Config
    from raincore.base.ids import InfoHash
    from raincore.engine.streams import ContentStream
    from raincore.formats.info import Info
    from raincore.formats.metainfo import Metainfo
    from raincore.net.dht_service import DhtService
    from raincore.net.interface import Listener
    from raincore.session.job import Job
    from raincore.session.services import Services
    from raincore.storage.interface import Storage

__all__ = ["OneShot", "open_one_shot"]


class OneShot:
    """Torrents sharing one port; made by `open_one_shot`."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.config = services.config
        self.world = services.world
        self.listeners: list[Listener] = []
        self.dht: DhtService | None = None
        self._hub = services.hub
        self._http = services.http
        self._store = services.store
        self._metadata = KnownMetadata(services.store, self.world.offload)
        self.torrents = Registry()
        self._known: dict[InfoHash, tuple[Info, Mapping[bytes, bytes]]] = {}
        self._fetched: dict[InfoHash, Metainfo] = {}
        self._explained: dict[InfoHash, list[records.Explanation]] = {}
        self._own_id = client_id.make(self.world.rng)
        self._claims = Claims()
        self._stopped = False

    async def run(self, job: Job, on_record: OnRecord) -> bool:
        """Run one torrent until it is done; several may run at once.

        Args:
            on_record: Is told of every event; must not block.

        Returns:
            Whether it reached its goal; False if it was stopped before.

        Raises:
            RainError: Why the torrent could not reach its goal.

        Waits for the swarm and the disk; leaves no task behind. Cancelling drops the
        peers without saving: `stop` is the clean way.
        """
        info = job.info
        if info is None:
            hashes = job.search.hashes
            info, layers = await self._metadata.recall(job.info_hash, hashes)
            job = replace(job, layers=layers)
        return await self.run_one(job, info, on_record)

    async def run_one(self, job: Job, info: Info | None, on_record: OnRecord) -> bool:
        """As `run`, all of it known; `stop_one` ends it from its first moment on."""
        if job.info_hash in self.torrents:
            raise FormatError(f"given twice: {job.info_hash.hex()}")
        if self._stopped:
            return False
        torrent = self._torrent(job, info, on_record)
        self.torrents.add(job.info_hash, torrent)
        if self.dht is not None and not (info is not None and info.private):
            self.dht.add_hosts(job.nodes)
        try:
            await torrent.run(await self._resolve(job, torrent))
        finally:
            self.torrents.remove(job.info_hash)
            self._explained[job.info_hash] = torrent.explain()
            if torrent.info is not None:
                self._known[job.info_hash] = torrent.info, torrent.layers
            if torrent.fetched is not None:
                self._fetched[job.info_hash] = torrent.fetched
        if info is None and torrent.info is not None:
            await self._metadata.remember(torrent.info, torrent.layers, torrent.tell)
        return torrent.reached_goal

    def stop(self) -> None:
        """End every torrent cleanly; `run` returns soon after."""
        self._stopped = True
        for torrent in self.torrents.all():
            torrent.stop()

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

    def explain(self, info_hash: InfoHash) -> list[records.Explanation]:
        """Why a torrent does not move, or that it does; of one that has run, why it ended so."""
        torrent = self.torrents.get(info_hash)
        return torrent.explain() if torrent is not None else self._explained.pop(info_hash, [])

    def info(self, info_hash: InfoHash) -> Info | None:
        """The info dictionary of a torrent that has run, as soon as it is known."""
        return self.metadata(info_hash)[0]

    def metadata(self, info_hash: InfoHash) -> tuple[Info | None, Mapping[bytes, bytes]]:
        """As `info`, with the piece layers beside it, by pieces root (BEP 52)."""
        torrent = self.torrents.get(info_hash)
        if torrent is not None:
            return torrent.info, torrent.layers
        return self._known.get(info_hash, (None, {}))

    def fetched(self, info_hash: InfoHash) -> Metainfo | None:
        """The .torrent file that came from a source of a job, if its info did."""
        torrent = self.torrents.get(info_hash)
        return torrent.fetched if torrent is not None else self._fetched.get(info_hash)

    @property
    def addresses(self) -> list[str]:
        """Where peers can reach us, loopback first."""
        ports = {listener.endpoint.is_ipv6: listener.endpoint.port for listener in self.listeners}
        return [
            str(Endpoint(host, ports[":" in host]))
            for host in self.services.outside.hosts()
            if (":" in host) in ports
        ]

    async def join_dht(self, stack: AsyncExitStack, on_warning: Callable[[str], None]) -> None:
        """Take part in the DHT until `stack` ends, at the port where we accept peers."""
        network, offload = self.world.network, self.world.offload
        port = self.listeners[0].endpoint.port
        try:
            dht = open_dht(network, offload, self.config, port, on_warning)
            self.dht = self.world.dht = await stack.enter_async_context(dht)
        except ListenError as error:
            on_warning(f"no part is taken in the DHT: {error}")

    def look_nearby(self, nursery: trio.Nursery) -> None:
        """Look for peers in the local network, in a task of `nursery`."""
        port = self.listeners[0].endpoint.port
        lsd = LsdService(self.world.network, self.world.rng, port, self.services.outside.hosts)
        self.world.lsd = lsd
        nursery.start_soon(lsd.run)

    def call_when_closed(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call once when whoever reads a pipe of ours has gone away."""
        self._hub.watch_closed(descriptor, callback)

    def _torrent(self, job: Job, info: Info | None, on_record: OnRecord) -> Torrent:
        async def fetch_torrent(source: str) -> Metainfo:
            return await torrent_url.fetch(self._http, source, self.world.offload)

        given = Given(
            info_hash=job.info_hash,
            own_id=self._own_id,
            info=info,
            layers=job.layers,
            goal=job.goal,
            select=job.select,
            sequential=job.sequential,
            super_seed=job.super_seed,
            edges_first=job.edges_first,
            priorities=job.priorities,
            limits=job.limits,
            trackers=job.trackers,
            search=job.search,
            port=self.listeners[0].endpoint.port,
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
            self._content(job),
            on_record=on_record,
            fetch_torrent=fetch_torrent,
            unfinished=self._unfinished(job),
            on_swarm=lambda alias: self.torrents.also(alias, job.info_hash),
        )

    async def _resolve(self, job: Job, torrent: Torrent) -> list[Endpoint]:
        def warn(text: str) -> None:
            torrent.tell(records.Warning(info_hash=job.info_hash, code="unresolved", message=text))

        network, patience = self.world.network, job.limits.stall_seconds
        return await peer_names.resolve(network, job.peers, patience, warn)

    def _unfinished(self, job: Job) -> str | None:
        if job.fixed or self._store is None:
            return None
        return unfinished_pieces.place_of(job.info_hash.hex(), job.directory)

    def _content(self, job: Job) -> Content:
        def open_storage(info: Info) -> Storage:
            layout, geometry = Layout.of(info, job.directory), info.geometry
            allowance, claims = self.services.allowance, self._claims
            if job.fixed:
                return FileStorage(
                    layout, geometry, writable=False, allowance=allowance, claims=claims
                )
            files = FileStorage(layout, geometry, writable=True, allowance=allowance, claims=claims)
            return selected_storage.open_storage(layout, job.info_hash.hex(), files)

        return Content(
            job.info_hash,
            str(job.directory),
            open_storage,
            self.world.offload,
            self._store,
            recheck=job.recheck,
            quick=job.quick,
            must_be_complete=job.fixed,
        )


@asynccontextmanager
async def open_one_shot(
    config: Config, port: int = 0, on_warning: Callable[[str], None] = lambda text: None
) -> AsyncIterator[OneShot]:
    """Listen for peers, with everything that torrents share.

    Args:
        config: Limits and rates.
        port: Where to listen, on IPv4 and IPv6; 0 for any free port.
        on_warning: Is told when the resume store or the DHT cannot be used; work goes on
            without.

    Raises:
        ListenError: The port cannot be used.

    Leaves no task behind; cancelling closes everything.
    """
    async with open_services(config, on_warning) as services:
        session = OneShot(services)
        world, torrents = services.world, session.torrents
        asked = torrents.offer, torrents.find, torrents.welcome
        strangers = min(config.peers.max_accepted, services.open_files.strangers)
        limits = replace(config.peers, max_accepted=strangers)
        acceptor = Acceptor(world.network, *asked, limits, world.encrypter)
        services.nursery.start_soon(acceptor.run)
        session.listeners = acceptor.listen_pair(port)
        async with AsyncExitStack() as stack:
            if config.sources.lsd:
                session.look_nearby(services.nursery)
            if config.sources.dht:
                await session.join_dht(stack, on_warning)
            yield session

"""A few torrents without a registry: what rain-fetch and rain-seed run on.

One port, one set of worker threads and one resume store for all of them; nothing is
kept between runs but the resume store.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from raincore.base.endpoint import Endpoint
from raincore.base.errors import FormatError, ListenError
from raincore.net.acceptor import Acceptor
from raincore.session.known_metadata import KnownMetadata
from raincore.session.services import open_services
from raincore.session.shared_port import SharedPort
from raincore.session.warming import Warming

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import trio

    from raincore.base.config import Config
    from raincore.base.ids import InfoHash
    from raincore.documents import events as records
    from raincore.engine.torrent import OnRecord, Torrent
    from raincore.formats.info import Info
    from raincore.formats.metainfo import Metainfo
    from raincore.net.interface import Listener
    from raincore.session.job import Job
    from raincore.session.services import Services

__all__ = ["OneShot", "open_one_shot"]


@dataclass(frozen=True, slots=True)
class Ended:
    """What stays of a torrent that has run, for whoever describes it."""

    info: Info | None
    layers: Mapping[bytes, bytes]
    fetched: Metainfo | None
    reasons: list[records.Explanation]


class OneShot(SharedPort):
    """Torrents sharing one port; made by `open_one_shot`."""

    def __init__(self, services: Services) -> None:
        super().__init__(services)
        self.listeners: list[Listener] = []
        self._hub = services.hub
        self._metadata = KnownMetadata(services.store, self.world.offload)
        self._ended: dict[InfoHash, Ended] = {}
        self._warming = Warming(self.config.peers.encryption)
        self.is_stopping = False
        """Whether all torrents were asked to end."""

    async def run(self, job: Job, on_record: OnRecord) -> bool:
        """Run one torrent until it is done; several may run at once.

        Args:
            on_record: Is told of every event, with its time of day; must not block.

        Returns:
            Whether it reached its goal; False if it was stopped before.

        Raises:
            RainError: Why the torrent could not reach its goal.

        Waits for the swarm and the disk; leaves no task behind. Cancelling drops the
        peers without saving: `stop` is the clean way.
        """
        if job.info is None:
            info, layers = await self._metadata.recall(job.info_hash, job.search.hashes)
            job = replace(job, info=info, layers=layers)
        if job.info_hash in self.torrents:
            raise FormatError(f"given twice: {job.info_hash.hex()}")
        if self.is_stopping:
            return False
        made: list[Torrent] = []

        def stamp(record: records.Event) -> None:
            on_record(replace(record, time=self.world.calendar()))

        if needed := self._warming.needed(job.trackers):
            self.services.nursery.start_soon(self._warming.do, needed)
        try:
            reached = await self.run_one(job, stamp, made.append)
        finally:
            for one in made:
                ended = Ended(one.info, one.layers, one.fetched, one.explain())
                self._ended[job.info_hash] = ended
        if job.info is None and made[0].info is not None:
            await self._metadata.remember(made[0].info, made[0].layers, made[0].tell)
        return reached

    def explain(self, info_hash: InfoHash) -> list[records.Explanation]:
        """Why a torrent does not move, or that it does; of one that has run, why it ended so."""
        torrent, ended = self.torrents.get(info_hash), self._ended.get(info_hash)
        if torrent is not None:
            return torrent.explain()
        return [] if ended is None else ended.reasons

    def info(self, info_hash: InfoHash) -> Info | None:
        """The info dictionary of a torrent that has run, as soon as it is known."""
        return self.metadata(info_hash)[0]

    def metadata(self, info_hash: InfoHash) -> tuple[Info | None, Mapping[bytes, bytes]]:
        """As `info`, with the piece layers beside it, by pieces root (BEP 52)."""
        found = self.torrents.get(info_hash) or self._ended.get(info_hash)
        return (None, {}) if found is None else (found.info, found.layers)

    def fetched(self, info_hash: InfoHash) -> Metainfo | None:
        """The .torrent file that came from a source of a job, if its info did."""
        found = self.torrents.get(info_hash) or self._ended.get(info_hash)
        return None if found is None else found.fetched

    def stop(self) -> None:
        """End every torrent cleanly; `run` returns soon after."""
        self.is_stopping = True
        for torrent in self.torrents.all():
            torrent.stop()

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
        from raincore.session.dht import open_dht  # a fifth of all that is imported

        network, offload = self.world.network, self.world.offload
        try:
            dht = open_dht(network, offload, self.config, self.port, on_warning)
            self.dht = self.world.dht = await stack.enter_async_context(dht)
        except ListenError as error:
            on_warning(f"no part is taken in the DHT: {error}")

    def look_nearby(self, nursery: trio.Nursery) -> None:
        """Look for peers in the local network, in a task of `nursery`."""
        from raincore.net.lsd_service import LsdService

        hosts = self.services.outside.hosts
        lsd = LsdService(self.world.network, self.world.rng, self.port, hosts)
        self.world.lsd = lsd
        nursery.start_soon(lsd.run)

    def call_when_closed(self, descriptor: int, callback: Callable[[], None]) -> None:
        """Call once when whoever reads a pipe of ours has gone away."""
        self._hub.watch_closed(descriptor, callback)


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
        session.port = session.listeners[0].endpoint.port
        async with AsyncExitStack() as stack:
            if config.sources.lsd:
                session.look_nearby(services.nursery)
            if config.sources.dht:
                await session.join_dht(stack, on_warning)
            yield session

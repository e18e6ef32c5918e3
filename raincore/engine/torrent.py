"""One torrent, running: the bridge between its machine and the world.

`dispatch` is synchronous and everything runs on one thread, so each event is handled
whole, in order, where it happened: no inbox, no lock, no hop.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import the_one
from raincore.engine import executor
from raincore.engine.announcers import Announcers
from raincore.engine.dht_searches import DhtSearches
from raincore.engine.peer_tasks import PeerConnection
from raincore.engine.piece_io import PieceIO
from raincore.engine.source_tasks import SourceTasks, no_source
from raincore.net.dialer import Offer
from raincore.swarm import dht_searching
from raincore.swarm.events import (
    PeerJoined,
    PeerKey,
    PeersFound,
    PieceStored,
    Started,
    StopRequested,
)
from raincore.swarm.machine import ANYTHING, TorrentMachine
from raincore.swarm.state import Phase
from raincore.wire import handshake
from raincore.wire.peer_protocol import PeerProtocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from raincore.base.config import Config
    from raincore.base.endpoint import Endpoint
    from raincore.base.errors import RainError
    from raincore.base.ids import InfoHash, PeerId
    from raincore.documents import events as records
    from raincore.engine.content import Content
    from raincore.engine.source_tasks import FetchTorrent
    from raincore.engine.world import World
    from raincore.formats.info import Info
    from raincore.formats.metainfo import Metainfo
    from raincore.net.dialer import Handshaken
    from raincore.net.peer_link import PeerLink
    from raincore.swarm.events import Event
    from raincore.swarm.metadata_search import MetadataSearch
    from raincore.swarm.state import Goal, Limits

__all__ = ["OnRecord", "Torrent"]

OnRecord = Callable[["records.Event"], None]
WELCOMING = (Phase.METADATA, Phase.DOWNLOADING, Phase.SEALING, Phase.SEEDING)


class Torrent:
    """One torrent's machine, links and buffers; the only caller of its machine.

    Args:
        world: What it may touch.
        config: Its limits.
        info_hash: What peers call it.
        info: The info dictionary, or None to get it from peers.
        content: Where its content is checked, kept and remembered.
        on_record: Is told everything that the outside may want to know; must not block.
        trackers: URLs of its trackers, in tiers.
        search: How its info dictionary is looked for, if that is None.
        fetch_torrent: Gets it from a source of `search`.
        port: Where the session accepts peers, as trackers are told.
    """

    _next_key = 0
    _armed = math.inf
    _nursery: trio.Nursery | None = None
    _outcome: RainError | None = None
    _running = False
    _over = False

    def __init__(
        self,
        world: World,
        config: Config,
        info_hash: InfoHash,
        own_id: PeerId,
        info: Info | None,
        content: Content,
        *,
        goal: Goal,
        limits: Limits,
        on_record: OnRecord,
        trackers: Iterable[Sequence[str]] = (),
        search: MetadataSearch = ANYTHING,
        fetch_torrent: FetchTorrent = no_source,
        port: int = 0,
    ) -> None:
        self.world, self.config = world, config
        self.info_hash = info_hash
        self.own_id = own_id
        self.content = content
        self.machine = TorrentMachine(
            info_hash,
            own_id,
            info,
            config=config,
            goal=goal,
            limits=limits,
            rng=world.rng,
            trackers=trackers,
            search=search,
            port=port,
            hosts=world.hosts,
            dht_port=None if world.dht is None else world.dht.port,
            looks_nearby=world.lsd is not None,
        )
        self.announcers = Announcers(world.trackers, self.start_soon, self.dispatch)
        self.dht = DhtSearches(world.dht, info_hash, port, self.start_soon, self.dispatch)
        self.source_tasks = SourceTasks(fetch_torrent, self.start_soon, self.dispatch)
        self.piece_io = PieceIO(content, world.offload, config.disk)
        self.connections: dict[PeerKey, PeerConnection] = {}
        self._on_record = on_record
        self._unflushed: dict[PeerLink, None] = {}
        self._rearm, self._finished = trio.Event(), trio.Event()
        self._stored_late: list[int] = []

    # --- what the session calls ----------------------------------------------------------

    async def run(self, peers: Iterable[Endpoint] = ()) -> None:
        """Run the torrent until it reaches its goal or is stopped.

        Args:
            peers: Addresses to begin with.

        Raises:
            RainError: Why it could not reach its goal.

        Waits for the swarm and the disk. Cancelling drops all peers at once, without
        saving; `stop` is the clean way. Leaves no task behind.
        """
        try:
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                self._running = True
                nursery.start_soon(self._run_timer)
                self.dispatch(PeersFound("manual", tuple(peers)))
                self.dispatch(Started())
                await self._finished.wait()
                async with trio.open_nursery() as closing:
                    closing.start_soon(self.announcers.wait_told)
                    await self._save_the_rest()
                nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise the_one(group) from None
        finally:
            self._running = False
            self._over = True
            for connection in list(self.connections.values()):
                connection.abandon()
            self.connections.clear()
            self.content.close()
        if self._outcome is not None:
            raise self._outcome

    def stop(self) -> None:
        """Ask the torrent to end cleanly; `run` returns soon after."""
        self.dispatch(StopRequested())

    @property
    def accepts_peers(self) -> bool:
        """Whether an incoming peer would be welcome now."""
        return self._running and self.machine.state.phase in WELCOMING

    @property
    def offer(self) -> Offer:
        """What our handshakes say of us now."""
        dht = dht_searching.is_open(self.machine.state)
        reserved = handshake.reserved(fast=True, extended=True, dht=dht)
        return Offer(self.info_hash, self.own_id, reserved)

    @property
    def info(self) -> Info | None:
        """The info dictionary once it is known."""
        return self.machine.state.info

    @property
    def fetched(self) -> Metainfo | None:
        """The .torrent file that a source gave, if the info dictionary came from one."""
        latest = self.source_tasks.latest
        return latest if latest is not None and latest.info == self.info else None

    @property
    def reached_goal(self) -> bool:
        """Whether it did what it was for; never again false."""
        return self.machine.state.reached_goal

    def add_peer(self, peer: Handshaken, *, incoming: bool) -> None:
        """Take over a handshaken stream; the torrent closes it from now on."""
        if not self._running:
            peer.stream.close()
            return
        self._next_key += 1
        key = PeerKey(self._next_key)
        protocol = PeerProtocol(
            fast=peer.handshake.fast,
            extended=peer.handshake.extended,
            limits=self.config.peers,
            geometry=self.machine.state.geometry,
        )
        connection = PeerConnection(self, key, peer.stream, protocol)
        self.connections[key] = connection
        connection.start()
        self.dispatch(
            PeerJoined(
                peer=key,
                endpoint=peer.stream.remote,
                peer_id=peer.handshake.peer_id,
                fast=peer.handshake.fast,
                extended=peer.handshake.extended,
                incoming=incoming,
                dht=peer.handshake.dht,
            )
        )

    # --- what its own parts call ----------------------------------------------------------

    def dispatch(self, event: Event) -> None:
        """Let the machine react to `event`, now, and start what it asks for. Never waits."""
        if self._over:
            return  # a worker thread was not done yet when `run` was cancelled
        if isinstance(event, PieceStored) and self._finished.is_set():
            self._stored_late.append(event.piece)
        for command in self.machine.handle(event, trio.current_time()):
            executor.execute(self, command)
        self._settle()

    def flush_soon(self, link: PeerLink) -> None:
        """Have a link send what it has queued when the present event is dealt with."""
        self._unflushed[link] = None

    def forget(self, key: PeerKey) -> None:
        """A connection is gone."""
        self.connections.pop(key, None)

    def start_soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Start a task of this torrent; it is cancelled when the torrent ends."""
        if self._nursery is not None:
            self._nursery.start_soon(function, *arguments)  # type: ignore[arg-type]

    def tell(self, record: records.Event) -> None:
        """Stamp a record with the time of day and hand it to the outside."""
        self._on_record(replace(record, time=self.world.calendar()))

    def finish(self, outcome: RainError | None) -> None:
        """The machine has ended; let `run` return or raise."""
        self._outcome = outcome
        self._finished.set()

    async def _save_the_rest(self) -> None:
        """Wait for pieces on their way to the disk, and remember them too.

        Otherwise their files would look changed since the last save, and be hashed anew.
        """
        await self.piece_io.wait_written()
        if self._stored_late and self.machine.state.have is not None:
            have = self.machine.state.have.copy()
            for piece in self._stored_late:
                have.add(piece)
            self.content.save(have)
        await self.content.wait_saved()

    def _settle(self) -> None:
        """Send what was queued and see to it that the timer is right."""
        while self._unflushed:
            link = next(iter(self._unflushed))
            del self._unflushed[link]
            link.flush()
        # Waking the timer task costs more than an event does; a deadline that has moved
        # back is noticed when the old one passes.
        if self.machine.next_timer() < self._armed:
            self._rearm.set()

    async def _run_timer(self) -> None:
        while True:
            self._armed = self.machine.next_timer()
            self._rearm = trio.Event()
            with trio.move_on_at(self._armed):
                await self._rearm.wait()
            now = trio.current_time()
            if self.machine.next_timer() <= now:
                for command in self.machine.handle_timer(now):
                    executor.execute(self, command)
                self._settle()

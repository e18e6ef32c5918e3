"""A swarm of real torrents in a simulated world, and what must hold when it is over.

    swarm = Swarm(seed, content_of(seed, pieces=64))
    async with swarm.running():
        swarm.add("10.0.0.1", whole=True)
        leechers = [swarm.add(f"10.0.1.{n}") for n in range(20)]
        await swarm.all_complete(leechers)

Engine, machine, wire and links are those of the real program; network, disk, threads,
clock and dice are not. At the end of the block every torrent is stopped, and the swarm
looks whether anything was left behind.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

import trio

from raincore.base.config import Config
from raincore.base.endpoint import Endpoint
from raincore.base.errors import RainError
from raincore.base.ids import InfoHash
from raincore.documents import events as records
from raincore.engine.content import Content
from raincore.engine.torrent import Torrent
from raincore.engine.world import World
from raincore.formats import client_id
from raincore.formats.info import Info
from raincore.formats.webseed_url import NO_WEB, WebUrls
from raincore.net.acceptor import Acceptor
from raincore.net.dht_service import DhtService
from raincore.net.dialer import Handshaken, Offer
from raincore.net.encrypter import Encrypter
from raincore.net.lsd_service import LsdService
from raincore.net.offload import InlineOffload
from raincore.net.rate_limiter import RateLimiter
from raincore.policy.file_selection import EVERYTHING, Selection
from raincore.policy.refusals import nothing
from raincore.storage.memory_storage import MemoryStorage
from raincore.storage.piece_cache import PieceCache
from raincore.swarm.events import PeersFound
from raincore.swarm.given import Given
from raincore.swarm.state import Goal, Limits
from raincore.wire import mse_keys
from tests.sim.content import Sample
from tests.sim.dht_network import trusting
from tests.sim.network import Draw, SimNetwork, home_connections
from tests.sim.scheduler import deterministic_scheduler
from tests.sim.trackers import SimTrackers
from tests.sim.web import SimWeb

PORT = 6881
SCRATCH_LENGTH = 128 * 1024
IDLE_SECONDS = 3600.0
"""After this long, whatever was under way has arrived, even over the slowest line."""


class LyingStorage(MemoryStorage):
    """Content that passes every check of its owner's, and reads wrong once it lies."""

    def __init__(self, info: Info, content: bytes, pieces: Iterable[int]) -> None:
        super().__init__(info.geometry, content=content)
        self.lies = False
        self.bad_pieces = frozenset(pieces)

    def read_into(self, offset: int, buffer: memoryview) -> int:
        got = super().read_into(offset, buffer)
        piece = offset // self.geometry.piece_length
        if self.lies and piece in self.bad_pieces:
            buffer[len(buffer) // 2] ^= 0xFF
        return got


@dataclass(eq=False)
class SimPeer:
    """One host with one torrent; it may crash and come back with what it had on disk."""

    swarm: Swarm
    address: str
    storage: MemoryStorage
    goal: Goal
    info: Info | None
    config: Config
    limits: Limits
    known: tuple[Endpoint, ...]
    trackers: Sequence[Sequence[str]] = ()
    bootstrap: Sequence[str] | None = None
    """Nodes of the DHT to begin with; None to keep away from it."""
    looks_nearby: bool = False
    web: WebUrls = NO_WEB
    select: Selection = EVERYTHING
    super_seed: bool = False
    known_as: InfoHash | None = None
    """By which hash it knows the torrent; None for its first."""
    one_swarm: bool = False
    """Whether it answers to that hash alone, as clients do that know nothing of the other."""
    blocks: Callable[[Endpoint], bool] = nothing
    outage: str = ""
    """What keeps its sockets from speaking."""
    dht: DhtService | None = None
    records: list[records.Event] = field(default_factory=list)
    welcomed: list[InfoHash] = field(default_factory=list)
    """The hash on which each of those agreed with it who dialled it."""
    complete: trio.Event = field(default_factory=trio.Event)
    over: trio.Event = field(default_factory=trio.Event)
    completed_at: float = -1.0
    outcome: RainError | None = None
    torrent: Torrent = field(init=False)
    scope: trio.CancelScope = field(init=False)
    lsd: LsdService | None = field(init=False)

    def __post_init__(self) -> None:
        rng = random.Random(f"{self.swarm.seed} {self.address}")
        self.own_id = client_id.make(rng)
        self.encrypter = Encrypter(rng)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint(self.address, PORT)

    def start(self) -> None:
        """Come up, at once, with what is in the storage."""
        network = self.swarm.network.host(self.address)
        self.dht = None if self.bootstrap is None else self.swarm.service(self.address)
        rng = random.Random(f"{self.swarm.seed} {self.address} {trio.current_time()}")
        self.lsd = (
            LsdService(network, rng, PORT, lambda: [self.address]) if self.looks_nearby else None
        )
        world = World(
            network=network,
            dht=self.dht,
            encrypter=self.encrypter,
            trackers=self.swarm.trackers.at(self.address),
            webseeds=self.swarm.web,
            offload=self.swarm.offload,
            rng=rng,
            calendar=trio.current_time,
            down=RateLimiter(self.config.rates.download_bytes_per_second),
            up=RateLimiter(self.config.rates.upload_bytes_per_second),
            scratch=self.swarm.scratch,
            lsd=self.lsd,
            hosts=(self.address,),
            outage=lambda: self.outage,
            cache=PieceCache(self.config.disk.read_cache_bytes),
        )
        info_hash = self.known_as or self.swarm.sample.info.swarm_hash
        self.names = [info_hash]
        self.torrent = Torrent(
            world,
            self.config,
            Given(
                info_hash=info_hash,
                own_id=self.own_id,
                info=self.info,
                layers=self.swarm.layers,
                goal=self.goal,
                select=self.select,
                super_seed=self.super_seed,
                limits=self.limits,
                trackers=self.trackers,
                port=PORT,
                web=self.web,
                hosts=(self.address,),
                blocks=self.blocks,
                dht_port=None if self.dht is None else self.dht.port,
                looks_nearby=self.looks_nearby,
            ),
            Content(info_hash, "/sim", lambda info: self.storage, self.swarm.offload, None),
            on_record=self.take,
            on_swarm=(lambda _: None) if self.one_swarm else self.names.append,
        )
        self.torrent.dispatch(PeersFound("tracker", self.known))
        self.acceptor = Acceptor(
            network, self.lookup, self.find, self.welcome, self.config.peers, self.encrypter
        )
        self.over = trio.Event()
        self.scope = trio.CancelScope()
        assert self.swarm.nursery is not None
        self.swarm.nursery.start_soon(self.run, self.torrent, self.acceptor, self.over, self.scope)

    async def run(
        self, torrent: Torrent, acceptor: Acceptor, over: trio.Event, scope: trio.CancelScope
    ) -> None:
        try:
            with scope:
                async with trio.open_nursery() as nursery:
                    acceptor.listen(self.endpoint)
                    nursery.start_soon(acceptor.run)
                    nursery.start_soon(torrent.world.down.run)
                    nursery.start_soon(torrent.world.up.run)
                    if self.dht is not None:
                        nursery.start_soon(self.dht.run_when_asked, self.bootstrap or ())
                    if self.lsd is not None:
                        nursery.start_soon(self.lsd.run)
                    try:
                        await torrent.run()
                    except RainError as error:
                        self.outcome = error
                    nursery.cancel_scope.cancel()
        finally:
            if self.dht is not None:
                self.dht.close()
            over.set()

    def lookup(self, info_hash: InfoHash) -> Offer | None:
        if info_hash not in self.names or not self.torrent.accepts_peers:
            return None
        offer = self.torrent.offer(info_hash)
        return replace(offer, upgrade=None) if self.one_swarm else offer

    def find(self, key_hash: bytes) -> InfoHash | None:
        return next((name for name in self.names if key_hash == mse_keys.key_hash(name)), None)

    def welcome(self, peer: Handshaken) -> None:
        self.welcomed.append(peer.swarm)
        self.torrent.add_peer(peer, incoming=True)

    def take(self, record: records.Event) -> None:
        assert not self.over.is_set(), f"published after the end: {record}"
        self.records.append(record)
        if isinstance(record, records.Status) and record.status == "seeding":
            self.completed_at = trio.current_time()
            self.complete.set()
            if isinstance(self.storage, LyingStorage):
                self.storage.lies = True
        if isinstance(record, records.Progress):
            self.swarm.check_limits(self)
            assert self.torrent.explain(), "whatever it does, there is a reason"

    def crash(self) -> None:
        """Die without a word; what was written stays."""
        self.scope.cancel()
        self.swarm.network.crash(self.address)

    async def come_back(self) -> None:
        """Start again after a crash."""
        await self.over.wait()
        self.swarm.network.restart(self.address)
        self.start()

    @property
    def statuses(self) -> list[str]:
        return [record.status for record in self.records if isinstance(record, records.Status)]

    @property
    def warnings(self) -> list[str]:
        return [r.code or "" for r in self.records if isinstance(r, records.Warning)]

    @property
    def connections(self) -> list[records.PeerEvent]:
        """Every peer that was connected."""
        found = [r for r in self.records if isinstance(r, records.PeerEvent)]
        return [record for record in found if record.state == "connected"]

    @property
    def banned(self) -> list[str]:
        return [host for host, _ in self.torrent.machine.state.banned]


class Swarm:
    """All peers of one torrent.

    Args:
        draw: Makes the profile of each link.
        layers: The piece layers of a v2 torrent, known to all.
        grain: How exact times are, in seconds; coarse is cheap, for large swarms.
    """

    def __init__(
        self,
        seed: int,
        sample: Sample,
        draw: Draw = home_connections,
        config: Config | None = None,
        layers: Mapping[bytes, bytes] | None = None,
        grain: float = 0.0,
    ) -> None:
        self.seed = seed
        self.layers = layers or {}
        self.sample = sample
        self.config = config or Config()
        self.network = SimNetwork(seed, draw, grain)
        self.trackers = SimTrackers()
        self.web = SimWeb()
        self.offload = InlineOffload()
        self.scratch = memoryview(bytearray(SCRATCH_LENGTH))
        self.peers: list[SimPeer] = []
        self.nursery: trio.Nursery | None = None
        self.outer: trio.Nursery | None = None
        self.nodes: list[trio.CancelScope] = []

    def service(self, address: str) -> DhtService:
        """A node of the DHT on a host; not yet running."""
        made = DhtService(
            self.network.host(address),
            random.Random(f"{self.seed} {address} {trio.current_time()}"),
            limits=self.config.dht,
            verify=trusting,
            hosts=[address],
        )
        made.listen(PORT)
        return made

    def add_node(self, address: str, bootstrap: Sequence[str]) -> DhtService:
        """Start a node of the DHT that has no torrent; it stays until all peers have ended."""
        made, scope = self.service(address), trio.CancelScope()

        async def run() -> None:
            with scope:
                await made.run(bootstrap)
            made.close()

        assert self.outer is not None
        self.outer.start_soon(run)
        self.nodes.append(scope)
        return made

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the world; stop everybody at the end and look what is left."""
        with deterministic_scheduler(self.seed):
            async with trio.open_nursery() as outer, trio.open_nursery() as self.nursery:
                outer.start_soon(self.network.run)
                self.outer = outer
                yield
                for peer in self.peers:
                    peer.torrent.stop()
                for peer in self.peers:
                    await peer.over.wait()
                for node in self.nodes:
                    node.cancel()
                await trio.sleep(IDLE_SECONDS)
                assert not self.nursery.child_tasks, "tasks are left"
                outer.cancel_scope.cancel()
        self.check_clean()

    def add(
        self,
        address: str,
        *,
        whole: bool = False,
        lies_about: Iterable[int] = (),
        goal: Goal = Goal.SEED,
        info: Info | None = None,
        magnet: bool = False,
        limits: Limits | None = None,
        rate: float | None = None,
        down: bool = True,
        trackers: Sequence[Sequence[str]] = (),
        dht: Sequence[str] | None = None,
        knows: Sequence[SimPeer] | None = None,
        looks_nearby: bool = False,
        web: WebUrls = NO_WEB,
        select: Selection = EVERYTHING,
        super_seed: bool = False,
        known_as: InfoHash | None = None,
        one_swarm: bool = False,
        blocks: Callable[[Endpoint], bool] = nothing,
        **config: object,
    ) -> SimPeer:
        """Start a peer that knows the addresses of all that were added before, or of some.

        Args:
            whole: It has all of the content.
            lies_about: Pieces that it serves with a bad byte.
            info: What it takes for the info dictionary, if not the sample's.
            magnet: It has only the info-hash.
            rate: Bytes per second of its own line, each way; None for no limit but
                those of the links.
            down: Whether that rate holds for what it receives, too.
            trackers: URLs in tiers; who has some knows nobody else.
            dht: Nodes of the DHT to begin with; who has some knows nobody else.
            knows: Whom it knows, if not everybody.
            looks_nearby: It looks for peers in its local network, and knows nobody else.
            web: Web servers that it knows.
            select: Which files it wants.
            super_seed: It shows of what it has a piece at a time.
            known_as: By which of a hybrid's hashes it knows the torrent.
            one_swarm: It answers to that hash alone.
            blocks: Whom its blocklist has.
            config: Groups of the settings that differ from the swarm's.
        """
        if rate is not None:
            self.network.slow(address, rate, down=down)
        known_info = info or self.sample.info
        content = self.sample.content if whole or lies_about else b""
        storage = (
            LyingStorage(known_info, content, lies_about)
            if lies_about
            else MemoryStorage(known_info.geometry, content=content)
        )
        others = self.peers if knows is None else knows
        known = () if trackers or looks_nearby or dht is not None else others
        peer = SimPeer(
            self,
            address,
            storage,
            goal,
            None if magnet else known_info,
            replace(self.config, **config) if config else self.config,
            limits or Limits(waits_for_peers=True),
            tuple(peer.endpoint for peer in known),
            trackers,
            dht,
            looks_nearby,
            web,
            select,
            super_seed,
            known_as,
            one_swarm,
            blocks,
        )
        self.peers.append(peer)
        peer.start()
        return peer

    async def all_complete(self, peers: Iterable[SimPeer], within: float = 600.0) -> float:
        """Wait until peers have everything; how long, in virtual seconds, it took."""
        started = trio.current_time()
        peers = list(peers)
        with trio.move_on_after(within):
            for peer in peers:
                await peer.complete.wait()
        late = [peer.address for peer in peers if not peer.complete.is_set()]
        assert not late, f"not complete after {within} s: {late}, seed {self.seed}"
        for peer in peers:
            assert peer.storage.content == self.sample.content
        return trio.current_time() - started

    # --- what must hold -------------------------------------------------------------------

    def check_limits(self, peer: SimPeer) -> None:
        """Nobody is asked for more than it allows, and memory stays within its budget."""
        state = peer.torrent.machine.state
        limits = peer.config
        assert state.lent_bytes <= limits.disk.write_budget_bytes
        for other in state.peers.values():
            assert len(other.outstanding) <= limits.peers.requests_out_default

    def check_clean(self) -> None:
        """No stream, no lent memory; every byte was received or lost."""
        assert self.network.open_streams == []
        traffic = self.network.traffic
        assert traffic.sent == traffic.received + traffic.lost
        for peer in self.peers:
            lending = peer.torrent.lending
            assert not peer.torrent.connections
            assert not lending._loading
            assert all(run.users == 0 for run in lending._cache.runs.values())

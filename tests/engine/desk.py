"""A torrent on a desk: its peers, threads and disk are in the test's hands."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import trio
import trio.testing

from raincore.base.config import Config, Encryption, PeerLimits
from raincore.base.endpoint import Endpoint
from raincore.base.errors import ConnectError, RainError, TrackerError
from raincore.base.ids import InfoHash
from raincore.documents import events as records
from raincore.engine.content import Content
from raincore.engine.source_tasks import FetchTorrent, no_source
from raincore.engine.torrent import Torrent
from raincore.engine.world import Dht, World
from raincore.formats.info import Info
from raincore.formats.webseed_url import NO_WEB, WebUrls
from raincore.net.dialer import Handshaken
from raincore.net.encrypter import Encrypter
from raincore.net.offload import Offload, Step
from raincore.net.rate_limiter import RateLimiter
from raincore.net.webseed_body import WebseedBody
from raincore.storage.memory_storage import MemoryStorage
from raincore.storage.resume_store import ResumeStore
from raincore.swarm.given import Given
from raincore.swarm.metadata_search import MetadataSearch
from raincore.swarm.state import Goal, Limits
from raincore.wire import messages as m
from raincore.wire import peer_codec
from raincore.wire.announce import AnnounceReply, AnnounceRequest, ScrapeCounts
from raincore.wire.handshake import Handshake
from raincore.wire.peer_protocol import PeerProtocol
from tests.net.far_end import FakeStream
from tests.sim.content import Sample, sample
from tests.wire.pair import snapshot

KIB = 1024
BLOCK = 16 * KIB
OWN_ID = b"-RA0100-" + b"M" * 12


class Borrower:
    """Counts how often it is called back."""

    def __init__(self) -> None:
        self.flushes = 0

    def flush(self) -> None:
        self.flushes += 1


class ManualOffload(Offload):
    """Jobs wait until the test lets them run.

    Args:
        prompt: Workers whose jobs run as soon as they are submitted, and are told at once.
    """

    def __init__(self, *prompt: str) -> None:
        self.prompt = prompt
        self.jobs: deque[tuple[Sequence[Step], Callable[[Any], None]]] = deque()

    def submit_chain(self, steps: Sequence[Step], done: Callable[[Any], None]) -> None:
        if steps[0][0] in self.prompt:
            trio.lowlevel.current_trio_token().run_sync_soon(self.perform, steps, done)
        else:
            self.jobs.append((steps, done))

    def tell(self, news: Callable[[], None]) -> None:
        news()

    def perform(self, steps: Sequence[Step], done: Callable[[Any], None]) -> None:
        result: Any = None
        try:
            for number, (_, job) in enumerate(steps):
                result = job(result) if number else job()
                if result is None:
                    break
        except Exception as error:
            result = error
        done(result)

    def finish(self) -> None:
        """Do everything that waits, and what comes of it."""
        while self.jobs:
            self.perform(*self.jobs.popleft())

    def close(self) -> None:
        self.jobs.clear()


class FaultyStorage(MemoryStorage):
    """Memory that can be told to misbehave; remembers what was done to it."""

    def __init__(self, info: Info, content: bytes = b"") -> None:
        super().__init__(info.geometry, content=content)
        self.done: list[str] = []
        self.cold = False
        self.read_error: RainError | None = None
        self.write_error: RainError | None = None
        self.sync_error: RainError | None = None
        self.closed = 0
        self.changed_files: set[int] = set()

    def changed(self) -> frozenset[int]:
        changed, self.changed_files = frozenset(self.changed_files), set()
        return changed

    def read_into(self, offset: int, buffer: memoryview) -> int:
        self.done.append("read")
        if self.read_error is not None:
            raise self.read_error
        return super().read_into(offset, buffer)

    def try_read_into(self, offset: int, buffer: memoryview) -> bool:
        return not self.cold and super().read_into(offset, buffer) == len(buffer)

    def write(self, offset: int, data: Sequence[memoryview]) -> None:
        if getattr(self, "write_error", None) is not None:
            raise self.write_error
        super().write(offset, data)

    def sync(self) -> None:
        self.done.append("sync")
        if self.sync_error is not None:
            raise self.sync_error

    def finish(self) -> None:
        self.done.append("finish")
        super().finish()

    def close(self) -> None:
        self.closed += 1


class DeskTrackers:
    """Answer what the test put in `replies`, or fail; remember what they were told."""

    def __init__(self) -> None:
        self.replies: dict[str, AnnounceReply] = {}
        self.told: list[tuple[str, AnnounceRequest]] = []
        self.slow = 0.0
        self.refusals: dict[str, str] = {}
        self.counts: dict[str, ScrapeCounts] = {}

    async def announce(self, url: str, request: AnnounceRequest) -> AnnounceReply:
        await trio.sleep(self.slow)
        self.told.append((url, request))
        if url in self.refusals:
            raise TrackerError(self.refusals[url])
        if url not in self.replies:
            raise ConnectError("tracker refused the connection", url)
        return self.replies[url]

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], *, user_agent: str = ""
    ) -> dict[InfoHash, ScrapeCounts]:
        await trio.lowlevel.checkpoint()
        if url not in self.counts:
            raise ConnectError("tracker refused the connection", url)
        return dict.fromkeys(info_hashes, self.counts[url])


class DeskBody(WebseedBody):
    """What a web server gives, as far as the test has let it come."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.left = len(data)
        self.come = 0
        self.error: RainError | None = None
        self.closed = False
        self._news = trio.Event()

    def give(self, count: int | None = None) -> None:
        """Let some more bytes come, or all of them."""
        self.come = len(self.data) if count is None else self.come + count
        self._news.set()

    def fail(self, error: RainError) -> None:
        """Break, when what has come is taken."""
        self.error = error
        self._news.set()

    def take_into(self, buffer: memoryview) -> int | None:
        taken = len(self.data) - self.left
        got = min(len(buffer), self.come - taken)
        if not got:
            if self.error is not None and self.left:
                raise self.error
            return None if self.left else 0
        buffer[:got] = self.data[taken : taken + got]
        self.left -= got
        return got

    async def wait(self) -> None:
        self._news = trio.Event()
        await self._news.wait()


class DeskWeb:
    """Web servers: each request is answered by what the test put in `files`, or an error.

    What they give comes when the test says so, by the bodies in `bodies`.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes | RainError] = {}
        self.asked: list[tuple[str, int, int]] = []
        self.public_only: list[str] = []
        self.bodies: list[DeskBody] = []
        self.generous = False
        """Whether everything comes at once."""

    @asynccontextmanager
    async def open_file(
        self, url: str, offset: int, length: int, file_length: int, *, public_only: bool = False
    ) -> AsyncIterator[DeskBody]:
        self.asked.append((url, offset, length))
        if public_only:
            self.public_only.append(url)
        await trio.lowlevel.checkpoint()
        found = self.files.get(url, ConnectError(f"connection refused: {url}", url))
        if isinstance(found, RainError):
            raise found
        body = DeskBody(found[offset : offset + length])
        self.bodies.append(body)
        if self.generous:
            body.give()
        try:
            yield body
        finally:
            body.closed = True

    def open_piece(
        self, url: str, length: int, *, public_only: bool = False
    ) -> AbstractAsyncContextManager[DeskBody]:
        return self.open_file(url, 0, length, length, public_only=public_only)


class DeskNetwork:
    """Connections succeed only to the endpoints that the test named."""

    def __init__(self) -> None:
        self.streams: dict[Endpoint, FakeStream] = {}

    async def connect(self, remote: Endpoint) -> FakeStream:
        await trio.lowlevel.checkpoint()
        if remote not in self.streams:
            raise ConnectError(f"connection refused: {remote}", str(remote))
        return self.streams[remote]


class ScriptedPeer:
    """A handshaken peer that says what the test says."""

    def __init__(self, desk: Desk, name: str = "A") -> None:
        self.desk = desk
        self.stream = FakeStream()
        self.stream.remote = Endpoint("10.0.0.9", ord(name))
        self.handshake = Handshake(
            desk.sample.info.swarm_hash, type(desk.torrent.own_id)(name.encode() * 20)
        )
        self.they = PeerProtocol(
            fast=True, extended=True, limits=Config().peers, geometry=desk.sample.info.geometry
        )

    def join(self) -> ScriptedPeer:
        """Be accepted by the torrent."""
        self.desk.torrent.add_peer(Handshaken(self.stream, self.handshake), incoming=True)
        return self

    def say(self, *messages: m.Message) -> None:
        self.stream.deliver(b"".join(map(peer_codec.encode, messages)))

    def heard(self) -> list[Any]:
        """What the torrent has told it since last time."""
        data, self.stream.sent = bytes(self.stream.sent), bytearray()
        consumed, messages = self.they.receive(memoryview(data), len(data))
        assert consumed == len(data)
        return [snapshot(message) for message in messages]

    def requests(self) -> list[m.Request]:
        return [message for message in self.heard() if isinstance(message, m.Request)]

    def give(self, *requests: m.Request) -> None:
        """Answer requests truthfully."""
        content, length = self.desk.sample.content, self.desk.sample.info.piece_length
        starts = [piece * length + begin for piece, begin, _ in requests]
        self.say(
            *(
                m.Block(request.piece, request.begin, content[start : start + request.length])
                for request, start in zip(requests, starts, strict=True)
            )
        )

    def seed(self) -> list[m.Request]:
        """Join, have all, unchoke; what is asked first."""
        self.join()
        self.say(m.HaveAll(), m.Unchoke())
        return self.requests()


class Desk:
    """One torrent and all that is around it.

    Args:
        whole: The content is there from the start.
        magnet: The info dictionary is not known.
        store: Where to remember.
        dht: Who searches, if somebody does.
    """

    def __init__(
        self,
        *,
        pieces: int = 4,
        whole: bool = False,
        magnet: bool = False,
        goal: Goal = Goal.COMPLETE,
        limits: Limits | None = None,
        store: ResumeStore | None = None,
        prompt: tuple[str, ...] = ("check", "disk", "hash", "read"),
        config: Config | None = None,
        trackers: Sequence[Sequence[str]] = (),
        sources: Sequence[str] = (),
        fetch_torrent: FetchTorrent = no_source,
        dht: Dht | None = None,
        web: WebUrls = NO_WEB,
        own_sample: Sample | None = None,
        layers: Mapping[bytes, bytes] | None = None,
        unfinished: str | None = None,
    ) -> None:
        self.sample: Sample = own_sample or sample(1, pieces=pieces, piece_length=2 * BLOCK)
        info = self.sample.info
        self.offload = ManualOffload(*prompt)
        self.network = DeskNetwork()
        self.trackers = DeskTrackers()
        self.web = DeskWeb()
        self.records: list[records.Event] = []
        self.storage = FaultyStorage(info, self.sample.content if whole else b"")
        self.content = Content(
            info.swarm_hash, "/desk", lambda info: self.storage, self.offload, store
        )
        self.world = World(
            network=self.network,  # type: ignore[arg-type]
            encrypter=Encrypter(random.Random(1)),
            trackers=self.trackers,
            webseeds=self.web,
            offload=self.offload,
            rng=random.Random(1),
            calendar=lambda: 1000.0 + trio.current_time(),
            down=RateLimiter(),
            up=RateLimiter(),
            scratch=memoryview(bytearray(256 * KIB)),
            dht=dht,
        )
        from raincore.base.ids import PeerId

        self.torrent = Torrent(
            self.world,
            config or Config(peers=PeerLimits(encryption=Encryption.OFF, requests_out_start=32)),
            Given(
                info_hash=info.swarm_hash,
                own_id=PeerId(OWN_ID),
                info=None if magnet else info,
                layers=layers or {},
                goal=goal,
                limits=limits or Limits(waits_for_peers=True),
                trackers=trackers,
                search=MetadataSearch(sources=tuple(sources)),
                port=6881,
                web=web,
                dht_port=None if self.world.dht is None else self.world.dht.port,
                looks_nearby=self.world.lsd is not None,
            ),
            self.content,
            on_record=self.records.append,
            fetch_torrent=fetch_torrent,
            unfinished=unfinished,
        )
        self.outcome: RainError | None = None
        self.over = trio.Event()
        self.scope = trio.CancelScope()

    @asynccontextmanager
    async def running(self, *peers: Endpoint) -> AsyncIterator[None]:
        """Run the torrent beside the test; stop it at the end if it still runs."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self.run, peers)
            await self.settle()
            yield
            self.torrent.stop()
            self.offload.finish()
            await self.over.wait()
            nursery.cancel_scope.cancel()

    async def run(self, peers: Sequence[Endpoint]) -> None:
        try:
            with self.scope:
                await self.torrent.run(peers)
        except RainError as error:
            self.outcome = error
        finally:
            self.over.set()

    async def settle(self) -> None:
        """Let everything happen that is about to."""
        await trio.testing.wait_all_tasks_blocked(0.001)

    @property
    def statuses(self) -> list[str]:
        return [r.status for r in self.records if isinstance(r, records.Status)]

    @property
    def warnings(self) -> list[str]:
        return [r.message for r in self.records if isinstance(r, records.Warning)]


def open_store(directory: Path) -> ResumeStore:
    """A resume store of the test's own."""
    return ResumeStore.open(directory / "resume")

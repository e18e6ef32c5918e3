"""One torrent, running: the bridge between its machine and the world.

`dispatch` is synchronous and everything runs on one thread, so each event is handled
whole, in order, where it happened: no inbox, no lock, no hop.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import the_one
from raincore.engine import admission, executor, explaining, farewell, peer_tasks
from raincore.engine.alarm import Alarm
from raincore.engine.announcers import Announcers
from raincore.engine.dht_searches import DhtSearches
from raincore.engine.keeping import Keeping
from raincore.engine.leaf_reader import LeafReader
from raincore.engine.lending import Lending
from raincore.engine.piece_io import PieceIO
from raincore.engine.source_tasks import SourceTasks, no_source
from raincore.engine.streams import Streams
from raincore.engine.torrent_rates import TorrentRates
from raincore.engine.webseed_tasks import WebseedTasks
from raincore.engine.wishes import Wishes
from raincore.net.dialer import Offer
from raincore.swarm import both_swarms, dht_searching
from raincore.swarm.events import (
    PeerKey,
    PeersFound,
    PieceStored,
    Started,
    StopRequested,
)
from raincore.swarm.machine import TorrentMachine
from raincore.swarm.state import Phase
from raincore.wire import handshake

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from raincore.base.config import Config
    from raincore.base.endpoint import Endpoint
    from raincore.base.errors import RainError
    from raincore.base.ids import InfoHash
    from raincore.documents import events as records
    from raincore.engine.content import Content
    from raincore.engine.peer_tasks import PeerConnection
    from raincore.engine.source_tasks import FetchTorrent
    from raincore.engine.world import World
    from raincore.formats.info import Info
    from raincore.formats.metainfo import Metainfo
    from raincore.net.dialer import Handshaken
    from raincore.net.peer_link import PeerLink
    from raincore.swarm.events import Event
    from raincore.swarm.given import Given

__all__ = ["OnRecord", "Torrent"]

OnRecord = Callable[["records.Event"], None]
WELCOMING = (Phase.METADATA, Phase.DOWNLOADING, Phase.SEALING, Phase.SEEDING)


class Torrent(Wishes):
    """One torrent's machine, links and buffers; the only caller of its machine.

    Args:
        world: What it may touch.
        config: Its limits.
        given: What is known of it from the start.
        content: Where its content is checked, kept and remembered.
        on_record: Is told everything that the outside may want to know; must not block.
        fetch_torrent: Gets its info dictionary from a source of `given.search`.
        unfinished: Where blocks of unfinished pieces outlive us, if they are to (see
            `unfinished_pieces.place_of`).
        on_swarm: Is told by which further hash strangers may ask for it (BEP 52).
    """

    __slots__ = (  # a dictionary of so many names would be a kilobyte more
        *("_bug", "_ended", "_last_words", "_next_key", "_nursery", "_on_record"),
        *("_outcome", "_over", "_running", "_stored_late", "_unflushed", "alarm", "announcers"),
        *("connections", "content", "dht", "info_hash", "keeping", "leaf_reader", "lending"),
        *("machine", "on_swarm", "own_id", "piece_io", "rates", "source_tasks", "streams"),
        *("webseeds", "world"),
    )

    def __init__(
        self,
        world: World,
        config: Config,
        given: Given,
        content: Content,
        *,
        on_record: OnRecord,
        fetch_torrent: FetchTorrent = no_source,
        unfinished: str | None = None,
        on_swarm: Callable[[InfoHash], None] = lambda info_hash: None,
    ) -> None:
        self.world, self.config, self.content = world, config, content
        self.info_hash, self.own_id, disk = given.info_hash, given.own_id, config.disk
        self.rates = TorrentRates(world, config.rates)
        lent = world.resources.lend()
        self.connections: dict[PeerKey, PeerConnection] = {}
        given = peer_tasks.watched(given, self.connections, lent)
        self.machine = TorrentMachine(given, config=config, rng=world.rng)
        self.webseeds = WebseedTasks(self)
        start, tell = self.start_soon, self.dispatch
        patience = config.trackers.stop_timeout_seconds
        self.announcers = Announcers(world.trackers, start, tell, patience)
        self.dht = DhtSearches(world.dht, given.info_hash, given.port, start, tell)
        self.source_tasks = SourceTasks(fetch_torrent, start, tell)
        self.piece_io = PieceIO(content, world.offload, world.spare, world.meter, world.small_piece)
        reads = world.cache, world.meter, disk.read_run_length
        self.lending = Lending(content, world.offload, *reads)
        self.lending.proofs.tell = self.dispatch
        self.keeping = Keeping(
            unfinished, disk.write_budget_bytes, self.piece_io, world.offload, content.warn
        )
        self.leaf_reader = LeafReader(content, world.offload, self.dispatch)
        self.streams = Streams(self)
        self.on_swarm = on_swarm
        self._on_record = on_record
        self._unflushed: dict[PeerLink, None] = {}
        self.alarm = Alarm(world.alarms, self.machine.next_timer, self._on_timer)
        self._stored_late: list[int] = []
        self._next_key = 0
        self._nursery: trio.Nursery | None = None
        self._outcome: RainError | None = None
        self._last_words: list[records.Explanation] | None = None
        self._bug: BaseException | None = None
        self._running = self._ended = self._over = False

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
                if given := tuple(peers):
                    self.dispatch(PeersFound("manual", given))
                self.dispatch(Started())
                await self.alarm.run()
                if self._bug is not None:
                    raise self._bug
                await farewell.say(self, self._stored_late)
                nursery.cancel_scope.cancel()
        except BaseExceptionGroup as group:
            raise the_one(group) from None
        finally:
            self._running = False
            self._over = True
            for connection in list(self.connections.values()):
                connection.abandon()
            self.connections.clear()
            self.machine.state.lent.give_all_back()
            self.piece_io.close()
            self.lending.close()
            self.content.close()
            self.keeping.close()
            self.streams.end()
        if self._outcome is not None:
            raise self._outcome

    def stop(self) -> None:
        """Ask the torrent to end cleanly; `run` returns soon after."""
        self.dispatch(StopRequested())

    def explain(self) -> list[records.Explanation]:
        """Say why it does not move, or that it does; once it has ended, why it did not then."""
        return self._last_words or explaining.explain(self, trio.current_time())

    @property
    def accepts_peers(self) -> bool:
        """Whether an incoming peer would be welcome now."""
        return self._running and self.machine.state.phase in WELCOMING

    def offer(self, swarm: InfoHash | None = None, *, plain: bool = False) -> Offer:
        """What our handshakes say of us now.

        Args:
            swarm: By which hash of a hybrid the torrent is meant; None for its own.
            plain: Without the offer to go on as v2 (BEP 52, "upgrade path").
        """
        state = self.machine.state
        swarm = swarm or self.info_hash
        upgrade = None if plain else both_swarms.upgrade_of(state, swarm)
        reserved = handshake.reserved(
            fast=True, extended=True, dht=dht_searching.is_open(state), v2=upgrade is not None
        )
        return Offer(swarm, self.own_id, reserved, upgrade)

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
    def layers(self) -> Mapping[bytes, bytes]:
        """Its piece layers by pieces root, as far as they are known (BEP 52)."""
        return self.machine.state.layers

    @property
    def reached_goal(self) -> bool:
        """Whether it did what it was for; never again false."""
        return self.machine.state.reached_goal

    @property
    def disk_error(self) -> RainError | None:
        """Why it waits for its disk, or cannot give what it has; it goes on by itself."""
        return explaining.trouble(self)

    def add_peer(self, peer: Handshaken, *, incoming: bool) -> None:
        """Take over a handshaken stream; the torrent closes it from now on."""
        if not self._running:
            peer.stream.close()
            return
        self._next_key += 1
        admission.admit(self, PeerKey(self._next_key), peer, incoming=incoming)

    # --- what its own parts call ----------------------------------------------------------

    def dispatch(self, event: Event) -> None:
        """Let the machine react to `event`, now, and start what it asks for. Never waits."""
        if self._over:
            return  # a worker thread was not done yet when `run` was cancelled
        if isinstance(event, PieceStored) and self._ended:
            self._stored_late.append(event.piece)
        try:
            for command in self.machine.handle(event, trio.current_time()):
                executor.execute(self, command)
            self._settle()
        except Exception as error:
            # A bug of ours, maybe in the hub's task, which serves all: it must end this one only.
            self.crash(error)

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
        """Hand a record to the outside, which stamps those whose time it tells."""
        self._on_record(record)
        self.streams.notice(record)

    def finish(self, outcome: RainError | None) -> None:
        """The machine has ended; let `run` return or raise."""
        self._last_words = self.explain()
        self._outcome = outcome
        self._end()

    def crash(self, error: BaseException) -> None:
        """End at once with a bug of ours, which `run` raises."""
        self._bug = self._bug or error
        self._end()

    def _end(self) -> None:
        self._ended = True
        self.alarm.stop()

    def _settle(self) -> None:
        """Send what was queued and see to it that the timer is right."""
        while self._unflushed:
            link = next(iter(self._unflushed))
            del self._unflushed[link]
            link.flush()
        self.alarm.look()

    def _on_timer(self, now: float) -> None:
        for command in self.machine.handle_timer(now):
            executor.execute(self, command)
        self._settle()

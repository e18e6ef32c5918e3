"""Everything outside that a torrent may touch: network, threads, dice, calendar.

A test swaps the whole world for a simulated one (tests/sim/world.py).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from raincore.base.config import DiskLimits
from raincore.engine.alarm_clock import AlarmClock
from raincore.engine.spare_buffers import SpareBuffers
from raincore.policy.budget import Budget, Resources
from raincore.policy.disk_meter import DiskMeter
from raincore.policy.refusals import nothing
from raincore.storage.piece_cache import PieceCache

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from raincore.base.endpoint import Endpoint
    from raincore.base.ids import InfoHash
    from raincore.dht.errands import Errand
    from raincore.dht.events import Event as DhtEvent
    from raincore.net.dht_gathering import LookupSummary
    from raincore.net.encrypter import Encrypter
    from raincore.net.interface import Network
    from raincore.net.offload import Offload
    from raincore.net.rate_limiter import RateLimiter
    from raincore.net.webseed_body import WebseedBody
    from raincore.wire.announce import AnnounceReply, AnnounceRequest, ScrapeCounts

__all__ = ["Dht", "LocalDiscovery", "Trackers", "WebServers", "World"]

SCRATCH_LENGTH = 512 * 1024
"""Bytes that one read may bring; larger reads save system calls and wake-ups."""


class Trackers(Protocol):
    """All trackers there are; net.tracker_client.TrackerClient, or a simulation's."""

    async def announce(self, url: str, request: AnnounceRequest) -> AnnounceReply:
        """Tell a tracker about us; bounded in time. Cancelling forgets it.

        Raises:
            RainError: It could not be asked, or refused; the text is for people.
        """

    async def scrape(
        self, url: str, info_hashes: Sequence[InfoHash], *, user_agent: str = ""
    ) -> dict[InfoHash, ScrapeCounts]:
        """Ask a tracker for its counts of swarms; bounded in time. Cancelling forgets it.

        Returns:
            Those that it knows.

        Raises:
            RainError: It could not be asked, refused, or is none that can be scraped.
        """


class Dht(Protocol):
    """Our part in the DHT; net.dht_service.DhtService, or a simulation's."""

    @property
    def port(self) -> int:
        """The UDP port of our nodes."""

    @property
    def external_addresses(self) -> tuple[Endpoint, ...]:
        """Our addresses as others see them, as far as they agree (BEP 42)."""

    def add_node(self, endpoint: Endpoint) -> None:
        """Look at an address that a peer named."""

    async def look_up(
        self, make_errand: Callable[[bool], Errand], on_event: Callable[[DhtEvent], None]
    ) -> LookupSummary:
        """Look something up; cancelling ends it. Never fails: nobody answers at worst."""


class LocalDiscovery(Protocol):
    """Neighbours in the local network; net.lsd_service.LsdService, or a simulation's."""

    def look(
        self,
        info_hash: InfoHash,
        on_neighbour: Callable[[Endpoint], None],
        *,
        announce: bool,
        port: int = 0,
    ) -> None:
        """Tell of neighbours that take part in a torrent; with `announce`, tell them of us."""

    def leave(self, info_hash: InfoHash) -> None:
        """End that."""


class WebServers(Protocol):
    """All web servers there are; net.webseed_client.WebseedClient, or a simulation's."""

    def open_file(
        self, url: str, offset: int, length: int, file_length: int, *, public_only: bool = False
    ) -> AbstractAsyncContextManager[WebseedBody]:
        """Ask for a range of a file (BEP 19), if need be only of servers on the internet.

        Raises:
            RainError: On entering, and from the body: it was not given.
        """

    def open_piece(
        self, url: str, length: int, *, public_only: bool = False
    ) -> AbstractAsyncContextManager[WebseedBody]:
        """Ask for a piece (BEP 17); as `open_file`."""


@dataclass(slots=True, eq=False, kw_only=True)
class World:
    """What one process lends to all its torrents.

    Args:
        network: Makes every socket.
        encrypter: Speaks MSE with peers.
        trackers: Asks every tracker.
        dht: Asks every node; None where no DHT runs.
        lsd: Hears of neighbours; None where nobody listens.
        hosts: Addresses of this machine.
        webseeds: Asks every web seed.
        offload: Worker threads for hashing and disk.
        rng: Dice; peer ids and piece order come from it.
        calendar: Seconds since the epoch, for records; never for decisions.
        down: Limits what all peers together may send us.
        up: Limits what we send to all peers together.
        scratch: The receive buffer that all links share (net.peer_link).
        blocks: Says which addresses the network refuses to talk to.
        resources: What torrents share: connections, dials, memory.
        alarms: Wakes torrents when something is due.
        spare: Memory of pieces that waits to be used again.
        outage: Says what keeps all sockets from speaking; "" while nothing does.
        meter: Counts what is read and written of content.
        cache: What was read of content lately, of all torrents together.
        small_piece: Bytes of the longest piece that is hashed without a thread (`hashers`).
    """

    network: Network
    encrypter: Encrypter
    trackers: Trackers
    webseeds: WebServers
    offload: Offload
    rng: random.Random
    calendar: Callable[[], float]
    down: RateLimiter
    up: RateLimiter
    scratch: memoryview
    dht: Dht | None = None
    blocks: Callable[[Endpoint], bool] = nothing
    lsd: LocalDiscovery | None = None
    hosts: tuple[str, ...] = ()
    resources: Resources = field(default_factory=Resources)
    alarms: AlarmClock = field(default_factory=AlarmClock)
    spare: SpareBuffers = field(default_factory=lambda: SpareBuffers(Budget()))
    outage: Callable[[], str] = str
    meter: DiskMeter = field(default_factory=DiskMeter)
    cache: PieceCache = field(default_factory=lambda: PieceCache(DiskLimits().read_cache_bytes))
    small_piece: int = 0

"""What all torrents of one process share, opened and closed together."""

from __future__ import annotations

import math
import os
import random
import secrets
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from raincore.base.config import Encryption
from raincore.base.errors import ConfigError, StorageError, the_one
from raincore.engine import hashers
from raincore.engine.spare_buffers import SpareBuffers
from raincore.engine.world import SCRATCH_LENGTH, World
from raincore.net import torrent_url
from raincore.net.encrypter import Encrypter
from raincore.net.hub import Hub
from raincore.net.offload import Offload
from raincore.net.rate_limiter import RateLimiter
from raincore.net.tracker_client import TrackerClient
from raincore.net.web_clients import WebClients
from raincore.policy.budget import Budget, Resources
from raincore.session import open_files
from raincore.session.outside import Outside, open_outside
from raincore.storage.claims import Claims
from raincore.storage.content_lock import ContentLocks
from raincore.storage.file_allowance import FileAllowance
from raincore.storage.piece_cache import PieceCache
from raincore.storage.resume_store import ResumeStore
from raincore.storage.workers import page_buffer
from raincore.wire import rc4

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from raincore.base.config import Config
    from raincore.base.server_config import BlocklistRules
    from raincore.net.http_client import HttpClient
    from raincore.session.open_files import OpenFiles

__all__ = ["Services", "open_services"]


@dataclass(frozen=True, slots=True, eq=False)
class Services:
    """The sockets, threads and memory of one process.

    Args:
        config: Its settings.
        world: What torrents may touch.
        outside: What holds for its sockets.
        hub: Waits for all sockets.
        web: Speaks HTTP.
        store: What survives a restart; None if it cannot be used.
        open_files: What descriptors there are, and for what.
        allowance: How many files torrents may keep open.
        nursery: Where tasks run that live as long as the services.
        claims: Which files belong to which torrent.
        locks: Keep other processes from content that one of ours writes.
    """

    config: Config
    world: World
    outside: Outside
    hub: Hub
    web: WebClients
    store: ResumeStore | None
    open_files: OpenFiles
    allowance: FileAllowance
    nursery: trio.Nursery
    claims: Claims = field(default_factory=Claims)
    locks: ContentLocks = field(default_factory=ContentLocks)

    @property
    def http(self) -> HttpClient:
        """Fetches what is small, from anybody."""
        return self.web.http

    @property
    def confined(self) -> bool:
        """Whether something holds for all sockets; see session.outside."""
        return self.outside.confined

    def set_limits(self, *, down: int | None = None, up: int | None = None) -> None:
        """Change how fast all torrents together may go, at once.

        Args:
            down: Bytes per second, 0 for no limit; None to leave it as it is.
            up: Likewise.

        Raises:
            ValueError: A limit is negative; a bug in the caller.
        """
        if down is not None:
            self.world.down.set_rate(down)
        if up is not None:
            self.world.up.set_rate(up)

    async def download(self, url: str) -> bytes:
        """Get a .torrent file from the web, over the same sockets as all else.

        Raises:
            FormatError, NetworkError: It cannot be had (net.torrent_url).
        """
        seconds = self.config.session.fetch_timeout_seconds
        return await torrent_url.get(self.http, url, seconds=seconds)


@asynccontextmanager
async def open_services(
    config: Config,
    on_warning: Callable[[str], None] = lambda text: None,
    *,
    remembers: bool = True,
) -> AsyncIterator[Services]:
    """Start the shared tasks and threads, and open the resume store.

    Args:
        config: Limits, rates, and what holds for sockets.
        on_warning: Is told when the resume store cannot be used, or lines of a blocklist
            cannot be read; work goes on without.
        remembers: Open the user's resume store; not for a session, which has a database of
            its own, and whose blocklist may change.

    Raises:
        ConfigError: The sockets cannot be bound as `config` wants, encryption is required
            and there is no RC4 here, or the system allows too few open files.
        FormatError: A blocklist cannot be read.

    Leaves no task behind; cancelling closes everything.
    """
    check_encryption(config.peers.encryption)
    files = open_files.prepare(config.process)
    hub = Hub()
    lists = None if remembers else config.blocklist
    outside = await look_outside(config, hub, on_warning, lists)
    disk = config.disk
    lanes = {
        "read": disk.parallel_reads,
        "write": disk.parallel_writes,
        "tree": hashers.TREE_HASHERS,
    }
    offload = Offload(hub, lanes)
    rng = random.Random(secrets.randbits(128))
    verify_tls = config.sockets.verify_tls
    web = WebClients(outside.network, verify_tls=verify_tls, limits=config.web)
    trackers = TrackerClient(outside.trackers, rng, rules=config.sockets, limits=config.trackers)
    shared = resources_of(config, files)
    world = make_world(config, outside, offload, rng, trackers, web, shared)
    try:
        async with trio.open_nursery() as nursery:
            for run in (hub.run, *outside.tasks, world.down.run, world.up.run):
                nursery.start_soon(run)
            if disk.read_cache_seconds < math.inf:
                nursery.start_soon(let_grow_old, world.cache, disk.read_cache_seconds)
            store = await open_store(offload, on_warning) if remembers else None
            allowance = FileAllowance(files.files)
            yield Services(config, world, outside, hub, web, store, files, allowance, nursery)
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_one(group) from None
    finally:
        for client in (web, trackers):
            await client.aclose()
        offload.close()
        hub.close()


async def let_grow_old(cache: PieceCache, seconds: float) -> None:
    """Give up what nobody has asked for in so many seconds, or half as many more."""
    while True:
        await trio.sleep(max(seconds / 2, 0.1))
        cache.grow_old(2)


def make_world(
    config: Config,
    outside: Outside,
    offload: Offload,
    rng: random.Random,
    trackers: TrackerClient,
    web: WebClients,
    resources: Resources,
) -> World:
    """Put together what torrents may touch."""
    return World(
        network=outside.peers,
        encrypter=Encrypter(random.SystemRandom()),
        trackers=trackers,
        webseeds=web,
        offload=offload,
        rng=rng,
        calendar=time.time,
        down=RateLimiter(config.rates.download_bytes_per_second),
        up=RateLimiter(config.rates.upload_bytes_per_second),
        scratch=page_buffer(SCRATCH_LENGTH),
        blocks=outside.blocks,
        hosts=tuple(outside.hosts()),
        cache=PieceCache(config.disk.read_cache_bytes),
        resources=resources,
        spare=SpareBuffers(resources.memory),
        outage=outside.outage,
        small_piece=hashers.small_piece(len(os.sched_getaffinity(0))),
    )


async def look_outside(
    config: Config,
    hub: Hub,
    on_warning: Callable[[str], None],
    lists: BlocklistRules | None,
) -> Outside:
    """As `open_outside`; closes the hub if it fails."""
    try:
        return await open_outside(config.sockets, hub, on_warning, lists)
    except BaseException:
        hub.close()
        raise


def resources_of(config: Config, files: OpenFiles) -> Resources:
    """What torrents share: connections as there are descriptors, dials, and memory."""
    return Resources(
        connections=Budget(files.connections),
        half_open=Budget(config.process.max_half_open),
        memory=Budget(config.disk.write_budget_bytes),
    )


def check_encryption(policy: Encryption) -> None:
    """Refuse what cannot be done: RC4 in Python would be a hundred times too slow."""
    if policy is Encryption.REQUIRE and not rc4.is_fast():
        raise ConfigError("cannot encrypt: the OpenSSL of this Python has no RC4", "encryption")


async def open_store(offload: Offload, on_warning: Callable[[str], None]) -> ResumeStore | None:
    """Open the resume store; without one everything works but remembers nothing."""
    try:
        return await offload.run("disk", ResumeStore.open)
    except StorageError as error:
        on_warning(f"nothing will be remembered: {error}")
        return None

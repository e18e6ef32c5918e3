"""Everything that a session opens, and closes in the right order."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import trio

from raincore.base.errors import ListenError, StorageError
from raincore.net.acceptor import Acceptor
from raincore.net.lsd_service import LsdService
from raincore.policy.announce_pace import BURST_SECONDS, AnnouncePace
from raincore.session.blocklist_updater import BlocklistUpdater
from raincore.session.commons import Commons, check_data_dir, places
from raincore.session.dht import open_dht
from raincore.session.event_log import EventLog
from raincore.session.ledger import Ledger
from raincore.session.paced_trackers import PacedTrackers
from raincore.session.ports import Ports
from raincore.session.services import open_services
from raincore.session.shared_port import SharedPort
from raincore.storage.directory_tree import make_directory
from raincore.storage.session_store import SessionStore

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from raincore.base.config import Config
    from raincore.net.offload import Offload
    from raincore.session.services import Services
    from raincore.storage.session_store import Loaded

__all__ = ["open_commons"]


@asynccontextmanager
async def open_commons(
    config: Config, on_warning: Callable[[str], None]
) -> AsyncIterator[tuple[Commons, Loaded]]:
    """Open the database, the sockets and the threads of a session.

    Raises:
        ConfigError, SessionLocked, StorageError: As `Session`.

    What was put into the ledger is written before the database is closed. Leaves no task
    behind.
    """
    check_data_dir(config)
    _, database = places(config)
    async with AsyncExitStack() as stack:
        services = await stack.enter_async_context(
            open_services(config, on_warning, remembers=False)
        )
        world, offload, rules = services.world, services.world.offload, config.session
        open_store = partial(open_database, database, rules.file_mode)
        store = await offload.run("database", open_store)
        stack.callback(close_database, store, offload)
        loaded = await offload.run("database", store.load)
        ledger = Ledger(store, offload, on_warning, rules.snapshot_interval_seconds)
        a_second = rules.announces_per_second
        pace = AnnouncePace(a_second, int(a_second * BURST_SECONDS))
        world.trackers = PacedTrackers(world.trackers, pace)
        commons = Commons(
            config=config,
            services=services,
            nursery=services.nursery,
            ledger=ledger,
            log=EventLog(world.calendar, store.first_revision),
            pace=AnnouncePace(a_second),
            ports=Ports.of(rules, world.rng),
        )
        services.nursery.start_soon(ledger.run)
        commons.blocklist = await start_blocklist(config, services)
        if rules.shared_port:
            commons.shared = share_port(config, services)
        if config.sources.dht:
            await join_dht(stack, commons, on_warning)
        if config.sources.lsd:
            hosts = services.outside.hosts
            world.lsd = LsdService(world.network, world.rng, rules.shared_port, hosts)
            services.nursery.start_soon(world.lsd.run)
        try:
            yield commons, loaded
        finally:
            with trio.CancelScope(shield=True):
                try:
                    await ledger.flush()
                except StorageError as error:
                    on_warning(f"the latest changes are lost: {error}")


def open_database(place: Path, mode: int) -> SessionStore:
    """Open the database; it is its owner's alone, but what is made above it is not.

    Raises:
        SessionLocked, StorageError: As `SessionStore.open`.
    """
    with suppress(OSError):  # that says what is wrong
        make_directory(place.parent, mode)
    return SessionStore.open(place)


def close_database(store: SessionStore, offload: Offload) -> None:
    """Close it after all that is under way, in the thread that has it open.

    Elsewhere it would stay open until garbage is collected, and then be written to.
    """

    def done(result: object) -> None:
        if isinstance(result, BaseException):
            raise result

    offload.submit("database", store.close, done)


async def start_blocklist(config: Config, services: Services) -> BlocklistUpdater:
    """Load the blocklist, and keep it fresh.

    Raises:
        FormatError: Its file cannot be read.
    """
    _, database = places(config)
    place = f"{database}.blocklist"
    updater = BlocklistUpdater(
        config.blocklist, services.outside.blocklist, services.http, place, services.world.calendar
    )
    await updater.load()
    services.nursery.start_soon(updater.run)
    return updater


def share_port(config: Config, services: Services) -> SharedPort:
    """Listen at the one port of all torrents.

    Raises:
        ListenError: It cannot be had: then there would be no incoming peer at all.
    """
    shared = SharedPort(services)
    torrents = shared.torrents
    asked = torrents.offer, torrents.find, torrents.welcome
    strangers = min(config.peers.max_accepted, services.open_files.strangers)
    limits = replace(config.peers, max_accepted=strangers)
    acceptor = Acceptor(services.world.network, *asked, limits, services.world.encrypter)
    listeners = acceptor.listen_at(config.session.listen_host, config.session.shared_port)
    shared.port = listeners[0].endpoint.port
    services.nursery.start_soon(acceptor.run)
    return shared


async def join_dht(
    stack: AsyncExitStack, commons: Commons, on_warning: Callable[[str], None]
) -> None:
    """Take part in the DHT until `stack` ends; without it, everything else works."""
    world, port = commons.services.world, commons.config.session.dht_port
    try:
        dht = open_dht(world.network, world.offload, commons.config, port, on_warning)
        commons.dht = world.dht = await stack.enter_async_context(dht)
    except ListenError as error:
        on_warning(f"no part is taken in the DHT: {error}")
    if commons.shared is not None:
        commons.shared.dht = commons.dht

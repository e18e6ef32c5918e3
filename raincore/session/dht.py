"""The DHT service of a process, with what it knew in the last run."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

from raincore.base.config import BOOTSTRAP
from raincore.base.errors import StorageError, the_one
from raincore.net import ed25519
from raincore.net.dht_bootstrap import FALLBACK
from raincore.net.dht_service import ANYWHERE, DhtService
from raincore.storage import dht_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from raincore.base.config import Config
    from raincore.formats.dht_state import Saved
    from raincore.net.interface import Network
    from raincore.net.offload import Offload

__all__ = ["load_known", "open_dht", "save_known"]

SAVE_SECONDS = 5 * 60.0
LAST_SAVE_SECONDS = 1.0
"""How long the end of the process may wait for the disk."""


@asynccontextmanager
async def open_dht(
    network: Network,
    offload: Offload,
    config: Config,
    port: int = 0,
    on_warning: Callable[[str], None] = lambda text: None,
) -> AsyncIterator[DhtService]:
    """Take part in the DHT, from when the first torrent asks it something.

    Not before: a process that serves private torrents alone sends it no datagram.

    Args:
        network: Makes the sockets and looks names up.
        offload: Threads for the disk.
        config: What to begin with, and how much to remember and to say.
        port: For datagrams; another one if it is taken.
        on_warning: Is told, once for each cause, when nothing can be remembered.

    Raises:
        ListenError: No port at all can be used.

    The nodes that are known are saved every few minutes and in the end.
    """
    dice = random.SystemRandom()
    saved = await load_known(offload, on_warning)
    dht = DhtService(
        network,
        dice,
        limits=config.dht,
        verify=ed25519.verify,
        saved=saved,
        hosts=(config.dht.host,) if config.dht.host else ANYWHERE,
        lookup_seconds=config.sockets.lookup_timeout_seconds,
    )
    dht.listen(port)
    hosts = config.sources.bootstrap
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(dht.run_when_asked, hosts, FALLBACK if hosts == BOOTSTRAP else ())
            nursery.start_soon(_keep_saving, dht, offload, on_warning)
            yield dht
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        raise the_one(group) from None
    finally:
        dht.close()
        with trio.move_on_after(LAST_SAVE_SECONDS, shield=True):
            await save_known(dht, offload, on_warning)


async def load_known(offload: Offload, on_warning: Callable[[str], None]) -> dict[int, Saved]:
    """Read what the last run knew; nothing, with a warning, when that cannot be done."""
    try:
        return await offload.run("disk", dht_file.load)
    except StorageError as error:
        on_warning(f"the DHT nodes of the last run are lost: {error}")
        return {}


async def _keep_saving(
    dht: DhtService, offload: Offload, on_warning: Callable[[str], None]
) -> None:
    while True:
        await trio.sleep(SAVE_SECONDS)
        if not await save_known(dht, offload, on_warning):
            return


async def save_known(dht: DhtService, offload: Offload, on_warning: Callable[[str], None]) -> bool:
    """Save if there is anything to save; False when it cannot be done."""
    known = dht.saved()
    if not known:
        return True
    try:
        await offload.run("disk", lambda: dht_file.save(known))
    except StorageError as error:
        on_warning(f"DHT nodes are not remembered: {error}")
        return False
    return True

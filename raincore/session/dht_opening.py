"""Opens the sockets, and the memory of earlier runs, of one command that asks the DHT."""

from __future__ import annotations

import random
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import trio

from raincore.base.config import BOOTSTRAP
from raincore.base.errors import ListenError
from raincore.net import ed25519
from raincore.net.dht_service import DhtService
from raincore.session.dht import load_known, save_known
from raincore.session.dht_client import ENOUGH_NODES, DhtClient
from raincore.session.services import open_services

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from raincore.base.config import Config

__all__ = ["open_dht_client"]

SAVE_SECONDS = 1.0
"""How long the end of the command may wait for the disk."""


@asynccontextmanager
async def open_dht_client(
    config: Config,
    *,
    port: int = 0,
    timeout_seconds: float,
    on_warning: Callable[[str], None] = lambda text: None,
) -> AsyncIterator[DhtClient]:
    """Open sockets for questions to the DHT; nothing is sent before something is asked.

    Nodes that were known in an earlier run are asked, and new ones remembered, only with the
    usual bootstrap nodes: others may lead to a DHT of their own.

    Args:
        config: `dht`, `sources.bootstrap` and `sockets` count.
        port: UDP port to ask from; 0 for any free one.
        timeout_seconds: How long one question to the whole DHT may take.
        on_warning: Is told what is wrong though work goes on.

    Raises:
        ListenError: The port cannot be used.

    Leaves no task behind; cancelling closes everything.
    """
    remembers = config.sources.bootstrap == BOOTSTRAP
    alone = replace(config, sources=replace(config.sources, dht=False))
    async with open_services(alone, on_warning) as services:
        offload = services.world.offload
        service = DhtService(
            services.world.network,
            random.SystemRandom(),
            limits=config.dht,
            verify=ed25519.verify,
            saved=await load_known(offload, on_warning) if remembers else None,
        )
        try:
            service.listen(port)
            if port and service.port != port:
                raise ListenError(f"UDP port is in use: {port}", str(port))
            yield DhtClient(services, service, timeout_seconds)
        finally:
            service.close()
            if remembers and service.node_count >= ENOUGH_NODES:
                with trio.move_on_after(SAVE_SECONDS, shield=True):
                    await save_known(service, offload, on_warning)

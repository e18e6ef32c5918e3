"""A client of the DHT in a memory network, with what it needs of the services of a process."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import trio

from raincore.base.config import Config, DhtLimits, Sources
from raincore.base.endpoint import Endpoint
from raincore.net import ed25519
from raincore.net.dht_service import DhtService
from raincore.session.dht_client import DhtClient
from tests.net.memory_network import MemoryNetwork

FIRST = ("20.0.0.7:6881",)
HOSTS = ("20.1.0.7", "2001:db8:ffff::7")


class Hub:
    """Remembers who wants to know when which pipe breaks."""

    def __init__(self) -> None:
        self.watched: dict[int, Callable[[], None]] = {}

    def watch_closed(self, descriptor: int, callback: Callable[[], None]) -> None:
        self.watched[descriptor] = callback


@asynccontextmanager
async def client(
    network: MemoryNetwork,
    bootstrap: Sequence[str] = FIRST,
    *,
    timeout: float = 30,
    read_only: bool = True,
    blocks: Callable[[Endpoint], bool] = lambda endpoint: False,
) -> AsyncIterator[DhtClient]:
    """A client that has not joined yet."""
    async with trio.open_nursery() as nursery:
        limits = DhtLimits(read_only=read_only)
        dice = random.Random(99)
        service = DhtService(network, dice, limits=limits, verify=ed25519.verify, hosts=HOSTS)
        service.listen()
        world = SimpleNamespace(
            network=network, rng=random.Random(5), calendar=lambda: 1.5e9, blocks=blocks
        )
        config = Config(sources=Sources(bootstrap=tuple(bootstrap)))
        services: Any = SimpleNamespace(config=config, world=world, hub=Hub(), nursery=nursery)
        yield DhtClient(services, service, timeout)
        service.close()
        nursery.cancel_scope.cancel()

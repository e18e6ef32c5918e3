"""Several DHT services in one memory network, each with an address of its own."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import trio

from raincore.base.config import DhtLimits
from raincore.base.ids import InfoHash
from raincore.net.dht_service import DhtService
from tests.net.memory_network import MemoryNetwork
from tests.sim.dht_network import trusting

INFO_HASH = InfoHash(bytes(range(20)))
PORT = 6881
SMALL = DhtLimits(max_torrents=20)


def service(
    network: MemoryNetwork, number: int, *, families: Sequence[int] = (4,), port: int = PORT
) -> DhtService:
    """The service of the n-th host; not yet running."""
    hosts = {4: f"20.0.{number}.7", 6: f"2001:db8:{number:x}::1"}
    made = DhtService(
        network,
        random.Random(number),
        limits=SMALL,
        verify=trusting,
        hosts=[hosts[family] for family in families],
    )
    made.listen(port)
    return made


@asynccontextmanager
async def running(
    network: MemoryNetwork, count: int, *, families: Sequence[int] = (4,)
) -> AsyncIterator[list[DhtService]]:
    """Services that know each other by way of the first, and have joined."""
    async with trio.open_nursery() as nursery:
        services = [service(network, number, families=families) for number in range(count)]
        first = [str(endpoint) for endpoint in services[0].endpoints]
        for one in services:
            nursery.start_soon(one.run, first if one is not services[0] else [])
        for one in services[1:]:
            await one.joined.wait()
        await trio.sleep(60)
        yield services
        for one in services:
            one.close()
        nursery.cancel_scope.cancel()

"""A small DHT on loopback, in a thread of the tests, for commands that run in this process."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import trio

from raincore.base.config import DhtLimits
from raincore.net import ed25519
from raincore.net.dht_service import DhtService
from raincore.net.hub import Hub
from raincore.net.trio_network import TrioNetwork

COUNT = 10


@contextmanager
def running() -> Iterator[list[str]]:
    """Nodes that have joined; gives their addresses, the entrance first."""
    addresses: list[str] = []
    up, down = threading.Event(), trio.Event()
    tokens: list[trio.lowlevel.TrioToken] = []

    async def main() -> None:
        hub = Hub()
        network = TrioNetwork(hub)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(hub.run)
            services = [
                DhtService(
                    network,
                    random.Random(number),
                    limits=DhtLimits(),
                    verify=ed25519.verify,
                    hosts=("127.0.0.1",),
                )
                for number in range(COUNT)
            ]
            for service in services:
                service.listen()
                nursery.start_soon(service.run, addresses[:1])
                addresses.append(str(service.endpoints[0]))
            for service in services:
                await service.joined.wait()
            for service in services:  # as a minute would do it
                for address in services:
                    service.add_node(address.endpoints[0])
            while min(service.node_count for service in services) < COUNT // 2:
                await trio.sleep(0.02)
            tokens.append(trio.lowlevel.current_trio_token())
            up.set()
            await down.wait()
            for service in services:
                service.close()
            nursery.cancel_scope.cancel()
        hub.close()

    thread = threading.Thread(target=trio.run, args=(main,), daemon=True)
    thread.start()
    assert up.wait(30)
    try:
        yield addresses
    finally:
        tokens[0].run_sync_soon(down.set)
        thread.join(10)

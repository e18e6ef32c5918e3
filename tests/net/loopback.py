"""Real sockets on loopback, for tests of what only they do."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import trio

from raincore.base.endpoint import Endpoint

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from raincore.net.hub import Hub
    from raincore.net.interface import Listener, Stream
    from raincore.net.trio_network import TrioNetwork

__all__ = ["LOOPBACK", "connected", "running"]

LOOPBACK = Endpoint("127.0.0.1", 0)


@asynccontextmanager
async def running(hub: Hub) -> AsyncIterator[None]:
    async with trio.open_nursery() as nursery:
        nursery.start_soon(hub.run)
        yield
        nursery.cancel_scope.cancel()


async def connected(network: TrioNetwork) -> tuple[Stream, Stream, Listener]:
    """A pair of streams, and the listener between them."""
    accepted: list[Stream] = []
    listener = network.listen(LOOPBACK, accepted.append)
    near = await network.connect(listener.endpoint)
    while not accepted:
        await trio.lowlevel.checkpoint()
    return near, accepted[0], listener
